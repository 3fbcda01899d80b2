//! The arms: what is done, and how it has to end.

use e2e::books;
use e2e::shop::id;
use serde_json::json;
use testkit::eventually;

use crate::scene::Scene;

const PRICE: i64 = 1999;
const VISA: &str = "pm_card_visa";
const DECLINED: &str = "pm_card_chargeDeclinedInsufficientFunds";

pub async fn paid_in_two_calls(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 10).await;
    let trouble = scene.trouble().await;
    let order = scene.order(&sku, 2, None).await;
    scene.shop.becomes(&order, "PAYMENT_PENDING").await;
    assert!(scene.pay(&order, VISA).await);
    scene.settled_as_paid(&order).await;
    scene.stock_becomes(&sku, 8, 0).await;
    trouble.over().await;
}

pub async fn paid_in_one_call(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 10).await;
    let trouble = scene.trouble().await;
    let order = scene.order(&sku, 1, Some(VISA)).await;
    scene.settled_as_paid(&order).await;
    scene.stock_becomes(&sku, 9, 0).await;
    trouble.over().await;
}

pub async fn out_of_stock(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 1).await;
    let trouble = scene.trouble().await;
    let order = scene.order(&sku, 2, Some(VISA)).await;
    scene.settled_as_cancelled(&order, "OUT_OF_STOCK").await;
    scene.stock_becomes(&sku, 1, 0).await;
    assert_eq!(books::charged(&scene.shop, &order).await.charges, 0);
    trouble.over().await;
}

pub async fn one_line_out_of_stock(scene: &Scene) {
    let plenty = scene.shop.product(PRICE, 10).await;
    let scarce = scene.shop.product(PRICE, 1).await;
    let trouble = scene.trouble().await;
    let items = [(plenty.as_str(), 2), (scarce.as_str(), 2)];
    let order = id(&scene.shop.order(&scene.buyer, &items, Some(VISA)).await);
    scene.settled_as_cancelled(&order, "OUT_OF_STOCK").await;
    scene.stock_becomes(&plenty, 10, 0).await;
    scene.stock_becomes(&scarce, 1, 0).await;
    assert_eq!(books::charged(&scene.shop, &order).await.charges, 0);
    trouble.over().await;
}

pub async fn declined_then_paid(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 10).await;
    let trouble = scene.trouble().await;
    let order = scene.order(&sku, 1, None).await;
    scene.shop.becomes(&order, "PAYMENT_PENDING").await;
    assert!(!scene.pay(&order, DECLINED).await);
    assert_eq!(scene.shop.order_now(&order).await["status"], "PAYMENT_PENDING");
    assert!(scene.pay(&order, VISA).await);
    scene.settled_as_paid(&order).await;
    scene.stock_becomes(&sku, 9, 0).await;
    trouble.over().await;
}

pub async fn declined_for_good(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 10).await;
    let trouble = scene.trouble().await;
    let order = scene.order(&sku, 1, None).await;
    scene.shop.becomes(&order, "PAYMENT_PENDING").await;
    for _ in 0..3 {
        assert!(!scene.pay(&order, DECLINED).await);
    }
    scene.settled_as_cancelled(&order, "PAYMENT_FAILED").await;
    scene.stock_becomes(&sku, 10, 0).await;
    assert_eq!(scene.payment_becomes(&order, "FAILED").await["attempts"].as_array().map(Vec::len), Some(3));
    scene.shop.confirm(&scene.buyer, &order, VISA).await.expect_problem(409, "payment_closed");
    trouble.over().await;
}

pub async fn expired(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 10).await;
    let trouble = scene.trouble().await;
    let order = scene.order(&sku, 3, None).await;
    scene.shop.becomes(&order, "PAYMENT_PENDING").await;
    scene.expire(&order).await;
    scene.settled_as_cancelled(&order, "EXPIRED").await;
    scene.stock_becomes(&sku, 10, 0).await;
    scene.payment_becomes(&order, "VOIDED").await;
    scene.shop.confirm(&scene.buyer, &order, VISA).await.expect_problem(409, "payment_closed");
    trouble.over().await;
}

/// Inventory is away, so that payment hears of the cancel long before it could hear of a reservation.
pub async fn cancelled_before_the_reservation(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 10).await;
    let trouble = scene.trouble().await;
    scene.shop.stack.control("stop", "inventory").await.expect("inventory stops");
    let order = scene.order(&sku, 1, Some(VISA)).await;
    let cancelled = scene.shop.cancel(&scene.buyer.token, &order).await.expect(200);
    assert_eq!(cancelled["status"], "CANCELLED");
    scene.payment_becomes(&order, "VOIDED").await;
    scene.shop.stack.revive("inventory").await.expect("inventory starts");
    scene.reservation_becomes(&order, "RELEASED").await;
    scene.settled_as_cancelled(&order, "BUYER").await;
    scene.stock_becomes(&sku, 10, 0).await;
    assert_eq!(books::charged(&scene.shop, &order).await.charges, 0);
    trouble.over().await;
}

pub async fn cancelled_while_held(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 10).await;
    let trouble = scene.trouble().await;
    let order = scene.order(&sku, 1, None).await;
    scene.shop.becomes(&order, "PAYMENT_PENDING").await;
    scene.shop.cancel(&scene.buyer.token, &order).await.expect(200);
    scene.settled_as_cancelled(&order, "BUYER").await;
    scene.stock_becomes(&sku, 10, 0).await;
    scene.payment_becomes(&order, "VOIDED").await;
    trouble.over().await;
}

pub async fn cancelled_in_flight(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 10).await;
    let trouble = scene.trouble().await;
    let order = scene.order(&sku, 1, Some("pm_sim_slow")).await;
    eventually("the charge is in flight", async || {
        let payment = scene.shop.payment(&order).await;
        (!payment["attempts"].as_array()?.is_empty()).then_some(())
    })
    .await;
    scene.shop.cancel(&scene.buyer.token, &order).await.expect(200);
    scene.settled_as_cancelled(&order, "BUYER").await;
    scene.stock_becomes(&sku, 10, 0).await;
    eventually("the payment is settled", async || {
        let payment = scene.shop.payment(&order).await;
        ["VOIDED", "REFUNDED"].iter().any(|status| payment["status"] == *status).then_some(())
    })
    .await;
    trouble.over().await;
}

pub async fn cancelled_after_payment(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 10).await;
    let trouble = scene.trouble().await;
    let order = scene.order(&sku, 2, Some(VISA)).await;
    scene.settled_as_paid(&order).await;
    scene.stock_becomes(&sku, 8, 0).await;
    scene.shop.cancel(&scene.buyer.token, &order).await.expect(200);
    scene.settled_as_cancelled(&order, "BUYER").await;
    scene.stock_becomes(&sku, 10, 0).await;
    let payment = scene.payment_becomes(&order, "REFUNDED").await;
    assert_eq!(payment["refunded"], payment["captured"], "{payment}");
    assert_eq!(books::charged(&scene.shop, &order).await.refunded_minor, 2 * PRICE);
    trouble.over().await;
}

/// The same arm; the service dies at another place.
pub async fn cancelled_after_payment_and_refund_not_sent(scene: &Scene) {
    cancelled_after_payment(scene).await;
}

/// Whether the charge or the end of the intent came first is the gateway's word; both ends are whole.
pub async fn expired_while_a_charge_is_open(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 10).await;
    let trouble = scene.trouble().await;
    let order = scene.order(&sku, 1, Some("pm_sim_slow")).await;
    eventually("the charge is in flight", async || {
        (scene.shop.payment(&order).await["status"] == "PROCESSING").then_some(())
    })
    .await;
    scene.expire(&order).await;
    let end = eventually("the order is settled", async || {
        let now = scene.shop.order_now(&order).await;
        ["PAID", "CANCELLED"].iter().any(|status| now["status"] == *status).then_some(now)
    })
    .await;
    if end["status"] == "PAID" {
        scene.settled_as_paid(&order).await;
        scene.stock_becomes(&sku, 9, 0).await;
    } else {
        scene.settled_as_cancelled(&order, "EXPIRED").await;
        scene.stock_becomes(&sku, 10, 0).await;
    }
    trouble.over().await;
}

/// The charge is made and payment dies before it knows; meanwhile the reservation expires. There is stock left.
pub async fn late_payment_takes_the_stock_again(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 2).await;
    let trouble = scene.trouble().await;
    let order = charged_unnoticed(scene, &sku).await;
    scene.expire(&order).await;
    scene.reservation_becomes(&order, "EXPIRED").await;
    scene.stock_becomes(&sku, 2, 0).await;
    scene.shop.stack.revive("payment").await.expect("payment starts");
    scene.settled_as_paid(&order).await;
    scene.stock_becomes(&sku, 1, 0).await;
    trouble.over().await;
}

/// The same, but somebody else has bought the stock by then.
pub async fn late_payment_is_refunded(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 1).await;
    let trouble = scene.trouble().await;
    let order = charged_unnoticed(scene, &sku).await;
    scene.expire(&order).await;
    scene.reservation_becomes(&order, "EXPIRED").await;
    let other = scene.order(&sku, 1, None).await;
    scene.shop.becomes(&other, "PAYMENT_PENDING").await;
    scene.shop.stack.revive("payment").await.expect("payment starts");
    scene.settled_as_cancelled(&order, "LATE_PAYMENT").await;
    let payment = scene.payment_becomes(&order, "REFUNDED").await;
    assert_eq!(payment["refunded"]["amount_minor"], PRICE, "{payment}");
    assert!(scene.pay(&other, VISA).await);
    scene.settled_as_paid(&other).await;
    scene.stock_becomes(&sku, 0, 0).await;
    trouble.over().await;
}

/// Places an order whose charge the gateway makes while payment dies before it has the answer. Payment stays down.
async fn charged_unnoticed(scene: &Scene, sku: &str) -> String {
    scene.shop.stack.crash_at("payment", "payment.after_charge").await.expect("payment starts");
    let order = scene.order(sku, 1, Some(VISA)).await;
    scene.shop.stack.dies("payment").await.expect("payment dies with the charge made");
    assert_eq!(books::charged(&scene.shop, &order).await.charges, 1);
    order
}

pub async fn charged_and_the_gateway_never_answered(scene: &Scene) {
    ends_in_one_charge(scene, "pm_sim_timeout_after_charge").await;
}

pub async fn charged_and_the_gateway_answered_500(scene: &Scene) {
    ends_in_one_charge(scene, "pm_sim_error_after_charge").await;
}

async fn ends_in_one_charge(scene: &Scene, method: &str) {
    let sku = scene.shop.product(PRICE, 10).await;
    let trouble = scene.trouble().await;
    let order = scene.order(&sku, 1, Some(method)).await;
    scene.settled_as_paid(&order).await;
    scene.stock_becomes(&sku, 9, 0).await;
    trouble.over().await;
}

pub async fn webhooks_twice_late_disordered_and_forged(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 10).await;
    let trouble = scene.trouble().await;
    let mut orders = Vec::new();
    for method in
        ["pm_sim_webhook_twice", "pm_sim_webhook_late", "pm_sim_webhook_out_of_order", "pm_sim_webhook_forged"]
    {
        orders.push(scene.order(&sku, 1, Some(method)).await);
    }
    let forged = json!({"id": "evt_forged", "type": "payment_intent.canceled", "data": {"object": {"id": "pi_1"}}});
    let answer = scene
        .shop
        .persist(|| {
            let call = scene.shop.api.post("/api/v1/payments/webhook").json(forged.clone());
            call.header("Stripe-Signature", "t=1,v1=00")
        })
        .await;
    answer.expect_problem(400, "invalid_signature");
    for order in orders {
        scene.settled_as_paid(&order).await;
    }
    scene.stock_becomes(&sku, 6, 0).await;
    trouble.over().await;
}

pub async fn shipped_and_delivered(scene: &Scene) {
    let sku = scene.shop.product(PRICE, 10).await;
    let trouble = scene.trouble().await;
    let shop = &scene.shop;
    let order = scene.order(&sku, 1, None).await;
    let path = |action: &str| format!("/api/v1/orders/{order}/{action}");
    let ship = json!({"carrier": "DHL", "tracking_number": "00340434161094000001"});

    shop.becomes(&order, "PAYMENT_PENDING").await;
    for (action, body) in [("ship", ship.clone()), ("deliver", json!({}))] {
        let refused = shop.post_as(&shop.admin, &path(action), body).await.expect_problem(409, "invalid_transition");
        assert_eq!(refused["from"], "PAYMENT_PENDING", "{refused}");
        assert!(refused["allowed"].is_array(), "{refused}");
    }
    shop.post_as(&scene.buyer.token, &path("ship"), ship.clone()).await.expect_problem(403, "forbidden");

    assert!(scene.pay(&order, VISA).await);
    shop.becomes(&order, "PAID").await;
    let shipped = shop.post_as(&shop.admin, &path("ship"), ship.clone()).await.expect(200);
    assert_eq!((&shipped["status"], &shipped["fulfillment_status"]), (&json!("SHIPPED"), &json!("SHIPPED")));
    for token in [&scene.buyer.token, &shop.admin] {
        let code = shop.cancel(token, &order).await.expect(409)["code"].clone();
        assert!(code == "invalid_transition" || code == "cancellation_window_closed", "{code}");
    }
    shop.post_as(&shop.admin, &path("ship"), ship).await.expect_problem(409, "invalid_transition");

    let delivered = shop.post_as(&shop.admin, &path("deliver"), json!({})).await.expect(200);
    assert_eq!(delivered["status"], "DELIVERED");
    shop.post_as(&shop.admin, &path("deliver"), json!({})).await.expect_problem(409, "invalid_transition");
    let timeline = shop.get_as(&scene.buyer.token, &path("timeline")).await;
    let facts: Vec<&str> =
        timeline["data"].as_array().expect("facts").iter().filter_map(|f| f["fact"].as_str()).collect();
    assert_eq!(facts.first(), Some(&"created"), "{timeline}");
    assert_eq!(facts.last(), Some(&"delivered"), "{timeline}");
    trouble.over().await;
}
