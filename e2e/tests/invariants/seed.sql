-- The databases of the small shop; see seed.rs.
INSERT INTO "order".orders (id, user_id, currency, total_minor, created_at, updated_at, version, event_seq, status,
    reserved_at, expires_at, payment_deadline, rejected_at, paid_at, captured_minor, committed_at, cancel_requested_at,
    cancelled_by, refunded_at, refunded_minor, number, customer_email, customer_name, lines)
SELECT id::uuid, '01900000-0000-7000-8000-000000000009', 'EUR', total, now(), now(), 1, event_seq, status,
    reserved, reserved, reserved, rejected, paid, captured, paid, cancelled, by, cancelled, refunded, number, 'a@b.test', 'A',
    jsonb_build_array(jsonb_build_object('sku', sku, 'quantity', quantity, 'unit_price_minor', 1000, 'line_total_minor', total))
FROM (VALUES
    ('01900000-0000-7000-8000-000000000001', 2000, 2, 'PAID', now(), NULL::timestamptz, now(), 2000, NULL::timestamptz, NULL, NULL, 'N1', 'SKU-1', 2),
    ('01900000-0000-7000-8000-000000000002', 1000, 3, 'CANCELLED', now(), NULL, now(), 1000, now(), 'BUYER', 1000, 'N2', 'SKU-1', 1),
    ('01900000-0000-7000-8000-000000000003', 9000, 1, 'CANCELLED', NULL, now(), NULL, NULL, NULL, NULL, NULL, 'N3', 'SKU-2', 9),
    ('01900000-0000-7000-8000-000000000004', 1000, 1, 'PAYMENT_PENDING', now(), NULL, NULL, NULL, NULL, NULL, NULL, 'N4', 'SKU-1', 1)
) AS o (id, total, event_seq, status, reserved, rejected, paid, captured, cancelled, by, refunded, number, sku, quantity);

INSERT INTO "order".idempotency_key (scope, key, fingerprint, status) VALUES
    ('usr_01900000000070008000000000000009 POST /api/v1/orders', 'k1', '\x00', 201);

INSERT INTO "order".dead_letter (id, topic, partition, kafka_offset, key, headers, state) VALUES
    ('payment.events:0:77', 'payment.events', 0, 77, 'ord_nobody', ARRAY['x-injected', '1'], 'DEAD');

INSERT INTO inventory.stock (sku, on_hand, reserved, version, on_hand_at_version, low_announced, event_seq) VALUES
    ('SKU-1', 8, 1, 1, 10, false, 0), ('SKU-2', 5, 0, 1, 5, true, 0);

INSERT INTO inventory.stock_movement (sku, kind, delta, on_hand_after, reason, order_id, at) VALUES
    ('SKU-1', 'COUNT', 10, 10, 'count', NULL, now()),
    ('SKU-2', 'COUNT', 5, 5, 'count', NULL, now()),
    ('SKU-1', 'SALE', -2, 8, '', '01900000-0000-7000-8000-000000000001', now()),
    ('SKU-1', 'SALE', -1, 7, '', '01900000-0000-7000-8000-000000000002', now()),
    ('SKU-1', 'RETURN', 1, 8, '', '01900000-0000-7000-8000-000000000002', now());

INSERT INTO inventory.reservation (order_id, reservation_id, origin, state, lines, expires_at, created_at, event_seq)
SELECT id::uuid, gen_random_uuid(), 'SAGA', state, lines::jsonb, now() + interval '15 minutes', now(), event_seq
FROM (VALUES
    ('01900000-0000-7000-8000-000000000001', 'COMMITTED', '{"SKU-1": 2}', 2),
    ('01900000-0000-7000-8000-000000000002', 'RETURNED', '{"SKU-1": 1}', 3),
    ('01900000-0000-7000-8000-000000000003', 'REJECTED', '{"SKU-2": 9}', 1),
    ('01900000-0000-7000-8000-000000000004', 'HELD', '{"SKU-1": 1}', 1)
) AS r (id, state, lines, event_seq);

INSERT INTO payment.payment (order_id, id, user_id, amount_minor, currency, deadline, closed, initiated, intent_id,
    intent_state, captured_minor, refund_target_minor, refund_given_up_minor, final_word, shipped, fruitless_calls,
    event_seq, version)
SELECT id::uuid, gen_random_uuid(), '01900000-0000-7000-8000-000000000009', amount, 'EUR', now() + interval '13 minutes',
    closed, false, intent, CASE WHEN intent IS NOT NULL THEN 'SUCCEEDED' END, captured, back, 0, word, false, 0, event_seq, 1
FROM (VALUES
    ('01900000-0000-7000-8000-000000000001', 2000, NULL, 'pi_1', 2000, 0, 'SUCCESS', 1),
    ('01900000-0000-7000-8000-000000000002', 1000, 'CANCELLED_BY_BUYER', 'pi_2', 1000, 1000, 'SUCCESS', 2),
    ('01900000-0000-7000-8000-000000000003', 9000, 'REJECTED', NULL, 0, 0, NULL, 0),
    ('01900000-0000-7000-8000-000000000004', 1000, NULL, NULL, 0, 0, NULL, 0)
) AS p (id, amount, closed, intent, captured, back, word, event_seq);

INSERT INTO payment.attempt (id, order_id, number, method, state, started_at) VALUES
    ('00000000-0000-0000-0000-0000000000a1', '01900000-0000-7000-8000-000000000001', 1, 'pm', 'SUCCEEDED', now()),
    ('00000000-0000-0000-0000-0000000000a2', '01900000-0000-7000-8000-000000000002', 1, 'pm', 'SUCCEEDED', now());

INSERT INTO payment.refund (id, order_id, amount_minor, state, reason, created_at) VALUES
    ('00000000-0000-0000-0000-0000000000b2', '01900000-0000-7000-8000-000000000002', 1000, 'SUCCEEDED', '', now());

INSERT INTO payment.ledger_entry (order_id, kind, reference, debit, credit, amount_minor, currency) VALUES
    ('01900000-0000-7000-8000-000000000001', 'CAPTURE', '00000000-0000-0000-0000-0000000000a1', 'GATEWAY_RECEIVABLE', 'SALES', 2000, 'EUR'),
    ('01900000-0000-7000-8000-000000000002', 'CAPTURE', '00000000-0000-0000-0000-0000000000a2', 'GATEWAY_RECEIVABLE', 'SALES', 1000, 'EUR'),
    ('01900000-0000-7000-8000-000000000002', 'REFUND', '00000000-0000-0000-0000-0000000000b2', 'SALES', 'GATEWAY_RECEIVABLE', 1000, 'EUR');
