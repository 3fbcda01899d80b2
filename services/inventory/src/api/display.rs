//! How many buyers see: kept for a moment in the process, and in Redis for all replicas. A display cache only: what is
//! sold is decided in the database, and when Redis is away the database is asked.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Client, Cmd, FromRedisValue, RedisError, cmd};
use moka::future::Cache;
use runtime::db::Pool;
use web::Problem;

use crate::domain::Sku;

use super::shown;

/// In the process and in Redis, one after the other: together less than the two seconds that a display may be old.
const KEPT: Duration = Duration::from_millis(900);
/// SKUs that are kept, some hundred bytes each.
const KEPT_MAX: u64 = 10_000;
/// A display waits no longer for Redis; the database is as near.
const REDIS_BUDGET: Duration = Duration::from_millis(20);
/// After a failure Redis is left alone for so long.
const REDIS_PAUSE: Duration = Duration::from_secs(1);

/// What can be had of SKUs, up to two seconds old. Cheap to clone.
#[derive(Clone)]
pub struct Display {
    pool: Pool,
    near: Cache<Sku, i64>,
    far: Arc<Far>,
}

impl Display {
    /// `prefix` keeps installations on one Redis apart, which need not be up.
    ///
    /// # Errors
    /// When the URL is not one of Redis.
    pub fn new(pool: Pool, redis_url: &str, prefix: &str) -> Result<Self, RedisError> {
        let near = Cache::builder().max_capacity(KEPT_MAX).time_to_live(KEPT).build();
        let far = Far { client: Client::open(redis_url)?, prefix: prefix.to_owned(), link: Mutex::new(Link::Unknown) };
        Ok(Self { pool, near, far: Arc::new(far) })
    }

    /// How many of a SKU can be had. Of many askers at once, one asks.
    ///
    /// # Errors
    /// 404 when neither stock nor product is known (which is not kept), 503 when the database is needed and away.
    pub async fn available(&self, sku: &Sku) -> Result<i64, Problem> {
        let found = self.near.try_get_with(sku.clone(), self.find(sku)).await;
        found.map_err(|problem: Arc<Problem>| problem.as_ref().clone())
    }

    async fn find(&self, sku: &Sku) -> Result<i64, Problem> {
        if let Some(available) = self.far.get(sku).await {
            return Ok(available);
        }
        let known = shown::look(&mut *self.pool.get().await?, sku).await?.ok_or_else(Problem::not_found)?;
        let available = known.on_hand - known.reserved;
        self.far.set(sku, available).await;
        Ok(available)
    }

    /// Shows a change by staff at once, here; other replicas follow within their two seconds.
    pub async fn forget(&self, sku: &Sku) {
        self.far.forget(sku).await;
        self.near.invalidate(sku).await;
    }
}

/// Redis, as far as it answers in time.
struct Far {
    client: Client,
    prefix: String,
    link: Mutex<Link>,
}

#[derive(Clone)]
enum Link {
    Unknown,
    Up(MultiplexedConnection),
    DownUntil(Instant),
}

impl Far {
    fn key(&self, sku: &Sku) -> String {
        format!("{}inventory:available:{sku}", self.prefix)
    }

    async fn get(&self, sku: &Sku) -> Option<i64> {
        self.ask::<Option<i64>>(cmd("GET").arg(self.key(sku))).await.flatten()
    }

    async fn set(&self, sku: &Sku, available: i64) {
        let millis = u64::try_from(KEPT.as_millis()).unwrap_or_default();
        self.ask::<()>(cmd("SET").arg(self.key(sku)).arg(available).arg("PX").arg(millis)).await;
    }

    async fn forget(&self, sku: &Sku) {
        self.ask::<()>(cmd("DEL").arg(self.key(sku))).await;
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Option<T> {
        let link = self.link.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let connection = match link {
            Link::Up(connection) => Some(connection),
            Link::DownUntil(until) if until > Instant::now() => return None,
            Link::Unknown | Link::DownUntil(_) => None,
        };
        let error = match tokio::time::timeout(REDIS_BUDGET, self.ask_over(connection, command)).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => error.to_string(),
            Err(late) => late.to_string(),
        };
        tracing::warn!(error, "Redis does not answer: displays are read from the database for now");
        *self.link.lock().unwrap_or_else(PoisonError::into_inner) = Link::DownUntil(Instant::now() + REDIS_PAUSE);
        None
    }

    async fn ask_over<T: FromRedisValue>(
        &self,
        connection: Option<MultiplexedConnection>,
        command: &Cmd,
    ) -> Result<T, RedisError> {
        let mut connection = match connection {
            Some(connection) => connection,
            None => {
                let connection = self.client.get_multiplexed_async_connection().await?;
                *self.link.lock().unwrap_or_else(PoisonError::into_inner) = Link::Up(connection.clone());
                connection
            }
        };
        command.query_async(&mut connection).await
    }
}
