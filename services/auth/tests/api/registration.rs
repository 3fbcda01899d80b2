//! Signing up.

use crate::support::{PASSWORD, Stage};
use proto_events::Event;
use serde_json::json;
use testkit::events::emitted;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_registers_is_a_customer() {
    let stage = Stage::new().await;
    let body = json!({"email": "Bo@Example.com", "password": PASSWORD, "name": "Bo Buyer"});
    let answer = stage.api.post("/api/v1/auth/register").json(body).send().await;
    let user = answer.expect(201);
    assert_eq!(user["email"], "Bo@Example.com");
    assert_eq!(user["name"], "Bo Buyer");
    assert_eq!(user["roles"], json!(["CUSTOMER"]));
    assert_eq!(user["seller_id"], json!(null));
    assert_eq!(user["email_verified"], false);
    assert!(user["id"].as_str().is_some_and(|id| id.starts_with("usr_") && id.len() == 36));
    assert!(user["created_at"].as_str().is_some_and(|at| at.ends_with('Z')));
    assert!(user.get("password").is_none() && user.get("password_hash").is_none());
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_eq!(answer.header("location"), format!("/api/v1/users/{}", user["id"].as_str().unwrap()));

    let events = emitted(&stage.db.pool).await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].key.as_str(), events[0].aggregate_seq), (user["id"].as_str().unwrap(), 1));
    let Event::UserRegistered(event) = &events[0].event else { panic!("{events:?}") };
    assert_eq!((event.email.as_str(), event.name.as_str()), ("Bo@Example.com", "Bo Buyer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_is_taken_in_any_case() {
    let stage = Stage::new().await;
    stage.register("bo@example.com").await;
    let again = json!({"email": "BO@example.COM", "password": PASSWORD, "name": "Other"});
    stage.api.post("/api/v1/auth/register").json(again).send().await.expect_problem(409, "email_taken");
    assert_eq!(emitted(&stage.db.pool).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_gets_the_email() {
    let stage = Stage::new().await;
    let tries = (0..4).map(|n| {
        let body = json!({"email": "race@example.com", "password": PASSWORD, "name": format!("Racer {n}")});
        let call = stage.api.post("/api/v1/auth/register").json(body);
        tokio::spawn(call.send())
    });
    let mut statuses = Vec::new();
    for answer in tries.collect::<Vec<_>>() {
        statuses.push(answer.await.unwrap().status.as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_named() {
    let stage = Stage::new().await;
    let post = |body| stage.api.post("/api/v1/auth/register").json(body);
    let good = json!({"email": "a@b.co", "password": "12345678", "name": "A"});
    let cases = [
        ("email", json!("no-at.example.com"), "invalid_format"),
        ("email", json!("two@at@example.com"), "invalid_format"),
        ("email", json!("blank in@example.com"), "invalid_format"),
        ("email", json!("a@localhost"), "invalid_format"),
        ("email", json!("a..b@example.com"), "invalid_format"),
        ("email", json!("a@-example.com"), "invalid_format"),
        ("email", json!("@example.com"), "invalid_format"),
        ("email", json!(format!("{}@example.com", "a".repeat(250))), "out_of_range"),
        ("email", json!(7), "wrong_type"),
        ("password", json!("1234567"), "out_of_range"),
        ("password", json!("é".repeat(129)), "out_of_range"),
        ("password", json!("tab\tinside it"), "invalid_format"),
        ("name", json!(""), "out_of_range"),
        ("name", json!("   "), "invalid_format"),
        ("name", json!("n".repeat(101)), "out_of_range"),
        ("name", json!("bell\u{7}"), "invalid_format"),
        ("roles", json!(["ADMIN"]), "unknown_field"),
    ];
    for (field, value, code) in cases {
        let mut body = good.clone();
        body[field] = value;
        let problem = post(body.clone()).send().await.expect_problem(422, "validation_failed");
        let errors = problem["errors"].as_array().expect("errors");
        let named = errors.iter().any(|error| error["pointer"] == format!("#/{field}") && error["code"] == code);
        assert!(named, "{body} gave {problem}");
    }
    let all = post(json!({"email": "x", "extra": 1})).send().await.expect_problem(422, "validation_failed");
    assert_eq!(all["errors"].as_array().map(Vec::len), Some(4), "{all}");
    post(good).send().await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn unusual_emails_and_passwords_are_fine() {
    let stage = Stage::new().await;
    for email in ["o'hara+list@sub.example.co.uk", "j\u{f6}rg@m\u{fc}nchen.example", "x_y-z@waybill.test"] {
        let password = "🦀".repeat(128);
        let body = json!({"email": email, "password": password, "name": "Ünïcödé"});
        stage.api.post("/api/v1/auth/register").json(body).send().await.expect(201);
        stage.try_login(email, &password).await.expect(200);
        stage.try_login(email, &"🦀".repeat(127)).await.expect_problem(401, "invalid_credentials");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_none_are_refused() {
    let stage = Stage::new().await;
    let post = |kind: &str, body: &str| stage.api.post("/api/v1/auth/register").raw(kind, body.as_bytes());
    post("application/json", "{").send().await.expect_problem(400, "malformed_json");
    post("text/plain", "{}").send().await.expect_problem(415, "unsupported_media_type");
    let large = format!("\"{}\"", "x".repeat(70_000));
    post("application/json", &large).send().await.expect_problem(413, "body_too_large");
    stage.api.get("/api/v1/auth/register").send().await.expect_problem(405, "method_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_are_limited_per_address() {
    let stage = Stage::with(|config| config.common.rate_limits = true).await;
    // An address of this test's own: the limits of one Redis are shared.
    let random = uuid::Uuid::new_v4().as_u128();
    let address = std::net::Ipv6Addr::from(random).to_string();
    let mut limited = None;
    // On a slow machine the five that come free each second count: enough for that.
    for _ in 0..3_000 {
        let call = stage.api.post("/api/v1/auth/register").header("x-forwarded-for", &address).json(json!({}));
        let answer = call.send().await;
        if answer.status.as_u16() == 429 {
            limited = Some(answer);
            break;
        }
        answer.expect_problem(422, "validation_failed");
    }
    let limited = limited.expect("a limit");
    limited.expect_problem(429, "rate_limited");
    assert!(limited.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=10).contains(&seconds)));
    assert!(limited.header("ratelimit-policy").contains("q=300"));
}
