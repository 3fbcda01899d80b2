//! The second port, for those who run the process: never routed by the gateway.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use prometheus::TextEncoder;
use serde_json::json;

use crate::db::{self, Pool};
use crate::health::{Check, Health};
use crate::process::Lifecycle;

/// Longer than this without an answer, and the database counts as away.
const DATABASE_PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves `/metrics`, `/livez` and `/readyz` until the process stops.
///
/// # Errors
/// When the address cannot be bound.
pub fn serve(lifecycle: &Lifecycle, addr: SocketAddr, pool: Pool) -> anyhow::Result<()> {
    let data = web::Data::new((lifecycle.clone(), pool));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(data.clone())
            .route("/metrics", web::get().to(metrics))
            .route("/livez", web::get().to(livez))
            .route("/readyz", web::get().to(readyz))
    })
    .workers(1)
    .disable_signals()
    .bind(addr)
    .map_err(|error| anyhow::anyhow!("cannot listen on {addr} (OPS_ADDR): {error}"))?
    .run();
    // Not one of the tasks that a stop waits for: it tells how the stop goes on, and ends with the process.
    let lifecycle = lifecycle.clone();
    tokio::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the ops server failed, the process stops");
            lifecycle.stop();
        }
    });
    Ok(())
}

async fn metrics() -> HttpResponse {
    match TextEncoder::new().encode_to_string(&prometheus::gather()) {
        Ok(text) => HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

/// Looks at the process only: a database that is away is no reason to restart it.
async fn livez(data: web::Data<(Lifecycle, Pool)>) -> HttpResponse {
    let health: &Health = data.0.health();
    let stuck: Vec<_> = health.checks().into_iter().filter(|(_, check)| matches!(check, Check::Stuck(_))).collect();
    if stuck.is_empty() {
        HttpResponse::Ok().json(json!({"status": "up"}))
    } else {
        HttpResponse::ServiceUnavailable()
            .json(json!({"status": "stuck", "parts": stuck.into_iter().collect::<std::collections::BTreeMap<_, _>>()}))
    }
}

/// 200 while requests can be served, with every part and its state; 503 otherwise and while stopping.
async fn readyz(data: web::Data<(Lifecycle, Pool)>) -> HttpResponse {
    let (lifecycle, pool) = data.get_ref();
    let database = match tokio::time::timeout(DATABASE_PROBE_TIMEOUT, db::probe(pool)).await {
        Ok(Ok(())) => Check::Up,
        Ok(Err(error)) => Check::Down(error),
        Err(_) => Check::Down("no answer in time".to_owned()),
    };
    lifecycle.health().report("database", database);
    let checks = lifecycle.health().checks();
    let serving = !lifecycle.is_stopping() && !checks.values().any(|check| matches!(check, Check::Down(_)));
    let status = match (serving, checks.values().all(|check| *check == Check::Up)) {
        (false, _) => "down",
        (true, false) => "degraded",
        (true, true) => "up",
    };
    let body = json!({"status": status, "stopping": lifecycle.is_stopping(), "checks": checks});
    if serving { HttpResponse::Ok().json(body) } else { HttpResponse::ServiceUnavailable().json(body) }
}
