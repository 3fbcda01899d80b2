//! A small shop that is well: an order that is paid, one that was paid and cancelled, one that was out of stock, one that
//! waits for its buyer; with the topics, the gateway's books and a client's history that belong to them.

use chrono::{TimeDelta, Utc};
use e2e::checker::clients;
use e2e::checker::evidence::Evidence;
use e2e::checker::topics::{self, Seen};
use e2e::history::Call;
use proto_events::{Event, Money, inventory as i, order as o, payment as p};
use uuid::Uuid;

pub const PAID: &str = "ord_01900000000070008000000000000001";
pub const CANCELLED: &str = "ord_01900000000070008000000000000002";
pub const SOLD_OUT: &str = "ord_01900000000070008000000000000003";
pub const WAITING: &str = "ord_01900000000070008000000000000004";
pub const USER: &str = "usr_01900000000070008000000000000009";

const DATABASE: &str = include_str!("seed.sql");

/// Fills the databases; to be committed.
pub async fn databases(evidence: &mut Evidence) {
    evidence.run(DATABASE).await.expect("the seed");
}

/// Fills what is outside of them.
pub async fn outside(evidence: &mut Evidence) {
    let (mut records, mut offset): (Vec<Seen>, i64) = (Vec::new(), 0);
    for (producer, key, event) in story() {
        let seq = 1 + records.iter().filter(|r| r.producer == producer && r.key.as_deref() == Some(key)).count();
        offset += 1;
        records.push(record(producer, key, i64::try_from(seq).expect("small"), offset, &event));
    }
    // A repeat, as a relay makes one that dies before it deletes.
    let again = records.iter().find(|r| r.producer == "payment" && r.key.as_deref() == Some(PAID)).expect("a success");
    records.push(Seen { offset: 900, ..again.clone() });
    records.push(Seen {
        injected: true,
        key: Some("ord_nobody".to_owned()),
        producer: "payment".to_owned(),
        ..Seen::default()
    });
    topics::insert(evidence, records).await.expect("the records");
    evidence.run(
        "INSERT INTO extent SELECT DISTINCT producer, 0, 0, 1000 FROM seen; \
         INSERT INTO progress SELECT DISTINCT consumer, producer, 0, 1000 FROM wants; \
         INSERT INTO dead_record VALUES ('order', 'payment.events:0:77'); \
         INSERT INTO book_intent VALUES ('pi_1', 'ord_01900000000070008000000000000001', 'succeeded', 2000, 2000, 'eur'), \
           ('pi_2', 'ord_01900000000070008000000000000002', 'succeeded', 1000, 1000, 'eur'); \
         INSERT INTO book_charge VALUES ('ch_1', 'pi_1', 'succeeded', 2000, 'eur'), ('ch_2', 'pi_2', 'succeeded', 1000, 'eur'), \
           ('ch_3', 'pi_2', 'failed', 1000, 'eur'); \
         INSERT INTO book_refund VALUES ('re_2', 'pi_2', 'succeeded', 1000, 'eur')",
    ).await.expect("the outside");
    evidence.derive().await.expect("the events");
    evidence.run(INBOXES).await.expect("the inboxes");
    clients::insert(evidence, calls()).await.expect("the history");
}

/// Every service has applied what it wants.
pub const INBOXES: &str = "
    INSERT INTO \"order\".inbox SELECT DISTINCT event_id FROM seen JOIN wants USING (producer, type)
      WHERE consumer = 'order' ON CONFLICT DO NOTHING;
    INSERT INTO inventory.inbox SELECT DISTINCT event_id FROM seen JOIN wants USING (producer, type)
      WHERE consumer = 'inventory' ON CONFLICT DO NOTHING;
    INSERT INTO payment.inbox SELECT DISTINCT event_id FROM seen JOIN wants USING (producer, type)
      WHERE consumer = 'payment' ON CONFLICT DO NOTHING";

/// A record with an id of its own.
pub fn record(producer: &str, key: &str, seq: i64, offset: i64, event: &Event) -> Seen {
    Seen {
        producer: producer.to_owned(),
        partition: 0,
        offset,
        key: Some(key.to_owned()),
        event_id: Some(Uuid::now_v7()),
        event_type: Some(event.event_type().wire_name().to_owned()),
        seq: Some(seq),
        payload: Some(event.encode()),
        ..Seen::default()
    }
}

fn story() -> Vec<(&'static str, &'static str, Event)> {
    let eur = |minor| Some(Money::new(minor, "EUR"));
    let created = |sku: &str, quantity, total| -> Event {
        let line = o::v1::OrderLine { sku: sku.to_owned(), quantity, ..Default::default() };
        o::v1::OrderCreated { user_id: USER.to_owned(), lines: vec![line], total: eur(total), payment_method: None }
            .into()
    };
    let reserved = || -> Event {
        i::v1::InventoryReserved { expires_at_ms: 2, payment_deadline_ms: 1, ..Default::default() }.into()
    };
    let success = |minor| -> Event { p::v1::PaymentSuccess { captured: eur(minor), ..Default::default() }.into() };
    let short = i::v1::ShortLine { sku: "SKU-2".to_owned(), requested: 9, available: 5 };
    let cancelled = o::v1::OrderCancelled { by: o::v1::CancelledBy::Buyer.into(), ..Default::default() };
    let released = i::v1::InventoryReleased { reason: i::v1::ReleaseReason::Cancelled.into() };
    let refunded = p::v1::PaymentRefunded { amount: eur(1000), refunded_total: eur(1000), ..Default::default() };
    vec![
        ("order", PAID, created("SKU-1", 2, 2000)),
        ("inventory", PAID, reserved()),
        ("payment", PAID, success(2000)),
        ("inventory", PAID, i::v1::InventoryCommitted {}.into()),
        ("order", PAID, o::v1::OrderPaid { total: eur(2000) }.into()),
        ("order", CANCELLED, created("SKU-1", 1, 1000)),
        ("inventory", CANCELLED, reserved()),
        ("payment", CANCELLED, success(1000)),
        ("inventory", CANCELLED, i::v1::InventoryCommitted {}.into()),
        ("order", CANCELLED, o::v1::OrderPaid { total: eur(1000) }.into()),
        ("order", CANCELLED, cancelled.into()),
        ("inventory", CANCELLED, released.into()),
        ("payment", CANCELLED, refunded.into()),
        ("order", SOLD_OUT, created("SKU-2", 9, 9000)),
        ("inventory", SOLD_OUT, i::v1::InventoryRejected { short_lines: vec![short] }.into()),
        ("order", WAITING, created("SKU-1", 1, 1000)),
        ("inventory", WAITING, reserved()),
    ]
}

fn calls() -> Vec<Call> {
    let call = |key: &str, status, order| Call {
        at: Utc::now() - TimeDelta::minutes(1),
        ..Call::now(key, USER, status, order)
    };
    vec![
        call("k1", None, None),
        call("k1", Some(201), Some(PAID)),
        call("k2", Some(201), Some(CANCELLED)),
        call("k3", Some(201), Some(SOLD_OUT)),
        call("k4", Some(201), Some(WAITING)),
        call("k5", Some(422), None),
    ]
}
