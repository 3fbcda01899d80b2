//! Access tokens as auth would give them out, signed with a key for tests.

use std::sync::OnceLock;

use actix_web::{App, HttpResponse, HttpServer, web as http};
use chrono::Utc;
use proto_events::ids::{SellerId, UserId};
use uuid::Uuid;
use web::token::{Claims, Role, Signer};

pub const ISSUER: &str = "waybill";
/// Seconds that a token is good for.
const LIFETIME_S: i64 = 600;
/// PKCS#8 PEM. Made for these tests and used nowhere else.
pub const KEY: &[u8] = include_bytes!("token_key.pem");

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Token {
    pub user_id: UserId,
    pub seller_id: Option<SellerId>,
    pub email: String,
    pub bearer: String,
}

/// A new customer at each call.
pub fn customer() -> Token {
    of(vec![Role::Customer], None)
}

/// A new admin at each call.
pub fn admin() -> Token {
    of(vec![Role::Admin], None)
}

/// A new seller at each call.
pub fn seller() -> Token {
    of(vec![Role::Seller], Some(SellerId(Uuid::now_v7())))
}

/// A token with these roles.
pub fn of(roles: Vec<Role>, seller_id: Option<SellerId>) -> Token {
    let user_id = UserId(Uuid::now_v7());
    let now = Utc::now().timestamp();
    let email = format!("{user_id}@test.example");
    let claims = Claims {
        sub: user_id,
        email: email.clone(),
        name: "Test Person".to_owned(),
        roles,
        seller_id,
        jti: Uuid::now_v7().to_string(),
        iat: now,
        nbf: now,
        exp: now + LIFETIME_S,
    };
    let bearer = sign(&claims);
    Token { user_id, seller_id, email, bearer }
}

/// Signs any claims, such as expired ones.
///
/// # Panics
/// Never with the key at hand.
pub fn sign(claims: &Claims) -> String {
    signer().sign(claims).expect("the test key signs")
}

/// The test key as a signer.
///
/// # Panics
/// Never with the key at hand.
pub fn signer() -> Signer {
    Signer::from_pem(KEY, ISSUER).expect("the test key is an Ed25519 key")
}

/// Where the public half is served: one small server per test process.
///
/// # Panics
/// When no port can be had.
pub fn jwks_url() -> String {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        let (report, bound) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = || App::new().route("/jwks.json", http::get().to(jwks));
                let server = HttpServer::new(app).workers(1).disable_signals().bind("127.0.0.1:0").expect("a port");
                let addr = server.addrs()[0];
                report.send(addr).expect("the asker waits");
                server.run().await
            })
        });
        format!("http://{}/jwks.json", bound.recv().expect("the key server starts"))
    })
    .clone()
}

async fn jwks() -> HttpResponse {
    HttpResponse::Ok().json(signer().jwks())
}
