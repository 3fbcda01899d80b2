ALTER TABLE orders DROP COLUMN pays_at_once;
