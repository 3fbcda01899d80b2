//! Looking at products.

use serde_json::{Value, json};
use testkit::{Token, eventually, tokens};

use crate::support::{Stage, path};

fn skus(page: &Value) -> Vec<String> {
    let data = page["data"].as_array().expect("a page");
    data.iter().map(|product| product["sku"].as_str().expect("a SKU").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_looks_as_it_was_created() {
    let stage = Stage::new().await;
    let seller = tokens::seller();
    let body = json!({"sku": "COF-1.2_x", "name": "Coffee", "description": "Beans", "status": "ACTIVE",
        "price": {"amount_minor": 890, "currency": "EUR"}, "image_url": "https://img.example/coffee.webp?w=1"});
    let created = stage.try_create(&seller, body).await.expect(201);
    let shown = stage.api.get(&path(&created)).send().await;
    let product = shown.expect(200);
    assert_eq!(product, created);
    let id = product["id"].as_str().unwrap();
    assert!(id.starts_with("prd_") && id.len() == 36, "{id}");
    assert_eq!((&product["sku"], &product["name"]), (&json!("COF-1.2_x"), &json!("Coffee")));
    assert_eq!((&product["description"], &product["status"]), (&json!("Beans"), &json!("ACTIVE")));
    assert_eq!(product["price"], json!({"amount_minor": 890, "currency": "EUR"}));
    assert_eq!(product["seller_id"], json!(seller.seller_id));
    assert_eq!(product["image_url"], "https://img.example/coffee.webp?w=1");
    let image = json!({"id": id.replace("prd_", "img_"), "url": product["image_url"], "alt": "Coffee"});
    assert_eq!(product["images"], json!([image]));
    assert!(product["created_at"].as_str().unwrap().ends_with('Z') && product["updated_at"].is_string());
    let mut names: Vec<&String> = product.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names.len(), 11, "{names:?}");

    assert_eq!(shown.header("etag"), "\"1\"");
    assert_eq!(shown.header("content-type"), "application/json");
    assert!(shown.header("cache-control").starts_with("public"));
    assert!(shown.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("Authorization")));
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_are_conditional() {
    let stage = Stage::new().await;
    let seller = tokens::seller();
    let product = stage.create(&seller, "ACTIVE").await;
    let get = |etag: &str| stage.api.get(&path(&product)).header("if-none-match", etag);
    for etag in ["\"1\"", "W/\"1\"", "\"7\", \"1\"", "*"] {
        let unchanged = get(etag).send().await;
        unchanged.expect(304);
        assert_eq!((unchanged.text.as_str(), unchanged.header("etag")), ("", "\"1\""));
    }
    get("\"2\"").send().await.expect(200);
    get("\"1\"").by(&seller).send().await.expect(304);
    let page = stage.api.get("/api/v1/products").send().await;
    let again = || stage.api.get("/api/v1/products").header("if-none-match", page.header("etag"));
    again().send().await.expect(304);
    stage.create(&seller, "ACTIVE").await;
    again().send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_sees_what_is_for_sale() {
    let stage = Stage::new().await;
    let (seller, other, admin) = (tokens::seller(), tokens::seller(), tokens::admin());
    let mut all = Vec::new();
    for token in [&seller, &other, &admin] {
        for status in ["DRAFT", "ACTIVE", "ARCHIVED"] {
            all.push(stage.create(token, status).await);
        }
    }
    all.reverse();
    let customer = tokens::customer();
    let get = |token: Option<&Token>, path: &str| {
        let call = stage.api.get(path);
        if let Some(token) = token { call.by(token) } else { call }
    };
    let seen = async |token: Option<&Token>, query: &str| {
        skus(&get(token, &format!("/api/v1/products?limit=100{query}")).send().await.expect(200))
    };
    let those = |keep: &dyn Fn(&Value) -> bool| -> Vec<String> {
        all.iter().filter(|product| keep(product)).map(|product| product["sku"].as_str().unwrap().to_owned()).collect()
    };
    let own = |product: &Value| product["seller_id"] == json!(seller.seller_id);
    let active = |product: &Value| product["status"] == "ACTIVE";
    assert_eq!(seen(None, "").await, those(&active));
    assert_eq!(seen(Some(&customer), "").await, those(&active));
    assert_eq!(seen(Some(&seller), "").await, those(&|product| active(product) || own(product)));
    assert_eq!(seen(Some(&admin), "").await, those(&|_| true));
    assert_eq!(seen(Some(&seller), "&mine=true").await, those(&own));
    assert_eq!(
        seen(Some(&seller), "&status=DRAFT").await,
        those(&|product| own(product) && product["status"] == "DRAFT")
    );
    assert_eq!(seen(None, "&mine=true").await, Vec::<String>::new());
    assert_eq!(seen(None, "&status=ARCHIVED").await, Vec::<String>::new());
    assert_eq!(seen(None, "&status=ACTIVE").await, those(&active));
    let sku = all[1]["sku"].as_str().unwrap();
    assert_eq!(seen(Some(&admin), &format!("&sku={sku}")).await, [sku]);
    assert_eq!(seen(None, "&sku=nothing").await, Vec::<String>::new());

    for product in &all {
        for (token, sees) in [
            (None, active(product)),
            (Some(&customer), active(product)),
            (Some(&seller), active(product) || own(product)),
            (Some(&admin), true),
        ] {
            let answer = get(token, &path(product)).send().await;
            if sees {
                answer.expect(200);
            } else {
                answer.expect_problem(404, "not_found");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_page_without_gaps() {
    let stage = Stage::new().await;
    let seller = tokens::seller();
    let mut expected = Vec::new();
    for _ in 0..7 {
        expected.push(stage.create(&seller, "ACTIVE").await["sku"].as_str().unwrap().to_owned());
    }
    expected.reverse();
    for token in [None, Some(&seller)] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let call = stage.api.get(&format!("/api/v1/products?limit=3{cursor}"));
            let call = if let Some(token) = token { call.by(token) } else { call };
            let page = call.send().await.expect(200);
            seen.extend(skus(&page));
            assert_eq!(page["has_more"], json!(page["next_cursor"].is_string()));
            // A product that comes in between shifts nothing.
            stage.create(&seller, "ACTIVE").await;
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        seen.retain(|sku| expected.contains(sku));
        assert_eq!(seen, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_parameters_are_named() {
    let stage = Stage::new().await;
    for query in ["limit=0", "limit=101", "limit=ten", "cursor=nonsense", "status=GONE", "mine=perhaps", "colour=red"] {
        let problem = stage.api.get(&format!("/api/v1/products?{query}")).send().await;
        let problem = problem.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["parameter"], query.split('=').next().unwrap(), "{problem}");
    }
    for id in ["nonsense", "prd_0198c1a0f00d7000a000000000c0ffee", "ord_0198c1a0f00d7000a000000000c0ffee"] {
        stage.api.get(&format!("/api/v1/products/{id}")).send().await.expect_problem(404, "not_found");
    }
    stage.api.get("/api/v1/products").bearer("nonsense").send().await.expect_problem(401, "unauthenticated");
    let wrong = stage.api.call("PATCH".parse().unwrap(), "/api/v1/products").send().await;
    wrong.expect_problem(405, "method_not_allowed");
    assert!(wrong.header("allow").contains("POST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_seen_at_once_here_and_soon_elsewhere() {
    let stage = Stage::new().await;
    let replica = stage.replica().await;
    let seller = tokens::seller();
    let product = stage.create(&seller, "ACTIVE").await;
    let name = |page: &Value| page["name"].clone();
    for round in 1..20 {
        // Both processes have kept the product, and the list with it.
        replica.get(&path(&product)).send().await.expect(200);
        stage.api.get(&path(&product)).send().await.expect(200);
        let new = json!(format!("Mug {round}"));
        stage.put(&seller, &product, "*", json!({"name": new})).await.expect(200);
        assert_eq!(name(&stage.api.get(&path(&product)).send().await.expect(200)), new);
        let list = stage.api.get("/api/v1/products").send().await.expect(200);
        assert_eq!(name(&list["data"][0]), new);
        assert_eq!(name(&replica.get(&path(&product)).by(&seller).send().await.expect(200)), new, "its owner");
        let all = replica.get("/api/v1/products").by(&seller).send().await.expect(200);
        assert_eq!(name(&all["data"][0]), new, "its owner");
    }
    let newest = json!("Mug 19");
    eventually("the other process to show it", async || {
        (name(&replica.get(&path(&product)).send().await.expect(200)) == newest).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_is_not_there_is_found_once_it_is() {
    let stage = Stage::new().await;
    let seller = tokens::seller();
    let draft = stage.create(&seller, "DRAFT").await;
    stage.api.get(&path(&draft)).send().await.expect_problem(404, "not_found");
    stage.put(&seller, &draft, "*", json!({"status": "ACTIVE"})).await.expect(200);
    stage.api.get(&path(&draft)).send().await.expect(200);
}
