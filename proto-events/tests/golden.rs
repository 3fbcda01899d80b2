//! Every event type has a record on file that has to keep parsing: a new consumer reads old events.
//!
//! A new event: write its example below, run once with `UPDATE_FIXTURES=1`, commit the file. An existing file never
//! changes: a change that needs it breaks consumers.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use proto_events::{
    Decoded, Envelope, Event, EventType, Money, Undecodable, auth, catalog, decode, inventory, order, payment,
};
use uuid::Uuid;

const ORDER: &str = "ord_01900000000070008000000000000001";
const PAYMENT: &str = "pay_01900000000070008000000000000002";
const REFUND: &str = "ref_01900000000070008000000000000003";

fn eur(amount_minor: i64) -> Option<Money> {
    Some(Money::new(amount_minor, "EUR"))
}

fn short_line() -> inventory::v1::ShortLine {
    inventory::v1::ShortLine { sku: "MUG-BLUE".into(), requested: 3, available: 1 }
}

fn product(status: catalog::v1::ProductStatus, version: i64) -> Option<catalog::v1::Product> {
    Some(catalog::v1::Product {
        product_id: "prd_01900000000070008000000000000004".into(),
        sku: "MUG-BLUE".into(),
        name: "Blue mug".into(),
        price: eur(1299),
        status: status.into(),
        seller_id: "sel_01900000000070008000000000000005".into(),
        version,
    })
}

/// One example of each event type, and the key it would have.
fn example(event_type: EventType) -> (&'static str, Event) {
    use catalog::v1::ProductStatus;
    let about_order = |event: Event| (ORDER, event);
    match event_type {
        EventType::OrderCreated => about_order(order_created().into()),
        EventType::OrderCancelled => about_order(
            order::v1::OrderCancelled { by: order::v1::CancelledBy::Buyer.into(), reason: "changed my mind".into() }
                .into(),
        ),
        EventType::OrderPaid => about_order(order::v1::OrderPaid { total: eur(2598) }.into()),
        EventType::OrderShipped => about_order(
            order::v1::OrderShipped { shipment_id: "shp_01900000000070008000000000000006".into(), complete: true }
                .into(),
        ),
        EventType::OrderDelivered => about_order(order::v1::OrderDelivered {}.into()),
        EventType::InventoryReserved => about_order(
            inventory::v1::InventoryReserved {
                reservation_id: "rsv_01900000000070008000000000000007".into(),
                expires_at_ms: 1_790_000_900_000,
                payment_deadline_ms: 1_790_000_780_000,
            }
            .into(),
        ),
        EventType::InventoryRejected => {
            about_order(inventory::v1::InventoryRejected { short_lines: vec![short_line()] }.into())
        }
        EventType::InventoryCommitted => about_order(inventory::v1::InventoryCommitted {}.into()),
        EventType::InventoryCommitRejected => {
            about_order(inventory::v1::InventoryCommitRejected { short_lines: vec![short_line()] }.into())
        }
        EventType::InventoryReleased => about_order(
            inventory::v1::InventoryReleased { reason: inventory::v1::ReleaseReason::Expired.into() }.into(),
        ),
        EventType::StockLow => {
            ("MUG-BLUE", inventory::v1::StockLow { sku: "MUG-BLUE".into(), available: 5, threshold: 5 }.into())
        }
        EventType::PaymentInitiated => about_order(payment::v1::PaymentInitiated { payment_id: PAYMENT.into() }.into()),
        EventType::PaymentUnknown => about_order(
            payment::v1::PaymentUnknown {
                payment_id: PAYMENT.into(),
                attempt_id: "att_01900000000070008000000000000008".into(),
            }
            .into(),
        ),
        EventType::PaymentSuccess => {
            about_order(payment::v1::PaymentSuccess { payment_id: PAYMENT.into(), captured: eur(2598) }.into())
        }
        EventType::PaymentFailed => about_order(
            payment::v1::PaymentFailed {
                payment_id: PAYMENT.into(),
                reason: payment::v1::FailureReason::Declined.into(),
                decline_code: Some("insufficient_funds".into()),
            }
            .into(),
        ),
        EventType::PaymentRefunded => about_order(
            payment::v1::PaymentRefunded {
                payment_id: PAYMENT.into(),
                refund_id: REFUND.into(),
                amount: eur(1000),
                refunded_total: eur(1500),
            }
            .into(),
        ),
        EventType::RefundFailed => about_order(
            payment::v1::RefundFailed {
                payment_id: PAYMENT.into(),
                refund_id: REFUND.into(),
                amount: eur(1000),
                code: "expired_or_canceled_card".into(),
            }
            .into(),
        ),
        EventType::ProductCreated => {
            about_product(catalog::v1::ProductCreated { product: product(ProductStatus::Draft, 1) }.into())
        }
        EventType::ProductUpdated => {
            about_product(catalog::v1::ProductUpdated { product: product(ProductStatus::Active, 2) }.into())
        }
        EventType::ProductArchived => {
            about_product(catalog::v1::ProductArchived { product: product(ProductStatus::Archived, 3) }.into())
        }
        EventType::UserRegistered => {
            about_user(auth::v1::UserRegistered { email: "ada@example.com".into(), name: "Ada".into() }.into())
        }
        EventType::UserRolesChanged => about_user(
            auth::v1::UserRolesChanged {
                roles: vec!["SELLER".into()],
                seller_id: "sel_01900000000070008000000000000005".into(),
                changed_by: "usr_01900000000070008000000000000009".into(),
            }
            .into(),
        ),
    }
}

fn order_created() -> order::v1::OrderCreated {
    order::v1::OrderCreated {
        user_id: "usr_01900000000070008000000000000009".into(),
        lines: vec![order::v1::OrderLine {
            item_id: "itm_0190000000007000800000000000000a".into(),
            sku: "MUG-BLUE".into(),
            product_id: "prd_01900000000070008000000000000004".into(),
            quantity: 2,
        }],
        total: eur(2598),
        payment_method: Some("pm_card_visa".into()),
    }
}

fn about_product(event: Event) -> (&'static str, Event) {
    ("prd_01900000000070008000000000000004", event)
}

fn about_user(event: Event) -> (&'static str, Event) {
    ("usr_01900000000070008000000000000009", event)
}

fn fixture(event_type: EventType) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(format!("{}.bin", event_type.wire_name()))
}

#[test]
fn every_event_type_still_reads_its_record_on_file() {
    for event_type in EventType::ALL {
        let (_, event) = example(*event_type);
        let path = fixture(*event_type);
        if std::env::var_os("UPDATE_FIXTURES").is_some() && !path.exists() {
            std::fs::write(&path, event.encode()).expect("the fixture is written");
        }
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let read = Event::decode(*event_type, &bytes).expect("an old record decodes");
        assert_eq!(read, event, "{}", event_type.wire_name());
    }
}

fn envelope(event_type: EventType) -> Envelope {
    let (key, event) = example(event_type);
    Envelope {
        id: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_000b),
        source: "/waybill/test".into(),
        time: DateTime::<Utc>::from_timestamp_millis(1_790_000_000_000).expect("a time"),
        key: key.into(),
        aggregate_seq: 7,
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
        event,
    }
}

/// A record's headers as a mutable list, and a way to read it.
struct Wire {
    key: Option<String>,
    headers: Vec<(String, String)>,
    payload: Vec<u8>,
}

impl Wire {
    fn of(envelope: &Envelope) -> Self {
        let record = envelope.to_record();
        Self { key: Some(record.key), headers: record.headers, payload: record.payload }
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self
    }

    fn with(self, name: &str, value: &str) -> Self {
        let mut changed = self.without(name);
        changed.headers.push((name.to_owned(), value.to_owned()));
        changed
    }

    fn read(&self, wanted: bool) -> Result<Decoded, Undecodable> {
        let header = |name: &str| self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_bytes());
        decode(self.key.as_deref(), header, Some(&self.payload), |_| wanted)
    }
}

#[test]
fn an_envelope_reads_back_as_written() {
    for event_type in EventType::ALL {
        let envelope = envelope(*event_type);
        assert_eq!(Wire::of(&envelope).read(true), Ok(Decoded::Event(Box::new(envelope))));
    }
}

#[test]
fn unknown_types_are_skipped_and_unknown_versions_are_not() {
    let wire = || Wire::of(&envelope(EventType::OrderPaid));
    assert_eq!(
        wire().with("ce_type", "waybill.order.frobnicated.v1").read(true),
        Ok(Decoded::UnknownType("waybill.order.frobnicated.v1".into()))
    );
    assert_eq!(
        wire().with("ce_type", "waybill.order.paid.v2").read(true),
        Err(Undecodable::UnknownVersion("waybill.order.paid.v2".into()))
    );
    assert_eq!(wire().with("ce_id", "not read").read(false), Ok(Decoded::Unwanted));
}

#[test]
fn what_a_record_lacks_is_named() {
    let wire = || Wire::of(&envelope(EventType::OrderCreated));
    assert_eq!(wire().without("ce_type").read(true), Err(Undecodable::MissingHeader("ce_type")));
    assert_eq!(wire().without("ce_id").read(true), Err(Undecodable::MissingHeader("ce_id")));
    assert_eq!(wire().with("ce_id", "1234").read(true), Err(Undecodable::MalformedHeader("ce_id")));
    assert_eq!(wire().with("aggregate_seq", "first").read(true), Err(Undecodable::MalformedHeader("aggregate_seq")));
    assert_eq!(Wire { key: None, ..wire() }.read(true), Err(Undecodable::MissingKey));
    assert!(matches!(Wire { payload: vec![0xff; 4], ..wire() }.read(true), Err(Undecodable::Payload(_))));
    let huge = vec![0; proto_events::envelope::PAYLOAD_BYTES_MAX + 1];
    assert!(matches!(Wire { payload: huge, ..wire() }.read(true), Err(Undecodable::TooLarge(_))));
}
