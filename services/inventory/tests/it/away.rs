//! What happens when a neighbour is away.

use inventory::Config;
use runtime::Lifecycle;
use serde_json::json;
use testkit::Api;

use crate::support::{Books, Shop, TTL};

/// Nobody listens there.
const CLOSED: &str = "127.0.0.1:9";

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_displays_come_from_the_database() {
    let shop = Shop::open_with(|common| common.redis_url = format!("redis://{CLOSED}")).await;
    shop.books.stocked("MUG", 3).await;
    for _ in 0..3 {
        assert_eq!(shop.api.get("/api/v1/inventory/MUG").send().await.expect(200)["left"], 3);
    }
    let put = shop.api.put("/api/v1/inventory/MUG").by(&shop.admin).header("If-Match", "\"1\"");
    put.json(json!({"on_hand": 4, "reason": "counted"})).send().await.expect(200);
    assert_eq!(shop.api.get("/api/v1/inventory/MUG").send().await.expect(200)["left"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_database_is_there_callers_are_told_to_wait() {
    let books = Books::open().await;
    let mut common = books.db.common();
    common.database_url = format!("postgres://{CLOSED}/nothing");
    common.http_addr = testkit::free_addr();
    let (lifecycle, api) = (Lifecycle::new(), Api::at(common.http_addr));
    let config = Config { common: common.clone(), reservation_ttl: TTL };
    let life = lifecycle.clone();
    let starting = tokio::spawn(async move { inventory::start(&life, config).await.map(drop) });
    testkit::eventually("HTTP is served", async || tokio::net::TcpStream::connect(common.http_addr).await.ok()).await;
    let answer = api.get("/api/v1/inventory/MUG").send().await;
    answer.expect_problem(503, "unavailable");
    assert!(!answer.header("retry-after").is_empty());
    lifecycle.stop();
    starting.await.expect("it ends").expect_err("told to stop before the database was there");
}
