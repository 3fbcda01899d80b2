//! Lists and query parameters.

use serde_json::{Value, json};

use crate::shop::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_without_gaps() {
    let shop = Setup::default().start();
    let (mut seen, mut path) = (Vec::new(), "/things".to_owned());
    for (length, more) in [(20, true), (20, true), (5, false)] {
        let page = shop.api.get(&path).send().await.expect(200);
        let data: Vec<i64> = serde_json::from_value(page["data"].clone()).expect("numbers");
        assert_eq!((data.len(), &page["has_more"]), (length, &json!(more)));
        assert_eq!(page["next_cursor"].is_string(), more);
        seen.extend(data);
        path = format!("/things?cursor={}", page["next_cursor"].as_str().unwrap_or_default());
    }
    assert_eq!(seen, (1..=45).collect::<Vec<i64>>());
    let whole = shop.api.get("/things?limit=45").send().await.expect(200);
    assert_eq!((&whole["has_more"], &whole["next_cursor"]), (&json!(false), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_parameter_is_named() {
    let shop = Setup::default().start();
    for (query, parameter, code) in [
        ("limit=0", "limit", "out_of_range"),
        ("limit=101", "limit", "out_of_range"),
        ("limit=ten", "limit", "wrong_type"),
        ("limit=", "limit", "wrong_type"),
        ("limit=1.5", "limit", "wrong_type"),
        ("cursor=!", "cursor", "invalid_format"),
        ("cursor=", "cursor", "invalid_format"),
        ("cursor=e30", "cursor", "invalid_format"),
        ("cursor=WzIsMV0", "cursor", "invalid_format"),
        ("cursor=WzEsIngiXQ", "cursor", "invalid_format"),
        ("colour=red", "colour", "unknown_parameter"),
        ("kind=MIDDLE", "kind", "invalid_value"),
        ("at_least=0", "at_least", "out_of_range"),
        ("at_least=x", "at_least", "wrong_type"),
        ("fragile=maybe", "fragile", "wrong_type"),
        ("kind=SMALL&kind=LARGE", "kind", "invalid_value"),
        ("limit=5&limit=6", "limit", "invalid_value"),
    ] {
        let problem = shop.api.get(&format!("/things?{query}")).send().await.expect_problem(422, "validation_failed");
        let faults = problem["errors"].as_array().cloned().unwrap_or_default();
        let named: Vec<_> = faults.iter().map(|fault| (&fault["parameter"], &fault["code"])).collect();
        assert_eq!(named, [(&json!(parameter), &json!(code))], "{query}");
    }
    let both = shop.api.get("/things?limit=0&colour=red&at_least=x").send().await;
    assert_eq!(both.expect_problem(422, "validation_failed")["errors"].as_array().map(Vec::len), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_become_what_their_type_says() {
    let shop = Setup::default().start();
    let echoed = shop.api.get("/search?kind=LARGE&at_least=7&fragile=true").send().await.expect(200);
    assert_eq!(echoed, json!({"kind": "LARGE", "at_least": 7, "fragile": true}));
    // `limit` is a parameter of lists only.
    shop.api.get("/search?limit=5").send().await.expect_problem(422, "validation_failed");
}
