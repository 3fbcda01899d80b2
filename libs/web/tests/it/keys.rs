//! The keys of tokens: asked for sparingly, and kept when auth is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use actix_web::web::{Data, get};
use actix_web::{App, HttpResponse, HttpServer};
use testkit::tokens;
use web::Verifier;

use crate::shop::Setup;

#[derive(Default)]
struct Auth {
    asked: AtomicUsize,
    away: AtomicBool,
}

async fn jwks(auth: Data<Auth>) -> HttpResponse {
    auth.asked.fetch_add(1, Ordering::SeqCst);
    if auth.away.load(Ordering::SeqCst) {
        return HttpResponse::BadGateway().finish();
    }
    HttpResponse::Ok().json(tokens::signer().jwks())
}

fn start(auth: &Arc<Auth>) -> String {
    let shared = Data::from(Arc::clone(auth));
    let server = HttpServer::new(move || App::new().app_data(shared.clone()).route("/jwks.json", get().to(jwks)))
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .expect("a port");
    let url = format!("http://{}/jwks.json", server.addrs()[0]);
    tokio::spawn(server.run());
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_keys_do_not_flood_auth() {
    let auth = Arc::new(Auth::default());
    let verifier = Verifier::fetching(&start(&auth), tokens::ISSUER).expect("a client");
    let shop = Setup { verifier, ..Setup::default() }.start();
    // Many at once with an empty set ask once.
    let (one, other) = (tokens::customer(), tokens::customer());
    let calls = (0..20).map(|_| shop.api.get("/customers").by(&one).send());
    for answer in futures_util::future::join_all(calls).await {
        answer.expect(204);
    }
    assert_eq!(auth.asked.load(Ordering::SeqCst), 1);
    // A forged key id asks no more so soon.
    let forged = other.bearer.replacen('.', "x.", 1);
    for _ in 0..5 {
        shop.api.get("/customers").bearer(&forged).send().await.expect_problem(401, "unauthenticated");
    }
    assert_eq!(auth.asked.load(Ordering::SeqCst), 1);
    // Auth is away: the keys are still there.
    auth.away.store(true, Ordering::SeqCst);
    shop.api.get("/customers").by(&other).send().await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_may_start_before_auth() {
    let auth = Arc::new(Auth::default());
    auth.away.store(true, Ordering::SeqCst);
    let verifier = Verifier::fetching(&start(&auth), tokens::ISSUER).expect("a client");
    let shop = Setup { verifier, ..Setup::default() }.start();
    let one = tokens::customer();
    shop.api.get("/customers").by(&one).send().await.expect_problem(503, "unavailable");
    auth.away.store(false, Ordering::SeqCst);
    testkit::eventually("the keys are there", async || {
        (shop.api.get("/customers").by(&one).send().await.status.as_u16() == 204).then_some(())
    })
    .await;
}
