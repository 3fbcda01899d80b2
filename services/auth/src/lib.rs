#![doc = include_str!("../README.md")]

mod api;
mod command;
pub mod domain;
mod metrics;
pub mod passwords;
mod schema;
pub mod sessions;
mod store;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::web::{Data, ServiceConfig, get, post, resource};
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use messaging::{DeadLetters, Kafka, ListensToNobody, Wake};
use runtime::config::{self, Common, Env};
use runtime::db::{self, Pool};
use runtime::{Boot, Command, Lifecycle, ops};
use utoipa::OpenApi;
use web::openapi::Shared;
use web::rate_limit::{Limits, RateLimiter};
use web::token::Signer;
use web::{Http, Problem, Settings, Verifier};

use crate::passwords::Passwords;

pub const NAME: &str = "auth";

/// The tables of this service alone; see [`migrations`].
const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");
/// How often what has expired is deleted.
const PURGE_INTERVAL: Duration = Duration::from_secs(300);

/// What the process is told.
#[derive(Debug, Clone)]
pub struct Config {
    pub common: Common,
    pub signer: Signer,
    /// bcrypt's cost: each step doubles the time of a login.
    pub bcrypt_cost: u32,
}

impl Config {
    pub fn read(env: &mut Env) -> Option<Self> {
        let common = Common::read(env);
        let key_file = env.required::<PathBuf>("TOKEN_KEY_FILE");
        let cost = env.number("BCRYPT_COST", 12, 10..=31);
        let issuer = common.as_ref().map(|common| common.token_issuer.clone()).unwrap_or_default();
        let signer = key_file.and_then(|file| {
            let read = std::fs::read(&file).map_err(anyhow::Error::from);
            let signer = read.and_then(|pem| Signer::from_pem(&pem, issuer));
            signer.map_err(|error| env.fault("TOKEN_KEY_FILE", format!("{}: {error:#}", file.display()))).ok()
        });
        Some(Self { common: common?, signer: signer?, bcrypt_cost: u32::try_from(cost?).ok()? })
    }
}

/// What the handlers share.
pub(crate) struct Auth {
    http: Http,
    signer: Signer,
    passwords: Passwords,
    /// Only over TLS, when that is how the public comes.
    secure_cookies: bool,
    database: OnceLock<Database>,
}

/// The database, once its tables are there.
pub(crate) struct Database {
    pool: Pool,
    wake: Wake,
}

impl Auth {
    /// # Errors
    /// 503 until the tables are there.
    fn database(&self) -> Result<&Database, Problem> {
        self.database.get().ok_or_else(Problem::unavailable)
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
            start(&boot.lifecycle, config::read(Config::read)?).await?;
            boot.lifecycle.stopping().await;
            Ok(())
        }
        Command::Migrate => db::migrate(&config::read(Config::read)?.common.database_url, migrations()).await,
        Command::Topics => messaging::topics::ensure(&Kafka::new(NAME, &config::read(Config::read)?.common), &[]).await,
        Command::Other(args) => command::run(args).await,
    }
}

/// Starts serving, and returns once the database is there.
///
/// # Errors
/// When an address cannot be bound, or the process is told to stop before the database is there.
pub async fn start(lifecycle: &Lifecycle, config: Config) -> anyhow::Result<Running> {
    let common = &config.common;
    let pool = db::pool(&common.database_url, common.database_pool)?;
    let cost = config.bcrypt_cost;
    let auth = Data::new(Auth {
        http: http(common, &config.signer)?,
        signer: config.signer.clone(),
        passwords: tokio::task::spawn_blocking(move || Passwords::new(cost)).await??,
        secure_cookies: common.public_url.starts_with("https://"),
        database: OnceLock::new(),
    });
    let addr = serve(lifecycle, common, &pool, auth.clone())?;
    // After the API, so that nobody is told that it is ready before it listens.
    ops::serve(lifecycle, common.ops_addr, pool.clone())?;
    db::migrate_when_there(lifecycle, &common.database_url, migrations).await?;
    let messaging = messaging::start(lifecycle, NAME, common, &pool, ListensToNobody.into());
    forget_old_sessions(lifecycle, &pool);
    web::idempotency::forget_old(lifecycle, &pool);
    // Nothing else sets it.
    let _ = auth.database.set(Database { pool, wake: messaging.wake });
    Ok(Running { addr })
}

/// Auth verifies tokens by its own key, without asking itself over the network.
fn http(common: &Common, signer: &Signer) -> anyhow::Result<Http> {
    let limiter = match common.rate_limits {
        true => RateLimiter::new(&common.redis_url, Limits::default())?,
        false => RateLimiter::off(),
    };
    Ok(Http::with(Settings {
        verifier: Verifier::with_keys(&signer.jwks(), &common.token_issuer),
        limiter,
        cors_origins: common.cors_origins.clone(),
        trusted_proxies: Vec::new(),
    }))
}

fn serve(lifecycle: &Lifecycle, common: &Common, pool: &Pool, auth: Data<Auth>) -> anyhow::Result<SocketAddr> {
    // Nothing is consumed, so nothing is ever dead here: whoever asks all services gets an empty list.
    let letters = Arc::new(DeadLetters::new(NAME, pool.clone(), Wake::new(), ListensToNobody.into()));
    web::serve(lifecycle, common, &auth.http.clone(), move |cfg| {
        cfg.app_data(auth.clone()).configure(routes).configure(web::dead_letters::routes(NAME, letters.clone()));
    })
}

fn routes(cfg: &mut ServiceConfig) {
    use api::{keys, registration, sessions, users};
    cfg.service(resource("/.well-known/jwks.json").route(get().to(keys::jwks)))
        .service(resource("/api/v1/auth/register").route(post().to(registration::register)))
        .service(resource("/api/v1/auth/login").route(post().to(sessions::login)))
        .service(resource("/api/v1/auth/refresh").route(post().to(sessions::refresh)))
        .service(resource("/api/v1/auth/logout").route(post().to(sessions::logout)))
        .service(resource("/api/v1/users").get(users::list))
        .service(resource("/api/v1/users/me").get(users::me))
        .service(resource("/api/v1/users/{id}").get(users::get))
        .service(resource("/api/v1/users/{id}/roles").get(users::get_roles).put(users::put_roles));
}

/// Deletes sessions that have expired.
fn forget_old_sessions(lifecycle: &Lifecycle, pool: &Pool) {
    let pool = pool.clone();
    lifecycle.every(PURGE_INTERVAL, "expired sessions", move || {
        let pool = pool.clone();
        async move {
            let mut conn = pool.get().await?;
            while sessions::purge(&mut conn).await? > 0 {}
            Ok(())
        }
    });
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Waybill auth", description = "Who is who, and who may do what."),
    modifiers(&Shared),
    paths(
        api::keys::jwks,
        api::registration::register,
        api::sessions::login,
        api::sessions::refresh,
        api::sessions::logout,
        api::users::list,
        api::users::me,
        api::users::get,
        api::users::get_roles,
        api::users::put_roles,
    )
)]
struct Document;
