//! Parts that are away: nothing is lost, nothing is dead-lettered, and everything goes on by itself.

use std::process::Stdio;
use std::time::{Duration, Instant};

use e2e::books;
use e2e::chaos::parts;
use e2e::shop::{Shop, id};
use e2e::stack;
use serde_json::{Value, json};
use testkit::eventually;

/// A service that takes longer to end is killed, here after 30 s and by Kubernetes as well.
const ENDS_WITHIN: Duration = Duration::from_secs(25);
const SERVICES: [&str; 5] = ["auth", "catalog", "inventory", "order", "payment"];

async fn dead_letters(shop: &Shop) -> i64 {
    let mut all = 0;
    for service in SERVICES {
        let count = books::value(shop, service, "SELECT count(*)::text AS value FROM dead_letter").await;
        all += count.and_then(|count| count.parse::<i64>().ok()).expect("a count");
    }
    all
}

async fn readiness(shop: &Shop, service: &str) -> (u16, Value) {
    let answer = reqwest::get(format!("{}/readyz", shop.stack.ops_url(service))).await.expect("the ops port answers");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broker_is_away() {
    let _alone = stack::alone().await;
    let shop = Shop::open().await;
    let (buyer, sku, before) = (shop.buyer().await, shop.product(1000, 10).await, dead_letters(&shop).await);
    shop.stack.control("stop", "kafka").await.expect("kafka stops");
    let order = id(&shop.order(&buyer, &[(&sku, 1)], Some("pm_card_visa")).await);
    eventually("order says that the broker is away", async || {
        let (status, body) = readiness(&shop, "order").await;
        (status == 200 && body["status"] == "degraded" && body["checks"]["broker"]["status"] == "degraded")
            .then_some(())
    })
    .await;
    assert_eq!(shop.order_now(&order).await["status"], "CREATED");
    shop.stack.control("start", "kafka").await.expect("kafka starts");
    shop.becomes(&order, "PAID").await;
    eventually("order is well again", async || (readiness(&shop, "order").await.1["status"] == "up").then_some(()))
        .await;
    assert_eq!(dead_letters(&shop).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_ends_although_its_broker_does_not_answer() {
    let _alone = stack::alone().await;
    let shop = Shop::open().await;
    // What the consumer tells the broker at its end goes out, and is never answered.
    parts::freeze(&shop.stack, "kafka").await.expect("kafka is frozen");
    let began = Instant::now();
    shop.stack.control("stop", "inventory").await.expect("inventory stops");
    let took = began.elapsed();
    parts::thaw(&shop.stack, "kafka").await.expect("kafka goes on");
    shop.stack.control("start", "inventory").await.expect("inventory starts");
    assert!(took < ENDS_WITHIN, "it took {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_away() {
    let _alone = stack::alone().await;
    let shop = Shop::open().await;
    let (buyer, sku, before) = (shop.buyer().await, shop.product(1000, 10).await, dead_letters(&shop).await);
    let order = id(&shop.order(&buyer, &[(&sku, 1)], None).await);
    shop.becomes(&order, "PAYMENT_PENDING").await;
    shop.stack.control("stop", "postgres").await.expect("postgres stops");
    let refused = shop.api.get(&format!("/api/v1/orders/{order}")).bearer(&buyer.token).send().await;
    refused.expect_problem(503, "unavailable");
    assert_ne!(refused.header("retry-after"), "");
    for service in SERVICES {
        let (status, body) = readiness(&shop, service).await;
        assert_eq!((status, &body["status"]), (503, &json!("down")), "{service}: {body}");
    }
    shop.stack.control("start", "postgres").await.expect("postgres starts");
    for service in SERVICES {
        eventually(&format!("{service} is ready again"), async || {
            (readiness(&shop, service).await.0 == 200).then_some(())
        })
        .await;
    }
    shop.confirm(&buyer, &order, "pm_card_visa").await.expect(200);
    shop.becomes(&order, "PAID").await;
    assert_eq!(dead_letters(&shop).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_away() {
    let _alone = stack::alone().await;
    let shop = Shop::open().await;
    let (buyer, sku) = (shop.buyer().await, shop.product(1000, 10).await);
    shop.stack.control("stop", "redis").await.expect("redis stops");
    let order = id(&shop.order(&buyer, &[(&sku, 1)], Some("pm_card_visa")).await);
    shop.becomes(&order, "PAID").await;
    assert_eq!(books::stock(&shop, &sku).await.on_hand, 9);
    shop.stack.control("start", "redis").await.expect("redis starts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_away() {
    let _alone = stack::alone().await;
    let shop = Shop::open().await;
    shop.stack.control("kill9", "catalog").await.expect("catalog dies");
    let answer = shop.api.get("/api/v1/products").send().await;
    let problem = answer.json();
    assert!(matches!(answer.status.as_u16(), 502 | 503), "{}", answer.text);
    assert_eq!(answer.header("content-type").split(';').next(), Some("application/problem+json"));
    assert_eq!(problem["status"], answer.status.as_u16());
    shop.stack.revive("catalog").await.expect("catalog starts");
    shop.persist(|| shop.api.get("/api/v1/products")).await.expect(200);
}

/// A stopped gateway for payments: the outcome is unknown until it is back, and then there is one charge.
#[tokio::test(flavor = "multi_thread")]
async fn the_payment_gateway_is_away() {
    let _alone = stack::alone().await;
    let shop = Shop::open().await;
    let (buyer, sku) = (shop.buyer().await, shop.product(1000, 10).await);
    shop.stack.control("stop", "simulator").await.expect("the simulator stops");
    let order = id(&shop.order(&buyer, &[(&sku, 1)], Some("pm_card_visa")).await);
    shop.becomes(&order, "PAYMENT_PENDING").await;
    shop.stack.control("start", "simulator").await.expect("the simulator starts");
    shop.becomes(&order, "PAID").await;
    assert_eq!(books::charged(&shop, &order).await.charges, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_configuration_is_listed_in_full() {
    let program = std::env::current_exe().expect("a path");
    let programs = program.ancestors().find(|folder| folder.join("order").is_file()).expect("the built services");
    for service in SERVICES {
        let output = tokio::process::Command::new(programs.join(service))
            .env_clear()
            .env("HTTP_ADDR", "everywhere")
            .stdin(Stdio::null())
            .output()
            .await
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{service} started without configuration");
        for name in ["HTTP_ADDR", "OPS_ADDR", "DATABASE_URL", "REDIS_URL", "KAFKA_BROKERS", "JWKS_URL"] {
            assert!(said.contains(name), "{service} does not mention {name}: {said}");
        }
    }
}

/// Each role has its own schema and nothing in the others'.
#[tokio::test(flavor = "multi_thread")]
async fn no_service_reads_another_ones_tables() {
    let shop = Shop::open().await;
    for service in SERVICES {
        for other in SERVICES.iter().filter(|other| **other != service) {
            let sql = format!(
                "SELECT (has_schema_privilege('{other}', 'USAGE') OR has_schema_privilege('{other}', 'CREATE'))::text AS value"
            );
            assert_eq!(books::value(&shop, service, &sql).await.as_deref(), Some("false"), "{service} in {other}");
        }
    }
}
