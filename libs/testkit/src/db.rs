//! A schema per test.

use diesel_async::SimpleAsyncConnection;
use diesel_migrations::EmbeddedMigrations;
use runtime::config::Common;
use runtime::db::{self, Pool};
use uuid::Uuid;

/// Connections of one test: few, since many tests run at once.
const POOL_SIZE: usize = 4;

/// A schema of the test database, with a service's tables in it. Dropped at the end of the test.
///
/// Needs the multi-threaded runtime: `#[tokio::test(flavor = "multi_thread")]`.
pub struct TestDb {
    /// Connects with the schema as `search_path`.
    pub url: String,
    pub pool: Pool,
    schema: String,
}

impl TestDb {
    /// Makes a schema and runs the migrations in it.
    ///
    /// # Panics
    /// When the test database is not there or a migration fails.
    pub async fn new(migrations: Vec<EmbeddedMigrations>) -> Self {
        let schema = format!("test_{}", Uuid::new_v4().simple());
        let admin_url = crate::required_env("TEST_DATABASE_URL");
        let mut conn = db::connect(&admin_url).await.expect("the test database is there");
        conn.batch_execute(&format!("CREATE SCHEMA {schema}")).await.expect("a schema can be made");
        let separator = if admin_url.contains('?') { '&' } else { '?' };
        let url = format!("{admin_url}{separator}options=-csearch_path%3D{schema}");
        db::migrate(&url, migrations).await.expect("the migrations run");
        let pool = db::pool(&url, POOL_SIZE).expect("a pool");
        Self { url, pool, schema }
    }

    /// Settings of a service on this schema: ports of the system's choice, no broker, no rate limits.
    pub fn common(&self) -> Common {
        Common {
            http_addr: ([127, 0, 0, 1], 0).into(),
            ops_addr: ([127, 0, 0, 1], 0).into(),
            database_url: self.url.clone(),
            database_pool: POOL_SIZE,
            redis_url: crate::required_env("TEST_REDIS_URL"),
            // Nobody listens there: what is emitted stays in the outbox, where the test reads it.
            kafka_brokers: "127.0.0.1:9".to_owned(),
            kafka_partitions: 1,
            kafka_replication: 1,
            topic_prefix: format!("{}.", self.schema),
            jwks_url: crate::tokens::jwks_url(),
            token_issuer: crate::tokens::ISSUER.to_owned(),
            public_url: "http://localhost:8080".to_owned(),
            rate_limits: false,
            cors_origins: Vec::new(),
            http_workers: 1,
        }
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        self.pool.close();
        let schema = self.schema.clone();
        let admin_url = crate::required_env("TEST_DATABASE_URL");
        // A thread with a runtime of its own: the test's may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let mut conn = db::connect(&admin_url).await.ok()?;
                // Background tasks of the service under test may still hold locks for a moment.
                conn.batch_execute(&format!("SET lock_timeout = '5s'; DROP SCHEMA {schema} CASCADE")).await.ok()
            })
        });
        let _ = dropped.join();
    }
}
