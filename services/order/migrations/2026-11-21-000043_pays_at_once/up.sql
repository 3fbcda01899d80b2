ALTER TABLE orders ADD COLUMN pays_at_once boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN orders.pays_at_once IS 'It came with a payment method: nobody has to do anything for it to be paid.';
