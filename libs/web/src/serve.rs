//! The server on the public port.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::web::ServiceConfig;
use anyhow::Context;
use runtime::Lifecycle;
use runtime::config::Common;

use crate::{Http, app};

/// Requests that are being answered at the stop signal may take so long to end, in seconds.
const STOP_TIMEOUT_S: u64 = 10;

/// A request's head arrives within this. Slow clients are the gateway's to drop, and sooner; here it only has to be longer
/// than a process, or its machine, is ever paused: what came meanwhile would be answered with 408 when it goes on.
const HEAD_PATIENCE: Duration = Duration::from_secs(60);

/// Serves an [`app`] with these routes and data on the public port until the process stops; returns the address that was
/// bound. `configure` is called once per worker thread.
///
/// # Errors
/// When the address cannot be had.
pub fn serve<F>(lifecycle: &Lifecycle, common: &Common, http: &Http, configure: F) -> anyhow::Result<SocketAddr>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let http = http.clone();
    let server = HttpServer::new(move || app(&http).configure(&configure))
        .workers(common.http_workers)
        .client_request_timeout(HEAD_PATIENCE)
        .shutdown_timeout(STOP_TIMEOUT_S)
        .disable_signals()
        .bind(common.http_addr)
        .with_context(|| format!("cannot listen on {} (HTTP_ADDR)", common.http_addr))?;
    let addr = server.addrs().first().copied().context("no address was bound")?;
    let server = server.run();
    let (handle, life) = (server.handle(), lifecycle.clone());
    lifecycle.spawn("http server", async move { Ok(server.await?) });
    tokio::spawn(async move {
        life.stopping().await;
        handle.stop(true).await;
    });
    Ok(addr)
}
