//! What every answer has, and answers that no handler gives.

use std::time::Duration;

use runtime::Lifecycle;
use serde_json::json;
use testkit::{TestDb, tokens};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use web::rate_limit::RateLimiter;
use web::{Http, Settings, Verifier};

use crate::shop::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_its_request_id() {
    let shop = Setup::default().start();
    for path in ["/who", "/nowhere", "/things/404", "/customers", "/panic"] {
        let answer = shop.api.get(path).header("x-request-id", "abc-1.2_3").send().await;
        assert_eq!(answer.header("x-request-id"), "abc-1.2_3", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
    for bad in ["", "a b", "ä", &"x".repeat(65)] {
        let answer = shop.api.get("/who").header("x-request-id", bad).send().await;
        assert_eq!(answer.header("x-request-id").len(), 32, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_methods_and_panics_are_problems() {
    let shop = Setup::default().start();
    let problem = shop.api.get("/nowhere?x=1").send().await.expect_problem(404, "not_found");
    assert_eq!((&problem["instance"], &problem["type"]), (&json!("/nowhere"), &json!("/problems/not_found")));
    assert_eq!(problem["title"], "Not Found");
    let answer = shop.api.delete("/things").send().await;
    answer.expect_problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET, POST");
    let problem = shop.api.get("/panic").send().await.expect_problem(500, "internal");
    assert_eq!(problem["instance"], "/panic");
    assert!(!problem.to_string().contains("the test wants it"));
    // The server lives on.
    shop.api.get("/who").send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_names_nothing() {
    let shop = Setup::default().start();
    let id = "usr_01900000000070008000000000000001";
    assert_eq!(shop.api.get(&format!("/makers/{id}")).send().await.text, id);
    for bad in ["1", "ord_01900000000070008000000000000001", "usr_0190000000007000800000000000000A", "%00", "usr_%2e"] {
        shop.api.get(&format!("/makers/{bad}")).send().await.expect_problem(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_carry_the_callers_trace() {
    let shop = Setup::default().start();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    for path in ["/things/404", "/nowhere", "/panic", "/customers", "/things?limit=0"] {
        let problem = shop.api.get(path).header("traceparent", &parent).send().await.json();
        assert_eq!(problem["trace_id"], trace, "{path}");
    }
    let current = shop.api.get("/trace").header("traceparent", &parent).send().await.text;
    assert!(current.starts_with(&format!("00-{trace}-")) && current.ends_with("-01"), "{current}");
    assert!(!current.contains("00f067aa0ba902b7"));
    let minted = shop.api.get("/nowhere").send().await.json();
    assert_eq!(minted["trace_id"].as_str().map(str::len), Some(32));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_to_callers_are_not_stored() {
    let shop = Setup::default().start();
    let customer = tokens::customer();
    assert_eq!(shop.api.get("/who").by(&customer).send().await.header("cache-control"), "no-store");
    assert_eq!(shop.api.get("/who").send().await.header("cache-control"), "");
    // With an ETag the caller may keep it and ask again.
    assert_eq!(shop.api.get("/things/1").by(&customer).send().await.header("cache-control"), "private, no-cache");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_known_origins_may_call() {
    let setup = Setup { cors_origins: vec!["https://shop.example".to_owned()], ..Setup::default() };
    let shop = setup.start();
    for path in ["/who", "/nowhere", "/customers"] {
        let answer = shop.api.get(path).header("origin", "https://shop.example").send().await;
        assert_eq!(answer.header("access-control-allow-origin"), "https://shop.example", "{path}");
        let exposed = answer.header("access-control-expose-headers").to_lowercase();
        for name in ["etag", "location", "retry-after", "ratelimit", "x-request-id"] {
            assert!(exposed.contains(name), "{path}: {exposed}");
        }
    }
    let preflight = |origin: &'static str| {
        let call = shop.api.call("OPTIONS".parse().expect("a method"), "/things").header("origin", origin);
        call.header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,idempotency-key")
            .send()
    };
    let answer = preflight("https://shop.example").await;
    assert_eq!(answer.status.as_u16(), 200);
    assert!(answer.header("access-control-allow-headers").contains("idempotency-key"));
    for origin in ["https://evil.example", "null", "https://shop.example.evil.example"] {
        assert_eq!(
            shop.api.get("/who").header("origin", origin).send().await.header("access-control-allow-origin"),
            ""
        );
        assert_eq!(preflight(origin).await.header("access-control-allow-origin"), "", "{origin}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_are_counted_by_their_pattern() {
    let shop = Setup::default().start();
    shop.api.get("/things/123").send().await.expect(200);
    shop.api.get("/never/seen").send().await.expect(404);
    let text = prometheus::TextEncoder::new().encode_to_string(&prometheus::gather()).expect("metrics");
    assert!(text.contains(r#"http_requests_total{method="GET",route="/things/{id}",status="200"}"#), "{text}");
    assert!(text.contains(r#"route="unmatched",status="404"}"#), "{text}");
    assert!(!text.contains("/never/seen") && !text.contains("/things/123"));
}

/// As it does when the process or its machine was paused meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_arrives_with_a_pause_is_answered() {
    let (lifecycle, db) = (Lifecycle::new(), TestDb::new(vec![]).await);
    let mut common = db.common();
    common.http_addr = "127.0.0.1:0".parse().unwrap();
    let verifier = Verifier::with_keys(&tokens::signer().jwks(), tokens::ISSUER);
    let http = Http::with(Settings {
        verifier,
        limiter: RateLimiter::off(),
        cors_origins: Vec::new(),
        trusted_proxies: Vec::new(),
    });
    let addr = web::serve(&lifecycle, &common, &http, |_| {}).expect("a port");
    let mut stream = TcpStream::connect(addr).await.expect("a connection");
    stream.write_all(b"GET /nowhere HTTP/1.1\r\nHost: here\r\n").await.expect("half a head");
    // The pause is what is tested: the server's own default is five seconds.
    tokio::time::sleep(Duration::from_secs(6)).await;
    stream.write_all(b"Connection: close\r\n\r\n").await.expect("the other half");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    lifecycle.stop();
}
