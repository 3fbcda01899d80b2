//! Bad input of every kind, through the gateway: the status and code that the API promises, and nothing lost.

use e2e::shop::{Buyer, Shop, id};
use e2e::stack::Stack;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, Api};

/// A shop, a buyer, and a product with plenty of stock.
async fn scene() -> (Shop, Buyer, String) {
    let shop = Shop::open().await;
    let buyer = shop.buyer().await;
    let sku = shop.product(1000, 1000).await;
    (shop, buyer, sku)
}

fn one_of(sku: &str) -> Value {
    json!({"items": [{"sku": sku, "quantity": 1}]})
}

/// The faults of a 422 as (pointer, code).
fn faults(answer: &Answer) -> Vec<(String, String)> {
    let problem = answer.expect_problem(422, "validation_failed");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = problem["errors"].as_array().expect("errors").clone();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_object_of_this_kind() {
    let (shop, buyer, sku) = scene().await;
    let post = || shop.api.post("/api/v1/orders").bearer(&buyer.token).new_key();
    post().raw("application/json", "{\"items\": [").send().await.expect_problem(400, "malformed_json");
    post().raw("application/json", "").send().await.expect_problem(400, "malformed_json");
    post().raw("text/plain", one_of(&sku).to_string()).send().await.expect_problem(415, "unsupported_media_type");
    let huge = format!("{{\"items\": [], \"x\": \"{}\"}}", "x".repeat(70_000));
    post().raw("application/json", huge).send().await.expect_problem(413, "body_too_large");
    let nearly_huge = format!("{{\"items\": [], \"x\": \"{}\"}}", "x".repeat(64_000));
    post().raw("application/json", nearly_huge).send().await.expect_problem(422, "validation_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_body_is_named_at_once() {
    let (shop, buyer, sku) = scene().await;
    let post = |body: Value| shop.api.post("/api/v1/orders").bearer(&buyer.token).new_key().json(body).send();
    let body = json!({
        "items": [{"sku": sku, "quantity": 0}, {"sku": "no spaces", "quantity": 1}, {"sku": sku}, {"sku": 7, "quantity": "two"}],
        "coupon": "FREE",
    });
    let found = faults(&post(body).await);
    for expected in [
        ("#/items/0/quantity", "out_of_range"),
        ("#/items/1/sku", "invalid_format"),
        ("#/items/2/quantity", "required"),
        ("#/items/3/sku", "wrong_type"),
        ("#/items/3/quantity", "wrong_type"),
        ("#/coupon", "unknown_field"),
    ] {
        let expected = (expected.0.to_owned(), expected.1.to_owned());
        assert!(found.contains(&expected), "{expected:?} in {found:?}");
    }
    let fifty_one: Vec<Value> = (0..51).map(|_| json!({"sku": sku, "quantity": 1})).collect();
    for body in [json!({"items": []}), json!({"items": fifty_one}), json!({})] {
        assert_eq!(faults(&post(body).await)[0].0, "#/items");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_at_and_over_their_limits() {
    let (shop, buyer, sku) = scene().await;
    let order = |quantity: &str| {
        let body = format!("{{\"items\": [{{\"sku\": \"{sku}\", \"quantity\": {quantity}}}]}}");
        shop.api.post("/api/v1/orders").bearer(&buyer.token).new_key().raw("application/json", body).send()
    };
    for quantity in ["-1", "0", "101", "9223372036854775807", "9223372036854775808", "1e400", "1.5", "null", "true"] {
        let answer = order(quantity).await;
        assert!(matches!(answer.status.as_u16(), 400 | 422), "{quantity}: {}", answer.text);
        if answer.status.as_u16() == 422 {
            assert_eq!(faults(&answer)[0].0, "#/items/0/quantity", "{quantity}: {}", answer.text);
        }
    }
    order("100").await.expect(201);

    let price = |amount: &str| {
        let sku = uuid::Uuid::new_v4().simple().to_string();
        let body = format!(
            "{{\"sku\": \"{sku}\", \"name\": \"x\", \"price\": {{\"amount_minor\": {amount}, \"currency\": \"EUR\"}}}}"
        );
        shop.api.post("/api/v1/products").bearer(&shop.admin).new_key().raw("application/json", body).send()
    };
    for amount in ["-1", "0", "9223372036854775807", "99999999999999999999"] {
        assert_eq!(faults(&price(amount).await)[0].0, "#/price/amount_minor", "{amount}");
    }
    for currency in ["eur", "EURO", "XXY", ""] {
        let body = json!({"sku": "X", "name": "x", "price": {"amount_minor": 1, "currency": currency}});
        let answer = shop.api.post("/api/v1/products").bearer(&shop.admin).new_key().json(body).send().await;
        assert_eq!(faults(&answer)[0].0, "#/price/currency", "{currency}");
    }
    for on_hand in [-1_i64, i64::MAX] {
        let body = json!({"on_hand": on_hand, "reason": "count"});
        let path = format!("/api/v1/inventory/{sku}");
        let answer = shop.api.put(&path).bearer(&shop.admin).header("If-Match", "\"1\"").json(body).send().await;
        assert_eq!(faults(&answer)[0].0, "#/on_hand", "{on_hand}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idempotency_keys() {
    let (shop, buyer, sku) = scene().await;
    let post = |key: &str, body: Value| shop.api.post("/api/v1/orders").bearer(&buyer.token).key(key).json(body).send();
    let without = shop.api.post("/api/v1/orders").bearer(&buyer.token).json(one_of(&sku)).send().await;
    without.expect_problem(400, "idempotency_key_missing");
    for key in ["\"\"", &"k".repeat(256)] {
        assert_eq!(post(key, one_of(&sku)).await.status.as_u16(), 400, "{key}");
    }

    let key = uuid::Uuid::new_v4().to_string();
    let first = post(&key, one_of(&sku)).await;
    let again = post(&format!("\"{key}\""), one_of(&sku)).await;
    assert_eq!(first.expect(201), again.expect(201), "the stored answer, also for the quoted form of the key");
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
    assert_eq!(first.header("location"), again.header("location"));
    let other = json!({"items": [{"sku": sku, "quantity": 2}]});
    post(&key, other).await.expect_problem(422, "idempotency_key_reused");

    // Somebody else may use the same key.
    let stranger = shop.buyer().await;
    let call = shop.api.post("/api/v1/orders").bearer(&stranger.token).key(&key).json(one_of(&sku));
    assert_ne!(id(&call.send().await.expect(201)), id(&first.json()));
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_with_one_key_make_one_order() {
    let (shop, buyer, sku) = scene().await;
    let key = uuid::Uuid::new_v4().to_string();
    let calls = (0..20).map(|_| {
        let call = shop.api.post("/api/v1/orders").bearer(&buyer.token).key(&key).json(one_of(&sku));
        tokio::spawn(call.send())
    });
    let mut ids = std::collections::BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.expect("an answer");
        match answer.status.as_u16() {
            201 => {
                ids.insert(id(&answer.json()));
            }
            _ => {
                answer.expect_problem(409, "idempotency_key_in_use");
                assert_ne!(answer.header("retry-after"), "");
            }
        }
    }
    assert_eq!(ids.len(), 1, "{ids:?}");
    let mine = shop.get_as(&buyer.token, "/api/v1/orders").await;
    assert_eq!(mine["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_and_who_may_not() {
    let (shop, buyer, sku) = scene().await;
    let order = id(&shop.order(&buyer, &[(&sku, 1)], None).await);
    let path = format!("/api/v1/orders/{order}");

    let anonymous = shop.api.get(&path).send().await;
    anonymous.expect_problem(401, "unauthenticated");
    assert!(anonymous.header("www-authenticate").starts_with("Bearer"), "{:?}", anonymous.headers);
    for token in ["", "nonsense", "a.b.c"] {
        shop.api.get(&path).bearer(token).send().await.expect_problem(401, "unauthenticated");
    }
    let tampered = format!("{}x", buyer.token);
    shop.api.get(&path).bearer(&tampered).send().await.expect_problem(401, "unauthenticated");

    let stranger = shop.buyer().await;
    shop.api.get(&path).bearer(&stranger.token).send().await.expect_problem(404, "not_found");
    let cancel = format!("{path}/cancel");
    let call = shop.api.post(&cancel).bearer(&stranger.token).new_key().json(json!({}));
    call.send().await.expect_problem(404, "not_found");
    let timeline = format!("{path}/timeline");
    shop.api.get(&timeline).bearer(&stranger.token).send().await.expect_problem(404, "not_found");
    let confirm = json!({"order_id": order, "payment_method": "pm_card_visa"});
    let call = shop.api.post("/api/v1/payments/confirm").bearer(&stranger.token).new_key().json(confirm);
    assert!(matches!(call.send().await.status.as_u16(), 404 | 503));

    for (method, path, body) in [
        (
            Method::POST,
            "/api/v1/products",
            json!({"sku": "X", "name": "x", "price": {"amount_minor": 1, "currency": "EUR"}}),
        ),
        (Method::POST, "/api/v1/inventory/reserve", json!({"order_id": order, "items": [{"sku": sku, "quantity": 1}]})),
        (Method::POST, "/api/v1/payments/refund", json!({"payment_id": "pay_x", "reason": "x"})),
        (Method::GET, "/api/v1/users", json!(null)),
        (Method::GET, "/api/v1/admin/order/dead-letters", json!(null)),
    ] {
        let call = shop.api.call(method, path).bearer(&buyer.token).new_key();
        let call = if body.is_null() { call } else { call.json(body) };
        call.send().await.expect_problem(403, "forbidden");
    }
    // The token is looked at before anything else of the request.
    let call = shop.api.post("/api/v1/orders").raw("text/plain", "nonsense");
    call.send().await.expect_problem(401, "unauthenticated");
    // The role before key and body.
    let call = shop.api.post("/api/v1/products").bearer(&buyer.token).raw("text/plain", "nonsense");
    call.send().await.expect_problem(403, "forbidden");
    // The key before the body.
    let call = shop.api.post("/api/v1/orders").bearer(&buyer.token).raw("text/plain", "nonsense");
    call.send().await.expect_problem(400, "idempotency_key_missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn versions() {
    let (shop, _, sku) = scene().await;
    let body = json!({"sku": format!("{sku}-2"), "name": "Second", "price": {"amount_minor": 500, "currency": "EUR"}});
    let created = shop.api.post("/api/v1/products").bearer(&shop.admin).new_key().json(body).send().await;
    let path = format!("/api/v1/products/{}", id(&created.expect(201)));
    let read = || shop.api.get(&path).bearer(&shop.admin);
    let etag = read().send().await.header("etag").to_owned();
    assert!(etag.starts_with('"'), "a strong tag: {etag}");
    assert_eq!(read().header("If-None-Match", &etag).send().await.status.as_u16(), 304);

    let put = |etag: Option<&str>| {
        let call = shop.api.put(&path).bearer(&shop.admin).json(json!({"name": "Renamed"}));
        etag.into_iter().fold(call, |call, etag| call.header("If-Match", etag)).send()
    };
    put(None).await.expect_problem(428, "precondition_required");
    put(Some("\"999\"")).await.expect_problem(412, "precondition_failed");
    let renamed = put(Some(&etag)).await;
    assert_eq!(renamed.expect(200)["name"], "Renamed");
    put(Some(&etag)).await.expect_problem(412, "precondition_failed");
    let answer = read().header("If-None-Match", &etag).send().await;
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.header("content-encoding"), "", "an answer with a tag is not compressed");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_their_parameters() {
    let (shop, buyer, sku) = scene().await;
    for _ in 0..3 {
        shop.order(&buyer, &[(&sku, 1)], None).await;
    }
    let page = shop.get_as(&buyer.token, "/api/v1/orders?limit=2").await;
    assert_eq!((page["data"].as_array().map(Vec::len), &page["has_more"]), (Some(2), &json!(true)));
    let cursor = page["next_cursor"].as_str().expect("a cursor");
    let rest = shop.get_as(&buyer.token, &format!("/api/v1/orders?limit=2&cursor={cursor}")).await;
    assert_eq!((rest["data"].as_array().map(Vec::len), &rest["next_cursor"]), (Some(1), &json!(null)));
    for (query, parameter) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("cursor=nonsense", "cursor"),
        ("page=2", "page"),
        ("status=UNHEARD", "status"),
        ("created_after=yesterday", "created_after"),
    ] {
        let answer = shop.api.get(&format!("/api/v1/orders?{query}")).bearer(&buyer.token).send().await;
        let problem = answer.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["parameter"], parameter, "{query}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateways_own_answers() {
    let (shop, buyer, _) = scene().await;
    for path in ["/api/v1/nothing", "/api/v2/orders", "/metrics", "/livez", "/readyz", "/api/v1/orders/metrics/livez"] {
        let answer = shop.api.get(path).bearer(&buyer.token).send().await;
        answer.expect_problem(404, "not_found");
        assert_ne!(answer.header("x-request-id"), "", "{path}");
    }
    shop.api.get("/api/v1/orders/ord_nonsense").bearer(&buyer.token).send().await.expect_problem(404, "not_found");
    let patched = shop.api.call(Method::PATCH, "/api/v1/orders").bearer(&buyer.token).send().await;
    patched.expect_problem(405, "method_not_allowed");
    assert!(patched.header("allow").contains("GET"), "{:?}", patched.headers);

    let forged = shop.api.get("/api/v1/orders").bearer(&buyer.token).header("X-Request-Id", "forged").send().await;
    assert_ne!(forged.header("x-request-id"), "forged", "the gateway sets it");
    assert!(!forged.header("ratelimit").is_empty() || !forged.header("ratelimit-policy").is_empty());

    assert_eq!(shop.api.get("/healthz").send().await.status.as_u16(), 200);
    let merged = shop.api.get("/api/v1/openapi.json").send().await.expect(200);
    for path in [
        "/api/v1/auth/login",
        "/api/v1/products",
        "/api/v1/inventory/{sku}",
        "/api/v1/orders",
        "/api/v1/payments/confirm",
    ] {
        assert!(merged["paths"][path].is_object(), "{path} is documented");
    }
    for page in ["/docs", "/redoc"] {
        let answer = shop.api.get(page).send().await;
        assert_eq!(answer.status.as_u16(), 200, "{page}");
        assert!(
            !answer.text.contains("https://") || !answer.text.contains("<script src=\"https://"),
            "{page} is offline"
        );
    }
}

/// What a browser may do with a page of the web apps, to the letter: nothing inline, nothing from elsewhere but pictures.
const APP_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

#[tokio::test(flavor = "multi_thread")]
async fn every_path_of_a_web_app_is_its_page() {
    let api = Api::new(Stack::running().expect("a running stack").url());
    let (shop, admin) = ("<title>Waybill</title>", "<title>Waybill admin</title>");
    for (path, title) in [
        ("/", shop),
        ("/index.html", shop),
        ("/checkout", shop),
        ("/orders/ord_0?next=/x", shop),
        ("/administrator", shop),
        ("/admin", admin),
        ("/admin/", admin),
        ("/admin/index.html", admin),
        ("/admin/inventory/SKU-1.00", admin),
    ] {
        let page = api.get(path).send().await;
        assert_eq!(page.status.as_u16(), 200, "{path}");
        assert!(page.text.contains(title), "{path}: {}", page.text);
        for (header, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("content-security-policy", APP_POLICY),
            ("cache-control", "no-cache"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(page.header(header), value, "{header} of {path}");
        }
        assert!(page.header("permissions-policy").contains("camera=()"), "{path}");
        let unchanged = api.get(path).header("If-None-Match", page.header("etag")).send().await;
        assert_eq!(unchanged.status.as_u16(), 304, "{path}");
    }
    for path in ["/", "/orders/ord_0", "/admin/", "/admin/orders", "/assets/x.js", "/mark.svg"] {
        let answer = api.post(path).json(json!({})).send().await;
        answer.expect_problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), "GET, HEAD", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_the_web_apps() {
    let api = Api::new(Stack::running().expect("a running stack").url());
    for (path, kind) in [
        ("/pictures/COF-HOUSE-250.svg", "image/svg+xml"),
        ("/mark.svg", "image/svg+xml"),
        ("/robots.txt", "text/plain"),
    ] {
        let file = api.get(path).send().await;
        assert_eq!(file.status.as_u16(), 200, "{path}");
        assert!(file.header("content-type").starts_with(kind), "{path}: {:?}", file.headers);
        assert_eq!(file.header("cache-control"), "no-cache", "{path}");
    }
    for app in ["/", "/admin/"] {
        let page = api.get(app).send().await.text;
        let assets: Vec<&str> = page.split('"').filter(|part| part.starts_with(&format!("{app}assets/"))).collect();
        assert!(assets.iter().any(|path| path.ends_with(".js")), "{page}");
        for path in assets {
            let file = api.get(path).header("Accept-Encoding", "gzip").send().await;
            assert_eq!(file.status.as_u16(), 200, "{path}");
            assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
            // A font of this kind is compressed within.
            let shrinks = !path.ends_with(".woff2") && api.get(path).send().await.text.len() >= 1024;
            assert_eq!(file.header("content-encoding"), if shrinks { "gzip" } else { "" }, "{path}");
        }
    }
    for path in [
        "/assets/none.js",
        "/assets/",
        "/admin/assets/none.js",
        "/pictures/NONE.svg",
        "/favicon.ico",
        "/.vite/manifest.json",
        "/admin/.vite/manifest.json",
        "/.env",
        "/orders/.git/config",
        "/.well-known/none",
    ] {
        let answer = api.get(path).send().await;
        answer.expect_problem(404, "not_found");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_cannot_be() {
    let (shop, buyer, sku) = scene().await;
    let post = |body: Value| shop.api.post("/api/v1/orders").bearer(&buyer.token).new_key().json(body).send();
    post(one_of("NO-SUCH-SKU")).await.expect_problem(422, "unknown_sku");

    let yen = json!({"sku": format!("{sku}-YEN"), "name": "Yen", "status": "ACTIVE", "price": {"amount_minor": 500, "currency": "JPY"}});
    shop.api.post("/api/v1/products").bearer(&shop.admin).new_key().json(yen).send().await.expect(201);
    let mixed = json!({"items": [{"sku": sku, "quantity": 1}, {"sku": format!("{sku}-YEN"), "quantity": 1}]});
    testkit::eventually("the yen product is known", async || {
        let answer = post(mixed.clone()).await;
        (answer.json()["code"] != "unknown_sku").then_some(answer)
    })
    .await
    .expect_problem(422, "currency_mismatch");

    let mut dear = one_of(&sku);
    dear["expected_total"] = json!({"amount_minor": 999, "currency": "EUR"});
    post(dear.clone()).await.expect_problem(409, "price_changed");
    dear["expected_total"]["amount_minor"] = json!(1000);
    let order = post(dear).await.expect(201);
    assert_eq!(order["total"], json!({"amount_minor": 1000, "currency": "EUR"}));
    let nothing = shop.get_as(&buyer.token, "/api/v1/orders").await;
    assert_eq!(nothing["data"].as_array().map(Vec::len), Some(1), "what was refused left nothing behind");
}
