//! The process: its configuration, its documents, and starting before the database.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::Stage;
use serde_json::Value;
use testkit::{eventually, tokens};

#[test]
fn all_faults_of_the_configuration_are_told() {
    let output = Command::new(env!("CARGO_BIN_EXE_auth"))
        .env_clear()
        .env("HTTP_ADDR", "nonsense")
        .env("BCRYPT_COST", "4")
        .env("TOKEN_KEY_FILE", "/nowhere/token.pem")
        .output()
        .expect("auth runs");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    for name in [
        "HTTP_ADDR",
        "OPS_ADDR",
        "DATABASE_URL",
        "REDIS_URL",
        "KAFKA_BROKERS",
        "JWKS_URL",
        "TOKEN_KEY_FILE",
        "BCRYPT_COST",
    ] {
        assert!(said.contains(name), "{name} in {said}");
    }
}

#[test]
fn the_document_names_every_call() {
    let output = Command::new(env!("CARGO_BIN_EXE_auth")).arg("openapi").output().expect("auth runs");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut ids = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            assert_eq!(operation["tags"], serde_json::json!(["auth"]), "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().expect("an id").to_owned()), "{method} {path}");
        }
    }
    assert!(ids.contains("register") && ids.contains("putRoles"), "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_served_before_the_database_is_there() {
    use auth::Config;
    use runtime::Lifecycle;
    use testkit::Api;
    let stage = Stage::new().await;
    let mut common = stage.db.common();
    common.database_url = "postgres://nobody@127.0.0.1:9/nothing".to_owned();
    let port = testkit::free_addr();
    common.http_addr = port;
    let config = Config { common, signer: tokens::signer(), bcrypt_cost: 10 };
    let lifecycle = Lifecycle::new();
    let starting = tokio::spawn({
        let lifecycle = lifecycle.clone();
        async move { auth::start(&lifecycle, config).await.map(drop) }
    });
    let listens = async || std::net::TcpStream::connect(port).ok().map(drop);
    eventually("the port to open", listens).await;
    let api = Api::at(port);
    api.get("/.well-known/jwks.json").send().await.expect(200);
    let away = api.get("/api/v1/users/me").by(&tokens::customer()).send().await;
    away.expect_problem(503, "unavailable");
    assert!(!away.header("retry-after").is_empty());
    lifecycle.stop();
    assert!(starting.await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_dead_here() {
    let stage = Stage::new().await;
    let path = "/api/v1/admin/auth/dead-letters";
    let page = stage.api.get(path).by(&tokens::admin()).send().await.expect(200);
    assert_eq!(page["data"], serde_json::json!([]));
    stage.api.get(path).by(&tokens::seller()).send().await.expect_problem(403, "forbidden");
    let replay = stage.api.post(&format!("{path}/order.events:0:1/replay")).by(&tokens::admin()).new_key();
    replay.send().await.expect_problem(404, "not_found");
}
