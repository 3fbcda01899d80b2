CREATE TABLE outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic         text NOT NULL,
    key           text,
    event_id      uuid,
    event_type    text,
    aggregate_seq bigint,
    traceparent   text,
    headers       text[],
    payload       bytea,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
COMMENT ON TABLE outbox IS 'Events that are committed here and not yet on Kafka: a queue, emptied by the relay after the broker''s ack.';
COMMENT ON COLUMN outbox.id IS 'Order of publication; gaps are normal.';
COMMENT ON COLUMN outbox.topic IS 'Topic without the prefix of the installation.';
COMMENT ON COLUMN outbox.key IS 'Key of the record: the aggregate''s id.';
COMMENT ON COLUMN outbox.event_id IS 'ce_id: UUIDv7, minted once. Null for a dead letter, which keeps the headers it came with.';
COMMENT ON COLUMN outbox.event_type IS 'ce_type.';
COMMENT ON COLUMN outbox.aggregate_seq IS '1, 2, 3 … per aggregate.';
COMMENT ON COLUMN outbox.traceparent IS 'W3C trace context of what caused the event.';
COMMENT ON COLUMN outbox.headers IS 'Only of a dead letter: name, value, name, value …';
COMMENT ON COLUMN outbox.payload IS 'The record''s value.';
COMMENT ON COLUMN outbox.created_at IS 'ce_time.';

CREATE TABLE inbox (
    event_id    uuid NOT NULL PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (event_id);
CREATE TABLE inbox_default PARTITION OF inbox DEFAULT;
COMMENT ON TABLE inbox IS 'Ids of the events that were applied here, by weeks of their UUIDv7; a repeat is dropped. Old weeks are dropped as tables.';
COMMENT ON COLUMN inbox.event_id IS 'ce_id.';
COMMENT ON COLUMN inbox.received_at IS 'When it was applied.';

CREATE TABLE dead_letter (
    id              text PRIMARY KEY,
    position        bigint GENERATED ALWAYS AS IDENTITY,
    topic           text NOT NULL,
    partition       integer NOT NULL,
    kafka_offset    bigint NOT NULL,
    key             text,
    event_id        uuid,
    event_type      text,
    headers         text[] NOT NULL,
    payload         bytea,
    state           text NOT NULL CHECK (state IN ('DEAD', 'WAITING', 'DONE')),
    error_class     text,
    error           text,
    attempts        integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    replayed_at     timestamptz
);
CREATE INDEX dead_letter_parked ON dead_letter (key, position) WHERE state <> 'DONE';
CREATE INDEX dead_letter_by_position ON dead_letter (position);
COMMENT ON TABLE dead_letter IS 'Records that could not be applied, and those of the same key that wait behind them.';
COMMENT ON COLUMN dead_letter.id IS 'topic:partition:offset.';
COMMENT ON COLUMN dead_letter.position IS 'Order in which they came.';
COMMENT ON COLUMN dead_letter.topic IS 'Topic the record came from, without the prefix of the installation.';
COMMENT ON COLUMN dead_letter.partition IS 'Partition the record came from.';
COMMENT ON COLUMN dead_letter.kafka_offset IS 'Offset the record came from.';
COMMENT ON COLUMN dead_letter.key IS 'Key of the record; the aggregate that is parked.';
COMMENT ON COLUMN dead_letter.event_id IS 'ce_id, where it could be read.';
COMMENT ON COLUMN dead_letter.event_type IS 'ce_type, where it could be read.';
COMMENT ON COLUMN dead_letter.headers IS 'The record''s headers: name, value, name, value …';
COMMENT ON COLUMN dead_letter.payload IS 'The record''s value, byte for byte.';
COMMENT ON COLUMN dead_letter.state IS 'DEAD: failed, parks its key. WAITING: behind a dead one. DONE: applied by a replay.';
COMMENT ON COLUMN dead_letter.error_class IS 'UNDECODABLE, PERMANENT or PANIC.';
COMMENT ON COLUMN dead_letter.error IS 'What went wrong at the last try.';
COMMENT ON COLUMN dead_letter.attempts IS 'How often it was tried.';
COMMENT ON COLUMN dead_letter.created_at IS 'When it was put here.';
COMMENT ON COLUMN dead_letter.replayed_at IS 'When a replay applied it.';
