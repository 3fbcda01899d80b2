//! Cancel, ship, deliver.

use proto_events::Event;
use proto_events::order::v1::CancelledBy;
use proto_events::payment::v1::FailureReason;
use serde_json::{Value, json};
use testkit::tokens;

use crate::support::{Shop, failed, id, reserved, uuid};

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_cancels_and_says_why() {
    let shop = Shop::open().await;
    let order = shop.mug().await;
    let cancelled = shop.act(&shop.buyer, &order, "cancel", json!({"reason": "Changed my mind"})).await.expect(200);
    assert_eq!((&cancelled["status"], &cancelled["cancel_reason"]), (&json!("CANCELLED"), &json!("BUYER")));
    assert_eq!((&cancelled["cancel_note"], &cancelled["allowed_actions"]), (&json!("Changed my mind"), &json!([])));
    assert_eq!(shop.look(&order).await, cancelled);
    let events = testkit::events::emitted_about(shop.pool(), &order).await;
    let Some(Event::OrderCancelled(event)) = events.last() else { panic!("not told: {events:?}") };
    assert_eq!((event.by(), event.reason.as_str()), (CancelledBy::Buyer, "Changed my mind"));
    assert_eq!(shop.facts(&order).await, ["created", "cancel_requested"]);
    let again = shop.act(&shop.buyer, &order, "cancel", json!({})).await.expect_problem(409, "invalid_transition");
    assert_eq!((&again["from"], &again["allowed"]), (&json!("CANCELLED"), &json!([])));
    assert_eq!(shop.said(&order).await, ["created", "cancelled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_cancel_per_key() {
    let shop = Shop::open().await;
    let (order, other) = (shop.mug().await, shop.mug().await);
    let post =
        |order: &str| shop.api.post(&format!("/api/v1/orders/{order}/cancel")).by(&shop.buyer).key("once").send();
    // Without any body.
    let first = post(&order).await.expect(200);
    let again = post(&order).await;
    assert_eq!((again.expect(200), again.header("idempotent-replayed")), (first, "true"));
    post(&other).await.expect_problem(422, "idempotency_key_reused");
    assert_eq!(shop.said(&order).await, ["created", "cancelled"]);
    let bare = shop.api.post(&format!("/api/v1/orders/{other}/cancel")).by(&shop.buyer).send().await;
    bare.expect_problem(400, "idempotency_key_missing");
    let long = json!({"reason": "x".repeat(501)});
    shop.act(&shop.buyer, &other, "cancel", long).await.expect_problem(422, "validation_failed");
    shop.act(&shop.buyer, &other, "cancel", json!({"why": "x"})).await.expect_problem(422, "validation_failed");
    let nowhere = format!("ord_{}", "0".repeat(32));
    shop.act(&shop.buyer, &nowhere, "cancel", json!({})).await.expect_problem(404, "not_found");
    shop.act(&tokens::customer(), &other, "cancel", json!({})).await.expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_order_can_be_taken_back_for_a_minute() {
    let shop = Shop::open().await;
    let mut inbound = shop.inbound();
    let (early, late) = (shop.paid(&mut inbound).await, shop.paid(&mut inbound).await);
    let seen = shop.look(&early).await;
    assert_eq!((&seen["status"], &seen["allowed_actions"]), (&json!("PAID"), &json!(["cancel"])));
    assert_ne!(seen["cancellable_until"], Value::Null);
    shop.act(&shop.buyer, &early, "cancel", json!({})).await.expect(200);
    let later = "UPDATE orders SET paid_at = paid_at - interval '61 s', committed_at = committed_at - interval '61 s'";
    shop.execute(&format!("{later} WHERE id = '{}'", uuid(&late))).await;
    let refused = shop.act(&shop.buyer, &late, "cancel", json!({})).await;
    refused.expect_problem(409, "cancellation_window_closed");
    let by_admin = shop.act(&shop.admin, &late, "cancel", json!({"reason": "Recall"})).await.expect(200);
    assert_eq!((&by_admin["cancel_reason"], &by_admin["cancellable_until"]), (&json!("ADMIN"), &Value::Null));
    assert_eq!(shop.said(&late).await, ["created", "paid", "cancelled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn shipped_in_two_parts_and_delivered() {
    let shop = Shop::open().await;
    let mut inbound = shop.inbound();
    let order = shop.paid(&mut inbound).await;
    let items = shop.look(&order).await["items"].clone();
    let (mugs, cup) = (id(&items[0]), id(&items[1]));
    shop.act(&shop.buyer, &order, "ship", json!({})).await.expect_problem(403, "forbidden");
    for (wanted, pointer) in [
        (json!([{"item_id": mugs, "quantity": 3}]), "#/items/0/quantity"),
        (json!([{"item_id": cup, "quantity": 1}, {"item_id": cup, "quantity": 1}]), "#/items/1/quantity"),
        (json!([{"item_id": format!("itm_{}", "0".repeat(32)), "quantity": 1}]), "#/items/0/item_id"),
        (json!([]), "#/items"),
    ] {
        let answer = shop.act(&shop.admin, &order, "ship", json!({"items": wanted})).await;
        let problem = answer.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let part = json!({"carrier": "DHL", "tracking_number": "1", "items": [{"item_id": mugs, "quantity": 1}]});
    let shipped = shop.act(&shop.admin, &order, "ship", part).await.expect(200);
    assert_eq!((&shipped["status"], &shipped["fulfillment_status"]), (&json!("PAID"), &json!("PARTIAL")));
    assert_eq!(shipped["allowed_actions"], json!(["ship", "refund"]));
    shop.act(&shop.admin, &order, "cancel", json!({})).await.expect_problem(409, "cancellation_window_closed");
    let early = shop.act(&shop.admin, &order, "deliver", json!({})).await.expect_problem(409, "invalid_transition");
    assert_eq!((&early["from"], &early["allowed"]), (&json!("PAID"), &json!(["ship", "refund"])));

    let rest = shop.act(&shop.admin, &order, "ship", json!({})).await.expect(200);
    assert_eq!((&rest["status"], &rest["fulfillment_status"]), (&json!("SHIPPED"), &json!("SHIPPED")));
    let shipments = rest["shipments"].as_array().expect("shipments");
    assert_eq!((shipments.len(), &shipments[0]["carrier"]), (2, &json!("DHL")));
    let left = json!([{"item_id": mugs, "quantity": 1}, {"item_id": cup, "quantity": 1}]);
    assert_eq!((&shipments[1]["items"], &shipments[1]["carrier"]), (&left, &Value::Null));
    for (by, action) in [(&shop.admin, "ship"), (&shop.admin, "cancel"), (&shop.buyer, "cancel")] {
        assert_eq!(shop.act(by, &order, action, json!({})).await.status.as_u16(), 409, "{action}");
    }

    let delivered = shop.act(&shop.admin, &order, "deliver", json!({})).await.expect(200);
    assert_eq!((&delivered["status"], &delivered["fulfillment_status"]), (&json!("DELIVERED"), &json!("DELIVERED")));
    let arrived = delivered["shipments"].as_array().expect("shipments");
    assert!(arrived.iter().all(|shipment| shipment["delivered_at"].is_string()), "{delivered}");
    assert_eq!(shop.get(&shop.admin, &order).await.expect(200), delivered);
    shop.act(&shop.admin, &order, "deliver", json!({})).await.expect_problem(409, "invalid_transition");
    assert_eq!(shop.said(&order).await, ["created", "paid", "shipped", "shipped", "delivered"]);
    let facts = shop.facts(&order).await;
    assert_eq!(facts[facts.len() - 3..], ["shipped", "shipped", "delivered"]);
    let listed = shop.api.get("/api/v1/orders").by(&shop.buyer).send().await.expect(200);
    assert_eq!(listed["data"][0]["shipments"], delivered["shipments"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_paid_is_not_shipped() {
    let shop = Shop::open().await;
    let (order, mut inbound) = (shop.mug().await, shop.inbound());
    for (event, from) in [
        (None, "CREATED"),
        (Some(Event::from(reserved())), "PAYMENT_PENDING"),
        (Some(failed(FailureReason::Declined).into()), "CANCELLED"),
    ] {
        if let Some(event) = event {
            inbound.tell(&order, event).await;
        }
        for action in ["ship", "deliver"] {
            let refused = shop.act(&shop.admin, &order, action, json!({})).await;
            assert_eq!(refused.expect_problem(409, "invalid_transition")["from"], from);
        }
    }
    assert_eq!(shop.said(&order).await, ["created"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timeline_tells_who_and_what() {
    let shop = Shop::open().await;
    let mut inbound = shop.inbound();
    let order = shop.paid(&mut inbound).await;
    let path = format!("/api/v1/orders/{order}/timeline");
    let timeline = shop.api.get(&path).by(&shop.buyer).send().await.expect(200);
    let facts = timeline["data"].as_array().expect("facts");
    assert_eq!(
        shop.facts(&order).await,
        ["created", "stock_reserved", "payment_captured", "stock_committed"],
        "{timeline}"
    );
    assert_eq!(facts[0]["actor"], json!({"type": "USER", "id": shop.buyer.user_id}));
    assert_eq!(facts[0]["detail"]["total"], json!({"amount_minor": 2250, "currency": "EUR"}));
    assert_eq!((&facts[1]["service"], &facts[1]["actor"]["type"]), (&json!("inventory"), &json!("SERVICE")));
    assert!(facts[1]["detail"]["expires_at"].is_string(), "{timeline}");
}
