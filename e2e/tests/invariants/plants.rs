//! Each invariant is violated on purpose, and the checker names it, and what is bound to go with it, and nothing else.

use std::collections::BTreeSet;

use e2e::checker::evidence::Evidence;
use e2e::checker::{invariant, judge, replay};

use crate::scratch::Scratch;
use crate::seed;

/// A wrong that is done to the small shop.
struct Plant {
    /// The violations that it has to make: the first is the one that it is there for.
    names: &'static [&'static str],
    sql: &'static str,
}

const FACTS: &str = "the facts and the status of an order follow from the events";
const SETTLED: &str = "every order is settled, or waits for its buyer within its time";
const NEGATIVE: &str = "no stock is negative, and no more is reserved than there is";
const KEPT: &str = "stock that is committed, and money that is kept, are those of a PAID, SHIPPED or DELIVERED order";
const ONE_KEY: &str = "one order answers one key";

const PLANTS: &[Plant] = &[
    Plant {
        names: &["the movements of a SKU add up to what is on hand"],
        sql: "UPDATE inventory.stock SET on_hand = 9 WHERE sku = 'SKU-1'",
    },
    Plant {
        names: &["each movement of a SKU starts where the one before it ended"],
        sql: "ALTER TABLE inventory.stock_movement DISABLE TRIGGER USER; \
              UPDATE inventory.stock_movement SET on_hand_after = 3 WHERE kind = 'RETURN'",
    },
    Plant {
        names: &["what is reserved of a SKU is what the open holds add up to"],
        sql: "UPDATE inventory.stock SET reserved = 2 WHERE sku = 'SKU-1'",
    },
    Plant {
        names: &[NEGATIVE],
        sql: "ALTER TABLE inventory.stock DROP CONSTRAINT stock_is_not_oversold; \
              UPDATE inventory.stock SET reserved = 6 WHERE sku = 'SKU-2'; \
              INSERT INTO inventory.reservation VALUES (gen_random_uuid(), gen_random_uuid(), 'MANUAL', 'HELD', \
                '{\"SKU-2\": 6}', now() + interval '1 hour', now(), 0)",
    },
    Plant {
        names: &["no SKU is oversold: orders have no more of it than ever came in", NEGATIVE],
        sql: "ALTER TABLE inventory.stock DROP CONSTRAINT stock_on_hand_check, DROP CONSTRAINT stock_is_not_oversold; \
              ALTER TABLE inventory.stock_movement DROP CONSTRAINT stock_movement_on_hand_after_check; \
              UPDATE inventory.stock SET on_hand = -1 WHERE sku = 'SKU-2'; \
              INSERT INTO inventory.reservation VALUES ('00000000-0000-0000-0000-0000000000c1', gen_random_uuid(), \
                'MANUAL', 'COMMITTED', '{\"SKU-2\": 6}', NULL, now(), 0); \
              INSERT INTO inventory.stock_movement (sku, kind, delta, on_hand_after, reason, order_id, at) VALUES \
                ('SKU-2', 'SALE', -6, -1, '', '00000000-0000-0000-0000-0000000000c1', now())",
    },
    Plant {
        names: &["a reservation's sale is booked once, and its return once"],
        sql: "UPDATE inventory.stock SET on_hand = 6 WHERE sku = 'SKU-1'; \
              INSERT INTO inventory.stock_movement (sku, kind, delta, on_hand_after, reason, order_id, at) VALUES \
                ('SKU-1', 'SALE', -2, 6, '', '01900000-0000-7000-8000-000000000001', now())",
    },
    Plant {
        names: &["no hold outlives its time"],
        sql: "UPDATE inventory.stock SET reserved = 1 WHERE sku = 'SKU-2'; \
              INSERT INTO inventory.reservation VALUES (gen_random_uuid(), gen_random_uuid(), 'MANUAL', 'HELD', \
                '{\"SKU-2\": 1}', now() - interval '1 hour', now(), 0)",
    },
    Plant {
        names: &["what is captured is what was ordered, and no more goes back than was captured"],
        sql: "UPDATE payment.payment SET refund_target_minor = 5000 WHERE intent_id = 'pi_1'",
    },
    Plant {
        names: &["an order is charged at most once"],
        sql: "INSERT INTO payment.attempt (id, order_id, number, method, state, started_at) VALUES \
                (gen_random_uuid(), '01900000-0000-7000-8000-000000000001', 2, 'pm', 'SUCCEEDED', now())",
    },
    Plant {
        names: &["a capture is booked once, in full"],
        sql: "INSERT INTO payment.ledger_entry (order_id, kind, reference, debit, credit, amount_minor, currency) VALUES \
                ('01900000-0000-7000-8000-000000000001', 'CAPTURE', gen_random_uuid(), 'GATEWAY_RECEIVABLE', 'SALES', 2000, 'EUR')",
    },
    Plant {
        names: &["a refund that succeeded is booked once, in full"],
        sql: "INSERT INTO payment.ledger_entry (order_id, kind, reference, debit, credit, amount_minor, currency) VALUES \
                ('01900000-0000-7000-8000-000000000001', 'REFUND', gen_random_uuid(), 'SALES', 'GATEWAY_RECEIVABLE', 2000, 'EUR')",
    },
    Plant {
        names: &["the ledger balances: an entry debits one account and credits the other, as its kind says"],
        sql: "ALTER TABLE payment.ledger_entry DISABLE TRIGGER USER; \
              UPDATE payment.ledger_entry SET debit = 'SALES', credit = 'GATEWAY_RECEIVABLE' WHERE kind = 'CAPTURE'",
    },
    Plant {
        names: &["orders say of the money what payments say", FACTS],
        sql: "UPDATE \"order\".orders SET refunded_at = now(), refunded_minor = 100 WHERE status = 'PAID'",
    },
    Plant { names: &["every capture here is one of the gateway's"], sql: "DELETE FROM book_intent WHERE id = 'pi_1'" },
    Plant {
        names: &["the gateway captured nothing that is not known here"],
        sql: "INSERT INTO book_intent VALUES ('pi_x', NULL, 'succeeded', 500, 500, 'eur'); \
              INSERT INTO book_charge VALUES ('ch_x', 'pi_x', 'succeeded', 500, 'eur')",
    },
    Plant {
        names: &["the gateway charged no order twice"],
        sql: "INSERT INTO book_charge VALUES ('ch_x', 'pi_1', 'succeeded', 2000, 'eur')",
    },
    Plant {
        names: &["what went back is the same here and at the gateway"],
        sql: "INSERT INTO book_refund VALUES ('re_x', 'pi_1', 'succeeded', 100, 'eur')",
    },
    Plant {
        names: &["a PAID, SHIPPED or DELIVERED order has its stock committed and its money captured in full", FACTS],
        sql: "UPDATE \"order\".orders SET status = 'PAID' WHERE status = 'PAYMENT_PENDING'",
    },
    Plant {
        names: &[KEPT, SETTLED, FACTS],
        sql: "UPDATE \"order\".orders SET status = 'PAYMENT_PENDING' WHERE status = 'PAID'",
    },
    Plant {
        names: &["a CANCELLED order has given back its stock and all of its money", KEPT, FACTS],
        sql: "UPDATE \"order\".orders SET status = 'CANCELLED' WHERE status = 'PAID'",
    },
    Plant {
        names: &["an order costs what its lines add up to"],
        sql: "UPDATE \"order\".orders SET lines = jsonb_set(lines, '{0,line_total_minor}', '1') WHERE status = 'PAID'",
    },
    Plant {
        names: &["what is reserved and charged for an order is what was ordered"],
        sql: "UPDATE payment.payment SET user_id = gen_random_uuid() WHERE intent_id = 'pi_1'",
    },
    Plant {
        names: &["nothing is reserved or paid without an order"],
        sql: "INSERT INTO payment.payment (order_id, id, initiated, captured_minor, refund_target_minor, \
                refund_given_up_minor, shipped, fruitless_calls, event_seq, version) \
              VALUES (gen_random_uuid(), gen_random_uuid(), false, 0, 0, 0, false, 0, 0, 1)",
    },
    Plant {
        names: &["every order has a reservation and a payment"],
        sql: "DELETE FROM payment.payment WHERE intent_id IS NULL AND closed IS NULL",
    },
    Plant {
        names: &[SETTLED],
        sql: "UPDATE payment.payment SET closed = 'WITHDRAWN' WHERE intent_id IS NULL AND closed IS NULL",
    },
    Plant {
        names: &["no event of an aggregate is missing on its topic: they are 1, 2, 3 …"],
        sql: "DELETE FROM seen WHERE producer = 'order' AND key LIKE '%2' AND seq = 2",
    },
    Plant {
        names: &["the events of an aggregate first come in the order of their numbers"],
        sql: "UPDATE seen SET kafka_offset = 800 WHERE producer = 'order' AND key LIKE '%2' AND seq = 2",
    },
    Plant {
        names: &["what was said is on its topic, or waits in the outbox"],
        sql: "DELETE FROM seen WHERE producer = 'order' AND key LIKE '%1' AND seq = 2",
    },
    Plant {
        names: &["no event is on a topic that its aggregate did not say"],
        sql: "INSERT INTO seen SELECT producer, partition, 801, key, order_id, gen_random_uuid(), \
                'waybill.order.noted.v1', 3, payload, false FROM seen WHERE producer = 'order' AND key LIKE '%1' AND seq = 2",
    },
    Plant {
        names: &["every event is applied by each service that wants it, or is among its dead letters"],
        sql: "DELETE FROM payment.inbox WHERE event_id IN (SELECT event_id FROM seen WHERE type = 'waybill.order.created.v1')",
    },
    Plant {
        names: &["nothing waits in the dead letters"],
        sql: "INSERT INTO payment.dead_letter (id, topic, partition, kafka_offset, key, headers, state) VALUES \
                ('order.events:0:5', 'order.events', 0, 5, 'ord_somebody', '{}', 'DEAD')",
    },
    Plant {
        names: &["every record of a dead-letter topic is listed by its service"],
        sql: "INSERT INTO dead_record VALUES ('payment', 'order.events:0:5')",
    },
    Plant {
        names: &["a repeated record is the same event"],
        sql: "UPDATE seen SET payload = '\\x00' WHERE kafka_offset = 900",
    },
    Plant {
        names: &["what happens to an order once is said once"],
        sql: "UPDATE \"order\".orders SET event_seq = 3 WHERE status = 'PAID'; \
              INSERT INTO seen SELECT producer, partition, 801, key, order_id, gen_random_uuid(), type, 3, payload, false \
                FROM seen WHERE producer = 'order' AND key LIKE '%1' AND seq = 2",
    },
    Plant {
        names: &["payment says one final word of an order"],
        sql: "UPDATE payment.payment SET event_seq = 2 WHERE intent_id = 'pi_1'; \
              INSERT INTO seen SELECT producer, partition, 801, key, order_id, gen_random_uuid(), type, 2, payload, false \
                FROM seen WHERE producer = 'payment' AND key LIKE '%1' AND kafka_offset < 900",
    },
    Plant { names: &[FACTS], sql: "UPDATE \"order\".orders SET unknown_at = now() WHERE status = 'PAID'" },
    Plant {
        names: &["the state of a reservation follows from the events"],
        sql: "UPDATE inventory.reservation SET state = 'RELEASED' WHERE state = 'REJECTED'",
    },
    Plant {
        names: &["the state of a payment follows from what it said"],
        sql: "UPDATE payment.payment SET initiated = true WHERE intent_id IS NULL AND closed IS NULL",
    },
    Plant {
        names: &["every order that was acknowledged to a client exists, and is that client's"],
        sql: "INSERT INTO client_call VALUES (now(), 'k9', 'usr_01900000000070008000000000000009', 'accepted', \
                'ord_01900000000070008000000000000009')",
    },
    Plant {
        names: &["one key of a client gets one order, however often it is sent", ONE_KEY],
        sql: "INSERT INTO client_call VALUES (now(), 'k1', 'usr_01900000000070008000000000000009', 'accepted', \
                'ord_01900000000070008000000000000002')",
    },
    Plant {
        names: &[ONE_KEY],
        sql: "INSERT INTO client_call VALUES (now(), 'k9', 'usr_01900000000070008000000000000009', 'accepted', \
                'ord_01900000000070008000000000000002')",
    },
    Plant {
        names: &["a call that was refused, and nothing else, left no order"],
        sql: "UPDATE \"order\".idempotency_key SET key = 'k5'",
    },
    Plant {
        names: &["a client has no more orders than its calls can have made"],
        sql: "DELETE FROM client_call WHERE key = 'k4'",
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn each_violation_is_named_and_nothing_else() {
    let scratch = Scratch::new().await;
    let mut evidence = Evidence::open(&scratch.url, None).await.expect("a session");
    seed::databases(&mut evidence).await;
    seed::outside(&mut evidence).await;
    evidence.run("BEGIN").await.expect("begun");
    let report = judge(&mut evidence, true, false).await.expect("a report");
    assert_eq!(report.violations(), 0, "{report}");
    for line in &report.lines {
        assert!(line.covered > 0, "the small shop has nothing for: {}", line.name);
    }
    evidence.run("ROLLBACK").await.expect("rolled back");
    for plant in PLANTS {
        evidence.run("BEGIN").await.expect("begun");
        evidence.run(plant.sql).await.unwrap_or_else(|error| panic!("{}: {error:#}", plant.names[0]));
        evidence.derive().await.expect("the events");
        if plant.names[0].starts_with("payment says one") {
            evidence.run(seed::INBOXES).await.expect("the inboxes");
        }
        let report = judge(&mut evidence, true, false).await.expect("a report");
        let named: BTreeSet<&str> = report.violated().into_iter().collect();
        assert_eq!(named, plant.names.iter().copied().collect(), "{report}");
        evidence.run("ROLLBACK").await.expect("rolled back");
    }
}

#[test]
fn every_invariant_has_a_violation_planted() {
    let planted: BTreeSet<&str> = PLANTS.iter().map(|plant| plant.names[0]).collect();
    let all: BTreeSet<&str> = invariant::all().map(|invariant| invariant.name).chain(replay::NAMES).collect();
    assert_eq!(planted, all);
}
