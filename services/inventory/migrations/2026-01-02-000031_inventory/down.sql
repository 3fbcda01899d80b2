DROP TABLE product_owner;
DROP TABLE stock_movement;
DROP FUNCTION stock_movement_is_append_only();
DROP TABLE reservation;
DROP TABLE stock;
