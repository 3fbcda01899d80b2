//! What the gateway tells by itself.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use proto_events::EventType;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{PRICE, Plan, SECRET, Shop, cancelled};

fn event(kind: &str, object: Value) -> Value {
    json!({"id": format!("evt_{}", Uuid::new_v4().simple()), "object": "event", "type": kind, "data": {"object": object}})
}

fn succeeded(intent: &str) -> Value {
    let object = json!({"id": intent, "object": "payment_intent", "status": "succeeded", "amount": PRICE,
                        "amount_received": PRICE, "currency": "eur"});
    event("payment_intent.succeeded", object)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_manner_of_webhook_ends_the_same() {
    let mut shop = Shop::open().await;
    for method in
        ["pm_sim_webhook_twice", "pm_sim_webhook_late", "pm_sim_webhook_out_of_order", "pm_sim_webhook_forged"]
    {
        let order = shop.paid_order(method).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(shop.payment(order).await["status"], "SUCCEEDED", "{method}");
        assert_eq!(shop.said(order).await, [EventType::PaymentSuccess], "{method}");
        shop.audit(order).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_without_a_valid_signature_never_acts() {
    let plan = Plan::without_webhooks();
    let mut shop = Shop::open_with(plan.clone()).await;
    let order = shop.order(Some("pm_sim_error_after_charge")).await;
    shop.says(order, EventType::PaymentUnknown).await;
    let intent = shop.text("SELECT coalesce(max(intent_id), '') AS text FROM payment").await;
    let lie = event(
        "payment_intent.canceled",
        json!({"id": intent, "status": "canceled", "amount_received": 0, "currency": "eur"}),
    );
    let now = Utc::now();
    shop.webhook(&lie, "whsec_forged", now).await.expect_problem(400, "invalid_signature");
    shop.webhook(&lie, SECRET, now - TimeDelta::seconds(301)).await.expect_problem(400, "invalid_signature");
    shop.webhook(&lie, SECRET, now + TimeDelta::seconds(310)).await.expect_problem(400, "invalid_signature");
    let unsigned = shop.api.post("/api/v1/payments/webhook").raw("application/json", lie.to_string()).send().await;
    unsigned.expect_problem(400, "invalid_signature");
    assert_eq!(shop.number("SELECT count(*) AS number FROM webhook_event").await, 0);
    shop.becomes(order, "SUCCEEDED").await;
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_acts_once() {
    let plan = Plan::without_webhooks();
    let mut shop = Shop::open_with(plan.clone()).await;
    let order = shop.order(Some("pm_card_visa")).await;
    shop.becomes(order, "SUCCEEDED").await;
    let intent = shop.text("SELECT coalesce(max(intent_id), '') AS text FROM payment").await;
    let told = succeeded(&intent);
    for _ in 0..3 {
        shop.webhook(&told, SECRET, Utc::now()).await.expect(200);
    }
    assert_eq!(shop.number("SELECT count(*) AS number FROM webhook_event WHERE payload IS NULL").await, 1);
    let version = shop.number("SELECT version AS number FROM payment").await;
    shop.webhook(&succeeded(&intent), SECRET, Utc::now()).await.expect(200);
    assert_eq!(
        shop.number("SELECT version AS number FROM payment").await,
        version,
        "what is known is not written again"
    );
    // A late one does not bring a cancelled order back.
    shop.tell(order, cancelled()).await;
    shop.becomes(order, "REFUNDED").await;
    shop.webhook(&succeeded(&intent), SECRET, Utc::now()).await.expect(200);
    assert_eq!(shop.payment(order).await["status"], "REFUNDED");
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_that_is_told_after_the_charge_takes_nothing_back() {
    let mut shop = Shop::open_with(Plan::without_webhooks()).await;
    let order = shop.order(None).await;
    shop.confirm(order, "pm_card_chargeDeclined").await.expect(402);
    shop.confirm(order, "pm_card_visa").await.expect(200);
    let intent = shop.text("SELECT coalesce(max(intent_id), '') AS text FROM payment").await;
    let object = json!({"id": intent, "status": "requires_payment_method", "amount_received": 0, "currency": "eur",
                        "last_payment_error": {"type": "card_error", "code": "card_declined"}});
    let mut late = event("payment_intent.payment_failed", object);
    late["request"] = json!({"idempotency_key": shop.payment(order).await["attempts"][0]["id"]});
    shop.webhook(&late, SECRET, Utc::now()).await.expect(200);
    let payment = shop.payment(order).await;
    let now = (&payment["status"], &payment["captured"]["amount_minor"], &payment["attempts"][1]["status"]);
    assert_eq!(now, (&json!("SUCCEEDED"), &json!(PRICE), &json!("SUCCEEDED")));
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_about_an_unknown_payment_is_kept() {
    let shop = Shop::open().await;
    let told = succeeded("pi_of_somebody_else");
    shop.webhook(&told, SECRET, Utc::now()).await.expect(200);
    assert_eq!(shop.number("SELECT count(*) AS number FROM webhook_event WHERE payload IS NOT NULL").await, 1);
    // Kinds that tell a payment nothing are taken and forgotten.
    shop.webhook(&event("customer.created", json!({"id": "cus_1"})), SECRET, Utc::now()).await.expect(200);
    assert_eq!(shop.number("SELECT count(*) AS number FROM webhook_event").await, 1);
    shop.webhook(&json!({"no": "event"}), SECRET, Utc::now()).await.expect_problem(400, "malformed_json");
    shop.webhook(&json!({"x": "y".repeat(70_000)}), SECRET, Utc::now()).await.expect_problem(413, "body_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_of_another_amount_is_for_people() {
    let mut shop = Shop::open_with(Plan::without_webhooks()).await;
    let order = shop.order(None).await;
    let call = shop.api.post("/api/v1/payments/initiate").by(&shop.buyer).new_key().json(json!({"order_id": order}));
    call.send().await.expect(201);
    testkit::eventually("the intent", async || {
        (shop.number("SELECT count(intent_id) AS number FROM payment").await == 1).then_some(())
    })
    .await;
    let intent = shop.text("SELECT coalesce(max(intent_id), '') AS text FROM payment").await;
    let mut told = succeeded(&intent);
    told["data"]["object"]["amount_received"] = json!(PRICE - 1);
    shop.webhook(&told, SECRET, Utc::now()).await.expect(200);
    assert_eq!(shop.number("SELECT mismatch_minor AS number FROM payment").await, PRICE - 1);
    assert_eq!(shop.payment(order).await["captured"]["amount_minor"], 0);
}
