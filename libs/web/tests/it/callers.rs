//! Tokens, roles, and the order in which a request is judged.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proto_events::ids::{SellerId, UserId};
use serde_json::{Value, json};
use testkit::tokens;
use uuid::Uuid;
use web::token::{Claims, Role};
use web::{Verifier, token};

use crate::shop::{Setup, Shop};

fn claims() -> Value {
    let now = Utc::now().timestamp();
    json!({"iss": "waybill", "aud": "waybill", "sub": UserId(Uuid::now_v7()), "email": "a@b.example", "name": "A",
        "roles": ["ADMIN"], "seller_id": null, "jti": "1", "iat": now, "nbf": now, "exp": now + 600})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    match value {
        Value::Null => drop(claims.as_object_mut().and_then(|members| members.remove(name))),
        value => claims[name] = value,
    }
    claims
}

fn header() -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(token::TYPE.to_owned());
    header.kid = tokens::signer().jwk().common.key_id.clone();
    header
}

fn sign(header: &Header, claims: &Value) -> String {
    let key = EncodingKey::from_ed_pem(include_bytes!("../../../testkit/src/token_key.pem")).expect("the test key");
    jsonwebtoken::encode(header, claims, &key).expect("a token")
}

async fn refused(shop: &Shop, what: &str, token: &str) {
    let answer = shop.api.get("/customers").bearer(token).send().await;
    assert_eq!(answer.status.as_u16(), 401, "{what}: {}", answer.text);
    answer.expect_problem(401, "unauthenticated");
    assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"", "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_do_not_hold_are_401() {
    let shop = Setup::default().start();
    let now = Utc::now().timestamp();
    // A role too little, so that a token which holds is 403.
    shop.api.get("/customers").bearer(&sign(&header(), &claims())).send().await.expect_problem(403, "forbidden");
    for (what, claims) in [
        ("expired", with("exp", json!(now - 31))),
        ("not yet", with("nbf", json!(now + 31))),
        ("exp as text", with("exp", json!((now + 600).to_string()))),
        ("nbf as text", with("nbf", json!(now.to_string()))),
        ("no exp", with("exp", Value::Null)),
        ("no nbf", with("nbf", Value::Null)),
        ("no sub", with("sub", Value::Null)),
        ("no iss", with("iss", Value::Null)),
        ("no aud", with("aud", Value::Null)),
        ("other iss", with("iss", json!("someone"))),
        ("other aud", with("aud", json!("elsewhere"))),
        ("sub of another kind", with("sub", json!("ord_01900000000070008000000000000001"))),
        ("unknown role", with("roles", json!(["KING"]))),
    ] {
        refused(&shop, what, &sign(&header(), &claims)).await;
    }
    let typ = Header { typ: Some("JWT".to_owned()), ..header() };
    let no_kid = Header { kid: None, ..header() };
    let unknown_kid = Header { kid: Some("other".to_owned()), ..header() };
    let long_kid = Header { kid: Some("k".repeat(65)), ..header() };
    for (what, header) in [("typ", typ), ("no kid", no_kid), ("unknown kid", unknown_kid), ("long kid", long_kid)] {
        refused(&shop, what, &sign(&header, &claims())).await;
    }
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let kid = header().kid;
    let none = json!({"alg": "none", "typ": "at+jwt", "kid": kid});
    refused(&shop, "alg none", &format!("{}.{}.", encode(&none), encode(&claims()))).await;
    let public = tokens::signer().jwks();
    let x = serde_json::to_value(&public).expect("a key set")["keys"][0]["x"].to_string();
    let hs256 = Header { alg: Algorithm::HS256, ..header() };
    let forged = jsonwebtoken::encode(&hs256, &claims(), &EncodingKey::from_secret(x.as_bytes())).expect("a token");
    refused(&shop, "the public key as a secret", &forged).await;
    let good = sign(&header(), &claims());
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    refused(&shop, "cut signature", &format!("{signed}.{}", &signature[..signature.len() - 4])).await;
    refused(&shop, "no token at all", "x").await;
    refused(&shop, "oversized", &"x".repeat(9000)).await;
    let twice = shop.api.get("/customers").bearer(&good).header("authorization", format!("Bearer {good}"));
    twice.send().await.expect_problem(401, "unauthenticated");
    shop.api.get("/customers").header("authorization", "Basic abc").send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_401_where_one_is_needed() {
    let shop = Setup::default().start();
    let answer = shop.api.get("/customers").send().await;
    answer.expect_problem(401, "unauthenticated");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    assert_eq!(shop.api.get("/who").send().await.expect(200), json!({ "who": null }));
    let customer = tokens::customer();
    assert_eq!(shop.api.get("/who").by(&customer).send().await.expect(200), json!({ "who": customer.user_id }));
    // Who believes to be signed in is told.
    shop.api.get("/who").bearer("x").send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_open_what_is_theirs() {
    let shop = Setup::default().start();
    for (token, status) in [(tokens::customer(), 204), (tokens::seller(), 403), (tokens::admin(), 403)] {
        shop.api.get("/customers").by(&token).send().await.expect(status);
    }
}

#[test]
fn sellers_touch_only_their_own() {
    let (own, other) = (SellerId(Uuid::now_v7()), SellerId(Uuid::now_v7()));
    let of = |roles: Vec<Role>, seller_id| Claims {
        sub: UserId(Uuid::now_v7()),
        email: String::new(),
        name: String::new(),
        roles,
        seller_id,
        jti: String::new(),
        iat: 0,
        nbf: 0,
        exp: 0,
    };
    let seller = of(vec![Role::Seller], Some(own));
    assert!(seller.may_touch(Some(own)));
    assert!(!seller.may_touch(Some(other)) && !seller.may_touch(None));
    assert!(!of(vec![Role::Seller], None).may_touch(None));
    assert!(!of(vec![Role::Customer], Some(own)).may_touch(Some(own)));
    let admin = of(vec![Role::Admin], None);
    assert!(admin.may_touch(Some(own)) && admin.may_touch(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_judged_in_order() {
    let shop = Setup::default().start();
    let bad_body = |token: Option<String>, key: Option<&str>, path: &str| {
        let call = if path == "/echo" { shop.api.post(path) } else { shop.api.put(path) };
        let call = call.raw("application/json", b"{".to_vec());
        let call = token.iter().fold(call, |call, token| call.bearer(token));
        key.iter().fold(call, |call, key| call.key(key)).send()
    };
    let (customer, admin) = (Some(tokens::customer().bearer), Some(tokens::admin().bearer));
    // Token, then key, then body.
    bad_body(None, None, "/echo").await.expect_problem(401, "unauthenticated");
    bad_body(Some("x".to_owned()), Some("k"), "/echo").await.expect_problem(401, "unauthenticated");
    bad_body(customer.clone(), None, "/echo").await.expect_problem(400, "idempotency_key_missing");
    bad_body(customer.clone(), Some("k"), "/echo").await.expect_problem(400, "malformed_json");
    // Role, then body, then path, then precondition.
    bad_body(customer, None, "/things/x").await.expect_problem(403, "forbidden");
    bad_body(admin.clone(), None, "/things/x").await.expect_problem(400, "malformed_json");
    let put = |path: &str| shop.api.put(path).by(&tokens::admin());
    put("/things/x").json(json!({ "quantity": 0 })).send().await.expect_problem(422, "validation_failed");
    put("/things/x").json(json!({ "quantity": 1 })).send().await.expect_problem(404, "not_found");
    put("/things/404").json(json!({ "quantity": 1 })).send().await.expect_problem(404, "not_found");
    put("/things/1").json(json!({ "quantity": 1 })).send().await.expect_problem(428, "precondition_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_fetched_when_needed() {
    let verifier = Verifier::fetching(&tokens::jwks_url(), tokens::ISSUER).expect("a client");
    let shop = Setup { verifier, ..Setup::default() }.start();
    shop.api.get("/customers").by(&tokens::customer()).send().await.expect(204);
    let unknown_kid = Header { kid: Some("other".to_owned()), ..header() };
    refused(&shop, "a key that auth does not have", &sign(&unknown_kid, &claims())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_keys_a_token_is_503_and_the_rest_works() {
    let verifier = Verifier::fetching("http://127.0.0.1:9/jwks.json", tokens::ISSUER).expect("a client");
    let shop = Setup { verifier, ..Setup::default() }.start();
    let answer = shop.api.get("/customers").by(&tokens::customer()).send().await;
    answer.expect_problem(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    shop.api.get("/who").send().await.expect(200);
}
