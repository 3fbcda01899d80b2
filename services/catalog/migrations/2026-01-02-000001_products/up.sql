CREATE TABLE product (
    id           uuid PRIMARY KEY,
    sku          text NOT NULL CONSTRAINT product_sku_key UNIQUE CHECK (sku ~ '^[A-Za-z0-9._-]{1,64}$'),
    name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    description  text NOT NULL CHECK (char_length(description) <= 5000),
    amount_minor bigint NOT NULL CHECK (amount_minor BETWEEN 1 AND 9999999999),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    status       text NOT NULL CHECK (status IN ('DRAFT', 'ACTIVE', 'ARCHIVED')),
    seller_id    uuid,
    image_url    text CHECK (char_length(image_url) <= 2000),
    version      bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX product_active ON product (id) WHERE status = 'ACTIVE';
CREATE INDEX product_seller ON product (seller_id, id);

COMMENT ON TABLE product IS 'What is, was or will be for sale. Rows are never deleted: their SKU stays taken.';
COMMENT ON COLUMN product.id IS 'UUIDv7, so that its order is the order of creation; `prd_` and its hex digits outside.';
COMMENT ON COLUMN product.sku IS 'Stock keeping unit: unique over the shop, never changed, never used again.';
COMMENT ON COLUMN product.name IS 'For people, 1 to 200 characters.';
COMMENT ON COLUMN product.description IS 'For people, up to 5000 characters.';
COMMENT ON COLUMN product.amount_minor IS 'Price in minor units of its currency.';
COMMENT ON COLUMN product.currency IS 'ISO 4217.';
COMMENT ON COLUMN product.status IS 'DRAFT: seen by its seller only. ACTIVE: for sale. ARCHIVED: no longer for sale.';
COMMENT ON COLUMN product.seller_id IS 'Who sells it; null is the shop itself.';
COMMENT ON COLUMN product.image_url IS 'http(s) URL, or a path on the shop.';
COMMENT ON COLUMN product.version IS 'The ETag, and aggregate_seq of the last event; grows by one with every change.';
COMMENT ON COLUMN product.created_at IS 'When it was created.';
COMMENT ON COLUMN product.updated_at IS 'When it was last changed.';
