//! Bodies: what is refused, with which code, and that all faults are named.

use serde_json::{Value, json};
use testkit::{Answer, tokens};

use crate::shop::{Setup, Shop};

async fn post(shop: &Shop, body: &str) -> Answer {
    let call = shop.api.post("/echo").by(&tokens::customer()).new_key();
    call.raw("application/json", body.as_bytes().to_vec()).send().await
}

/// The faults of a refused body as (pointer, code), sorted.
async fn faults(shop: &Shop, body: &str) -> Vec<(String, String)> {
    let problem = post(shop, body).await.expect_problem(422, "validation_failed");
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    assert!(errors.iter().all(|fault| !text(fault, "detail").is_empty()));
    let mut faults: Vec<_> = errors.iter().map(|fault| (text(fault, "pointer"), text(fault, "code"))).collect();
    faults.sort();
    faults
}

fn one(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fits_passes() {
    let shop = Setup::default().start();
    for body in [
        json!({"sku": "a"}),
        json!({"sku": "a.b_c-D", "name": "ä", "price": {"amount_minor": 0, "currency": "EUR"}, "items": [{"quantity": 100}],
            "kind": "SMALL", "maker": "usr_01900000000070008000000000000001", "count": i64::MAX, "small": -5,
            "email": "a@b.example", "fragile": true, "weight": 1.5}),
        json!({"sku": "a", "name": null, "price": null, "kind": null}),
    ] {
        post(&shop, &body.to_string()).await.expect(200);
    }
    // One number in another form.
    let echoed = post(&shop, r#"{"sku": "a", "count": 2e0, "weight": 3}"#).await.expect(200);
    assert_eq!((&echoed["count"], &echoed["weight"]), (&json!(2), &json!(3.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_has_its_place_and_code() {
    let shop = Setup::default().start();
    for (body, pointer, code) in [
        (r#"{}"#, "#/sku", "required"),
        (r#"[]"#, "#", "wrong_type"),
        (r#"null"#, "#", "wrong_type"),
        (r#"{"sku": 1}"#, "#/sku", "wrong_type"),
        (r#"{"sku": null}"#, "#/sku", "wrong_type"),
        (r#"{"sku": "a b"}"#, "#/sku", "invalid_format"),
        (r#"{"sku": ""}"#, "#/sku", "invalid_format"),
        (r#"{"sku": "a", "colour": 1}"#, "#/colour", "unknown_field"),
        (r#"{"sku": "a", "a/b~ü": 1}"#, "#/a~1b~0%C3%BC", "unknown_field"),
        (r#"{"sku": "a", "name": ""}"#, "#/name", "out_of_range"),
        (r#"{"sku": "a", "name": "12345678901"}"#, "#/name", "out_of_range"),
        (r#"{"sku": "a", "name": "a\u0000b"}"#, "#/name", "invalid_format"),
        (r#"{"sku": "a", "name": "a\nb"}"#, "#/name", "invalid_format"),
        (r#"{"sku": "a", "name": "a\u0085b"}"#, "#/name", "invalid_format"),
        (r#"{"sku": "a", "price": 5}"#, "#/price", "wrong_type"),
        (r#"{"sku": "a", "price": {"amount_minor": 5}}"#, "#/price/currency", "required"),
        (r#"{"sku": "a", "price": {"amount_minor": 5, "currency": "XXX"}}"#, "#/price/currency", "invalid_value"),
        (r#"{"sku": "a", "price": {"amount_minor": 5, "currency": "EUR", "x": 1}}"#, "#/price/x", "unknown_field"),
        (r#"{"sku": "a", "price": {"amount_minor": -1, "currency": "EUR"}}"#, "#/price/amount_minor", "out_of_range"),
        (
            r#"{"sku": "a", "price": {"amount_minor": 10000000000, "currency": "EUR"}}"#,
            "#/price/amount_minor",
            "out_of_range",
        ),
        (r#"{"sku": "a", "price": {"amount_minor": 1.5, "currency": "EUR"}}"#, "#/price/amount_minor", "wrong_type"),
        (r#"{"sku": "a", "price": {"amount_minor": "5", "currency": "EUR"}}"#, "#/price/amount_minor", "wrong_type"),
        (r#"{"sku": "a", "items": []}"#, "#/items", "out_of_range"),
        (r#"{"sku": "a", "items": {}}"#, "#/items", "wrong_type"),
        (r#"{"sku": "a", "items": [{"quantity": 1}, {"quantity": 0}]}"#, "#/items/1/quantity", "out_of_range"),
        (r#"{"sku": "a", "items": [{"quantity": 101}]}"#, "#/items/0/quantity", "out_of_range"),
        (r#"{"sku": "a", "items": [{}]}"#, "#/items/0/quantity", "required"),
        (r#"{"sku": "a", "items": [{"quantity": 1, "x": 1}]}"#, "#/items/0/x", "unknown_field"),
        (r#"{"sku": "a", "kind": "MIDDLE"}"#, "#/kind", "invalid_value"),
        (r#"{"sku": "a", "maker": "usr_1"}"#, "#/maker", "invalid_format"),
        (r#"{"sku": "a", "count": 9223372036854775808}"#, "#/count", "out_of_range"),
        (r#"{"sku": "a", "count": -9223372036854775809}"#, "#/count", "out_of_range"),
        (r#"{"sku": "a", "count": 1e30}"#, "#/count", "out_of_range"),
        (r#"{"sku": "a", "count": 1e400}"#, "#/count", "out_of_range"),
        (r#"{"sku": "a", "count": -1e400}"#, "#/count", "out_of_range"),
        (r#"{"sku": "a", "count": 123456789012345678901234567890}"#, "#/count", "out_of_range"),
        (r#"{"sku": "a", "small": 2147483648}"#, "#/small", "out_of_range"),
        (r#"{"sku": "a", "small": 0.1}"#, "#/small", "wrong_type"),
        (r#"{"sku": "a", "email": "nobody"}"#, "#/email", "invalid_format"),
        (r#"{"sku": "a", "fragile": "true"}"#, "#/fragile", "wrong_type"),
    ] {
        assert_eq!(faults(&shop, body).await, one(pointer, code), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_are_named_at_once() {
    let shop = Setup::default().start();
    let body = r#"{"x": 1, "y": 2, "name": "a\nb", "price": {"amount_minor": -1}, "items": [{"quantity": 0}, {}]}"#;
    let expected: Vec<(String, String)> = [
        ("#/items/0/quantity", "out_of_range"),
        ("#/items/1/quantity", "required"),
        ("#/name", "invalid_format"),
        ("#/price/amount_minor", "out_of_range"),
        ("#/price/currency", "required"),
        ("#/sku", "required"),
        ("#/x", "unknown_field"),
        ("#/y", "unknown_field"),
    ]
    .map(|(pointer, code)| (pointer.to_owned(), code.to_owned()))
    .into();
    assert_eq!(faults(&shop, body).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_names_a_bounded_number_of_faults() {
    let shop = Setup::default().start();
    let names: Vec<String> = (0..5000).map(|n| format!("\"f{n}\":1")).collect();
    assert_eq!(faults(&shop, &format!("{{{}}}", names.join(","))).await.len(), web::MAX_FAULTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_parse_is_400() {
    let shop = Setup::default().start();
    for body in ["", "{", "nonsense", r#"{"sku": "a"} x"#, r#"{"sku": "a", "sku": "b"}"#, "\"a\u{1}\"", "{\"sku\": 01}"]
    {
        post(&shop, body).await.expect_problem(400, "malformed_json");
    }
    post(&shop, &"[".repeat(1000)).await.expect_problem(400, "malformed_json");
    let call = shop.api.post("/echo").by(&tokens::customer()).new_key();
    call.raw("application/json", b"{\"sku\": \"\xff\"}".to_vec()).send().await.expect_problem(400, "malformed_json");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_types_and_large_bodies_are_refused_before_parsing() {
    let shop = Setup::default().start();
    let call = |content_type: &str, body: Vec<u8>| {
        shop.api.post("/echo").by(&tokens::customer()).new_key().raw(content_type, body).send()
    };
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"] {
        call(content_type, b"{}".to_vec()).await.expect_problem(415, "unsupported_media_type");
    }
    call("application/json; charset=utf-8", b"{\"sku\": \"a\"}".to_vec()).await.expect(200);
    let gzip = shop.api.post("/echo").by(&tokens::customer()).new_key().header("content-encoding", "gzip");
    gzip.raw("application/json", b"{}".to_vec()).send().await.expect_problem(415, "unsupported_media_type");
    // 415 comes before 413, and 413 before 400.
    call("text/plain", vec![b'x'; web::MAX_BODY + 1]).await.expect_problem(415, "unsupported_media_type");
    call("application/json", vec![b'x'; web::MAX_BODY + 1]).await.expect_problem(413, "body_too_large");
    call("application/json", vec![b'x'; web::MAX_BODY]).await.expect_problem(400, "malformed_json");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_optional_body_may_be_left_out_but_not_wrong() {
    let shop = Setup::default().start();
    assert_eq!(shop.api.post("/cancel").send().await.expect(200), json!({ "reason": null }));
    let call = |body: &str| shop.api.post("/cancel").raw("application/json", body.as_bytes().to_vec()).send();
    assert_eq!(call(r#"{"reason": "late"}"#).await.expect(200), json!({ "reason": "late" }));
    assert_eq!(call("{}").await.expect(200), json!({ "reason": null }));
    call("[]").await.expect_problem(422, "validation_failed");
    let problem = call(r#"{"reason": "late", "x": 1}"#).await.expect_problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["code"], "unknown_field");
    call("{").await.expect_problem(400, "malformed_json");
}
