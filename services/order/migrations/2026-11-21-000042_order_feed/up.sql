-- A row per transaction and not per fact: at full speed one transaction takes in 200 orders or 500 events, and this is the
-- only table here that every one of them adds to beside the orders themselves.
CREATE TABLE order_feed (
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    first_n     integer NOT NULL CHECK (first_n >= 0),
    recorded_at timestamptz NOT NULL,
    order_ids   uuid[] NOT NULL,
    statuses    text[] NOT NULL,
    facts       text[] NOT NULL,
    PRIMARY KEY (xid, first_n),
    CONSTRAINT order_feed_is_even
        CHECK (cardinality(order_ids) = cardinality(statuses) AND cardinality(order_ids) = cardinality(facts))
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
COMMENT ON TABLE order_feed IS 'What happened to orders, for those who watch: kept for half an hour. Belongs to this cluster: a copy restored into another one has to be emptied but for one row, since transaction ids begin anew there.';
COMMENT ON COLUMN order_feed.xid IS 'The transaction that wrote it. Read only below the oldest running one: nothing can appear there any more.';
COMMENT ON COLUMN order_feed.first_n IS 'The number of its first fact within the transaction.';
COMMENT ON COLUMN order_feed.recorded_at IS 'When the facts were recorded.';
COMMENT ON COLUMN order_feed.order_ids IS 'Per fact: of which order.';
COMMENT ON COLUMN order_feed.statuses IS 'Per fact: where that order stands after the transaction.';
COMMENT ON COLUMN order_feed.facts IS 'Per fact: its name, as in the timeline.';
-- The oldest row says how far back the feed reaches, so there is always one: at first, to the beginning.
INSERT INTO order_feed (xid, first_n, recorded_at, order_ids, statuses, facts) VALUES ('0', 0, now(), '{}', '{}', '{}');
