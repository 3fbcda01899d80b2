CREATE TABLE stock_look (
    sku     text COLLATE "C" NOT NULL,
    user_id uuid NOT NULL,
    version bigint NOT NULL,
    on_hand bigint NOT NULL,
    PRIMARY KEY (user_id, sku)
) WITH (fillfactor = 70);
COMMENT ON TABLE stock_look IS 'What staff were last shown of a SKU: what a count by them is a difference to.';
COMMENT ON COLUMN stock_look.sku IS 'What they looked at.';
COMMENT ON COLUMN stock_look.user_id IS 'Who looked.';
COMMENT ON COLUMN stock_look.version IS 'stock.version that they were shown.';
COMMENT ON COLUMN stock_look.on_hand IS 'stock.on_hand that they were shown.';
