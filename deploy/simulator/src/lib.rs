//! A payment gateway for development and tests: the PaymentIntents part of Stripe's public API, close enough that
//! Stripe's client libraries work against it unchanged, with payment methods that misbehave on purpose.
//!
//! It keeps its own books (`books.rs`) in memory and in a journal file (`journal.rs`), so that what it has charged
//! survives a killed process and can be compared with what the shop believes.

use std::any::Any;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Extensions, ServerHandle};
use actix_web::{App, HttpServer, web};
use anyhow::Context;
use tokio::task::JoinHandle;

mod answers;
mod api;
mod books;
mod charges;
mod currency;
mod errors;
pub mod events;
mod form;
mod gateway;
mod idempotency;
pub mod ids;
mod intents;
mod journal;
mod metadata;
mod methods;
mod paging;
mod refunds;
pub mod settings;
mod sim;
pub mod webhooks;

use books::Books;
use gateway::Gateway;
use settings::Settings;
use webhooks::Webhooks;

/// Longer than clients keep idle connections, so that none is closed under a request.
const KEEP_ALIVE: Duration = Duration::from_secs(120);
/// Open connections per worker.
const MAX_CONNECTIONS: usize = 4096;
/// How long requests that are running may take when the simulator stops.
const STOP_TIMEOUT_SECONDS: u64 = 2;

/// A simulator that serves.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
    tasks: Vec<JoinHandle<()>>,
}

/// Opens the books and serves. Has to be called on a tokio runtime, which then sends the webhooks.
///
/// # Errors
/// The books cannot be opened or the address is taken.
pub fn start(settings: Settings) -> anyhow::Result<Running> {
    let (addr, workers) = (settings.http_addr, settings.http_workers);
    let (books, unfinished) = Books::open(&settings.books_file, ids::now())?;
    tracing::info!(intents = books.intents.len(), charges = books.charges.len(), "the books are open");
    let (webhooks, outbox) = Webhooks::new(&settings);
    let gateway = Arc::new(Gateway::new(settings, books, webhooks));
    let tasks = webhooks::start(&gateway, outbox)?;
    gateway.resume(unfinished);
    let data = web::Data::from(gateway);
    let server = HttpServer::new(move || App::new().app_data(data.clone()).configure(routes))
        .workers(workers)
        .keep_alive(KEEP_ALIVE)
        .max_connections(MAX_CONNECTIONS)
        .on_connect(keep_socket)
        .shutdown_timeout(STOP_TIMEOUT_SECONDS)
        .disable_signals()
        .bind(addr)
        .with_context(|| format!("cannot listen on {addr}"))?;
    let addr = server.addrs().first().copied().unwrap_or(addr);
    let server = server.run();
    let handle = server.handle();
    Ok(Running { addr, handle, server: tokio::spawn(server), tasks })
}

impl Running {
    /// Serves until it is stopped or the server fails.
    ///
    /// # Errors
    /// The server failed.
    pub async fn wait(&mut self) -> anyhow::Result<()> {
        (&mut self.server).await?.context("the server failed")
    }

    /// Stops at once: what was answered is written down, the rest is taken up by the next start.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        for task in &self.tasks {
            task.abort();
        }
        self.handle.stop(false).await;
        self.wait().await
    }
}

/// All addresses that are served.
fn routes(config: &mut web::ServiceConfig) {
    config
        .app_data(web::PayloadConfig::new(api::MAX_BODY_BYTES))
        .route("/v1/payment_intents", web::post().to(intents::create))
        .route("/v1/payment_intents", web::get().to(intents::list))
        .route("/v1/payment_intents/{id}", web::get().to(intents::retrieve))
        .route("/v1/payment_intents/{id}", web::post().to(intents::update))
        .route("/v1/payment_intents/{id}/confirm", web::post().to(intents::confirm))
        .route("/v1/payment_intents/{id}/cancel", web::post().to(intents::cancel))
        .route("/v1/charges/{id}", web::get().to(charges::retrieve))
        .route("/v1/refunds", web::post().to(refunds::create))
        .route("/v1/refunds", web::get().to(refunds::list))
        .route("/v1/refunds/{id}", web::get().to(refunds::retrieve))
        .route("/v1/events", web::get().to(events::list))
        .route("/v1/events/{id}", web::get().to(events::retrieve))
        .route("/sim/books", web::get().to(sim::books))
        .route("/sim/healthz", web::get().to(sim::healthz))
        .default_service(web::to(api::unknown));
}

/// Keeps the client's socket at hand, so that a connection can be closed without an answer.
fn keep_socket(connection: &dyn Any, extensions: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>() else { return };
    if let Ok(socket) = stream.as_fd().try_clone_to_owned() {
        extensions.insert(api::Peer(Arc::new(socket.into())));
    }
}
