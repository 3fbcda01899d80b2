//! The process: its configuration, its document, and starting before the database.

use std::collections::BTreeSet;
use std::process::Command;

use runtime::Lifecycle;
use serde_json::Value;
use testkit::{Api, eventually, tokens};

use crate::support::Stage;

#[test]
fn all_faults_of_the_configuration_are_told() {
    let output = Command::new(env!("CARGO_BIN_EXE_catalog")).env_clear().env("DB_POOL", "0").output().expect("it runs");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    for name in ["HTTP_ADDR", "OPS_ADDR", "DATABASE_URL", "REDIS_URL", "KAFKA_BROKERS", "JWKS_URL", "DB_POOL"] {
        assert!(said.contains(name), "{name} in {said}");
    }
    let unknown = Command::new(env!("CARGO_BIN_EXE_catalog")).arg("nonsense").output().expect("it runs");
    assert!(!unknown.status.success());
}

#[test]
fn the_document_names_every_call() {
    let output = Command::new(env!("CARGO_BIN_EXE_catalog")).arg("openapi").output().expect("it runs");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut ids = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            assert_eq!(operation["tags"], serde_json::json!(["catalog"]), "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().expect("an id").to_owned()), "{method} {path}");
        }
    }
    assert!(ids.contains("createProduct") && ids.contains("archiveProduct"), "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_database_is_there_the_answer_is_503() {
    let stage = Stage::new().await;
    let mut common = stage.db.common();
    common.database_url = "postgres://nobody@127.0.0.1:9/nothing".to_owned();
    let port = testkit::free_addr();
    common.http_addr = port;
    let lifecycle = Lifecycle::new();
    let starting = tokio::spawn({
        let lifecycle = lifecycle.clone();
        async move { catalog::start(&lifecycle, common).await.map(drop) }
    });
    eventually("the port to open", async || std::net::TcpStream::connect(port).ok().map(drop)).await;
    let away = Api::at(port).get("/api/v1/products").send().await;
    away.expect_problem(503, "unavailable");
    assert!(!away.header("retry-after").is_empty());
    lifecycle.stop();
    assert!(starting.await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_dead_here() {
    let stage = Stage::new().await;
    let path = "/api/v1/admin/catalog/dead-letters";
    let page = stage.api.get(path).by(&tokens::admin()).send().await.expect(200);
    assert_eq!(page["data"], serde_json::json!([]));
    stage.api.get(path).by(&tokens::seller()).send().await.expect_problem(403, "forbidden");
    let replay = stage.api.post(&format!("{path}/order.events:0:1/replay")).by(&tokens::admin()).new_key();
    replay.send().await.expect_problem(404, "not_found");
}
