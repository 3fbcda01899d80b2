//! What is refused when too much waits.

use order::admission::{Admission, OUTBOX_MAX, WAITING_MAX};
use testkit::eventually;

use crate::support::{Shop, wish};

/// Copies of the only order, as many, placed ten seconds ago.
async fn waiting(shop: &Shop, orders: i64) {
    let copies = format!(
        "INSERT INTO orders (id, user_id, currency, total_minor, created_at, updated_at, version, event_seq, status, \
         number, customer_email, customer_name, lines, pays_at_once) SELECT \
         (substr(rpad(lpad(to_hex((extract(epoch FROM now() - interval '10 s') * 1000)::bigint), 12, '0'), 16, '0'), 1, 16) \
         || lpad(to_hex(n), 16, '0'))::uuid, user_id, currency, total_minor, \
         created_at, updated_at, version, event_seq, status, n::text, customer_email, customer_name, lines, true \
         FROM orders, generate_series(1, {orders}) AS n"
    );
    shop.execute(&copies).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_refused_while_too_many_wait_for_the_saga() {
    let shop = Shop::open().await;
    shop.mug().await;
    waiting(&shop, WAITING_MAX).await;
    let refused = eventually("the intake closes", async || {
        let answer = shop.try_order(wish(&[("MUG", 1)])).await;
        (answer.status.as_u16() != 201).then_some(answer)
    })
    .await;
    refused.expect_problem(503, "unavailable");
    let wait: u32 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=10).contains(&wait));
    // Inventory catches up, and payment does not.
    shop.execute("UPDATE orders SET status = 'PAYMENT_PENDING'").await;
    shop.try_order(wish(&[("MUG", 1)])).await.expect_problem(503, "unavailable");
    // Their buyers have to do something: nothing here is slow.
    shop.execute("UPDATE orders SET pays_at_once = false").await;
    eventually("the intake opens", async || {
        (shop.try_order(wish(&[("MUG", 1)])).await.status.as_u16() == 201).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_outbox_closes_the_intake() {
    let shop = Shop::open().await;
    let admission = Admission::default();
    admission.measure(shop.pool()).await.expect("a measurement");
    assert!(!admission.is_closed());
    let fill = format!(
        "INSERT INTO outbox (topic, key) SELECT 'order.events', n::text FROM generate_series(1, {OUTBOX_MAX}) AS n"
    );
    shop.execute(&fill).await;
    admission.measure(shop.pool()).await.expect("a measurement");
    assert!(admission.is_closed());
    shop.execute("DELETE FROM outbox WHERE key = '1'").await;
    admission.measure(shop.pool()).await.expect("a measurement");
    assert!(!admission.is_closed());
}
