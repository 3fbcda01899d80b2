//! Gateways that misbehave.

use std::time::{Duration, Instant};

use proto_events::EventType;
use serde_json::json;

use crate::support::{PRICE, Plan, Shop, cancelled, shipped};

/// How soon an unknown outcome has to be known.
const SETTLED_WITHIN: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_gateway_is_waited_for() {
    let mut shop = Shop::open().await;
    let order = shop.order(None).await;
    shop.confirm(order, "pm_sim_slow").await.expect(200);
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_after_the_charge_is_unknown_and_then_found_out() {
    let mut shop = Shop::open_with(Plan::without_webhooks()).await;
    let order = shop.order(None).await;
    let answer = shop.confirm_with(order, "pm_sim_error_after_charge", "k").await;
    assert_eq!(answer.expect(202)["status"], "PROCESSING");
    let location = answer.header("location").to_owned();
    assert_eq!(shop.api.get(&location).by(&shop.buyer).send().await.expect(200)["order_id"], json!(order));
    shop.confirm(order, "pm_card_visa").await.expect_problem(409, "payment_in_progress");
    shop.becomes(order, "SUCCEEDED").await;
    // A repeat tells how it stands now, and the key is not free for anything else.
    assert_eq!(shop.confirm_with(order, "pm_sim_error_after_charge", "k").await.expect(200)["status"], "SUCCEEDED");
    shop.confirm_with(order, "pm_card_visa", "k").await.expect_problem(422, "idempotency_key_reused");
    assert_eq!(shop.said(order).await, [EventType::PaymentUnknown, EventType::PaymentSuccess]);
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_while_it_is_unknown_is_still_being_worked_on() {
    let plan = Plan { webhooks: false, ..Plan::default() };
    let mut shop = Shop::open_with(plan.clone()).await;
    let order = shop.order(None).await;
    shop.confirm_with(order, "pm_sim_error_after_charge", "k").await.expect(202);
    shop.gateway_goes().await;
    let again = shop.confirm_with(order, "pm_sim_error_after_charge", "k").await;
    // It may have been found out before the gateway was gone.
    assert!(matches!(again.status.as_u16(), 200 | 202), "{}", again.text);
    shop.gateway_returns(&plan);
    shop.becomes(order, "SUCCEEDED").await;
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_is_never_answered_is_found_out_by_asking() {
    let mut shop = Shop::open_with(Plan::without_webhooks()).await;
    let order = shop.order(Some("pm_sim_timeout_after_charge")).await;
    let started = Instant::now();
    shop.becomes(order, "SUCCEEDED").await;
    assert!(started.elapsed() < SETTLED_WITHIN);
    assert_eq!(shop.said(order).await, [EventType::PaymentUnknown, EventType::PaymentSuccess]);
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_that_is_never_answered_is_heard_of_by_webhook() {
    let mut shop = Shop::open().await;
    let order = shop.order(Some("pm_sim_timeout_after_charge")).await;
    let started = Instant::now();
    shop.becomes(order, "SUCCEEDED").await;
    assert!(started.elapsed() < Duration::from_secs(8), "sooner than the call times out");
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_of_an_unknown_charge_gives_the_money_back() {
    let mut shop = Shop::open_with(Plan::without_webhooks()).await;
    let order = shop.order(Some("pm_sim_error_after_charge")).await;
    shop.says(order, EventType::PaymentUnknown).await;
    shop.tell(order, cancelled()).await;
    shop.becomes(order, "REFUNDED").await;
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_away_is_waited_for() {
    let plan = Plan::default();
    let mut shop = Shop::open_with(plan.clone()).await;
    shop.gateway_goes().await;
    let order = shop.order(Some("pm_card_visa")).await;
    let by_hand = shop.order(None).await;
    assert_eq!(shop.confirm(by_hand, "pm_card_visa").await.expect(202)["status"], "PROCESSING");
    shop.gateway_returns(&plan);
    shop.becomes(order, "SUCCEEDED").await;
    shop.becomes(by_hand, "SUCCEEDED").await;
    shop.audit(order).await;
    shop.audit(by_hand).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_a_refund_can_go() {
    let mut shop = Shop::open_with(Plan::without_webhooks()).await;
    for method in ["pm_card_pendingRefund", "pm_sim_error_after_refund", "pm_sim_timeout_after_refund"] {
        let order = shop.paid_order(method).await;
        shop.tell(order, cancelled()).await;
        shop.becomes(order, "REFUNDED").await;
        shop.audit(order).await;
    }
}

/// The gateway knows a repeat by its key, and we know our refund there by the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_refund_whose_answer_is_lost_is_made_once() {
    let mut shop = Shop::open_with(Plan::without_webhooks()).await;
    let order = shop.paid_order("pm_sim_error_after_refund").await;
    // Little enough for the gateway to give it back twice.
    shop.refund(&shop.payment(order).await, Some(PRICE * 2 / 5)).await.expect(201);
    let payment = testkit::eventually("the refund to end", async || {
        let payment = shop.payment(order).await;
        (payment["refunds"][0]["status"] != "PENDING").then_some(payment)
    })
    .await;
    let (_, refunds) = shop.at_gateway(order).await;
    assert_eq!(refunds.len(), 1, "refunds that the gateway made");
    assert_eq!(payment["refunds"][0]["status"], "SUCCEEDED");
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_is_finally_refused_is_said_and_can_be_asked_for_again() {
    let mut shop = Shop::open().await;
    let order = shop.paid_order("pm_sim_refund_fails").await;
    shop.tell(order, cancelled()).await;
    shop.says(order, EventType::RefundFailed).await;
    let payment = shop.payment(order).await;
    assert_eq!(payment["refunds"][0]["status"], "FAILED");
    assert_eq!(payment["status"], "SUCCEEDED");
    assert_eq!(payment["refunds"].as_array().map(Vec::len), Some(1), "it is not asked for again and again");
    shop.refund(&payment, None).await.expect(201);
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_that_the_gateway_does_not_take_is_a_decline() {
    let mut shop = Shop::open().await;
    let order = crate::support::new_order();
    let mut created = shop.created(Some("pm_card_visa"));
    if let proto_events::Event::OrderCreated(created) = &mut created {
        created.total = Some(proto_events::Money::new(100_000_000, "EUR"));
    }
    shop.tell(order, created).await;
    shop.tell(order, crate::support::reserved()).await;
    let payment = testkit::eventually("the refusal", async || {
        let payment = shop.payment(order).await;
        (payment["attempts"][0]["status"] == "DECLINED").then_some(payment)
    })
    .await;
    assert_eq!(payment["attempts"][0]["decline_code"], "amount_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_double_nothing() {
    let mut shop = Shop::open().await;
    let (other, lifecycle) = shop.replica().await;
    let mut orders = Vec::new();
    for _ in 0..40 {
        orders.push(shop.order(Some("pm_card_visa")).await);
    }
    let by_hand = shop.order(None).await;
    let body = json!({"order_id": by_hand, "payment_method": "pm_card_visa"});
    other.post("/api/v1/payments/confirm").by(&shop.buyer).new_key().json(body).send().await.expect(200);
    for order in orders.iter().chain([&by_hand]) {
        shop.becomes(*order, "SUCCEEDED").await;
        shop.audit(*order).await;
        assert_eq!(shop.said(*order).await, [EventType::PaymentSuccess]);
    }
    let captured = shop.number("SELECT sum(amount_minor)::bigint AS number FROM ledger_entry").await;
    assert_eq!(captured, 41 * PRICE);
    lifecycle.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shipped_order_can_be_refunded_in_full() {
    let mut shop = Shop::open().await;
    let order = shop.paid_order("pm_card_visa").await;
    shop.tell(order, shipped()).await;
    let payment = shop.payment(order).await;
    shop.refund(&payment, None).await.expect(201);
    shop.becomes(order, "REFUNDED").await;
    shop.audit(order).await;
}
