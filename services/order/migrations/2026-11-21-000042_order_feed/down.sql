DROP TABLE order_feed;
