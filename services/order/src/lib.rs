#![doc = include_str!("../README.md")]

pub mod admission;
pub mod api;
pub mod domain;
pub mod feed;
pub mod ids;
pub mod intake;
mod metrics;
mod pricing;
pub mod products;
pub mod saga;
mod schema;
pub mod store;
pub mod watchdog;

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::web::{self as http, Data, ServiceConfig};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use runtime::config::{Common, read};
use runtime::db::Pool;
use runtime::dead_letters::{DeadLetters, Later};
use runtime::{Boot, Command, Lifecycle, db, ops};
use utoipa::OpenApi;
use web::Http;
use web::openapi::Shared;
use web::rate_limit::Limits;

use admission::Admission;
use api::summary::Summaries;
use api::{App, Parts};
use feed::Hub;
use intake::Intake;
use saga::Saga;

/// Names the schema, the consumer group and the log's `service`.
pub const NAME: &str = "order";

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// All tables of this service.
pub fn migrations() -> Vec<EmbeddedMigrations> {
    vec![messaging::MIGRATIONS, web::idempotency::MIGRATIONS, MIGRATIONS]
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
        Command::Migrate => db::migrate(&read(Common::read)?.database_url, migrations()).await,
        Command::Topics => {
            let kafka = messaging::Kafka::new(NAME, &read(Common::read)?);
            messaging::topics::ensure(&kafka, messaging::Reactions::topics(&Saga::default())).await
        }
        Command::Serve => {
            start(&boot.lifecycle, read(Common::read)?).await?;
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

/// Starts everything in the background and returns once the database is there.
///
/// # Errors
/// When an address is taken, a URL is none, or the process is told to stop before the database is there.
pub async fn start(lifecycle: &Lifecycle, common: Common) -> anyhow::Result<Running> {
    let pool = db::pool(&common.database_url, common.database_pool)?;
    let app = Data::new(App::default());
    let dead_letters = Later::default();
    let http = Http::new(&common, Limits::default())?;
    let (data, letters): (_, Arc<dyn DeadLetters>) = (app.clone(), Arc::new(dead_letters.clone()));
    let addr = web::serve(lifecycle, &common, &http, move |cfg: &mut ServiceConfig| {
        cfg.app_data(data.clone()).configure(routes).configure(web::dead_letters::routes(NAME, letters.clone()));
    })?;
    // After the API, so that nobody is told that it is ready before it listens.
    ops::serve(lifecycle, common.ops_addr, pool.clone())?;
    db::migrate_when_there(lifecycle, &common.database_url, migrations).await?;
    let hub = Hub::default();
    let messaging = messaging::start(lifecycle, NAME, &common, &pool, Arc::new(Saga::ringing(hub.clone())));
    dead_letters.set(messaging.dead_letters);
    let wake = messaging.wake;
    watchdog::start(lifecycle, pool.clone(), wake.clone());
    feed::tail::start(lifecycle, pool.clone(), hub.clone());
    feed::read::forget_old(lifecycle, pool.clone());
    web::idempotency::forget_old(lifecycle, &pool);
    let admission = Admission::start(lifecycle, pool.clone());
    let intake = Intake::start(lifecycle, pool.clone(), wake.clone(), hub.clone());
    // Nothing else sets it.
    let _ = app.0.set(Parts {
        pool: pool.clone(),
        wake,
        intake,
        admission,
        feed: hub,
        summaries: Summaries::default(),
        lifecycle: lifecycle.clone(),
    });
    Ok(Running { addr, pool })
}

/// The route table.
fn routes(cfg: &mut ServiceConfig) {
    use api::{actions, events, place, read, summary, timeline};
    cfg.service(http::resource("/api/v1/orders").get(read::list).post(place::place))
        .service(http::resource("/api/v1/orders/user/{userId}").get(read::list_of_user))
        // Words that are no ids, before the ids.
        .service(http::resource("/api/v1/orders/events").get(events::of_all))
        .service(http::resource("/api/v1/orders/summary").get(summary::show))
        .service(http::resource("/api/v1/orders/{id}").get(read::show))
        .service(http::resource("/api/v1/orders/{id}/events").get(events::of_order))
        .service(http::resource("/api/v1/orders/{id}/cancel").post(actions::cancel))
        .service(http::resource("/api/v1/orders/{id}/ship").post(actions::ship))
        .service(http::resource("/api/v1/orders/{id}/deliver").post(actions::deliver))
        .service(http::resource("/api/v1/orders/{id}/timeline").get(timeline::show));
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Waybill order", description = "Orders, from placed to delivered or cancelled."),
    paths(
        api::place::place,
        api::read::list,
        api::read::list_of_user,
        api::read::show,
        api::actions::cancel,
        api::actions::ship,
        api::actions::deliver,
        api::timeline::show,
        api::events::of_order,
        api::events::of_all,
        api::summary::show,
    ),
    tags((name = "order", description = "Orders")),
    modifiers(&Shared)
)]
struct ApiDoc;
