//! Reserve, release and confirm over HTTP.

use serde_json::{Value, json};
use testkit::{Answer, tokens};

use crate::support::{Shop, an_order, created, paid};

async fn reserve(shop: &Shop, order: impl ToString, items: Value, key: &str) -> Answer {
    let call = shop.api.post("/api/v1/inventory/reserve").by(&shop.admin).key(key);
    call.json(json!({"order_id": order.to_string(), "items": items})).send().await
}

async fn act(shop: &Shop, action: &str, order: impl ToString) -> Answer {
    let call = shop.api.post(&format!("/api/v1/inventory/{action}")).by(&shop.admin).new_key();
    call.json(json!({"order_id": order.to_string()})).send().await
}

fn mugs(quantity: i64) -> Value {
    json!([{"sku": "MUG", "quantity": quantity}])
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_is_reserved_and_confirmed_by_hand() {
    let shop = Shop::open().await;
    shop.books.stocked("MUG", 10).await;
    let order = an_order();
    let held = reserve(&shop, order, mugs(3), "k1").await.expect(201);
    assert!(held["id"].as_str().is_some_and(|id| id.starts_with("rsv_")));
    assert_eq!(held["order_id"], order.to_string());
    assert_eq!((&held["origin"], &held["status"]), (&json!("MANUAL"), &json!("HELD")));
    assert_eq!(held["items"], mugs(3));
    assert!(held["expires_at"].is_string());
    assert_eq!(reserve(&shop, order, mugs(3), "k2").await.expect(200)["id"], held["id"]);
    let problem = reserve(&shop, order, mugs(4), "k3").await.expect_problem(409, "invalid_transition");
    assert_eq!(problem["from"], "HELD");
    assert_eq!(shop.books.stock("MUG").await, (10, 3));
    assert_eq!(act(&shop, "confirm", order).await.expect(200)["status"], "COMMITTED");
    assert_eq!(act(&shop, "confirm", order).await.expect(200)["status"], "COMMITTED");
    act(&shop, "release", order).await.expect_problem(409, "invalid_transition");
    assert_eq!(shop.books.stock("MUG").await, (7, 0));
    // Order and payment hear nothing of it.
    assert_eq!(shop.books.said(order).await, Vec::<&str>::new());
    shop.books.audit("MUG").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_is_released_by_hand() {
    let shop = Shop::open().await;
    shop.books.stocked("MUG", 10).await;
    let order = an_order();
    reserve(&shop, order, mugs(3), "k").await.expect(201);
    assert_eq!(act(&shop, "release", order).await.expect(200)["status"], "RELEASED");
    assert_eq!(act(&shop, "release", order).await.expect(200)["status"], "RELEASED");
    let problem = act(&shop, "confirm", order).await.expect_problem(409, "invalid_transition");
    assert_eq!((&problem["from"], &problem["allowed"]), (&json!("RELEASED"), &json!([])));
    assert_eq!(shop.books.stock("MUG").await, (10, 0));
    for action in ["release", "confirm"] {
        act(&shop, action, an_order()).await.expect_problem(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn short_items_are_named_and_nothing_is_held() {
    let shop = Shop::open().await;
    shop.books.stocked("MUG", 5).await;
    let items = json!([{"sku": "MUG", "quantity": 3}, {"sku": "NONE", "quantity": 1}, {"sku": "MUG", "quantity": 3}]);
    let order = an_order();
    let problem = reserve(&shop, order, items.clone(), "k").await.expect_problem(409, "out_of_stock");
    assert_eq!(
        problem["short_lines"],
        json!([
            {"sku": "MUG", "requested": 6, "available": 5},
            {"sku": "NONE", "requested": 1, "available": 0},
        ])
    );
    assert_eq!(shop.books.stock("MUG").await, (5, 0));
    // The refusal is kept with its key; another key looks again.
    let again = reserve(&shop, order, items, "k").await;
    again.expect_problem(409, "out_of_stock");
    assert_eq!(again.header("idempotent-replayed"), "true");
    reserve(&shop, order, mugs(5), "k2").await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_reserves_once() {
    let shop = Shop::open().await;
    shop.books.stocked("MUG", 10).await;
    let order = an_order();
    let first = reserve(&shop, order, mugs(1), "k").await;
    let again = reserve(&shop, order, mugs(1), "k").await;
    assert_eq!((again.expect(201), again.header("idempotent-replayed")), (first.expect(201), "true"));
    reserve(&shop, order, mugs(2), "k").await.expect_problem(422, "idempotency_key_reused");
    let call = shop.api.post("/api/v1/inventory/reserve").by(&shop.admin);
    let call = call.json(json!({"order_id": order.to_string(), "items": mugs(1)}));
    call.send().await.expect_problem(400, "idempotency_key_missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orders_own_reservation_is_out_of_reach() {
    let shop = Shop::open().await;
    shop.books.stocked("MUG", 10).await;
    let (mut inbound, order) = (shop.books.inbound(), an_order());
    inbound.tell(&order.to_string(), created(&[("MUG", 2)])).await;
    for action in ["confirm", "release"] {
        act(&shop, action, order).await.expect_problem(409, "saga_owned");
    }
    let stands = reserve(&shop, order, mugs(2), "k").await.expect(200);
    assert_eq!((&stands["origin"], &stands["status"]), (&json!("SAGA"), &json!("HELD")));
    inbound.tell(&order.to_string(), paid()).await;
    assert_eq!(shop.books.said(order).await, ["reserved", "committed"]);
    assert_eq!(shop.books.stock("MUG").await, (8, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_saga_sets_a_manual_hold_aside() {
    let shop = Shop::open().await;
    shop.books.stocked("MUG", 10).await;
    let order = an_order();
    reserve(&shop, order, mugs(5), "k").await.expect(201);
    shop.books.inbound().tell(&order.to_string(), created(&[("MUG", 2)])).await;
    assert_eq!(shop.books.said(order).await, ["reserved"]);
    assert_eq!(shop.books.stock("MUG").await, (10, 2));
    act(&shop, "release", order).await.expect_problem(409, "saga_owned");
    shop.books.audit("MUG").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_reserve_by_hand_and_only_what_makes_sense() {
    let shop = Shop::open().await;
    for token in [tokens::customer(), tokens::seller()] {
        let call = shop.api.post("/api/v1/inventory/reserve").by(&token).new_key().json(json!({}));
        call.send().await.expect_problem(403, "forbidden");
    }
    let call = shop.api.post("/api/v1/inventory/reserve").new_key().json(json!({}));
    call.send().await.expect_problem(401, "unauthenticated");
    let post = |body: Value| shop.api.post("/api/v1/inventory/reserve").by(&shop.admin).new_key().json(body).send();
    let order = an_order().to_string();
    for (body, pointer) in [
        (json!({"items": mugs(1)}), "#/order_id"),
        (json!({"order_id": "ord_1", "items": mugs(1)}), "#/order_id"),
        (json!({"order_id": order, "items": []}), "#/items"),
        (json!({"order_id": order, "items": mugs(0)}), "#/items/0/quantity"),
        (json!({"order_id": order, "items": [{"sku": "a b", "quantity": 1}]}), "#/items/0/sku"),
        (json!({"order_id": order, "items": [{"sku": "a", "quantity": 1, "x": 1}]}), "#/items/0/x"),
        (json!({"order_id": order, "items": vec![mugs(1)[0].clone(); 51]}), "#/items"),
    ] {
        let problem = post(body).await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_get_what_there_is_and_no_more() {
    let shop = Shop::open().await;
    shop.books.stocked("MUG", 50).await;
    let mut calls = Vec::new();
    for _ in 0..200 {
        let call = shop.api.post("/api/v1/inventory/reserve").by(&shop.admin).new_key();
        let call = call.json(json!({"order_id": an_order().to_string(), "items": mugs(1)}));
        calls.push(tokio::spawn(call.send()));
    }
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for call in calls {
        *statuses.entry(call.await.expect("an answer").status.as_u16()).or_default() += 1;
    }
    assert_eq!(statuses, [(201, 50), (409, 150)].into());
    assert_eq!(shop.books.stock("MUG").await, (50, 50));
    shop.books.audit("MUG").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn skus_may_be_named_like_actions() {
    let shop = Shop::open().await;
    shop.books.stocked("reserve", 7).await;
    assert_eq!(shop.api.get("/api/v1/inventory/reserve").send().await.expect(200)["availability"], "IN_STOCK");
}
