//! A poison record of one order, on the real stack: put aside, listed, mended, replayed; the others go on.

use std::time::Duration;

use e2e::books;
use e2e::shop::{Shop, id};
use e2e::stack::Stack;
use proto_events::{Event, payment};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::{Value, json};
use testkit::eventually;

const LETTERS: &str = "/api/v1/admin/order/dead-letters";

/// Puts a record that does not decode into `payment.events`, in the partition of the order's other events.
async fn poison(stack: &Stack, order: &str) {
    let producer: FutureProducer =
        ClientConfig::new().set("bootstrap.servers", stack.value("KAFKA_BROKERS")).create().expect("a producer");
    let event_id = uuid::Uuid::now_v7().to_string();
    let headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", &event_id),
        ("ce_type", "waybill.payment.unknown.v1"),
        ("ce_source", "/waybill/payment"),
        ("ce_time", "2026-01-01T00:00:00Z"),
        ("ce_subject", order),
        ("aggregate_seq", "99"),
    ];
    let headers = headers
        .into_iter()
        .fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(value) }));
    let record = FutureRecord::to("payment.events").key(order).payload(&[0xff, 0x00, 0xff]).headers(headers);
    producer.send(record, Duration::from_secs(10)).await.expect("produced");
}

async fn letters_about(shop: &Shop, order: &str) -> Vec<Value> {
    let page = shop.get_as(&shop.admin, &format!("{LETTERS}?limit=100")).await;
    page["data"].as_array().expect("a list").iter().filter(|letter| letter["key"] == order).cloned().collect()
}

async fn replay(shop: &Shop, letter: &Value) -> Value {
    let path = format!("{LETTERS}/{}/replay", id(letter));
    shop.api.post(&path).bearer(&shop.admin).new_key().send().await.expect(202)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_record_parks_its_order_until_it_is_mended() {
    let shop = Shop::open().await;
    let (buyer, sku) = (shop.buyer().await, shop.product(1000, 10).await);
    let order = id(&shop.order(&buyer, &[(&sku, 1)], None).await);
    shop.becomes(&order, "PAYMENT_PENDING").await;

    poison(&shop.stack, &order).await;
    let dead = eventually("the dead letter is listed", async || letters_about(&shop, &order).await.pop()).await;
    assert_eq!((&dead["state"], &dead["error_class"]), (&json!("DEAD"), &json!("UNDECODABLE")), "{dead}");
    assert_eq!(dead["payload_base64"], "/wD/");

    // The money and the stock go on: only what the order service knows of this order stands still.
    shop.confirm(&buyer, &order, "pm_card_visa").await.expect(200);
    eventually("its later events wait", async || {
        letters_about(&shop, &order).await.iter().any(|letter| letter["state"] == "WAITING").then_some(())
    })
    .await;
    assert_eq!(shop.order_now(&order).await["status"], "PAYMENT_PENDING");
    let other = id(&shop.order(&buyer, &[(&sku, 1)], Some("pm_card_visa")).await);
    shop.becomes(&other, "PAID").await;

    // As it is, it stays dead; mended, everything that waited follows, in order.
    assert_eq!(replay(&shop, &dead).await["state"], "DEAD");
    let payment_id = id(&shop.payment(&order).await);
    let attempt_id = "att_01900000000070008000000000000008".to_owned();
    let mended = Event::from(payment::v1::PaymentUnknown { payment_id, attempt_id }).encode();
    let hex: String = mended.iter().map(|byte| format!("{byte:02x}")).collect();
    let sql = format!("UPDATE dead_letter SET payload = '\\x{hex}' WHERE id = '{}'", id(&dead));
    assert_eq!(books::execute(&shop, "order", &sql).await, 1);
    assert_eq!(replay(&shop, &dead).await["state"], "DONE");
    let paid = shop.becomes(&order, "PAID").await;
    assert_eq!(replay(&shop, &dead).await["state"], "DONE");
    assert_eq!(shop.order_now(&order).await, paid, "a second replay changes nothing");
    let open = letters_about(&shop, &order).await.into_iter().filter(|letter| letter["state"] != "DONE").count();
    assert_eq!(open, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_passes_a_parked_order() {
    let shop = Shop::open().await;
    let (buyer, sku) = (shop.buyer().await, shop.product(1000, 10).await);
    let order = id(&shop.order(&buyer, &[(&sku, 1)], None).await);
    shop.becomes(&order, "PAYMENT_PENDING").await;
    poison(&shop.stack, &order).await;
    eventually("the dead letter is listed", async || letters_about(&shop, &order).await.pop()).await;
    shop.cancel(&buyer.token, &order).await.expect(200);
    eventually("the stock is back", async || (books::stock(&shop, &sku).await.reserved == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_replay_what() {
    let shop = Shop::open().await;
    let buyer = shop.buyer().await;
    let path = format!("{LETTERS}/order.events:0:123456789/replay");
    shop.api.post(&path).bearer(&buyer.token).new_key().send().await.expect_problem(403, "forbidden");
    shop.api.post(&path).bearer(&shop.admin).send().await.expect_problem(400, "idempotency_key_missing");
    shop.api.post(&path).bearer(&shop.admin).new_key().send().await.expect_problem(404, "not_found");
    for service in ["auth", "catalog", "inventory", "order", "payment"] {
        shop.get_as(&shop.admin, &format!("/api/v1/admin/{service}/dead-letters")).await;
    }
}
