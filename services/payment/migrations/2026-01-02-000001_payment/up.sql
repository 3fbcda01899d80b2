CREATE TABLE payment (
    order_id              uuid PRIMARY KEY,
    id                    uuid NOT NULL UNIQUE,
    user_id               uuid,
    amount_minor          bigint CHECK (amount_minor > 0),
    currency              text CHECK (currency ~ '^[A-Z]{3}$'),
    method                text,
    deadline              timestamptz,
    closed                text CHECK (closed IN ('REJECTED', 'WITHDRAWN', 'EXPIRED', 'STOCK_LOST', 'CANCELLED_BY_BUYER',
                                                 'CANCELLED_BY_ADMIN', 'CANCELLED_BY_SYSTEM')),
    initiated             boolean NOT NULL,
    intent_id             text,
    intent_state          text CHECK (intent_state IN ('OPEN', 'SUCCEEDED', 'CANCELLED')),
    captured_minor        bigint NOT NULL CHECK (captured_minor >= 0),
    mismatch_minor        bigint,
    mismatch_currency     text,
    refund_target_minor   bigint NOT NULL CHECK (refund_target_minor >= 0),
    refund_given_up_minor bigint NOT NULL CHECK (refund_given_up_minor >= 0),
    final_word            text CHECK (final_word IN ('SUCCESS', 'DECLINED', 'EXPIRED', 'CANCELLED')),
    shipped               boolean NOT NULL,
    due_at                timestamptz,
    fruitless_calls       integer NOT NULL CHECK (fruitless_calls >= 0),
    event_seq             bigint NOT NULL,
    traceparent           text,
    version               bigint NOT NULL,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    CHECK ((user_id IS NULL) = (amount_minor IS NULL) AND (user_id IS NULL) = (currency IS NULL)),
    CHECK ((intent_id IS NULL) = (intent_state IS NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX payment_due ON payment (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX payment_needs_people ON payment (order_id) WHERE mismatch_minor IS NOT NULL OR refund_given_up_minor > 0;
CREATE UNIQUE INDEX payment_by_intent ON payment (intent_id) WHERE intent_id IS NOT NULL;

COMMENT ON TABLE payment IS 'The money of one order, from the first that is heard of the order on. Amounts are minor units of the currency.';
COMMENT ON COLUMN payment.order_id IS 'The order; the key of all events.';
COMMENT ON COLUMN payment.id IS 'pay_…; also the idempotency key under which the gateway makes the intent.';
COMMENT ON COLUMN payment.user_id IS 'Whose order it is; null until ORDER_CREATED is heard, as are amount and currency.';
COMMENT ON COLUMN payment.amount_minor IS 'What is to be paid.';
COMMENT ON COLUMN payment.currency IS 'ISO 4217.';
COMMENT ON COLUMN payment.method IS 'Given with the order: charged once, as soon as the stock is held.';
COMMENT ON COLUMN payment.deadline IS 'No attempt starts at or after this; null until INVENTORY_RESERVED is heard.';
COMMENT ON COLUMN payment.closed IS 'Why no attempt may start any more.';
COMMENT ON COLUMN payment.initiated IS 'Whether a person started to pay.';
COMMENT ON COLUMN payment.intent_id IS 'The gateway''s PaymentIntent: one per payment, so that the gateway itself cannot capture twice.';
COMMENT ON COLUMN payment.intent_state IS 'What is known of the intent.';
COMMENT ON COLUMN payment.captured_minor IS 'Zero, or all that was ordered.';
COMMENT ON COLUMN payment.mismatch_minor IS 'A capture that is not what was ordered: people have to look at it.';
COMMENT ON COLUMN payment.mismatch_currency IS 'The currency of that capture.';
COMMENT ON COLUMN payment.refund_target_minor IS 'How much ought to go back; only grows.';
COMMENT ON COLUMN payment.refund_given_up_minor IS 'What the gateway finally refused to give back and nobody has asked for again.';
COMMENT ON COLUMN payment.final_word IS 'The one thing that was said of the order in the end: PAYMENT_SUCCESS, or PAYMENT_FAILED with this reason.';
COMMENT ON COLUMN payment.shipped IS 'Goods left: from here on all of the money can be given back by hand.';
COMMENT ON COLUMN payment.due_at IS 'When the worker has to look at it; null when there is nothing to do. While a call runs it is the end of the worker''s lease.';
COMMENT ON COLUMN payment.fruitless_calls IS 'How many calls in a row told nothing new; they are made less and less often.';
COMMENT ON COLUMN payment.event_seq IS 'The last aggregate_seq that an event of this payment used.';
COMMENT ON COLUMN payment.traceparent IS 'Trace context of what last moved the payment on, for the events that follow from the gateway''s answers.';
COMMENT ON COLUMN payment.version IS 'Counts the writes.';
COMMENT ON COLUMN payment.created_at IS 'When the order was first heard of.';
COMMENT ON COLUMN payment.updated_at IS 'When the row was last written.';

CREATE TABLE attempt (
    id             uuid PRIMARY KEY,
    order_id       uuid NOT NULL REFERENCES payment,
    number         integer NOT NULL CHECK (number > 0),
    method         text NOT NULL,
    state          text NOT NULL CHECK (state IN ('OPEN', 'UNKNOWN', 'DECLINED', 'SUCCEEDED', 'CANCELLED')),
    decline_code   text,
    started_at     timestamptz NOT NULL,
    request        bytea,
    request_sha256 bytea,
    UNIQUE (order_id, number)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX attempt_open ON attempt (order_id) WHERE state IN ('OPEN', 'UNKNOWN');
CREATE INDEX attempt_by_request ON attempt (request) WHERE request IS NOT NULL;

COMMENT ON TABLE attempt IS 'Tries to charge, each written before the gateway is called; at most one of a payment is open.';
COMMENT ON COLUMN attempt.id IS 'The idempotency key at the gateway.';
COMMENT ON COLUMN attempt.order_id IS 'The payment''s order.';
COMMENT ON COLUMN attempt.number IS 'From 1.';
COMMENT ON COLUMN attempt.method IS 'The gateway''s name of the card or account.';
COMMENT ON COLUMN attempt.state IS 'OPEN: to be sent, or not answered yet. UNKNOWN: the answer did not say what became of it.';
COMMENT ON COLUMN attempt.decline_code IS 'The gateway''s code, of a declined one.';
COMMENT ON COLUMN attempt.started_at IS 'When it was made.';
COMMENT ON COLUMN attempt.request IS 'SHA-256 of who asked for it and with which Idempotency-Key: a repeat of the request is answered with this attempt. Null where no request asked.';
COMMENT ON COLUMN attempt.request_sha256 IS 'Fingerprint of that request, to tell a repeat from another use of the key.';

CREATE TABLE refund (
    id           uuid PRIMARY KEY,
    order_id     uuid NOT NULL REFERENCES payment,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    state        text NOT NULL CHECK (state IN ('PENDING', 'SUCCEEDED', 'FAILED')),
    reason       text NOT NULL,
    failure_code text,
    created_at   timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX refund_by_order ON refund (order_id);

COMMENT ON TABLE refund IS 'Money on its way back, each written before the gateway is called; of several pending ones the oldest is with the gateway.';
COMMENT ON COLUMN refund.id IS 'ref_…; the idempotency key at the gateway.';
COMMENT ON COLUMN refund.order_id IS 'The payment''s order.';
COMMENT ON COLUMN refund.amount_minor IS 'In minor units of the payment''s currency.';
COMMENT ON COLUMN refund.state IS 'FAILED: the gateway finally refused.';
COMMENT ON COLUMN refund.reason IS 'In the words of whoever asked for it, or why the saga did.';
COMMENT ON COLUMN refund.failure_code IS 'The gateway''s code, of a failed one.';
COMMENT ON COLUMN refund.created_at IS 'When it was made.';

CREATE TABLE webhook_event (
    id          text PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    payload     jsonb
);
CREATE INDEX webhook_event_received_at ON webhook_event (received_at);

COMMENT ON TABLE webhook_event IS 'Events that the gateway sent and that were taken, so that each acts once. Kept for 30 days, longer than the gateway repeats one.';
COMMENT ON COLUMN webhook_event.id IS 'The gateway''s id of the event.';
COMMENT ON COLUMN webhook_event.received_at IS 'When it was taken.';
COMMENT ON COLUMN webhook_event.payload IS 'Only of an event about a payment that is not known here: kept for people to look at.';

CREATE TABLE ledger_entry (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id     uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('CAPTURE', 'REFUND')),
    reference    uuid NOT NULL,
    debit        text NOT NULL CHECK (debit IN ('GATEWAY_RECEIVABLE', 'SALES')),
    credit       text NOT NULL CHECK (credit IN ('GATEWAY_RECEIVABLE', 'SALES')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    created_at   timestamptz NOT NULL DEFAULT now(),
    CHECK (debit <> credit),
    UNIQUE (kind, reference)
);
CREATE INDEX ledger_entry_by_order ON ledger_entry (order_id);

CREATE FUNCTION ledger_entry_is_final() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the ledger is only ever added to'; END $$;
CREATE TRIGGER ledger_entry_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_is_final();

COMMENT ON TABLE ledger_entry IS 'The double-entry ledger: each row is both sides of one movement of money, so that the books balance by construction. Rows are never changed.';
COMMENT ON COLUMN ledger_entry.id IS 'Order of writing; gaps are normal.';
COMMENT ON COLUMN ledger_entry.order_id IS 'Whose money moved.';
COMMENT ON COLUMN ledger_entry.kind IS 'Why it moved.';
COMMENT ON COLUMN ledger_entry.reference IS 'The attempt or the refund that moved it: with kind unique, so that none is booked twice.';
COMMENT ON COLUMN ledger_entry.debit IS 'Account that receives.';
COMMENT ON COLUMN ledger_entry.credit IS 'Account that gives.';
COMMENT ON COLUMN ledger_entry.amount_minor IS 'In minor units of currency.';
COMMENT ON COLUMN ledger_entry.currency IS 'ISO 4217.';
COMMENT ON COLUMN ledger_entry.created_at IS 'When it was booked.';
