CREATE TABLE idempotency_key (
    scope text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint,
    headers jsonb,
    body bytea,
    locked_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_key_created_at ON idempotency_key (created_at);

COMMENT ON TABLE idempotency_key IS 'Answers that were given to requests with an Idempotency-Key, kept for 24 hours so that a repeat gets the same answer';
COMMENT ON COLUMN idempotency_key.scope IS 'Who called what: caller, method and route';
COMMENT ON COLUMN idempotency_key.key IS 'The key as the caller chose it';
COMMENT ON COLUMN idempotency_key.fingerprint IS 'SHA-256 of the request (path and canonical body); a repeat with another one is refused';
COMMENT ON COLUMN idempotency_key.status IS 'HTTP status of the answer; NULL while the request still runs over several transactions';
COMMENT ON COLUMN idempotency_key.headers IS 'Headers of the answer that belong to it, as name and value';
COMMENT ON COLUMN idempotency_key.body IS 'Body of the answer';
COMMENT ON COLUMN idempotency_key.locked_until IS 'A request that runs over several transactions owns its key until then; afterwards a repeat takes it over';
COMMENT ON COLUMN idempotency_key.created_at IS 'When the key was first used';
