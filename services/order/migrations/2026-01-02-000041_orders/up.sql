-- What changes stands between what does not: an update then logs only the middle of the row.
CREATE TABLE orders (
    id                  uuid PRIMARY KEY,
    user_id             uuid NOT NULL,
    currency            text NOT NULL CHECK (length(currency) = 3),
    total_minor         bigint NOT NULL CHECK (total_minor > 0),
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    version             bigint NOT NULL CHECK (version > 0),
    event_seq           bigint NOT NULL,
    status              text NOT NULL
        CHECK (status IN ('CREATED', 'PAYMENT_PENDING', 'PAID', 'SHIPPED', 'DELIVERED', 'CANCELLED')),
    reserved_at         timestamptz,
    expires_at          timestamptz,
    payment_deadline    timestamptz,
    rejected_at         timestamptz,
    rejected_lines      jsonb,
    initiated_at        timestamptz,
    unknown_at          timestamptz,
    paid_at             timestamptz,
    captured_minor      bigint,
    failed_at           timestamptz,
    failure_reason      text CHECK (failure_reason IN ('DECLINED', 'EXPIRED', 'CANCELLED')),
    decline_code        text,
    committed_at        timestamptz,
    stock_lost_at       timestamptz,
    stock_lost_lines    jsonb,
    cancel_requested_at timestamptz,
    cancelled_by        text CHECK (cancelled_by IN ('BUYER', 'ADMIN', 'SYSTEM')),
    cancelled_by_user   uuid,
    cancel_note         text,
    refunded_at         timestamptz,
    refunded_minor      bigint,
    refund_failed_at    timestamptz,
    refund_failed_id    uuid,
    refund_failed_minor bigint,
    refund_failed_code  text,
    first_shipped_at    timestamptz,
    shipped_at          timestamptz,
    delivered_at        timestamptz,
    delivered_by        uuid,
    number              text NOT NULL CONSTRAINT orders_number_key UNIQUE CHECK (length(number) <= 16),
    customer_email      text NOT NULL,
    customer_name       text NOT NULL,
    lines               jsonb NOT NULL CHECK (jsonb_typeof(lines) = 'array'),
    shipping_address    jsonb,
    billing_address     jsonb,
    CONSTRAINT orders_reserved_is_whole
        CHECK ((reserved_at IS NULL) = (expires_at IS NULL) AND (reserved_at IS NULL) = (payment_deadline IS NULL)),
    CONSTRAINT orders_paid_is_whole CHECK ((paid_at IS NULL) = (captured_minor IS NULL)),
    CONSTRAINT orders_failed_is_whole CHECK ((failed_at IS NULL) = (failure_reason IS NULL)),
    CONSTRAINT orders_cancel_is_whole CHECK ((cancel_requested_at IS NULL) = (cancelled_by IS NULL)),
    CONSTRAINT orders_refunded_is_whole CHECK ((refunded_at IS NULL) = (refunded_minor IS NULL)),
    CONSTRAINT orders_delivered_is_whole CHECK ((delivered_at IS NULL) = (delivered_by IS NULL))
    -- A batch updates all orders of a page at once: half of it has to be free for all of them to stay there. With a third
    -- of it free, a third of the updates moved, wrote all indexes, and left a larger table (measured).
) WITH (fillfactor = 50);
-- Nothing that changes is indexed, for the same reason. Ids grow with time: they sort the lists.
CREATE INDEX orders_by_user ON orders (user_id, id);
COMMENT ON TABLE orders IS 'One row per order: what was ordered, and the facts heard of it. A fact, once there, stays; its time is when this database recorded it.';
COMMENT ON COLUMN orders.id IS 'UUIDv7, from this database''s clock.';
COMMENT ON COLUMN orders.user_id IS 'Who ordered.';
COMMENT ON COLUMN orders.currency IS 'ISO 4217, of every amount of the row.';
COMMENT ON COLUMN orders.total_minor IS 'What the lines add up to, in minor units.';
COMMENT ON COLUMN orders.created_at IS 'When it was placed.';
COMMENT ON COLUMN orders.updated_at IS 'When it last changed.';
COMMENT ON COLUMN orders.version IS 'Moves with every change.';
COMMENT ON COLUMN orders.event_seq IS 'The last aggregate_seq that an event of this order used.';
COMMENT ON COLUMN orders.status IS 'What follows from the facts, for lists; never read to decide.';
COMMENT ON COLUMN orders.reserved_at IS 'Inventory holds the stock.';
COMMENT ON COLUMN orders.expires_at IS 'When that hold may end.';
COMMENT ON COLUMN orders.payment_deadline IS 'After this, no payment attempt starts.';
COMMENT ON COLUMN orders.rejected_at IS 'Inventory could not hold the stock.';
COMMENT ON COLUMN orders.rejected_lines IS 'Of what there was not enough: [{"sku", "requested", "available"}].';
COMMENT ON COLUMN orders.initiated_at IS 'Payment was begun.';
COMMENT ON COLUMN orders.unknown_at IS 'The gateway left an attempt without an answer.';
COMMENT ON COLUMN orders.paid_at IS 'Payment has the money.';
COMMENT ON COLUMN orders.captured_minor IS 'How much, in minor units.';
COMMENT ON COLUMN orders.failed_at IS 'Payment will not get the money.';
COMMENT ON COLUMN orders.failure_reason IS 'Why: DECLINED, EXPIRED or CANCELLED.';
COMMENT ON COLUMN orders.decline_code IS 'The gateway''s code of the last decline, where there was one.';
COMMENT ON COLUMN orders.committed_at IS 'The stock is sold to this order.';
COMMENT ON COLUMN orders.stock_lost_at IS 'The money came after the hold had ended, and the stock was gone.';
COMMENT ON COLUMN orders.stock_lost_lines IS 'As rejected_lines.';
COMMENT ON COLUMN orders.cancel_requested_at IS 'Somebody cancelled.';
COMMENT ON COLUMN orders.cancelled_by IS 'In which part: BUYER, ADMIN or SYSTEM (the watchdog).';
COMMENT ON COLUMN orders.cancelled_by_user IS 'Who; null for the watchdog.';
COMMENT ON COLUMN orders.cancel_note IS 'In the words of whoever cancelled; may be empty.';
COMMENT ON COLUMN orders.refunded_at IS 'When the largest refunded amount was heard of.';
COMMENT ON COLUMN orders.refunded_minor IS 'All that was given back, in minor units.';
COMMENT ON COLUMN orders.refund_failed_at IS 'The gateway finally refused to give money back.';
COMMENT ON COLUMN orders.refund_failed_id IS 'The newest refund that failed.';
COMMENT ON COLUMN orders.refund_failed_minor IS 'Its amount, in minor units.';
COMMENT ON COLUMN orders.refund_failed_code IS 'The gateway''s reason.';
COMMENT ON COLUMN orders.first_shipped_at IS 'The first shipment left.';
COMMENT ON COLUMN orders.shipped_at IS 'The last line left.';
COMMENT ON COLUMN orders.delivered_at IS 'All shipments arrived.';
COMMENT ON COLUMN orders.delivered_by IS 'The admin who said so.';
COMMENT ON COLUMN orders.number IS 'The name that people use: opaque, not to be guessed.';
COMMENT ON COLUMN orders.customer_email IS 'As the token said when the order was placed.';
COMMENT ON COLUMN orders.customer_name IS 'As the token said when the order was placed.';
COMMENT ON COLUMN orders.lines IS 'The lines as priced when the order was placed; they never change. In the row, so that an order is one row.';
COMMENT ON COLUMN orders.shipping_address IS 'Where to; null where none was given.';
COMMENT ON COLUMN orders.billing_address IS 'For the invoice; null where none was given.';

CREATE TABLE shipment (
    id              uuid PRIMARY KEY,
    order_id        uuid NOT NULL REFERENCES orders (id),
    carrier         text,
    tracking_number text,
    items           jsonb NOT NULL CHECK (jsonb_typeof(items) = 'array'),
    shipped_at      timestamptz NOT NULL,
    shipped_by      uuid NOT NULL,
    delivered_at    timestamptz
);
CREATE INDEX shipment_of_order ON shipment (order_id, id);
COMMENT ON TABLE shipment IS 'What left the warehouse together.';
COMMENT ON COLUMN shipment.id IS 'UUIDv7: an order''s shipments sort by it.';
COMMENT ON COLUMN shipment.order_id IS 'Whose goods.';
COMMENT ON COLUMN shipment.carrier IS 'Who carries it, where known.';
COMMENT ON COLUMN shipment.tracking_number IS 'The carrier''s name of it, where known.';
COMMENT ON COLUMN shipment.items IS 'What is in it: [{"item_id", "quantity"}].';
COMMENT ON COLUMN shipment.shipped_at IS 'When it left.';
COMMENT ON COLUMN shipment.shipped_by IS 'The admin who said so.';
COMMENT ON COLUMN shipment.delivered_at IS 'When it arrived.';

CREATE TABLE product (
    sku         text COLLATE "C" PRIMARY KEY,
    product_id  uuid NOT NULL,
    seller_id   uuid,
    name        text NOT NULL,
    price_minor bigint NOT NULL,
    currency    text NOT NULL,
    status      text NOT NULL CHECK (status IN ('DRAFT', 'ACTIVE', 'ARCHIVED')),
    version     bigint NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE product IS 'Projection of catalog.events: what orders are priced from.';
COMMENT ON COLUMN product.sku IS 'Stock keeping unit.';
COMMENT ON COLUMN product.product_id IS 'The catalog''s id.';
COMMENT ON COLUMN product.seller_id IS 'The seller that owns it; null where the shop itself does.';
COMMENT ON COLUMN product.name IS 'As it stands on orders.';
COMMENT ON COLUMN product.price_minor IS 'Of one, in minor units.';
COMMENT ON COLUMN product.currency IS 'ISO 4217.';
COMMENT ON COLUMN product.status IS 'Only ACTIVE products are sold.';
COMMENT ON COLUMN product.version IS 'The product''s version that this row was made from; older ones are ignored.';
