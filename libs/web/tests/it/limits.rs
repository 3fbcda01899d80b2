//! Rate limits, in Redis and without it.

use std::time::Duration;

use actix_web::http::Method;
use serde_json::json;
use testkit::{required_env, tokens};
use uuid::Uuid;
use web::rate_limit::{Limits, Per, Policy, RateLimiter, RouteLimit};

use crate::shop::{Setup, Shop};

/// An hour's budgets, so that nothing comes back while the test runs. The names keep tests apart.
fn limits() -> Limits {
    let name = |what: &str| -> &'static str { format!("{what}-{}", Uuid::new_v4().simple()).leak() };
    let hour = |what: &str, requests| Policy { name: name(what), requests, period: Duration::from_secs(3600) };
    let cancels = RouteLimit { method: Method::POST, path: "/cancel", per: Per::User, policy: hour("cancel", 2) };
    Limits { user: hour("user", 5), anonymous: hour("anonymous", 3), routes: vec![cancels], exempt: vec!["/trace"] }
}

fn shop(redis_url: &str, limits: Limits) -> Shop {
    let limiter = RateLimiter::new(redis_url, limits).expect("a URL");
    Setup { limiter, ..Setup::default() }.start()
}

async fn budgets_end(redis_url: &str) {
    let limits = limits();
    let user = limits.user.name;
    let shop = shop(redis_url, limits);
    let (one, other) = (tokens::customer(), tokens::customer());
    for left in (0..5).rev() {
        let answer = shop.api.get("/customers").by(&one).send().await;
        answer.expect(204);
        assert_eq!(answer.header("ratelimit-policy"), format!("\"{user}\";q=5;w=3600"));
        assert!(
            answer.header("ratelimit").starts_with(&format!("\"{user}\";r={left};t=")),
            "{}",
            answer.header("ratelimit")
        );
    }
    let answer = shop.api.get("/customers").by(&one).send().await;
    answer.expect_problem(429, "rate_limited");
    let wait: u32 = answer.header("retry-after").parse().expect("whole seconds");
    assert!((700..=720).contains(&wait), "{wait}");
    assert!(answer.header("ratelimit").contains(";r=0;"));
    // Each user has a budget of their own, and so has each address without a token.
    shop.api.get("/customers").by(&other).send().await.expect(204);
    for _ in 0..3 {
        shop.api.get("/who").header("x-forwarded-for", "1.1.1.1, 192.0.2.1").send().await.expect(200);
    }
    let anonymous = |from: &str| shop.api.get("/who").header("x-forwarded-for", from).send();
    anonymous("2.2.2.2, 192.0.2.1").await.expect_problem(429, "rate_limited");
    anonymous("192.0.2.2").await.expect(200);
    // Nothing is counted where there is no limit.
    assert_eq!(shop.api.get("/trace").header("x-forwarded-for", "192.0.2.1").send().await.status.as_u16(), 200);
    // A token that does not hold is nobody's; the limit is judged before it.
    shop.api.get("/customers").bearer("x").header("x-forwarded-for", "192.0.2.1").send().await.expect(429);
}

#[tokio::test(flavor = "multi_thread")]
async fn budgets_end_in_redis() {
    budgets_end(&required_env("TEST_REDIS_URL")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn budgets_end_without_redis() {
    budgets_end("redis://127.0.0.1:9").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_hangs_is_waited_for_once() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut limits = limits();
    limits.user.requests = 1_000;
    let shop = shop(&format!("redis://{}", silent.local_addr().expect("an address")), limits);
    let (one, started) = (tokens::customer(), std::time::Instant::now());
    for _ in 0..1_000 {
        shop.api.get("/customers").by(&one).send().await.expect(204);
    }
    shop.api.get("/customers").by(&one).send().await.expect(429);
    // Waiting each time would take fifty seconds, and a slow machine still has time enough.
    assert!(started.elapsed() < Duration::from_secs(25), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_share_a_budget() {
    let shop = shop(&required_env("TEST_REDIS_URL"), limits());
    let from = |address: &str| shop.api.get("/who").header("x-forwarded-for", address).send();
    for address in ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::1"] {
        from(address).await.expect(200);
    }
    from("2001:db8::4").await.expect(429);
    from("2001:db8:0:1::1").await.expect(200);
    from("::ffff:192.0.2.1").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_may_have_less() {
    let shop = shop(&required_env("TEST_REDIS_URL"), limits());
    let one = tokens::customer();
    for _ in 0..2 {
        shop.api.post("/cancel").by(&one).send().await.expect(200);
    }
    shop.api.post("/cancel").by(&one).send().await.expect_problem(429, "rate_limited");
    // The refused one used nothing of the general budget: three of five are left.
    for _ in 0..3 {
        shop.api.get("/customers").by(&one).send().await.expect(204);
    }
    shop.api.get("/customers").by(&one).send().await.expect(429);
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_share_a_budget() {
    let limits = limits();
    let url = required_env("TEST_REDIS_URL");
    let (first, second) = (shop(&url, limits.clone()), shop(&url, limits));
    let one = tokens::customer();
    for shop in [&first, &second, &first, &second, &first] {
        shop.api.get("/customers").by(&one).send().await.expect(204);
    }
    second.api.get("/customers").by(&one).send().await.expect(429);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_get_exactly_the_budget() {
    let mut limits = limits();
    limits.user.requests = 50;
    let shop = shop(&required_env("TEST_REDIS_URL"), limits);
    let one = tokens::customer();
    let calls = (0..100).map(|_| shop.api.get("/customers").by(&one).send());
    let answers = futures_util::future::join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.status.as_u16() == 204).count(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_comes_back() {
    let limiter = RateLimiter::new(&required_env("TEST_REDIS_URL"), limits()).expect("a URL");
    let policy = Policy { name: "quick", requests: 1, period: Duration::from_millis(200) };
    let key = Uuid::new_v4().to_string();
    limiter.count(policy, &key).await.expect("room");
    limiter.count(policy, &key).await.expect_err("no room");
    testkit::eventually("the budget is whole again", async || limiter.count(policy, &key).await.ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handlers_count_failures_only() {
    for url in [required_env("TEST_REDIS_URL"), "redis://127.0.0.1:9".to_owned()] {
        let limiter = RateLimiter::new(&url, limits()).expect("a URL");
        let policy = Policy::per_minute("logins", 2);
        let key = Uuid::new_v4().to_string();
        for _ in 0..10 {
            limiter.peek(policy, &key).await.expect("looking is free");
        }
        limiter.count(policy, &key).await.expect("the first failure");
        limiter.peek(policy, &key).await.expect("one more may fail");
        limiter.count(policy, &key).await.expect("the second failure");
        let problem = limiter.peek(policy, &key).await.expect_err("no more tries");
        assert_eq!((problem.status.as_u16(), problem.code.as_ref()), (429, "rate_limited"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lifted_limits_say_nothing() {
    let shop = Setup::default().start();
    let answer = shop.api.post("/cancel").json(json!({})).send().await;
    assert_eq!((answer.header("ratelimit"), answer.header("ratelimit-policy")), ("", ""));
}
