DROP TABLE stock_look;
