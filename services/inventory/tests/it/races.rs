//! Several processes at once on one stock.

use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use inventory::batch::{self, Item, Lines, Work};
use inventory::saga::Saga;
use proto_events::Event;
use testkit::Inbound;

use crate::support::{Books, TTL, an_order, cancelled, created, name, paid};

/// Orders of one buyer each, handed in by several processes at once in batches.
async fn rush(books: &Books, processes: usize, batches: usize, orders: usize) {
    let mut running = Vec::new();
    for _ in 0..processes {
        let mut inbound: Inbound<Saga> = books.inbound();
        running.push(tokio::spawn(async move {
            for _ in 0..batches {
                let batch: Vec<_> =
                    (0..orders).map(|_| inbound.record(&an_order().to_string(), created(&[("HOT", 1)]))).collect();
                inbound.deliver(&batch).await;
            }
        }));
    }
    for process in running {
        process.await.expect("a process");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hot_sku_is_sold_to_the_last_unit_and_no_further() {
    let books = Books::open().await;
    books.stocked("HOT", 500).await;
    rush(&books, 4, 10, 50).await;
    assert_eq!(books.stock("HOT").await, (500, 500));
    let emitted = testkit::events::emitted(books.pool()).await;
    let count = |wanted: &str| emitted.iter().filter(|emitted| name(&emitted.event) == wanted).count();
    assert_eq!((count("reserved"), count("rejected"), count("stock_low")), (500, 1500, 1));
    books.audit("HOT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_orders_over_many_skus_do_not_block_each_other_for_ever() {
    let books = Books::open().await;
    for sku in ["A", "B", "C", "D"] {
        books.stocked(sku, 100).await;
    }
    let mut running = Vec::new();
    for turn in 0..4_usize {
        let mut inbound = books.inbound();
        running.push(tokio::spawn(async move {
            let mut lines = [("A", 1), ("B", 1), ("C", 1), ("D", 1)];
            lines.rotate_left(turn);
            for _ in 0..25 {
                let batch: Vec<_> = (0..2).map(|_| inbound.record(&an_order().to_string(), created(&lines))).collect();
                inbound.deliver(&batch).await;
            }
        }));
    }
    for process in running {
        process.await.expect("a process");
    }
    for sku in ["A", "B", "C", "D"] {
        assert_eq!(books.stock(sku).await, (100, 100), "{sku}");
        books.audit(sku).await;
    }
}

async fn number(conn: &mut AsyncPgConnection, sql: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Number {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let row: Number = diesel::sql_query(sql).get_result(conn).await.expect("a number");
    row.n
}

/// So no two can wait for each other.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_sku_holds_none_behind_it() {
    let books = Books::open().await;
    let skus: Vec<String> = (0..20).map(|n| format!("SKU-{n:02}")).collect();
    for sku in &skus {
        books.stocked(sku, 5).await;
    }
    let lines: Lines = skus.iter().map(|sku| (sku.parse().expect("a SKU"), 1)).collect();
    // Locks in any order would begin with the first by chance, but not five times.
    for _ in 0..5 {
        let mut holder = books.pool().get().await.expect("a connection");
        holder.batch_execute("BEGIN; SELECT FROM stock WHERE sku = 'SKU-00' FOR UPDATE").await.expect("a lock");
        let mut conn = books.pool().get().await.expect("a connection");
        let waiter = number(&mut conn, "SELECT pg_backend_pid()::bigint AS n").await;
        let item = Item { order_id: an_order(), work: Work::Reserve(lines.clone()), traceparent: None };
        let reserving =
            tokio::spawn(async move { conn.transaction(async |conn| batch::apply(conn, TTL, &[item]).await).await });
        let waits = format!("SELECT cardinality(pg_blocking_pids({waiter}))::bigint AS n");
        let mut look = books.pool().get().await.expect("a connection");
        testkit::eventually("it waits", async || (number(&mut look, &waits).await == 1).then_some(())).await;
        let free = "SELECT count(*) AS n FROM (SELECT FROM stock WHERE sku > 'SKU-00' FOR UPDATE SKIP LOCKED) AS free";
        let free = number(&mut look, free).await;
        holder.batch_execute("ROLLBACK").await.expect("no lock");
        assert_eq!(free, 19, "SKUs behind the one that is waited for");
        reserving.await.expect("a process").expect("it is reserved");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_hear_of_one_order_first_agree_on_its_row() {
    let books = Books::open().await;
    books.stocked("MUG", 1000).await;
    let (mut left, mut right) = (books.inbound(), books.inbound());
    for _ in 0..30 {
        let keys: Vec<String> = (0..5).map(|_| an_order().to_string()).collect();
        let orders: Vec<_> = keys.iter().map(|key| left.record(key, created(&[("MUG", 1)]))).collect();
        let ends: Vec<_> = keys.iter().rev().map(|key| right.record(key, Event::from(cancelled()))).collect();
        tokio::join!(left.deliver(&orders), right.deliver(&ends));
    }
    assert_eq!(books.stock("MUG").await, (1000, 0));
    books.audit("MUG").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_and_ends_of_holds_at_once_sell_each_unit_once() {
    let books = Books::open().await;
    books.stocked("MUG", 40).await;
    let mut inbound = books.inbound_with(chrono::TimeDelta::zero());
    let orders: Vec<_> = (0..40).map(|_| an_order()).collect();
    let batch: Vec<_> = orders.iter().map(|order| inbound.record(&order.to_string(), created(&[("MUG", 1)]))).collect();
    inbound.deliver(&batch).await;
    let payments: Vec<_> = orders.iter().map(|order| inbound.record(&order.to_string(), paid())).collect();
    let wake = messaging::Wake::new();
    let sweeps = async {
        for _ in 0..10 {
            inventory::sweeper::sweep(books.pool(), &wake, crate::support::TTL).await.expect("a sweep");
        }
    };
    let pays = async {
        for few in payments.chunks(4) {
            inbound.deliver(few).await;
        }
    };
    tokio::join!(sweeps, pays);
    assert_eq!(books.stock("MUG").await, (0, 0));
    for order in orders {
        assert_eq!(books.state(order).await.as_deref(), Some("COMMITTED"));
    }
    books.audit("MUG").await;
}
