-- SKUs sort by their bytes, so that every statement locks them in the same order and pages by it.
CREATE TABLE stock (
    sku                text COLLATE "C" PRIMARY KEY CHECK (length(sku) BETWEEN 1 AND 64),
    on_hand            bigint NOT NULL CHECK (on_hand >= 0),
    reserved           bigint NOT NULL CHECK (reserved >= 0),
    version            bigint NOT NULL CHECK (version > 0),
    on_hand_at_version bigint NOT NULL CHECK (on_hand_at_version >= 0),
    low_announced      boolean NOT NULL,
    event_seq          bigint NOT NULL,
    CONSTRAINT stock_is_not_oversold CHECK (reserved <= on_hand)
) WITH (fillfactor = 70);
COMMENT ON TABLE stock IS 'What there is of each SKU. Rows are never deleted.';
COMMENT ON COLUMN stock.sku IS 'Stock keeping unit, unique over the shop and never used again.';
COMMENT ON COLUMN stock.on_hand IS 'Units on the shelf; the sum of the SKU''s movements.';
COMMENT ON COLUMN stock.reserved IS 'Of those on hand, units held for orders that are not paid yet; the sum of the HELD reservations'' lines.';
COMMENT ON COLUMN stock.version IS 'Moves with staff''s changes only, never with sales; the ETag.';
COMMENT ON COLUMN stock.on_hand_at_version IS 'What was on hand when the version was made: a count is booked as the difference to it, so that later sales stay sold.';
COMMENT ON COLUMN stock.low_announced IS 'Whether STOCK_LOW was said since the stock was last above the threshold.';
COMMENT ON COLUMN stock.event_seq IS 'The last aggregate_seq that an event of this SKU used.';

CREATE TABLE reservation (
    order_id       uuid PRIMARY KEY,
    reservation_id uuid NOT NULL,
    origin         text NOT NULL CHECK (origin IN ('SAGA', 'MANUAL')),
    state          text NOT NULL CHECK (state IN ('HELD', 'COMMITTED', 'RELEASED', 'EXPIRED', 'RETURNED', 'REJECTED')),
    lines          jsonb NOT NULL CHECK (jsonb_typeof(lines) = 'object'),
    expires_at     timestamptz,
    created_at     timestamptz NOT NULL,
    event_seq      bigint NOT NULL,
    CONSTRAINT reservation_hold_has_an_end CHECK (state <> 'HELD' OR expires_at IS NOT NULL)
) WITH (fillfactor = 70);
CREATE INDEX reservation_expiring ON reservation (expires_at) WHERE state = 'HELD';
COMMENT ON TABLE reservation IS 'The stock of one order; its state alone decides what happens to that stock.';
COMMENT ON COLUMN reservation.order_id IS 'The order, or any id that an admin chose for a MANUAL one.';
COMMENT ON COLUMN reservation.reservation_id IS 'The id that others see.';
COMMENT ON COLUMN reservation.origin IS 'SAGA: by ORDER_CREATED, moved by events only. MANUAL: by an admin, unknown to order and payment.';
COMMENT ON COLUMN reservation.state IS 'HELD until expires_at; COMMITTED: sold; RELEASED: let go, or closed before anything was held; EXPIRED: time was over; RETURNED: sold, then cancelled; REJECTED: not enough.';
COMMENT ON COLUMN reservation.lines IS 'Units per SKU: {"SKU": quantity}. In the row, so that a batch of orders is one statement. Empty where an end overtook the order.';
COMMENT ON COLUMN reservation.expires_at IS 'From then on the sweeper may end the hold; by this database''s clock. Null where nothing was ever held.';
COMMENT ON COLUMN reservation.created_at IS 'When the first that was heard of the order was applied.';
COMMENT ON COLUMN reservation.event_seq IS 'The last aggregate_seq that an event of this order used.';

CREATE TABLE stock_movement (
    id            bigint GENERATED ALWAYS AS IDENTITY,
    -- No foreign key: its check per row would cost more than the row, and a movement is only written beside its locked stock.
    sku           text COLLATE "C" NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('SALE', 'RETURN', 'COUNT', 'ADJUSTMENT')),
    delta         bigint NOT NULL CHECK (delta <> 0),
    on_hand_after bigint NOT NULL CHECK (on_hand_after >= 0),
    reason        text NOT NULL CHECK (length(reason) <= 200),
    actor         uuid,
    order_id      uuid,
    at            timestamptz NOT NULL,
    PRIMARY KEY (sku, id)
);
COMMENT ON TABLE stock_movement IS 'Append-only ledger of on_hand; holds are no movements.';
COMMENT ON COLUMN stock_movement.id IS 'Order of a SKU''s movements.';
COMMENT ON COLUMN stock_movement.sku IS 'What moved.';
COMMENT ON COLUMN stock_movement.kind IS 'SALE and RETURN by orders; COUNT and ADJUSTMENT by staff.';
COMMENT ON COLUMN stock_movement.delta IS 'Units that came (positive) or went (negative).';
COMMENT ON COLUMN stock_movement.on_hand_after IS 'stock.on_hand after this movement.';
COMMENT ON COLUMN stock_movement.reason IS 'In the words of staff; empty for the saga''s.';
COMMENT ON COLUMN stock_movement.actor IS 'The user who moved it; null for the saga''s.';
COMMENT ON COLUMN stock_movement.order_id IS 'The order that moved it; null for staff''s.';
COMMENT ON COLUMN stock_movement.at IS 'When it moved.';

CREATE FUNCTION stock_movement_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stock_movement is append-only: book a counter-movement instead';
END
$$;
COMMENT ON FUNCTION stock_movement_is_append_only() IS 'Refuses every change of what was booked.';
CREATE TRIGGER stock_movement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_movement
    FOR EACH STATEMENT EXECUTE FUNCTION stock_movement_is_append_only();

CREATE TABLE product_owner (
    sku        text COLLATE "C" PRIMARY KEY,
    seller_id  uuid,
    version    bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX product_owner_by_seller ON product_owner (seller_id, sku);
COMMENT ON TABLE product_owner IS 'Projection of catalog.events: which SKUs are products, and whose.';
COMMENT ON COLUMN product_owner.sku IS 'The product''s SKU.';
COMMENT ON COLUMN product_owner.seller_id IS 'The seller that owns it; null where the shop itself does.';
COMMENT ON COLUMN product_owner.version IS 'The product''s version that this row was made from; older ones are ignored.';
