//! The stock of a SKU over HTTP.

use diesel_async::SimpleAsyncConnection;
use serde_json::{Value, json};
use testkit::{Answer, Token, tokens};

use crate::support::{Shop, an_order, created, paid, product};

async fn count(shop: &Shop, by: &Token, sku: &str, on_hand: i64, precondition: (&str, &str)) -> Answer {
    let call = shop.api.put(&format!("/api/v1/inventory/{sku}")).by(by).header(precondition.0, precondition.1);
    call.json(json!({"on_hand": on_hand, "reason": "counted"})).send().await
}

async fn first_count(shop: &Shop, sku: &str, on_hand: i64) -> Value {
    count(shop, &shop.admin, sku, on_hand, ("If-None-Match", "*")).await.expect(200)
}

async fn adjust(shop: &Shop, by: &Token, sku: &str, delta: i64, key: &str) -> Answer {
    let call = shop.api.post(&format!("/api/v1/inventory/{sku}/adjustments")).by(by).key(key);
    call.json(json!({"delta": delta, "reason": "delivery"})).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn buyers_see_availability_and_staff_see_figures() {
    let shop = Shop::open().await;
    for (sku, on_hand, availability, left) in
        [("MANY", 6, "IN_STOCK", Value::Null), ("FEW", 5, "LOW_STOCK", json!(5)), ("NONE", 0, "OUT_OF_STOCK", json!(0))]
    {
        first_count(&shop, sku, on_hand).await;
        let path = format!("/api/v1/inventory/{sku}");
        let answer = shop.api.get(&path).send().await;
        let public = answer.expect(200);
        assert_eq!((&public["sku"], &public["availability"]), (&json!(sku), &json!(availability)));
        assert_eq!(public["left"], left);
        assert!(public.get("on_hand").is_none() && public.get("version").is_none());
        assert!(answer.header("vary").split(", ").any(|name| name == "Authorization"));
        let etag = answer.header("etag").to_owned();
        let again = shop.api.get(&path).header("If-None-Match", &etag).send().await;
        assert_eq!((again.status.as_u16(), again.header("etag")), (304, etag.as_str()));
        let answer = shop.api.get(&path).by(&shop.admin).send().await;
        let staff = answer.expect(200);
        assert_eq!(staff["on_hand"], on_hand);
        assert_eq!((&staff["reserved"], &staff["available"]), (&json!(0), &json!(on_hand)));
        assert_eq!((&staff["version"], answer.header("etag")), (&json!(1), "\"1\""));
        assert_eq!(staff["availability"], availability);
        let again = shop.api.get(&path).by(&shop.admin).header("If-None-Match", "\"1\"").send().await;
        assert_eq!(again.status, 304);
        let customer = shop.api.get(&path).by(&tokens::customer()).send().await.expect(200);
        assert!(customer.get("on_hand").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_display_follows_sales_within_two_seconds() {
    let shop = Shop::open().await;
    first_count(&shop, "MUG", 6).await;
    shop.api.get("/api/v1/inventory/MUG").send().await.expect(200);
    shop.books.inbound().tell(&an_order().to_string(), created(&[("MUG", 2)])).await;
    let started = std::time::Instant::now();
    testkit::eventually("four are left", async || {
        let seen = shop.api.get("/api/v1/inventory/MUG").send().await.expect(200);
        (seen["left"] == 4).then_some(())
    })
    .await;
    // Two, and what a slow machine takes on top.
    assert!(started.elapsed() < std::time::Duration::from_secs(8));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_is_not_found_and_a_product_without_stock_is_out_of_stock() {
    let shop = Shop::open().await;
    let path = "/api/v1/inventory/NEW";
    shop.api.get(path).send().await.expect_problem(404, "not_found");
    shop.api.get(path).by(&shop.admin).send().await.expect_problem(404, "not_found");
    shop.api.get("/api/v1/inventory/no%20sku").send().await.expect_problem(404, "not_found");
    shop.books.inbound().tell("prd_1", product("NEW", None, 1)).await;
    assert_eq!(shop.api.get(path).send().await.expect(200)["availability"], "OUT_OF_STOCK");
    let staff = shop.figures("NEW").await;
    assert_eq!((&staff["on_hand"], &staff["version"]), (&json!(0), &json!(0)));
    // The version that was seen will do for the first count, too.
    count(&shop, &shop.admin, "NEW", 3, ("If-Match", "\"0\"")).await.expect(200);
    assert_eq!(shop.api.get(path).send().await.expect(200)["left"], 3);
}

/// Sells some of a SKU, from the order to the payment.
async fn sell(shop: &Shop, sku: &str, quantity: u32) {
    let (mut inbound, order) = (shop.books.inbound(), an_order());
    inbound.tell(&order.to_string(), created(&[(sku, quantity)])).await;
    inbound.tell(&order.to_string(), paid()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_keeps_what_was_sold_since_its_caller_looked() {
    let shop = Shop::open().await;
    assert_eq!(first_count(&shop, "MUG", 10).await["version"], 1);
    sell(&shop, "MUG", 3).await;
    let before = shop.figures("MUG").await;
    assert_eq!((&before["on_hand"], &before["version"]), (&json!(7), &json!(1)));
    sell(&shop, "MUG", 2).await;
    // Twelve were found where seven were shown; two of them are sold by now.
    let answer = count(&shop, &shop.admin, "MUG", 12, ("If-Match", "\"1\"")).await;
    let counted = answer.expect(200);
    assert_eq!((&counted["on_hand"], &counted["version"]), (&json!(10), &json!(2)));
    assert_eq!(answer.header("etag"), "\"2\"");
    count(&shop, &shop.admin, "MUG", 12, ("If-Match", "\"1\"")).await.expect_problem(412, "precondition_failed");
    // What a change answers is a look as well, and nothing is sold since.
    sell(&shop, "MUG", 1).await;
    assert_eq!(shop.figures("MUG").await["on_hand"], 9);
    let counted = count(&shop, &shop.admin, "MUG", 20, ("If-Match", "\"2\"")).await.expect(200);
    assert_eq!(counted["on_hand"], 20);
    shop.books.audit("MUG").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_by_somebody_who_was_shown_nothing_goes_by_its_version() {
    let shop = Shop::open().await;
    first_count(&shop, "MUG", 10).await;
    sell(&shop, "MUG", 3).await;
    let other = testkit::tokens::admin();
    let counted = count(&shop, &other, "MUG", 12, ("If-Match", "\"1\"")).await.expect(200);
    assert_eq!(counted["on_hand"], 9);
    shop.books.audit("MUG").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_needs_its_precondition() {
    let shop = Shop::open().await;
    let body = json!({"on_hand": 1, "reason": "counted"});
    let put = |sku: &str| shop.api.put(&format!("/api/v1/inventory/{sku}")).by(&shop.admin).json(body.clone());
    put("MUG").send().await.expect_problem(404, "not_found");
    put("MUG").header("If-Match", "\"1\"").send().await.expect_problem(404, "not_found");
    first_count(&shop, "MUG", 10).await;
    put("MUG").send().await.expect_problem(428, "precondition_required");
    put("MUG").header("If-None-Match", "*").send().await.expect_problem(412, "precondition_failed");
    put("MUG").header("If-Match", "\"2\"").send().await.expect_problem(412, "precondition_failed");
    put("MUG").header("If-Match", "*").send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_changes_are_refused_with_their_faults() {
    let shop = Shop::open().await;
    first_count(&shop, "MUG", 10).await;
    let put = shop.api.put("/api/v1/inventory/MUG").by(&shop.admin).header("If-Match", "\"1\"");
    let body = json!({"on_hand": -1, "reason": "", "colour": "blue"});
    let problem = put.json(body).send().await.expect_problem(422, "validation_failed");
    let faults: Vec<(&str, &str)> = problem["errors"]
        .as_array()
        .expect("faults")
        .iter()
        .filter_map(|fault| Some((fault["pointer"].as_str()?, fault["code"].as_str()?)))
        .collect();
    for fault in [("#/on_hand", "out_of_range"), ("#/reason", "out_of_range"), ("#/colour", "unknown_field")] {
        assert!(faults.contains(&fault), "{fault:?} in {faults:?}");
    }
    for body in [json!({"on_hand": 1_000_000_001, "reason": "x"}), json!({"on_hand": "1", "reason": "x"}), json!({})] {
        let put = shop.api.put("/api/v1/inventory/MUG").by(&shop.admin).header("If-Match", "\"1\"");
        put.json(body).send().await.expect_problem(422, "validation_failed");
    }
    for (key, delta) in [("a", 0), ("b", 1_000_000_001), ("c", 999_999_999)] {
        adjust(&shop, &shop.admin, "MUG", delta, key).await.expect_problem(422, "validation_failed");
    }
    assert_eq!(shop.figures("MUG").await["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adjustment_is_booked_once_per_key() {
    let shop = Shop::open().await;
    first_count(&shop, "MUG", 10).await;
    let post = shop.api.post("/api/v1/inventory/MUG/adjustments").by(&shop.admin);
    let post = post.json(json!({"delta": 1, "reason": "x"}));
    post.send().await.expect_problem(400, "idempotency_key_missing");
    let first = adjust(&shop, &shop.admin, "MUG", 5, "k1").await;
    assert_eq!(first.expect(201)["on_hand"], 15);
    assert_eq!(first.header("etag"), "\"2\"");
    let again = adjust(&shop, &shop.admin, "MUG", 5, "k1").await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (first.status, "true"));
    assert_eq!(again.text, first.text);
    adjust(&shop, &shop.admin, "MUG", 6, "k1").await.expect_problem(422, "idempotency_key_reused");
    assert_eq!(adjust(&shop, &shop.admin, "MUG", -15, "k2").await.expect(201)["on_hand"], 0);
    adjust(&shop, &shop.admin, "NONE", 1, "k3").await.expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_that_is_promised_cannot_be_taken_away() {
    let shop = Shop::open().await;
    first_count(&shop, "MUG", 10).await;
    shop.books.inbound().tell(&an_order().to_string(), created(&[("MUG", 4)])).await;
    let problem = adjust(&shop, &shop.admin, "MUG", -7, "k").await.expect_problem(409, "stock_reserved");
    assert_eq!(problem["reserved"], 4);
    let again = adjust(&shop, &shop.admin, "MUG", -7, "k").await;
    again.expect_problem(409, "stock_reserved");
    assert_eq!(again.header("idempotent-replayed"), "true");
    count(&shop, &shop.admin, "MUG", 3, ("If-Match", "\"1\"")).await.expect_problem(409, "stock_reserved");
    count(&shop, &shop.admin, "MUG", 4, ("If-Match", "\"1\"")).await.expect(200);
    assert_eq!(shop.api.get("/api/v1/inventory/MUG").send().await.expect(200)["availability"], "OUT_OF_STOCK");
    shop.books.audit("MUG").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sellers_touch_their_own_stock_only() {
    let shop = Shop::open().await;
    let (owner, other) = (tokens::seller(), tokens::seller());
    let mut inbound = shop.books.inbound();
    inbound.tell("prd_1", product("MUG", owner.seller_id, 1)).await;
    count(&shop, &other, "MUG", 1, ("If-None-Match", "*")).await.expect_problem(403, "forbidden");
    count(&shop, &owner, "MUG", 8, ("If-None-Match", "*")).await.expect(200);
    adjust(&shop, &owner, "MUG", 1, "k").await.expect(201);
    adjust(&shop, &other, "MUG", 1, "k").await.expect_problem(403, "forbidden");
    assert_eq!(shop.api.get("/api/v1/inventory/MUG").by(&owner).send().await.expect(200)["on_hand"], 9);
    assert!(shop.api.get("/api/v1/inventory/MUG").by(&other).send().await.expect(200).get("on_hand").is_none());
    let movements = "/api/v1/inventory/MUG/movements";
    shop.api.get(movements).by(&owner).send().await.expect(200);
    shop.api.get(movements).by(&other).send().await.expect_problem(403, "forbidden");
    // A SKU that is nobody's product is not there for a seller, and not theirs once an admin has counted it.
    count(&shop, &owner, "CUP", 1, ("If-None-Match", "*")).await.expect_problem(404, "not_found");
    first_count(&shop, "CUP", 1).await;
    count(&shop, &owner, "CUP", 1, ("If-Match", "\"1\"")).await.expect_problem(403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn others_change_nothing() {
    let shop = Shop::open().await;
    first_count(&shop, "MUG", 1).await;
    let customer = tokens::customer();
    count(&shop, &customer, "MUG", 1, ("If-Match", "\"1\"")).await.expect_problem(403, "forbidden");
    adjust(&shop, &customer, "MUG", 1, "k").await.expect_problem(403, "forbidden");
    for path in ["/api/v1/inventory", "/api/v1/inventory/MUG/movements", "/api/v1/admin/inventory/dead-letters"] {
        shop.api.get(path).by(&customer).send().await.expect_problem(403, "forbidden");
        shop.api.get(path).send().await.expect_problem(401, "unauthenticated");
    }
    let put = shop.api.put("/api/v1/inventory/MUG").json(json!({"on_hand": 1, "reason": "x"}));
    put.send().await.expect_problem(401, "unauthenticated");
    let wrong = shop.api.delete("/api/v1/inventory/MUG").by(&shop.admin).send().await;
    wrong.expect_problem(405, "method_not_allowed");
    assert!(wrong.header("allow").contains("GET") && wrong.header("allow").contains("PUT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_adds_up_and_pages() {
    let shop = Shop::open().await;
    first_count(&shop, "MUG", 10).await;
    adjust(&shop, &shop.admin, "MUG", 5, "k").await.expect(201);
    let (mut inbound, order) = (shop.books.inbound(), an_order());
    inbound.tell(&order.to_string(), created(&[("MUG", 2)])).await;
    inbound.tell(&order.to_string(), paid()).await;
    let mut movements = Vec::new();
    let mut path = "/api/v1/inventory/MUG/movements?limit=2".to_owned();
    loop {
        let page = shop.api.get(&path).by(&shop.admin).send().await.expect(200);
        movements.extend(page["data"].as_array().expect("rows").clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/inventory/MUG/movements?limit=2&cursor={cursor}");
    }
    let kinds: Vec<&str> = movements.iter().filter_map(|movement| movement["kind"].as_str()).collect();
    assert_eq!(kinds, ["SALE", "ADJUSTMENT", "COUNT"]);
    let deltas: i64 = movements.iter().filter_map(|movement| movement["delta"].as_i64()).sum();
    assert_eq!(shop.figures("MUG").await["on_hand"], deltas);
    assert_eq!(movements[0]["order_id"], order.to_string());
    assert_eq!((&movements[0]["actor"], &movements[0]["on_hand_after"]), (&Value::Null, &json!(13)));
    assert_eq!(movements[1]["actor"], shop.admin.user_id.to_string());
    assert_eq!(movements[1]["reason"], "delivery");
    let unknown = shop.api.get("/api/v1/inventory/MUG/movements?colour=1&limit=0").by(&shop.admin).send().await;
    let problem = unknown.expect_problem(422, "validation_failed");
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_what_the_caller_may_see() {
    let shop = Shop::open().await;
    let owner = tokens::seller();
    let mut inbound = shop.books.inbound();
    inbound.tell("prd_1", product("B", owner.seller_id, 1)).await;
    inbound.tell("prd_2", product("C", owner.seller_id, 1)).await;
    for sku in ["A", "B"] {
        first_count(&shop, sku, 10).await;
    }
    let skus = async |by: &Token, query: &str| {
        let page = shop.api.get(&format!("/api/v1/inventory{query}")).by(by).send().await.expect(200);
        let skus: Vec<String> =
            page["data"].as_array().expect("rows").iter().map(|row| row["sku"].to_string().replace('"', "")).collect();
        (skus, page["next_cursor"].as_str().map(str::to_owned))
    };
    assert_eq!(skus(&shop.admin, "").await, (vec!["A".to_owned(), "B".to_owned(), "C".to_owned()], None));
    assert_eq!(skus(&owner, "").await.0, ["B", "C"]);
    assert_eq!(skus(&tokens::seller(), "").await.0, Vec::<String>::new());
    let (first, cursor) = skus(&shop.admin, "?limit=2").await;
    assert_eq!(first, ["A", "B"]);
    let cursor = cursor.expect("another page");
    assert_eq!(skus(&shop.admin, &format!("?limit=2&cursor={cursor}")).await, (vec!["C".to_owned()], None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_booked_stays_booked() {
    let shop = Shop::open().await;
    first_count(&shop, "MUG", 1).await;
    let mut conn = shop.books.pool().get().await.expect("a connection");
    for sql in ["UPDATE stock_movement SET delta = 2", "DELETE FROM stock_movement", "TRUNCATE stock_movement"] {
        let refused = conn.batch_execute(sql).await.expect_err("refused");
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
    for sql in ["UPDATE stock SET reserved = 2", "UPDATE stock SET on_hand = -1", "UPDATE stock SET reserved = -1"] {
        conn.batch_execute(sql).await.expect_err("refused by a check");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_document_names_every_call() {
    let document = serde_json::to_value(inventory::document()).expect("a document");
    for (path, method) in [
        ("/api/v1/inventory", "get"),
        ("/api/v1/inventory/{sku}", "get"),
        ("/api/v1/inventory/{sku}", "put"),
        ("/api/v1/inventory/{sku}/adjustments", "post"),
        ("/api/v1/inventory/{sku}/movements", "get"),
        ("/api/v1/inventory/reserve", "post"),
        ("/api/v1/inventory/release", "post"),
        ("/api/v1/inventory/confirm", "post"),
        ("/api/v1/admin/inventory/dead-letters", "get"),
    ] {
        let call = &document["paths"][path][method];
        assert!(call["operationId"].is_string() && call["summary"].is_string(), "{method} {path}: {call}");
    }
}
