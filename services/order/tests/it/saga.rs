//! Each event once, twice and out of order.

use proto_events::Event;
use proto_events::Money;
use proto_events::inventory::v1::{InventoryCommitted, InventoryReleased, ReleaseReason};
use proto_events::payment::v1::{FailureReason, PaymentInitiated, PaymentUnknown, RefundFailed};
use serde_json::{Value, json};

use crate::support::{Shop, captured, euros, failed, id, product, refunded, rejected, reserved, stock_lost, wish};

fn committed() -> Event {
    InventoryCommitted {}.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_walks_to_paid() {
    let shop = Shop::open().await;
    let (order, mut inbound) = (shop.mug().await, shop.inbound());
    inbound.tell(&order, reserved()).await;
    let pending = shop.look(&order).await;
    assert_eq!((&pending["status"], &pending["payment_status"]), (&json!("PAYMENT_PENDING"), &json!("PENDING")));
    assert_eq!(pending["allowed_actions"], json!(["pay", "cancel"]));
    let initiated = PaymentInitiated { payment_id: "pay_1".to_owned() };
    inbound.tell(&order, initiated).await;
    let unknown = PaymentUnknown { payment_id: "pay_1".to_owned(), attempt_id: "att_1".to_owned() };
    inbound.tell(&order, unknown).await;
    assert_eq!(shop.look(&order).await["payment_status"], "PROCESSING");
    inbound.tell(&order, captured(1000)).await;
    let charged = shop.look(&order).await;
    assert_eq!((&charged["status"], &charged["payment_status"]), (&json!("PAYMENT_PENDING"), &json!("PAID")));
    assert_eq!(charged["cancellable_until"], Value::Null);
    inbound.tell(&order, committed()).await;
    let paid = shop.look(&order).await;
    assert_eq!((&paid["status"], &paid["payment_status"]), (&json!("PAID"), &json!("PAID")));
    assert_ne!(paid["cancellable_until"], Value::Null);
    assert_ne!(paid["updated_at"], paid["created_at"]);
    assert_eq!(shop.said(&order).await, ["created", "paid"]);
    let seqs: Vec<i64> =
        testkit::events::emitted(shop.pool()).await.into_iter().map(|emitted| emitted.aggregate_seq).collect();
    assert_eq!(seqs, [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_costs_what_it_cost_when_it_was_placed() {
    let shop = Shop::open().await;
    let (order, mut inbound) = (shop.mug().await, shop.inbound());
    inbound.tell("prd_mug", product("MUG", 1300, "EUR", 2)).await;
    for event in [Event::from(reserved()), captured(1000).into(), committed()] {
        inbound.tell(&order, event).await;
    }
    let paid = shop.look(&order).await;
    assert_eq!((&paid["status"], &paid["total"]), (&json!("PAID"), &euros(1000)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_facts_of_a_paid_order_may_come_in_any_order_and_twice() {
    let shop = Shop::open().await;
    let events = || [Event::from(reserved()), captured(1000).into(), committed()];
    for order_of_events in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let (order, mut inbound) = (shop.mug().await, shop.inbound());
        let mut records = Vec::new();
        for index in order_of_events {
            let record = inbound.tell(&order, events()[index].clone()).await;
            // The same record again, and the same fact under another id.
            records.push(inbound.repeat(&record));
            inbound.tell(&order, events()[index].clone()).await;
        }
        inbound.deliver(&records).await;
        assert_eq!(shop.look(&order).await["status"], "PAID", "{order_of_events:?}");
        assert_eq!(shop.said(&order).await, ["created", "paid"], "{order_of_events:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_end_has_its_reason() {
    let shop = Shop::open().await;
    let mut inbound = shop.inbound();
    for (events, reason, payment) in [
        (vec![Event::from(rejected())], "OUT_OF_STOCK", "VOIDED"),
        (vec![reserved().into(), failed(FailureReason::Declined).into()], "PAYMENT_FAILED", "FAILED"),
        (vec![reserved().into(), failed(FailureReason::Expired).into()], "EXPIRED", "VOIDED"),
        (vec![reserved().into(), captured(1000).into(), stock_lost().into()], "LATE_PAYMENT", "PAID"),
        (
            vec![reserved().into(), captured(1000).into(), stock_lost().into(), refunded(1000).into()],
            "LATE_PAYMENT",
            "REFUNDED",
        ),
    ] {
        // In the order told, and backwards.
        for backwards in [false, true] {
            let order = shop.mug().await;
            let mut events = events.clone();
            if backwards {
                events.reverse();
            }
            for event in events {
                let record = inbound.tell(&order, event).await;
                let repeat = inbound.repeat(&record);
                inbound.deliver(&[repeat]).await;
            }
            let seen = shop.look(&order).await;
            assert_eq!((&seen["status"], &seen["cancel_reason"]), (&json!("CANCELLED"), &json!(reason)), "{seen}");
            assert_eq!(seen["payment_status"], payment, "{seen}");
            assert_eq!(shop.said(&order).await, ["created"], "nobody needs to be told");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_order_never_turns_paid() {
    let shop = Shop::open().await;
    let (order, mut inbound) = (shop.mug().await, shop.inbound());
    inbound.tell(&order, reserved()).await;
    shop.act(&shop.buyer, &order, "cancel", json!({})).await.expect(200);
    inbound.tell(&order, captured(1000)).await;
    inbound.tell(&order, committed()).await;
    let seen = shop.look(&order).await;
    assert_eq!((&seen["status"], &seen["payment_status"]), (&json!("CANCELLED"), &json!("PAID")));
    inbound.tell(&order, refunded(400)).await;
    assert_eq!(shop.look(&order).await["payment_status"], "PARTIALLY_REFUNDED");
    inbound.tell(&order, refunded(1000)).await;
    // A smaller amount that was overtaken.
    inbound.tell(&order, refunded(400)).await;
    assert_eq!(shop.look(&order).await["payment_status"], "REFUNDED");
    assert_eq!(shop.said(&order).await, ["created", "cancelled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fact_survives_the_database() {
    let shop = Shop::open().await;
    let (order, mut inbound) = (shop.mug().await, shop.inbound());
    let refund_failed = RefundFailed {
        payment_id: "pay_1".to_owned(),
        refund_id: format!("ref_{}", "1".repeat(32)),
        amount: Some(Money::new(600, "EUR")),
        code: "charge_disputed".to_owned(),
    };
    let mut declined = failed(FailureReason::Declined);
    declined.decline_code = Some("insufficient_funds".to_owned());
    for event in [
        Event::from(rejected()),
        reserved().into(),
        captured(1000).into(),
        stock_lost().into(),
        declined.into(),
        refunded(400).into(),
        refund_failed.into(),
    ] {
        inbound.tell(&order, event).await;
    }
    shop.act(&shop.admin, &order, "cancel", json!({})).await.expect_problem(409, "invalid_transition");
    let path = format!("/api/v1/orders/{order}/timeline");
    let timeline = shop.api.get(&path).by(&shop.buyer).send().await.expect(200);
    let detail = |fact: &str| {
        let facts = timeline["data"].as_array().expect("facts");
        facts.iter().find(|entry| entry["fact"] == fact).unwrap_or_else(|| panic!("{fact} in {timeline}"))["detail"]
            .clone()
    };
    let short = json!([{"sku": "MUG", "requested": 1, "available": 0}]);
    assert_eq!(detail("stock_rejected")["short_lines"], short);
    assert_eq!(detail("stock_lost")["short_lines"], short);
    assert_eq!(detail("payment_captured")["captured"]["amount_minor"], 1000);
    assert_eq!(detail("payment_failed"), json!({"reason": "declined", "decline_code": "insufficient_funds"}));
    assert_eq!(detail("refunded")["total"]["amount_minor"], 400);
    assert_eq!(detail("refund_failed")["code"], "charge_disputed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_many_orders_is_the_same_as_one_by_one() {
    let shop = Shop::open().await;
    let mut inbound = shop.inbound();
    let mut orders = Vec::new();
    for _ in 0..20 {
        orders.push(id(&shop.try_order(wish(&[("MUG", 1)])).await.expect(201)));
    }
    let mut batch = Vec::new();
    for (index, order) in orders.iter().enumerate() {
        batch.push(inbound.record(order, reserved()));
        if index % 2 == 0 {
            batch.push(inbound.record(order, captured(1000)));
            batch.push(inbound.record(order, committed()));
        }
    }
    batch.reverse();
    inbound.deliver(&batch).await;
    for (index, order) in orders.iter().enumerate() {
        let status = if index % 2 == 0 { "PAID" } else { "PAYMENT_PENDING" };
        assert_eq!(shop.look(order).await["status"], status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_applied_is_dead_and_the_rest_goes_on() {
    let shop = Shop::open().await;
    let (good, mut inbound) = (shop.mug().await, shop.inbound());
    let nobody = format!("ord_{}", "0".repeat(32));
    let released = InventoryReleased { reason: ReleaseReason::Expired.into() };
    let batch = [
        inbound.record("no order's id", reserved()),
        inbound.record(&nobody, reserved()),
        inbound.record(&good, released),
        inbound.record(&good, reserved()),
        inbound.record("prd_x", crate::support::product("BAD", 1, "XXX", 1)),
    ];
    inbound.deliver(&batch).await;
    assert_eq!(shop.look(&good).await["status"], "PAYMENT_PENDING");
    let letters = shop.api.get("/api/v1/admin/order/dead-letters").by(&shop.admin).send().await.expect(200);
    assert_eq!(letters["data"].as_array().map(Vec::len), Some(3), "{letters}");
}
