#![doc = include_str!("../README.md")]

pub mod api;
pub mod batch;
pub mod domain;
mod metrics;
pub mod products;
mod retry;
pub mod saga;
mod schema;
pub mod store;
pub mod sweeper;
mod upkeep;

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::web::{self as http, Data, ServiceConfig};
use actix_web::{HttpServer, guard};
use anyhow::Context;
use chrono::TimeDelta;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use runtime::config::{Common, Env};
use runtime::db::Pool;
use runtime::dead_letters::{DeadLetters, Later};
use runtime::{Boot, Command, Lifecycle, db, ops};
use utoipa::OpenApi;
use web::Http;
use web::openapi::Shared;
use web::rate_limit::Limits;

use api::display::Display;
use api::reservations::Desk;
use api::{App, Parts};
use saga::Saga;

/// Names the schema, the consumer group and the log's `service`.
pub const NAME: &str = "inventory";

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Requests that are being answered at the stop signal may take so long to end, in seconds.
const HTTP_STOP_TIMEOUT_S: u64 = 10;

/// All tables of this service.
pub fn migrations() -> Vec<EmbeddedMigrations> {
    vec![messaging::MIGRATIONS, web::idempotency::MIGRATIONS, MIGRATIONS]
}

#[derive(Debug, Clone)]
pub struct Config {
    pub common: Common,
    /// How long stock is held for an order that is not paid.
    pub reservation_ttl: TimeDelta,
}

impl Config {
    pub fn read(env: &mut Env) -> Option<Self> {
        let common = Common::read(env);
        // A day at most: a hold keeps others from buying.
        let ttl = env.number("RESERVATION_TTL_SECONDS", 900, 1..=86_400);
        Some(Self { common: common?, reservation_ttl: TimeDelta::seconds(i64::try_from(ttl?).ok()?) })
    }
}

/// What runs, for tests.
#[derive(Clone)]
pub struct Running {
    /// Where HTTP is served.
    pub addr: SocketAddr,
    pub pool: Pool,
}

/// The process.
///
/// # Errors
/// When the configuration is wrong, an address is taken, or the command is unknown.
pub async fn run(boot: Boot) -> anyhow::Result<()> {
    match boot.command {
        Command::OpenApi => {
            println!("{}", document().to_pretty_json()?);
            Ok(())
        }
        Command::Migrate => {
            let config = runtime::config::read(Config::read)?;
            db::migrate(&config.common.database_url, migrations()).await
        }
        Command::Topics => {
            let config = runtime::config::read(Config::read)?;
            let kafka = messaging::Kafka::new(NAME, &config.common);
            messaging::topics::ensure(&kafka, messaging::Reactions::topics(&reactions(&config))).await
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

/// The API document.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = ApiDoc::openapi();
    web::dead_letters::document(NAME, &mut document);
    document
}

/// What this service does with events.
pub fn reactions(config: &Config) -> Saga {
    Saga { ttl: config.reservation_ttl }
}

/// Starts everything in the background and returns once HTTP is served.
///
/// # Errors
/// When an address is taken, a URL is none, or the process is told to stop before the database is there.
pub async fn start(lifecycle: &Lifecycle, config: Config) -> anyhow::Result<Running> {
    let common = &config.common;
    let pool = db::pool(&common.database_url, common.database_pool)?;
    let display = Display::new(pool.clone(), &common.redis_url, &common.topic_prefix).context("REDIS_URL")?;
    let app = Data::new(App::default());
    let dead_letters = Later::default();
    let addr = serve(lifecycle, common, app.clone(), &dead_letters)?;
    // After the API, so that nobody is told that it is ready before it listens.
    ops::serve(lifecycle, common.ops_addr, pool.clone())?;
    db::migrate_when_there(lifecycle, &common.database_url, migrations).await?;
    let saga = Arc::new(reactions(&config));
    let messaging = messaging::start(lifecycle, NAME, common, &pool, saga);
    dead_letters.set(messaging.dead_letters);
    let wake = messaging.wake;
    sweeper::start(lifecycle, pool.clone(), wake.clone(), config.reservation_ttl);
    upkeep::start(lifecycle, pool.clone());
    let desk = Desk::start(lifecycle, pool.clone(), wake.clone(), config.reservation_ttl);
    // Nothing else sets it.
    let _ = app.0.set(Parts { pool: pool.clone(), wake, display, desk });
    Ok(Running { addr, pool })
}

fn serve(lifecycle: &Lifecycle, common: &Common, app: Data<App>, dead_letters: &Later) -> anyhow::Result<SocketAddr> {
    let http = Http::new(common, Limits::default())?;
    let dead_letters: Arc<dyn DeadLetters> = Arc::new(dead_letters.clone());
    let server = HttpServer::new(move || {
        let dead_letters = web::dead_letters::routes(NAME, dead_letters.clone());
        web::app(&http).app_data(app.clone()).configure(routes).configure(dead_letters)
    })
    .workers(common.http_workers)
    .shutdown_timeout(HTTP_STOP_TIMEOUT_S)
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

/// The route table.
fn routes(cfg: &mut ServiceConfig) {
    use api::{movements, reservations, stock};
    // The three actions take only POST, so that SKUs with these names can be read and counted.
    let action = |path: &str| http::resource(path).guard(guard::Post());
    cfg.service(action("/api/v1/inventory/reserve").route(http::post().to(reservations::reserve)))
        .service(action("/api/v1/inventory/release").route(http::post().to(reservations::release)))
        .service(action("/api/v1/inventory/confirm").route(http::post().to(reservations::confirm)))
        .service(http::resource("/api/v1/inventory").get(stock::list))
        .service(http::resource("/api/v1/inventory/{sku}").get(stock::show).put(stock::count))
        .service(http::resource("/api/v1/inventory/{sku}/adjustments").post(stock::adjust))
        .service(http::resource("/api/v1/inventory/{sku}/movements").get(movements::list));
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Waybill inventory", description = "Stock per SKU, and who holds it."),
    paths(
        api::stock::list,
        api::stock::show,
        api::stock::count,
        api::stock::adjust,
        api::movements::list,
        api::reservations::reserve,
        api::reservations::release,
        api::reservations::confirm,
    ),
    tags((name = "inventory", description = "Stock and reservations")),
    modifiers(&Shared)
)]
struct ApiDoc;
