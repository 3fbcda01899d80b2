//! The end of holds.

use chrono::TimeDelta;
use messaging::Wake;
use proto_events::Event;
use proto_events::inventory::v1::ReleaseReason;

use inventory::sweeper::sweep;

use crate::support::{Books, TTL, an_order, created};

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_ends_when_its_time_is_over_and_not_before() {
    let books = Books::open().await;
    books.stocked("MUG", 10).await;
    let (short, long) = (an_order(), an_order());
    books.inbound_with(TimeDelta::zero()).tell(&short.to_string(), created(&[("MUG", 2)])).await;
    books.inbound().tell(&long.to_string(), created(&[("MUG", 3)])).await;
    assert_eq!(sweep(books.pool(), &Wake::new(), TTL).await.expect("a sweep"), 1);
    assert_eq!(sweep(books.pool(), &Wake::new(), TTL).await.expect("a sweep"), 0);
    assert_eq!(books.stock("MUG").await, (10, 3));
    assert_eq!(books.state(short).await.as_deref(), Some("EXPIRED"));
    assert_eq!(books.state(long).await.as_deref(), Some("HELD"));
    let events = testkit::events::emitted_about(books.pool(), &short.to_string()).await;
    let Some(Event::InventoryReleased(released)) = events.last() else { panic!("not released: {events:?}") };
    assert_eq!(released.reason(), ReleaseReason::Expired);
    books.audit("MUG").await;
}

/// Each process has a clock of its own, and they differ; the database has one.
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_ends_by_the_clock_of_the_database() {
    let books = Books::with_clock().await;
    books.stocked("MUG", 10).await;
    let order = an_order();
    books.inbound().tell(&order.to_string(), created(&[("MUG", 2)])).await;
    assert_eq!(sweep(books.pool(), &Wake::new(), TTL).await.expect("a sweep"), 0);
    books.put_forward(TTL).await;
    assert_eq!(sweep(books.pool(), &Wake::new(), TTL).await.expect("a sweep"), 1, "holds that ended");
    assert_eq!(books.state(order).await.as_deref(), Some("EXPIRED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sweepers_of_several_replicas_share_a_long_queue() {
    let books = Books::open().await;
    books.stocked("MUG", 2000).await;
    let mut inbound = books.inbound_with(TimeDelta::zero());
    for _ in 0..4 {
        let batch: Vec<_> = (0..300).map(|_| inbound.record(&an_order().to_string(), created(&[("MUG", 1)]))).collect();
        inbound.deliver(&batch).await;
    }
    let wake = Wake::new();
    let (left, right) = tokio::join!(sweep(books.pool(), &wake, TTL), sweep(books.pool(), &wake, TTL));
    let ended = left.expect("a sweep") + right.expect("a sweep");
    let rest = sweep(books.pool(), &wake, TTL).await.expect("a sweep");
    assert_eq!(ended + rest, 1200);
    assert_eq!(books.stock("MUG").await, (2000, 0));
    books.audit("MUG").await;
}
