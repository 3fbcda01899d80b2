#![doc = include_str!("../README.md")]

mod api;
mod cache;
pub mod domain;
mod schema;
mod store;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use actix_web::web::{Data, ServiceConfig, resource};
use anyhow::bail;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use messaging::{DeadLetters, Kafka, ListensToNobody, Wake};
use runtime::config::{self, Common};
use runtime::db::{self, Pool};
use runtime::{Boot, Command, Lifecycle, ops};
use utoipa::OpenApi;
use web::openapi::Shared;
use web::rate_limit::Limits;
use web::{Http, Problem};

use crate::cache::PublicReads;

pub const NAME: &str = "catalog";

/// The tables of this service alone; see [`migrations`].
const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// What the handlers share.
#[derive(Default)]
pub(crate) struct Catalog {
    public_reads: PublicReads,
    database: OnceLock<Database>,
}

/// The database, once its tables are there.
pub(crate) struct Database {
    pool: Pool,
    wake: Wake,
}

impl Catalog {
    /// # Errors
    /// 503 until the tables are there.
    fn database(&self) -> Result<&Database, Problem> {
        self.database.get().ok_or_else(Problem::unavailable)
    }

    /// To be called after a commit, and before its answer.
    fn changed(&self) {
        runtime::crash_point!("catalog.after_commit");
        self.public_reads.forget();
        if let Some(database) = self.database.get() {
            database.wake.wake();
        }
    }
}

impl Database {
    async fn connection(&self) -> Result<Object<AsyncPgConnection>, Problem> {
        Ok(self.pool.get().await?)
    }
}

/// A running service.
#[derive(Debug)]
pub struct Running {
    /// Where it serves.
    pub addr: SocketAddr,
}

/// All migrations of this service's schema.
pub fn migrations() -> Vec<EmbeddedMigrations> {
    vec![messaging::MIGRATIONS, web::idempotency::MIGRATIONS, MIGRATIONS]
}

/// What the process does, by its command.
///
/// # Errors
/// When it cannot do that.
pub async fn run(boot: Boot) -> anyhow::Result<()> {
    match &boot.command {
        Command::OpenApi => {
            let mut document = Document::openapi();
            web::dead_letters::document(NAME, &mut document);
            println!("{}", document.to_pretty_json()?);
            Ok(())
        }
        Command::Serve => {
            start(&boot.lifecycle, config::read(Common::read)?).await?;
            boot.lifecycle.stopping().await;
            Ok(())
        }
        Command::Migrate => db::migrate(&config::read(Common::read)?.database_url, migrations()).await,
        Command::Topics => messaging::topics::ensure(&Kafka::new(NAME, &config::read(Common::read)?), &[]).await,
        Command::Other(args) => bail!("unknown command `{}`: there are migrate, topics and openapi", args.join(" ")),
    }
}

/// Starts serving, and returns once the database is there.
///
/// # Errors
/// When an address cannot be bound, or the process is told to stop before the database is there.
pub async fn start(lifecycle: &Lifecycle, common: Common) -> anyhow::Result<Running> {
    let pool = db::pool(&common.database_url, common.database_pool)?;
    let catalog = Data::new(Catalog::default());
    let addr = serve(lifecycle, &common, &pool, catalog.clone())?;
    // After the API, so that nobody is told that it is ready before it listens.
    ops::serve(lifecycle, common.ops_addr, pool.clone())?;
    db::migrate_when_there(lifecycle, &common.database_url, migrations).await?;
    let messaging = messaging::start(lifecycle, NAME, &common, &pool, ListensToNobody.into());
    web::idempotency::forget_old(lifecycle, &pool);
    // Nothing else sets it.
    let _ = catalog.database.set(Database { pool, wake: messaging.wake });
    Ok(Running { addr })
}

fn serve(lifecycle: &Lifecycle, common: &Common, pool: &Pool, catalog: Data<Catalog>) -> anyhow::Result<SocketAddr> {
    let http = Http::new(common, Limits::default())?;
    // Nothing is consumed, so nothing is ever dead here: whoever asks all services gets an empty list.
    let letters = Arc::new(DeadLetters::new(NAME, pool.clone(), Wake::new(), ListensToNobody.into()));
    web::serve(lifecycle, common, &http, move |cfg| {
        cfg.app_data(catalog.clone()).configure(routes).configure(web::dead_letters::routes(NAME, letters.clone()));
    })
}

fn routes(cfg: &mut ServiceConfig) {
    use api::{browse, manage};
    cfg.service(resource("/api/v1/products").get(browse::list).post(manage::create))
        .service(resource("/api/v1/products/{id}").get(browse::get).put(manage::put).delete(manage::archive));
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Waybill catalog", description = "What is for sale."),
    modifiers(&Shared),
    paths(
        api::browse::list,
        api::browse::get,
        api::manage::create,
        api::manage::put,
        api::manage::archive,
    )
)]
struct Document;
