//! Signing in, staying signed in, signing out.

use crate::support::{PASSWORD, Stage, claims, cookie};
use serde_json::json;
use testkit::Answer;
use web::Verifier;

#[tokio::test(flavor = "multi_thread")]
async fn a_login_gives_a_token_and_a_cookie() {
    let stage = Stage::new().await;
    let user = stage.register("bo@example.com").await;
    let answer = stage.login("Bo@Example.COM").await;
    let session = answer.json();
    assert_eq!(session["token_type"], "Bearer");
    assert_eq!(session["expires_in"], 600);
    assert_eq!(session["user"], user);
    assert_eq!(answer.header("cache-control"), "no-store");

    let set_cookie = answer.header("set-cookie");
    let (pair, attributes) = set_cookie.split_once("; ").expect("attributes");
    assert_eq!(pair.len(), "waybill_refresh=".len() + 43);
    let mut attributes: Vec<&str> = attributes.split("; ").collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Max-Age=1209600", "Path=/api/v1/auth", "SameSite=Strict"]);

    let claims = claims(&answer);
    assert_eq!((&claims["sub"], &claims["email"], &claims["name"]), (&user["id"], &user["email"], &user["name"]));
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("waybill"), &json!("waybill")));
    assert_eq!(claims["roles"], json!(["CUSTOMER"]));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);

    let me = stage.api.get("/api/v1/users/me").bearer(session["access_token"].as_str().unwrap()).send().await;
    assert_eq!(me.expect(200), user);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_cookie_is_secure() {
    let stage = Stage::with(|config| config.common.public_url = "https://shop.example".to_owned()).await;
    stage.register("bo@example.com").await;
    assert!(stage.login("bo@example.com").await.header("set-cookie").contains("; Secure"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_who_is_registered_from_a_login() {
    let stage = Stage::new().await;
    stage.register("bo@example.com").await;
    let wrong = stage.try_login("bo@example.com", "not the password").await;
    let unknown = stage.try_login("nobody@example.com", "not the password").await;
    let told = |answer: &Answer| {
        let mut problem = answer.expect_problem(401, "invalid_credentials");
        problem["trace_id"] = json!(null);
        let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort_unstable();
        (problem, names, answer.header("www-authenticate").to_owned())
    };
    assert_eq!(told(&wrong), told(&unknown));
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
    assert_eq!(wrong.header("set-cookie"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_logins_are_limited_per_email() {
    let stage = Stage::with(|config| config.common.rate_limits = true).await;
    let email = format!("{}@example.com", uuid::Uuid::new_v4());
    let other = format!("other-{email}");
    stage.register(&email).await;
    stage.register(&other).await;
    for _ in 0..3 {
        stage.login(&email).await;
    }
    // On a slow machine one try comes free every six seconds.
    let mut failures = 0;
    while failures < 100 {
        let answer = stage.try_login(&email.to_uppercase(), "not the password").await;
        if answer.status.as_u16() == 429 {
            break;
        }
        answer.expect_problem(401, "invalid_credentials");
        failures += 1;
    }
    assert!(failures >= 10, "{failures} tries");
    let limited = stage.try_login(&email, PASSWORD).await;
    limited.expect_problem(429, "rate_limited");
    assert!(limited.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=10).contains(&seconds)));
    stage.login(&other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_brings_an_old_hash_to_the_current_cost() {
    let stage = Stage::with(|config| config.bcrypt_cost = 5).await;
    stage.register("bo@example.com").await;
    let weak = "(SELECT count(*) FROM users WHERE password_hash LIKE 'v1$2b$05$%')";
    assert_eq!(stage.count(weak).await, 1);
    let stronger = stage.another(10).await;
    let login = json!({"email": "bo@example.com", "password": PASSWORD});
    stronger.post("/api/v1/auth/login").json(login).send().await.expect(200);
    assert_eq!(stage.count(weak).await, 0);
    stage.login("bo@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_exchanges_the_cookie() {
    let stage = Stage::new().await;
    let user = stage.register("bo@example.com").await;
    let login = stage.login("bo@example.com").await;
    let refreshed = stage.refresh(&cookie(&login)).await;
    assert_eq!(refreshed.expect(200)["user"], user);
    assert_ne!(cookie(&refreshed), cookie(&login));
    assert!(refreshed.header("set-cookie").contains("HttpOnly"));
    assert_ne!(refreshed.json()["access_token"], login.json()["access_token"]);
    stage.refresh(&format!("junk; other=\"1; {}; last=2", cookie(&refreshed))).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_token_works_again_for_a_moment() {
    let stage = Stage::new().await;
    stage.register("bo@example.com").await;
    let first = cookie(&stage.login("bo@example.com").await);
    let lost = stage.refresh(&first).await;
    let second = stage.refresh(&first).await;
    second.expect(200);
    stage.refresh(&cookie(&second)).await.expect(200);
    stage.refresh(&cookie(&lost)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_that_refresh_at_once_all_stay_signed_in() {
    let stage = Stage::new().await;
    stage.register("bo@example.com").await;
    let first = cookie(&stage.login("bo@example.com").await);
    let calls = (0..5).map(|_| {
        let call = stage.api.post("/api/v1/auth/refresh").header("cookie", &first);
        tokio::spawn(call.send())
    });
    for answer in calls.collect::<Vec<_>>() {
        let answer = answer.await.unwrap();
        answer.expect(200);
        stage.refresh(&cookie(&answer)).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_used_long_ago_ends_its_family_and_no_other() {
    let stage = Stage::new().await;
    stage.register("bo@example.com").await;
    let other = cookie(&stage.login("bo@example.com").await);
    let first = cookie(&stage.login("bo@example.com").await);
    let second = cookie(&stage.refresh(&first).await);
    stage.sql("UPDATE refresh_token SET used_at = used_at - interval '11 seconds' WHERE used_at IS NOT NULL").await;
    stage.refresh(&first).await.expect_problem(401, "unauthenticated");
    stage.refresh(&second).await.expect_problem(401, "unauthenticated");
    stage.refresh(&other).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_when_idle_and_in_any_case() {
    let stage = Stage::new().await;
    stage.register("bo@example.com").await;
    let idle = cookie(&stage.login("bo@example.com").await);
    stage.sql("UPDATE refresh_token SET expires_at = now() - interval '1 second'").await;
    stage.refresh(&idle).await.expect_problem(401, "unauthenticated");

    let old = cookie(&stage.login("bo@example.com").await);
    stage.sql("UPDATE refresh_family SET idle_ends_at = now(), ends_at = now() + interval '100 seconds'").await;
    let near_the_end = stage.refresh(&old).await;
    near_the_end.expect(200);
    let max_age = near_the_end.header("set-cookie").split("Max-Age=").nth(1).and_then(|rest| rest.split(';').next());
    assert!(
        max_age.and_then(|age| age.parse::<i64>().ok()).is_some_and(|age| (90..=100).contains(&age)),
        "{max_age:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_of_too_many_sign_ins_ends() {
    let stage = Stage::new().await;
    stage.register("bo@example.com").await;
    let mut cookies = Vec::new();
    for _ in 0..11 {
        cookies.push(cookie(&stage.login("bo@example.com").await));
    }
    stage.refresh(&cookies[0]).await.expect_problem(401, "unauthenticated");
    for cookie in &cookies[1..] {
        stage.refresh(cookie).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_the_sign_in() {
    let stage = Stage::new().await;
    stage.register("bo@example.com").await;
    let first = cookie(&stage.login("bo@example.com").await);
    let second = cookie(&stage.refresh(&first).await);
    let out = stage.api.post("/api/v1/auth/logout").header("cookie", &second).send().await;
    out.expect(204);
    let cleared = out.header("set-cookie");
    assert!(cleared.starts_with("waybill_refresh=;") && cleared.contains("Max-Age=0"), "{cleared}");
    assert!(cleared.contains("Path=/api/v1/auth"), "{cleared}");
    stage.refresh(&second).await.expect_problem(401, "unauthenticated");
    stage.refresh(&first).await.expect_problem(401, "unauthenticated");
    for cookie in ["", "waybill_refresh=", "waybill_refresh=nonsense", &second] {
        stage.api.post("/api/v1/auth/logout").header("cookie", cookie).send().await.expect(204);
    }
    stage.api.post("/api/v1/auth/logout").send().await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_refresh_token_is_refused() {
    let stage = Stage::new().await;
    stage.register("bo@example.com").await;
    let session = stage.login("bo@example.com").await.json();
    let access = format!("waybill_refresh={}", session["access_token"].as_str().unwrap());
    let unknown = format!("waybill_refresh={}", "A".repeat(43));
    for cookie in ["", "other=1", "waybill_refresh=", access.as_str(), unknown.as_str()] {
        let refused = stage.refresh(cookie).await;
        refused.expect_problem(401, "unauthenticated");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
    stage.api.post("/api/v1/auth/refresh").send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_keys_verify_the_tokens() {
    let stage = Stage::new().await;
    stage.register("bo@example.com").await;
    let keys = stage.api.get("/.well-known/jwks.json").send().await;
    let set = keys.expect(200);
    assert_eq!((&set["keys"][0]["kty"], &set["keys"][0]["crv"]), (&json!("OKP"), &json!("Ed25519")));
    assert!(set["keys"][0].get("d").is_none(), "the private half stays here");
    assert!(keys.header("cache-control").contains("max-age"));

    let session = stage.login("bo@example.com").await.json();
    let verifier = Verifier::with_keys(&serde_json::from_value(set).unwrap(), "waybill");
    let mut headers = actix_web::http::header::HeaderMap::new();
    let bearer = format!("Bearer {}", session["access_token"].as_str().unwrap());
    headers.insert(actix_web::http::header::AUTHORIZATION, bearer.parse().unwrap());
    let claims = verifier.verify(&headers).await.expect("a token that holds");
    assert_eq!(claims.sub.to_string(), session["user"]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_expired_is_deleted() {
    let stage = Stage::new().await;
    stage.register("bo@example.com").await;
    let kept = cookie(&stage.login("bo@example.com").await);
    stage.login("bo@example.com").await;
    stage
        .sql(
            "UPDATE refresh_family SET idle_ends_at = now() - interval '1 second' WHERE id = \
               (SELECT id FROM refresh_family ORDER BY created_at DESC LIMIT 1)",
        )
        .await;
    let mut conn = stage.db.pool.get().await.unwrap();
    assert_eq!(auth::sessions::purge(&mut conn).await.unwrap(), 1);
    assert_eq!(auth::sessions::purge(&mut conn).await.unwrap(), 0);
    assert_eq!(stage.count("(SELECT count(*) FROM refresh_token)").await, 1);
    stage.refresh(&kept).await.expect(200);
}
