//! The process: its configuration, its document, and starting before the database.

use std::collections::BTreeSet;
use std::process::Command;

use runtime::Lifecycle;
use serde_json::Value;
use testkit::{Api, TestDb, eventually, tokens};

use crate::support::Shop;

#[test]
fn all_faults_of_the_configuration_are_told() {
    let output = Command::new(env!("CARGO_BIN_EXE_order")).env_clear().env("DB_POOL", "0").output().expect("it runs");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    for name in ["HTTP_ADDR", "OPS_ADDR", "DATABASE_URL", "REDIS_URL", "KAFKA_BROKERS", "JWKS_URL", "DB_POOL"] {
        assert!(said.contains(name), "{name} in {said}");
    }
    let unknown = Command::new(env!("CARGO_BIN_EXE_order")).arg("nonsense").output().expect("it runs");
    assert!(!unknown.status.success());
}

#[test]
fn the_document_names_every_call() {
    let output = Command::new(env!("CARGO_BIN_EXE_order")).arg("openapi").output().expect("it runs");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut ids = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            assert_eq!(operation["tags"], serde_json::json!(["order"]), "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().expect("an id").to_owned()), "{method} {path}");
        }
    }
    for call in [
        "placeOrder",
        "getOrder",
        "listOrders",
        "cancelOrder",
        "shipOrder",
        "deliverOrder",
        "getOrderTimeline",
        "watchOrder",
        "watchOrders",
        "summariseOrders",
    ] {
        assert!(ids.contains(call), "{call} in {ids:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_database_is_there_the_answer_is_503() {
    let db = TestDb::new(order::migrations()).await;
    let mut common = db.common();
    common.database_url = "postgres://nobody@127.0.0.1:9/nothing".to_owned();
    common.http_addr = testkit::free_addr();
    let port = common.http_addr;
    let lifecycle = Lifecycle::new();
    let starting = tokio::spawn({
        let lifecycle = lifecycle.clone();
        async move { order::start(&lifecycle, common).await.map(drop) }
    });
    eventually("the port to open", async || std::net::TcpStream::connect(port).ok().map(drop)).await;
    let away = Api::at(port).get("/api/v1/orders").by(&tokens::customer()).send().await;
    away.expect_problem(503, "unavailable");
    assert!(!away.header("retry-after").is_empty());
    lifecycle.stop();
    assert!(starting.await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_for_admins() {
    let shop = Shop::open().await;
    let path = "/api/v1/admin/order/dead-letters";
    shop.api.get(path).by(&shop.buyer).send().await.expect_problem(403, "forbidden");
    assert_eq!(shop.api.get(path).by(&shop.admin).send().await.expect(200)["data"], serde_json::json!([]));
}
