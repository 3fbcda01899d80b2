//! Orders that nobody answers for.

use messaging::Wake;
use order::watchdog::Watch;
use proto_events::Event;
use proto_events::order::v1::CancelledBy;
use serde_json::json;

use crate::support::{Shop, reserved, uuid};

/// Makes an order older, by its id too: that is how the watchdog finds it. Returns its new id.
async fn age(shop: &Shop, order: &str, minutes: u32) -> String {
    let old = format!("00{}", &uuid(order)[2..]);
    let sql = format!(
        "UPDATE orders SET id = '{old}', created_at = created_at - interval '{minutes} min', \
         expires_at = expires_at - interval '{minutes} min', \
         payment_deadline = payment_deadline - interval '{minutes} min' WHERE id = '{}'",
        uuid(order)
    );
    assert_eq!(shop.execute(&sql).await, 1);
    format!("ord_{old}")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_an_answer_is_given_up() {
    let shop = Shop::open().await;
    let (forgotten, fresh, held, overdue, mut inbound) =
        (shop.mug().await, shop.mug().await, shop.mug().await, shop.mug().await, shop.inbound());
    inbound.tell(&held, reserved()).await;
    inbound.tell(&overdue, reserved()).await;
    let (forgotten, held, overdue) =
        (age(&shop, &forgotten, 18).await, age(&shop, &held, 25).await, age(&shop, &overdue, 31).await);
    let mut watch = Watch::default();
    // The service's own watchdog may have been there first.
    watch.round(shop.pool(), &Wake::new()).await.expect("a round");
    for (order, status) in
        [(&forgotten, "CANCELLED"), (&fresh, "CREATED"), (&held, "PAYMENT_PENDING"), (&overdue, "CANCELLED")]
    {
        assert_eq!(shop.look(order).await["status"], status);
    }
    let seen = shop.look(&forgotten).await;
    assert_eq!((&seen["cancel_reason"], &seen["cancel_note"]), (&json!("EXPIRED"), &json!(null)));
    let events = testkit::events::emitted_about(shop.pool(), &forgotten).await;
    let Some(Event::OrderCancelled(event)) = events.last() else { panic!("not told: {events:?}") };
    assert_eq!(event.by(), CancelledBy::System);
    let path = format!("/api/v1/orders/{forgotten}/timeline");
    let timeline = shop.api.get(&path).by(&shop.admin).send().await.expect(200);
    assert_eq!(timeline["data"][1]["actor"], json!({"type": "SYSTEM", "id": null}));
    assert_eq!(watch.round(shop.pool(), &Wake::new()).await.expect("a round"), 0);
    // What was still open is looked at again.
    shop.execute(&format!(
        "UPDATE orders SET expires_at = expires_at - interval '10 min' WHERE id = '{}'",
        uuid(&held)
    ))
    .await;
    watch.round(shop.pool(), &Wake::new()).await.expect("a round");
    assert_eq!(shop.look(&held).await["status"], "CANCELLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_and_what_is_locked_is_left_alone() {
    let shop = Shop::open().await;
    let order = shop.mug().await;
    age(&shop, &order, 60).await;
    let copies = "INSERT INTO orders (id, user_id, currency, total_minor, created_at, updated_at, version, event_seq, \
                  status, number, customer_email, customer_name, lines) SELECT ('00000000-0000-7000-8000-' || \
                  lpad(n::text, 12, '0'))::uuid, user_id, currency, total_minor, created_at, updated_at, version, \
                  event_seq, status, n::text, customer_email, customer_name, lines \
                  FROM orders, generate_series(1, 1200) AS n";
    shop.execute(copies).await;
    let mut given_up = 0;
    // The service's own watchdog works beside this one: together they end each order once.
    for _ in 0..20 {
        given_up += Watch::default().round(shop.pool(), &Wake::new()).await.expect("a round");
    }
    assert!(given_up <= 1201);
    let open = shop.execute("UPDATE orders SET version = version WHERE status = 'CREATED'").await;
    assert_eq!(open, 0);
    let told = testkit::events::emitted(shop.pool()).await;
    assert_eq!(told.iter().filter(|emitted| matches!(emitted.event, Event::OrderCancelled(_))).count(), 1201);
}
