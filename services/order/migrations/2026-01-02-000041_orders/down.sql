DROP TABLE product;
DROP TABLE shipment;
DROP TABLE orders;
