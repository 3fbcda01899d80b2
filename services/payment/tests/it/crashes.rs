//! A process that dies at a bad moment, and the next one that takes up what it left behind.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use proto_events::EventType;
use proto_events::ids::OrderId;

use crate::support::{Plan, Shop, cancelled};

const SIGKILL: i32 = 9;

/// The lease that the dead process had is over: tests do not wait for it.
const LEASE_OVER: &str = "UPDATE payment SET due_at = now() WHERE due_at IS NOT NULL";

/// A shop without a service, and an order for which there is something to do.
async fn closed_shop(webhooks: bool, method: &str) -> (Shop, OrderId) {
    let mut shop = Shop::open_with(Plan { webhooks, serves: false, ..Plan::default() }).await;
    let order = shop.order(Some(method)).await;
    (shop, order)
}

/// Lets a process run into its death at this place, and another one take over.
async fn die_and_go_on(shop: &Shop, place: &str) {
    let mut process = shop.process(place);
    let died = testkit::eventually(&format!("the process to die at {place}"), async || process.try_wait().ok()?).await;
    assert_eq!(died.signal(), Some(SIGKILL), "{place}");
    shop.execute(LEASE_OVER).await.expect("the lease ends");
    shop.serve().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dying_before_the_charge() {
    let (shop, order) = closed_shop(false, "pm_card_visa").await;
    die_and_go_on(&shop, "payment.before_charge").await;
    shop.becomes(order, "SUCCEEDED").await;
    assert_eq!(shop.said(order).await, [EventType::PaymentSuccess]);
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dying_after_the_charge_charges_once() {
    for method in ["pm_card_visa", "pm_sim_error_after_charge"] {
        let (shop, order) = closed_shop(false, method).await;
        die_and_go_on(&shop, "payment.after_charge").await;
        shop.becomes(order, "SUCCEEDED").await;
        shop.audit(order).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dying_after_the_charge_of_an_order_that_is_cancelled_meanwhile() {
    let (mut shop, order) = closed_shop(false, "pm_card_visa").await;
    let mut process = shop.process("payment.after_charge");
    testkit::eventually("the process to die", async || process.try_wait().ok()?).await;
    shop.tell(order, cancelled()).await;
    shop.execute(LEASE_OVER).await.expect("the lease ends");
    shop.serve().await;
    let payment = shop.becomes(order, "REFUNDED").await;
    assert_eq!(payment["captured"], payment["refunded"]);
    assert_eq!(shop.said(order).await, [EventType::PaymentFailed, EventType::PaymentRefunded]);
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dying_around_a_refund_refunds_once() {
    for place in ["payment.before_refund", "payment.after_refund"] {
        let (mut shop, order) = closed_shop(false, "pm_card_visa").await;
        let mut process = shop.process(place);
        testkit::eventually("the charge", async || {
            (shop.number("SELECT coalesce(max(captured_minor), 0) AS number FROM payment").await > 0).then_some(())
        })
        .await;
        shop.tell(order, cancelled()).await;
        let died = testkit::eventually("the process to die", async || process.try_wait().ok()?).await;
        assert_eq!(died.signal(), Some(SIGKILL), "{place}");
        shop.execute(LEASE_OVER).await.expect("the lease ends");
        shop.serve().await;
        shop.becomes(order, "REFUNDED").await;
        shop.audit(order).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dying_while_a_webhook_is_taken() {
    let (shop, order) = closed_shop(true, "pm_sim_timeout_after_charge").await;
    die_and_go_on(&shop, "webhook.after_insert").await;
    shop.becomes(order, "SUCCEEDED").await;
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_respected_and_ends() {
    let (shop, order) = closed_shop(false, "pm_card_visa").await;
    shop.execute("UPDATE payment SET due_at = now() + interval '1 hour'").await.expect("somebody has the lease");
    shop.serve().await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(shop.payment(order).await["status"], "PROCESSING");
    shop.execute(LEASE_OVER).await.expect("the lease ends");
    shop.becomes(order, "SUCCEEDED").await;
    shop.audit(order).await;
}
