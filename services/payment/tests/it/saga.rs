use chrono::{TimeDelta, Utc};
use proto_events::inventory::v1::{InventoryCommitRejected, InventoryRejected};
use proto_events::payment::v1::FailureReason;
use proto_events::{Event, EventType};

use crate::support::{PRICE, Plan, Shop, cancelled, expired, new_order, reserved, reserved_until};

fn failure(event: &Event) -> FailureReason {
    match event {
        Event::PaymentFailed(failed) => failed.reason(),
        other => panic!("not a failure: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_a_method_is_charged_when_it_is_reserved() {
    let mut shop = Shop::open().await;
    let order = shop.paid_order("pm_card_visa").await;
    let Event::PaymentSuccess(success) = shop.says(order, EventType::PaymentSuccess).await else { panic!() };
    assert_eq!(success.captured.map(|money| money.amount_minor), Some(PRICE));
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_twice_and_in_any_order() {
    let mut shop = Shop::open().await;
    let order = new_order();
    let key = order.to_string();
    let created = shop.created(Some("pm_card_visa"));
    let first = shop.inbound.record(&key, reserved());
    let second = shop.inbound.record(&key, created);
    let (first_again, second_again) = (shop.inbound.repeat(&first), shop.inbound.repeat(&second));
    shop.inbound.deliver(&[first, second, first_again]).await;
    shop.inbound.deliver(&[second_again]).await;
    shop.becomes(order, "SUCCEEDED").await;
    shop.audit(order).await;

    let cancel = shop.inbound.tell(&key, cancelled()).await;
    let again = shop.inbound.repeat(&cancel);
    shop.inbound.deliver(&[again]).await;
    shop.becomes(order, "REFUNDED").await;
    shop.audit(order).await;
    assert_eq!(shop.said(order).await, [EventType::PaymentSuccess, EventType::PaymentRefunded]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_overtakes_is_never_charged() {
    let mut shop = Shop::open().await;
    for end in [cancelled(), expired(), InventoryRejected { short_lines: vec![] }.into()] {
        let order = new_order();
        let key = order.to_string();
        let created = shop.created(Some("pm_card_visa"));
        let records = [end, created, reserved()].map(|event| shop.inbound.record(&key, event));
        shop.inbound.deliver(&records).await;
        let payment = shop.payment(order).await;
        assert_eq!(payment["status"], "VOIDED", "{payment}");
        assert_eq!(payment["attempts"], serde_json::json!([]));
        let (charges, _) = shop.at_gateway(order).await;
        assert!(charges.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_before_any_attempt_ends_it() {
    let mut shop = Shop::open().await;
    let order = shop.order(None).await;
    shop.tell(order, cancelled()).await;
    assert_eq!(failure(&shop.says(order, EventType::PaymentFailed).await), FailureReason::Cancelled);
    shop.becomes(order, "VOIDED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_while_the_charge_is_under_way_gives_the_money_back_or_takes_none() {
    let mut shop = Shop::open().await;
    let order = shop.order(Some("pm_sim_slow")).await;
    testkit::eventually("the charge to be under way", async || {
        (shop.intent_at_gateway(order).await["status"] == "processing").then_some(())
    })
    .await;
    shop.tell(order, cancelled()).await;
    assert_eq!(failure(&shop.says(order, EventType::PaymentFailed).await), FailureReason::Cancelled);
    testkit::eventually("the money to be back", async || {
        let payment = shop.payment(order).await;
        (payment["captured"] == payment["refunded"]).then_some(())
    })
    .await;
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expiry_while_the_charge_is_under_way_waits_for_it() {
    let mut shop = Shop::open().await;
    let order = shop.order(Some("pm_sim_slow")).await;
    testkit::eventually("the charge to be under way", async || {
        (shop.intent_at_gateway(order).await["status"] == "processing").then_some(())
    })
    .await;
    shop.tell(order, expired()).await;
    let payment = shop.becomes(order, "SUCCEEDED").await;
    assert_eq!(payment["refunded"]["amount_minor"], 0);
    assert_eq!(shop.said(order).await, [EventType::PaymentSuccess]);
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_stock_gives_the_money_back() {
    let mut shop = Shop::open().await;
    let order = shop.paid_order("pm_card_visa").await;
    shop.tell(order, InventoryCommitRejected { short_lines: vec![] }).await;
    shop.becomes(order, "REFUNDED").await;
    shop.audit(order).await;
    assert_eq!(shop.said(order).await, [EventType::PaymentSuccess, EventType::PaymentRefunded]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_after_a_partial_refund_gives_back_the_rest() {
    let mut shop = Shop::open().await;
    let order = shop.paid_order("pm_card_visa").await;
    let payment = shop.payment(order).await;
    shop.refund(&payment, Some(500)).await.expect(201);
    shop.tell(order, cancelled()).await;
    shop.becomes(order, "REFUNDED").await;
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deadline_ends_what_nobody_pays() {
    let mut shop = Shop::open().await;
    let order = new_order();
    let created = shop.created(None);
    shop.tell(order, created).await;
    shop.tell(order, reserved_until(Utc::now() + TimeDelta::milliseconds(700))).await;
    assert_eq!(shop.payment(order).await["status"], "REQUIRES_PAYMENT");
    assert_eq!(failure(&shop.says(order, EventType::PaymentFailed).await), FailureReason::Expired);
    let problem = shop.confirm(order, "pm_card_visa").await.expect_problem(409, "payment_closed");
    assert_eq!(problem["reason"], "EXPIRED");
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_orders_in_one_batch() {
    let mut shop = Shop::open_with(Plan::default()).await;
    let mut records = Vec::new();
    let mut orders = Vec::new();
    for n in 0..300 {
        let order = new_order();
        let method = if n % 10 == 0 { "pm_card_chargeDeclined" } else { "pm_card_visa" };
        let events = [shop.created(Some(method)), reserved()];
        records.extend(events.map(|event| shop.inbound.record(&order.to_string(), event)));
        orders.push((order, n % 10 != 0));
    }
    shop.inbound.deliver(&records).await;
    for (order, pays) in &orders {
        shop.becomes(*order, if *pays { "SUCCEEDED" } else { "REQUIRES_PAYMENT" }).await;
    }
    shop.audit(orders[1].0).await;
    let booked = shop.number("SELECT count(*) AS number FROM ledger_entry").await;
    assert_eq!(booked, 270);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_makes_no_sense_becomes_a_dead_letter() {
    let mut shop = Shop::open().await;
    let order = new_order();
    let mut created = shop.created(None);
    if let Event::OrderCreated(created) = &mut created {
        created.user_id = "nobody".to_owned();
    }
    let good = shop.order(None).await;
    shop.tell(order, created).await;
    assert_eq!(shop.number("SELECT count(*) AS number FROM dead_letter WHERE state = 'DEAD'").await, 1);
    assert_eq!(shop.payment(good).await["status"], "REQUIRES_PAYMENT");
    let letters = shop.api.get("/api/v1/admin/payment/dead-letters").by(&shop.admin).send().await.expect(200);
    assert_eq!(letters["data"][0]["key"], serde_json::json!(order));
}

/// The tables were empty when the plans were made, and they are kept.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_and_whose_an_intent_is_are_found_by_index() {
    let shop = Shop::open().await;
    for (sql, index) in [
        ("SELECT * FROM payment WHERE due_at <= now() ORDER BY due_at LIMIT 32 FOR UPDATE SKIP LOCKED", "payment_due"),
        ("SELECT order_id FROM payment WHERE intent_id = ANY(ARRAY['pi_1', 'pi_2'])", "payment_by_intent"),
        (
            "SELECT * FROM attempt WHERE order_id = ANY(ARRAY[]::uuid[]) ORDER BY order_id, number",
            "attempt_order_id_number_key",
        ),
        ("SELECT id FROM attempt WHERE request = 'x' ORDER BY started_at DESC", "attempt_by_request"),
    ] {
        let plan = shop.lines(&format!("EXPLAIN {sql}")).await;
        assert!(plan.contains(index), "{sql}: {plan}");
    }
}
