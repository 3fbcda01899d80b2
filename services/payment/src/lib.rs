#![doc = include_str!("../README.md")]

pub mod api;
pub mod domain;
pub mod gateway;
pub mod handover;
mod metrics;
pub mod saga;
mod schema;
pub mod store;
pub mod stripe;
mod upkeep;
pub mod webhook;
pub mod worker;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use actix_web::web::{self as http, Data, ServiceConfig};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use messaging::Wake;
use reqwest::Url;
use runtime::config::{Common, Env};
use runtime::db::Pool;
use runtime::dead_letters::{DeadLetters, Later};
use runtime::{Boot, Command, Lifecycle, db, ops};
use utoipa::OpenApi;
use web::openapi::Shared;
use web::rate_limit::Limits;
use web::{Http, Problem};

use handover::WakeWorker;
use saga::Saga;
use stripe::Stripe;
use worker::Worker;

/// Names the schema, the consumer group and the log's `service`.
pub const NAME: &str = "payment";

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// All tables of this service.
pub fn migrations() -> Vec<EmbeddedMigrations> {
    vec![messaging::MIGRATIONS, web::idempotency::MIGRATIONS, MIGRATIONS]
}

/// What this service is told.
#[derive(Debug, Clone)]
pub struct Config {
    pub common: Common,
    /// Where the gateway's API is: Stripe, or the simulator.
    pub gateway: Url,
    pub gateway_key: String,
    /// Signs the gateway's webhooks.
    pub webhook_secret: String,
}

impl Config {
    pub fn read(env: &mut Env) -> Option<Self> {
        let common = Common::read(env);
        let gateway: Option<Url> = env.required("STRIPE_API_BASE");
        let gateway_key = env.required("STRIPE_API_KEY");
        let webhook_secret = env.required("STRIPE_WEBHOOK_SECRET");
        if gateway.as_ref().is_some_and(|url| !matches!(url.scheme(), "http" | "https")) {
            env.fault("STRIPE_API_BASE", "it has to begin with http:// or https://");
        }
        Some(Self { common: common?, gateway: gateway?, gateway_key: gateway_key?, webhook_secret: webhook_secret? })
    }
}

/// What runs, for tests.
#[derive(Debug, Clone, Copy)]
pub struct Running {
    /// Where HTTP is served.
    pub addr: SocketAddr,
}

/// What the handlers share.
pub struct Service {
    pub(crate) pool: Pool,
    webhook_secret: String,
    parts: OnceLock<Parts>,
}

/// What is there once the database is.
pub(crate) struct Parts {
    pub(crate) worker: Worker<Stripe>,
    pub(crate) wake_worker: WakeWorker,
    /// To be woken after a commit that appended to the outbox.
    pub(crate) relay: Wake,
    pub(crate) notices: webhook::Notices,
}

impl Service {
    /// # Errors
    /// 503 until the database was there for the first time.
    pub(crate) fn ready(&self) -> Result<&Parts, Problem> {
        self.parts.get().ok_or_else(Problem::unavailable)
    }

    pub(crate) fn webhook_secret(&self) -> &str {
        &self.webhook_secret
    }
}

/// The process.
///
/// # Errors
/// When the configuration is wrong, an address is taken, or the command is unknown.
pub async fn run(boot: Boot) -> anyhow::Result<()> {
    match boot.command {
        Command::OpenApi => {
            let mut document = ApiDoc::openapi();
            web::dead_letters::document(NAME, &mut document);
            println!("{}", document.to_pretty_json()?);
            Ok(())
        }
        Command::Migrate => {
            let config = runtime::config::read(Config::read)?;
            db::migrate(&config.common.database_url, migrations()).await
        }
        Command::Topics => {
            let config = runtime::config::read(Config::read)?;
            let kafka = messaging::Kafka::new(NAME, &config.common);
            messaging::topics::ensure(&kafka, messaging::Reactions::topics(&Saga::new(WakeWorker::new()))).await
        }
        Command::Serve => {
            let config = runtime::config::read(Config::read)?;
            start(&boot.lifecycle, config).await?;
            boot.lifecycle.stopping().await;
            Ok(())
        }
        Command::Other(arguments) => anyhow::bail!("unknown command: {}", arguments.join(" ")),
    }
}

/// Starts everything in the background and returns once the database is there and requests are served.
///
/// # Errors
/// When an address is taken, a URL is none, or the process is told to stop before the database is there.
pub async fn start(lifecycle: &Lifecycle, config: Config) -> anyhow::Result<Running> {
    let common = &config.common;
    let pool = db::pool(&common.database_url, common.database_pool)?;
    let stripe = Stripe::new(config.gateway.clone(), config.gateway_key.clone())?;
    let service = Service { pool: pool.clone(), webhook_secret: config.webhook_secret.clone(), parts: OnceLock::new() };
    let (service, dead_letters) = (Data::new(service), Later::default());
    let http = Http::new(common, Limits::default())?;
    let (data, letters): (_, Arc<dyn DeadLetters>) = (service.clone(), Arc::new(dead_letters.clone()));
    // Before the database is there, so that callers are told to wait instead of finding nobody.
    let addr = web::serve(lifecycle, common, &http, move |cfg: &mut ServiceConfig| {
        cfg.app_data(data.clone()).configure(routes).configure(web::dead_letters::routes(NAME, letters.clone()));
    })?;
    // After the API, so that nobody is told that it is ready before it listens.
    ops::serve(lifecycle, common.ops_addr, pool.clone())?;
    db::migrate_when_there(lifecycle, &common.database_url, migrations).await?;
    let wake_worker = WakeWorker::new();
    let messaging = messaging::start(lifecycle, NAME, common, &pool, Arc::new(Saga::new(wake_worker.clone())));
    dead_letters.set(messaging.dead_letters);
    let relay = messaging.wake;
    let worker = Worker::start(lifecycle, pool.clone(), stripe, relay.clone(), wake_worker.clone());
    let notices = webhook::start(lifecycle, pool.clone(), relay.clone(), wake_worker.clone());
    upkeep::start(lifecycle, pool);
    // Set once, here.
    service.parts.set(Parts { worker, wake_worker, relay, notices }).ok();
    Ok(Running { addr })
}

/// The route table.
fn routes(cfg: &mut ServiceConfig) {
    use api::{confirm, initiate, refund, show};
    cfg.service(http::resource("/api/v1/payments").get(show::list))
        .service(http::resource("/api/v1/payments/initiate").post(initiate::initiate))
        .service(http::resource("/api/v1/payments/confirm").post(confirm::confirm))
        .service(http::resource("/api/v1/payments/refund").post(refund::refund))
        .service(http::resource("/api/v1/payments/webhook").post(webhook::receive))
        .service(http::resource("/api/v1/payments/{id}").get(show::show));
}

/// The API document.
#[derive(OpenApi)]
#[openapi(
    info(title = "Waybill payment", description = "The money of orders."),
    paths(
        api::initiate::initiate,
        api::confirm::confirm,
        api::refund::refund,
        api::show::list,
        api::show::show,
        webhook::receive,
    ),
    tags((name = "payment", description = "Payments, attempts and refunds")),
    modifiers(&Shared)
)]
pub struct ApiDoc;
