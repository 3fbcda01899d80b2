//! Each event once, twice and out of order.

use chrono::TimeDelta;
use messaging::Wake;
use proto_events::Event;

use crate::support::{Books, TTL, an_order, cancelled, created, failed, paid, product};

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_order_is_held_and_then_sold() {
    let books = Books::open().await;
    books.stocked("MUG", 10).await;
    let (mut inbound, order) = (books.inbound(), an_order());
    inbound.tell(&order.to_string(), created(&[("MUG", 2)])).await;
    assert_eq!(books.stock("MUG").await, (10, 2));
    inbound.tell(&order.to_string(), paid()).await;
    assert_eq!(books.stock("MUG").await, (8, 0));
    assert_eq!(books.said(order).await, ["reserved", "committed"]);
    assert_eq!(books.state(order).await.as_deref(), Some("COMMITTED"));
    let seqs: Vec<i64> =
        testkit::events::emitted(books.pool()).await.into_iter().map(|emitted| emitted.aggregate_seq).collect();
    assert_eq!(seqs, [1, 2]);
    books.audit("MUG").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_has_fifteen_minutes_and_payment_thirteen_of_them() {
    let books = Books::open().await;
    books.stocked("MUG", 10).await;
    let (mut inbound, order) = (books.inbound(), an_order());
    let before = chrono::Utc::now().timestamp_millis();
    inbound.tell(&order.to_string(), created(&[("MUG", 1)])).await;
    let events = testkit::events::emitted_about(books.pool(), &order.to_string()).await;
    let Some(Event::InventoryReserved(reserved)) = events.first() else { panic!("not reserved: {events:?}") };
    let minutes = |millis: i64| millis * 60_000;
    assert!((reserved.expires_at_ms - before - minutes(15)).abs() < minutes(1));
    assert_eq!(reserved.expires_at_ms - reserved.payment_deadline_ms, minutes(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_counts_once_however_often_it_comes() {
    let books = Books::open().await;
    books.stocked("MUG", 10).await;
    let (mut inbound, order) = (books.inbound(), an_order());
    let key = order.to_string();
    for (event, stock) in [
        (Event::from(created(&[("MUG", 3)])), (10, 3)),
        (paid().into(), (7, 0)),
        (cancelled().into(), (10, 0)),
        (cancelled().into(), (10, 0)),
        (created(&[("MUG", 3)]).into(), (10, 0)),
        (paid().into(), (10, 0)),
    ] {
        // The same record again, in its own batch and twice in one; then the same fact under another id.
        let record = inbound.tell(&key, event.clone()).await;
        assert_eq!(books.stock("MUG").await, stock, "{event:?}");
        let repeats = [inbound.repeat(&record), inbound.repeat(&record)];
        inbound.deliver(&repeats).await;
        inbound.tell(&key, event.clone()).await;
        assert_eq!(books.stock("MUG").await, stock, "{event:?} again");
    }
    assert_eq!(books.said(order).await, ["reserved", "committed", "released"]);
    books.audit("MUG").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_short_line_rejects_the_whole_order() {
    let books = Books::open().await;
    books.stocked("MUG", 10).await;
    books.stocked("CUP", 1).await;
    let (mut inbound, order) = (books.inbound(), an_order());
    inbound.tell(&order.to_string(), created(&[("MUG", 2), ("CUP", 2), ("NONE", 1)])).await;
    let events = testkit::events::emitted_about(books.pool(), &order.to_string()).await;
    let [Event::InventoryRejected(rejected)] = events.as_slice() else { panic!("not rejected: {events:?}") };
    let short: Vec<(&str, u32, i64)> =
        rejected.short_lines.iter().map(|line| (line.sku.as_str(), line.requested, line.available)).collect();
    assert_eq!(short, [("CUP", 2, 1), ("NONE", 1, 0)]);
    assert_eq!(books.stock("MUG").await, (10, 0));
    // Nothing comes of what follows.
    inbound.tell(&order.to_string(), cancelled()).await;
    inbound.tell(&order.to_string(), failed()).await;
    assert_eq!(books.said(order).await, ["rejected"]);
    assert_eq!(books.stock("CUP").await, (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_one_sku_are_added_up() {
    let books = Books::open().await;
    books.stocked("MUG", 5).await;
    let (mut inbound, fits, not) = (books.inbound(), an_order(), an_order());
    inbound.tell(&not.to_string(), created(&[("MUG", 3), ("MUG", 3)])).await;
    inbound.tell(&fits.to_string(), created(&[("MUG", 3), ("MUG", 2)])).await;
    assert_eq!(books.said(not).await, ["rejected"]);
    assert_eq!(books.said(fits).await, ["reserved"]);
    assert_eq!(books.stock("MUG").await, (5, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_overtakes_the_order_leaves_nothing_held() {
    let books = Books::open().await;
    books.stocked("MUG", 10).await;
    let mut inbound = books.inbound();
    for end in [Event::from(cancelled()), failed().into()] {
        let order = an_order();
        inbound.tell(&order.to_string(), end).await;
        inbound.tell(&order.to_string(), created(&[("MUG", 1)])).await;
        assert_eq!(books.state(order).await.as_deref(), Some("RELEASED"));
        assert_eq!(books.said(order).await, Vec::<&str>::new());
    }
    assert_eq!(books.stock("MUG").await, (10, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_payment_and_a_cancel_let_go() {
    let books = Books::open().await;
    books.stocked("MUG", 10).await;
    let mut inbound = books.inbound();
    for end in [Event::from(cancelled()), failed().into()] {
        let order = an_order();
        inbound.tell(&order.to_string(), created(&[("MUG", 4)])).await;
        inbound.tell(&order.to_string(), end).await;
        assert_eq!(books.said(order).await, ["reserved", "released"]);
        assert_eq!(books.stock("MUG").await, (10, 0));
        // Too late: payment refunds on the cancel itself.
        inbound.tell(&order.to_string(), paid()).await;
        assert_eq!(books.said(order).await, ["reserved", "released"]);
    }
    books.audit("MUG").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_payment_takes_the_stock_again_or_is_refused() {
    let books = Books::open().await;
    books.stocked("MUG", 3).await;
    let mut inbound = books.inbound_with(TimeDelta::zero());
    let (lucky, late) = (an_order(), an_order());
    inbound.tell(&lucky.to_string(), created(&[("MUG", 2)])).await;
    inventory::sweeper::sweep(books.pool(), &Wake::new(), TTL).await.expect("a sweep");
    inbound.tell(&late.to_string(), created(&[("MUG", 2)])).await;
    inventory::sweeper::sweep(books.pool(), &Wake::new(), TTL).await.expect("a sweep");
    inbound.tell(&lucky.to_string(), paid()).await;
    inbound.tell(&late.to_string(), paid()).await;
    assert_eq!(books.said(lucky).await, ["reserved", "released", "committed"]);
    assert_eq!(books.said(late).await, ["reserved", "released", "commit_rejected"]);
    assert_eq!(books.stock("MUG").await, (1, 0));
    books.audit("MUG").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_life_in_one_batch_is_the_same_as_in_many() {
    let books = Books::open().await;
    books.stocked("MUG", 10).await;
    let (mut inbound, order) = (books.inbound(), an_order());
    let key = order.to_string();
    let batch =
        [inbound.record(&key, created(&[("MUG", 2)])), inbound.record(&key, paid()), inbound.record(&key, cancelled())];
    inbound.deliver(&batch).await;
    assert_eq!(books.said(order).await, ["reserved", "committed", "released"]);
    assert_eq!(books.stock("MUG").await, (10, 0));
    books.audit("MUG").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_becomes_a_dead_letter_and_the_rest_goes_on() {
    let books = Books::open().await;
    books.stocked("MUG", 10).await;
    let (mut inbound, good) = (books.inbound(), an_order());
    let batch = [
        inbound.record("no order's id", created(&[("MUG", 1)])),
        inbound.record(&good.to_string(), created(&[("MUG", 1)])),
        inbound.record(&an_order().to_string(), created(&[("no sku", 1)])),
        inbound.record(&an_order().to_string(), created(&[])),
    ];
    inbound.deliver(&batch).await;
    assert_eq!(books.said(good).await, ["reserved"]);
    assert_eq!(books.stock("MUG").await, (10, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_low_is_said_once_per_fall() {
    let books = Books::open().await;
    books.stocked("MUG", 8).await;
    let (mut inbound, first) = (books.inbound(), an_order());
    inbound.tell(&first.to_string(), created(&[("MUG", 3)])).await;
    inbound.tell(&an_order().to_string(), created(&[("MUG", 1)])).await;
    assert_eq!(books.said("MUG").await, ["stock_low"]);
    inbound.tell(&first.to_string(), cancelled()).await;
    inbound.tell(&an_order().to_string(), created(&[("MUG", 3)])).await;
    assert_eq!(books.said("MUG").await, ["stock_low", "stock_low"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_product_does_not_replace_a_newer_one() {
    let books = Books::open().await;
    let mut inbound = books.inbound();
    let (old, new) = (testkit::tokens::seller().seller_id, testkit::tokens::seller().seller_id);
    inbound.tell("prd_1", product("MUG", new, 2)).await;
    inbound.tell("prd_1", product("MUG", old, 1)).await;
    let batch = [inbound.record("prd_2", product("CUP", new, 3)), inbound.record("prd_2", product("CUP", old, 2))];
    inbound.deliver(&batch).await;
    let mut conn = books.pool().get().await.expect("a connection");
    for sku in ["MUG", "CUP"] {
        let owner = inventory::products::owner(&mut conn, &sku.parse().expect("a SKU")).await.expect("an answer");
        assert_eq!(owner, Some(new), "{sku}");
    }
}
