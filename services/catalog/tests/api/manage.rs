//! Changing what is for sale.

use proto_events::catalog::v1::ProductStatus;
use proto_events::{Event, Money};
use serde_json::{Value, json};
use testkit::events::{emitted, emitted_about};
use testkit::tokens;

use crate::support::{Stage, mug, path};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_product_is_a_draft_and_tells_of_itself() {
    let stage = Stage::new().await;
    let seller = tokens::seller();
    let body = mug();
    let answer = stage.try_create(&seller, body.clone()).await;
    let product = answer.expect(201);
    assert_eq!((&product["status"], &product["description"]), (&json!("DRAFT"), &json!("")));
    assert_eq!((&product["image_url"], &product["images"]), (&json!(null), &json!([])));
    assert_eq!(answer.header("location"), path(&product));
    assert_eq!(answer.header("etag"), "\"1\"");

    let events = emitted(&stage.db.pool).await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].key.as_str(), events[0].aggregate_seq), (product["id"].as_str().unwrap(), 1));
    let Event::ProductCreated(event) = &events[0].event else { panic!("{events:?}") };
    let told = event.product.clone().expect("the product");
    assert_eq!(told.product_id, product["id"].as_str().unwrap());
    assert_eq!((told.sku.as_str(), told.name.as_str()), (body["sku"].as_str().unwrap(), "Stoneware mug"));
    assert_eq!(told.price, Some(Money::new(1600, "EUR")));
    assert_eq!((told.status(), told.version), (ProductStatus::Draft, 1));
    assert_eq!(told.seller_id, seller.seller_id.unwrap().to_string());

    let shops = stage.create(&tokens::admin(), "ACTIVE").await;
    assert_eq!(shops["seller_id"], json!(null), "an admin sells for the shop");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sku_is_taken_for_ever() {
    let stage = Stage::new().await;
    let (seller, other) = (tokens::seller(), tokens::seller());
    let body = mug();
    let product = stage.try_create(&seller, body.clone()).await.expect(201);
    stage.try_create(&other, body.clone()).await.expect_problem(409, "sku_taken");
    stage.api.delete(&path(&product)).by(&seller).header("if-match", "\"1\"").send().await.expect(204);
    stage.try_create(&seller, body.clone()).await.expect_problem(409, "sku_taken");
    let problem = stage.put(&seller, &product, "*", json!({"sku": "OTHER"})).await;
    let problem = problem.expect_problem(422, "validation_failed");
    assert_eq!(
        (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
        (&json!("#/sku"), &json!("unknown_field"))
    );
    let mut lower = body;
    lower["sku"] = lower["sku"].as_str().unwrap().to_lowercase().into();
    stage.try_create(&seller, lower).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_with_the_same_key_creates_once() {
    let stage = Stage::new().await;
    let seller = tokens::seller();
    let post =
        |token, key: &str, body: &Value| stage.api.post("/api/v1/products").by(token).key(key).json(body.clone());
    let body = mug();
    let first = post(&seller, "k1", &body).send().await;
    let product = first.expect(201);
    let again = post(&seller, "\"k1\"", &body).send().await;
    assert_eq!(again.expect(201), product);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!((again.header("location"), again.header("etag")), (first.header("location"), first.header("etag")));
    post(&seller, "k1", &mug()).send().await.expect_problem(422, "idempotency_key_reused");
    let taken = post(&seller, "k2", &body).send().await;
    taken.expect_problem(409, "sku_taken");
    let taken = post(&seller, "k2", &body).send().await;
    taken.expect_problem(409, "sku_taken");
    assert_eq!(taken.header("idempotent-replayed"), "true");
    post(&tokens::seller(), "k1", &mug()).send().await.expect(201);
    assert_eq!(emitted(&stage.db.pool).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_create_one() {
    let stage = Stage::new().await;
    let seller = tokens::seller();
    let body = mug();
    let calls = (0..8)
        .map(|_| tokio::spawn(stage.api.post("/api/v1/products").by(&seller).key("one").json(body.clone()).send()));
    let (mut created, mut busy) = (0, 0);
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.unwrap();
        match answer.status.as_u16() {
            201 => created += 1,
            _ => {
                answer.expect_problem(409, "idempotency_key_in_use");
                assert!(!answer.header("retry-after").is_empty());
                busy += 1;
            }
        }
    }
    assert!(created >= 1 && created + busy == 8);
    assert_eq!(emitted(&stage.db.pool).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_is_checked_in_order() {
    let stage = Stage::new().await;
    let post = || stage.api.post("/api/v1/products");
    post().send().await.expect_problem(401, "unauthenticated");
    post().by(&tokens::customer()).send().await.expect_problem(403, "forbidden");
    let seller = tokens::seller();
    post().by(&seller).raw("text/plain", "x").send().await.expect_problem(400, "idempotency_key_missing");
    post().by(&seller).new_key().raw("text/plain", "x").send().await.expect_problem(415, "unsupported_media_type");
    post().by(&seller).new_key().raw("application/json", "{").send().await.expect_problem(400, "malformed_json");
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(70_000));
    post().by(&seller).new_key().raw("application/json", large).send().await.expect_problem(413, "body_too_large");
    let problem = post().by(&seller).new_key().json(json!({})).send().await.expect_problem(422, "validation_failed");
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(3), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_named() {
    let stage = Stage::new().await;
    let seller = tokens::seller();
    let price = |amount: Value| json!({"amount_minor": amount, "currency": "EUR"});
    let cases = [
        ("sku", json!(""), "sku", "invalid_format"),
        ("sku", json!("a b"), "sku", "invalid_format"),
        ("sku", json!("ä"), "sku", "invalid_format"),
        ("sku", json!("A\n"), "sku", "invalid_format"),
        ("sku", json!("x".repeat(65)), "sku", "invalid_format"),
        ("name", json!(""), "name", "out_of_range"),
        ("name", json!(" "), "name", "invalid_format"),
        ("name", json!("n".repeat(201)), "name", "out_of_range"),
        ("name", json!("nul\u{0}"), "name", "invalid_format"),
        ("description", json!("d".repeat(5001)), "description", "out_of_range"),
        ("price", json!(1999), "price", "wrong_type"),
        ("price", price(json!(0)), "price/amount_minor", "out_of_range"),
        ("price", price(json!(-1)), "price/amount_minor", "out_of_range"),
        ("price", price(json!(10_000_000_000_i64)), "price/amount_minor", "out_of_range"),
        ("price", price(json!(u64::MAX)), "price/amount_minor", "out_of_range"),
        ("price", price(json!(19.99)), "price/amount_minor", "wrong_type"),
        ("price", price(json!("1999")), "price/amount_minor", "wrong_type"),
        ("price", json!({"amount_minor": 1, "currency": "eur"}), "price/currency", "invalid_value"),
        ("price", json!({"amount_minor": 1, "currency": "XXX"}), "price/currency", "invalid_value"),
        ("price", json!({"amount_minor": 1}), "price/currency", "required"),
        ("price", json!({"amount_minor": 1, "currency": "EUR", "tax": 1}), "price/tax", "unknown_field"),
        ("status", json!("GONE"), "status", "invalid_value"),
        ("image_url", json!("javascript:alert(1)"), "image_url", "invalid_format"),
        ("image_url", json!("//elsewhere.example/x"), "image_url", "invalid_format"),
        ("image_url", json!("image.png"), "image_url", "invalid_format"),
        ("seller_id", json!("sel_0198c1a0f00d7000a000000000c0ffee"), "seller_id", "unknown_field"),
    ];
    for (field, value, pointer, code) in cases {
        let mut body = mug();
        body[field] = value;
        let problem = stage.try_create(&seller, body.clone()).await.expect_problem(422, "validation_failed");
        let errors = problem["errors"].as_array().expect("errors");
        let named = errors.iter().any(|error| error["pointer"] == format!("#/{pointer}") && error["code"] == code);
        assert!(named, "{body} gave {problem}");
    }
    let mut limits = mug();
    limits["price"] = price(json!(9_999_999_999_i64));
    limits["name"] = "n".repeat(200).into();
    limits["image_url"] = "/images/mug.webp".into();
    stage.try_create(&seller, limits).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_keeps_what_it_leaves_out() {
    let stage = Stage::new().await;
    let seller = tokens::seller();
    let mut body = mug();
    body["description"] = "Thrown by hand".into();
    body["image_url"] = "/mug.webp".into();
    let product = stage.try_create(&seller, body).await.expect(201);
    let renamed = stage.put(&seller, &product, "\"1\"", json!({"name": "Mug"})).await;
    assert_eq!(renamed.header("etag"), "\"2\"");
    let mut expected = product.clone();
    expected["name"] = "Mug".into();
    expected["images"][0]["alt"] = "Mug".into();
    expected["updated_at"] = renamed.json()["updated_at"].clone();
    assert_eq!(renamed.expect(200), expected);

    let all = json!({"name": "Cup", "description": "", "price": {"amount_minor": 99, "currency": "JPY"},
        "status": "ACTIVE", "image_url": null});
    let changed = stage.put(&seller, &product, "\"2\"", all.clone()).await.expect(200);
    for (field, value) in all.as_object().unwrap() {
        assert_eq!(&changed[field], value);
    }
    assert_eq!(changed["images"], json!([]));
    for body in [json!({}), all] {
        let same = stage.put(&seller, &product, "\"3\"", body).await;
        assert_eq!((same.expect(200), same.header("etag")), (changed.clone(), "\"3\""));
    }
    for body in [json!({"name": null}), json!({"price": null}), json!({"status": null}), json!({"seller_id": null})] {
        stage.put(&seller, &product, "*", body).await.expect_problem(422, "validation_failed");
    }

    let events = emitted_about(&stage.db.pool, product["id"].as_str().unwrap()).await;
    assert_eq!(events.len(), 3);
    let Event::ProductUpdated(event) = &events[2] else { panic!("{events:?}") };
    let told = event.product.clone().unwrap();
    assert_eq!(
        (told.version, told.price.clone(), told.status()),
        (3, Some(Money::new(99, "JPY")), ProductStatus::Active)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_product_may_come_back() {
    let stage = Stage::new().await;
    let seller = tokens::seller();
    let product = stage.create(&seller, "ACTIVE").await;
    let archive = |etag: &str| stage.api.delete(&path(&product)).by(&seller).header("if-match", etag);
    let gone = archive("\"1\"").send().await;
    gone.expect(204);
    assert_eq!(gone.text, "");
    stage.api.get(&path(&product)).send().await.expect_problem(404, "not_found");
    let shown = stage.api.get(&path(&product)).by(&seller).send().await;
    assert_eq!((shown.expect(200)["status"].clone(), shown.header("etag")), (json!("ARCHIVED"), "\"2\""));
    archive("\"2\"").send().await.expect(204);
    archive("\"1\"").send().await.expect_problem(412, "precondition_failed");
    let back = stage.put(&seller, &product, "\"2\"", json!({"status": "ACTIVE"})).await;
    assert_eq!(back.expect(200)["status"], "ACTIVE");
    stage.api.get(&path(&product)).send().await.expect(200);
    stage.put(&seller, &product, "\"3\"", json!({"status": "ARCHIVED"})).await.expect(200);
    let events = emitted_about(&stage.db.pool, product["id"].as_str().unwrap()).await;
    use proto_events::EventType::{ProductArchived, ProductCreated, ProductUpdated};
    let kinds: Vec<_> = events.iter().map(Event::event_type).collect();
    assert_eq!(kinds, [ProductCreated, ProductArchived, ProductUpdated, ProductArchived]);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_checked_in_order() {
    let stage = Stage::new().await;
    let seller = tokens::seller();
    let product = stage.create(&seller, "DRAFT").await;
    let put = |body: Value| stage.api.put(&path(&product)).json(body);
    let delete = || stage.api.delete(&path(&product));
    let bad = json!({"name": 7});
    let good = json!({"name": "Mug"});
    put(bad.clone()).send().await.expect_problem(401, "unauthenticated");
    delete().send().await.expect_problem(401, "unauthenticated");
    put(bad.clone()).by(&tokens::customer()).send().await.expect_problem(403, "forbidden");
    delete().by(&tokens::customer()).send().await.expect_problem(403, "forbidden");
    let nothing = "/api/v1/products/prd_0198c1a0f00d7000a000000000c0ffee";
    let malformed = "/api/v1/products/nonsense";
    for path in [nothing, malformed] {
        stage.api.put(path).json(bad.clone()).by(&seller).send().await.expect_problem(422, "validation_failed");
        stage.api.put(path).json(good.clone()).by(&seller).send().await.expect_problem(404, "not_found");
        stage.api.delete(path).by(&seller).send().await.expect_problem(404, "not_found");
    }
    put(good.clone()).by(&seller).send().await.expect_problem(428, "precondition_required");
    delete().by(&seller).send().await.expect_problem(428, "precondition_required");
    for etag in ["\"2\"", "W/\"1\"", "1", "\"\""] {
        put(good.clone()).by(&seller).header("if-match", etag).send().await.expect_problem(412, "precondition_failed");
        delete().by(&seller).header("if-match", etag).send().await.expect_problem(412, "precondition_failed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seller_touches_only_their_own() {
    let stage = Stage::new().await;
    let (seller, other, admin) = (tokens::seller(), tokens::seller(), tokens::admin());
    let rename = json!({"name": "Mine now"});
    for (owner, status, refusal) in [
        (&seller, "ACTIVE", (403, "forbidden")),
        (&seller, "DRAFT", (404, "not_found")),
        (&admin, "ACTIVE", (403, "forbidden")),
        (&admin, "ARCHIVED", (404, "not_found")),
    ] {
        let product = stage.create(owner, status).await;
        let put = stage.put(&other, &product, "\"1\"", rename.clone()).await;
        put.expect_problem(refusal.0, refusal.1);
        let delete = stage.api.delete(&path(&product)).by(&other).header("if-match", "\"1\"").send().await;
        delete.expect_problem(refusal.0, refusal.1);
        stage.put(&admin, &product, "\"1\"", rename.clone()).await.expect(200);
        assert_eq!(emitted_about(&stage.db.pool, product["id"].as_str().unwrap()).await.len(), 2);
    }
    use web::token::Role;
    let nobodys = tokens::of(vec![Role::Seller], None);
    stage.try_create(&nobodys, mug()).await.expect_problem(403, "forbidden");
    let both = tokens::of(vec![Role::Seller, Role::Admin], seller.seller_id);
    assert_eq!(stage.create(&both, "DRAFT").await["seller_id"], json!(seller.seller_id));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_to_one_version_one_wins() {
    let stage = Stage::new().await;
    let seller = tokens::seller();
    let product = stage.create(&seller, "ACTIVE").await;
    let calls = (0..6).map(|n| {
        let call = stage.api.put(&path(&product)).by(&seller).header("if-match", "\"1\"");
        tokio::spawn(call.json(json!({"name": format!("Mug {n}")})).send())
    });
    let mut statuses = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        statuses.push(call.await.unwrap().status.as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412]);
}
