//! Postgres: the pool, migrations, and statements that are prepared once.

use std::time::Duration;

use anyhow::Context;
use deadpool::Runtime;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool as pooled,
};
use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use futures_util::FutureExt;

use crate::backoff::Backoff;
use crate::health::Check;
use crate::process::Lifecycle;

pub type Pool = pooled::Pool<AsyncPgConnection>;

/// How long a request waits for a free connection before it is answered with 503.
const POOL_WAIT: Duration = Duration::from_secs(2);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Settings of every connection.
///
/// The timeouts free locks that a stuck or stopped process would hold for ever. The planner is told to use indexes and
/// one plan: the queue tables are empty when their statements are first planned, and a sequential scan chosen then
/// would read dead rows ever after (measured: a third of the database's time). Nothing is compiled: where no index serves,
/// the price of the forbidden scan would make the planner do so for each call.
const SESSION: &str = "SET statement_timeout = '5s'; SET lock_timeout = '2s'; \
     SET idle_in_transaction_session_timeout = '10s'; \
     SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off";

/// Opens one connection that belongs to no pool.
///
/// # Errors
/// When the database is away or refuses.
pub async fn connect(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let establish = async {
        let mut conn = AsyncPgConnection::establish(url).await?;
        conn.batch_execute(SESSION).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    };
    tokio::time::timeout(CONNECT_TIMEOUT, establish)
        .await
        .unwrap_or_else(|_| Err(ConnectionError::BadConnection("no answer in time".to_owned())))
}

/// A pool of at most `size` connections, opened when they are first needed.
///
/// # Errors
/// Never for valid sizes; the builder's own checks are passed on.
pub fn pool(url: &str, size: usize) -> anyhow::Result<Pool> {
    let mut config = ManagerConfig::default();
    config.custom_setup = Box::new(|url| {
        let url = url.to_owned();
        async move { connect(&url).await }.boxed()
    });
    // A closed connection is noticed without a round trip.
    config.recycling_method = RecyclingMethod::Fast;
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(url, config);
    pooled::Pool::builder(manager)
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(POOL_WAIT))
        .create_timeout(Some(CONNECT_TIMEOUT))
        .build()
        .context("the database pool")
}

/// Asks the database for anything.
///
/// # Errors
/// Why there was no answer, in words.
pub async fn probe(pool: &Pool) -> Result<(), String> {
    let mut conn = pool.get().await.map_err(|error| error.to_string())?;
    conn.batch_execute("SELECT 1").await.map_err(|error| error.to_string())
}

/// Parts of Postgres' messages, in lower case, for states that pass by themselves. diesel gives no SQLSTATE (its issue
/// 1612), so the English text has to tell.
const TRANSIENT_TEXTS: [&str; 16] = [
    "deadlock detected",
    "lock timeout",
    "statement timeout",
    "idle-in-transaction timeout",
    "could not obtain lock",
    "terminating connection",
    "shutting down",
    "starting up",
    "in recovery mode",
    "too many clients",
    "remaining connection slots",
    // The system's own words (strerror) for a full disk: somebody will make room.
    "no space left",
    "out of memory",
    "out of shared memory",
    "connection closed",
    "could not serialize",
];

/// Whether the same work may well succeed a moment later: the database is away, busy or short of something.
pub fn is_transient(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(kind, information) => match kind {
            DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ReadOnlyTransaction
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ClosedConnection => true,
            _ => {
                let message = information.message().to_lowercase();
                TRANSIENT_TEXTS.iter().any(|text| message.contains(text))
            }
        },
        DieselError::BrokenTransactionManager | DieselError::AlreadyInTransaction => true,
        DieselError::RollbackErrorOnCommit { commit_error, .. } => is_transient(commit_error),
        _ => false,
    }
}

/// Brings the schema of the connection's role up to date, one process at a time.
///
/// # Errors
/// When the database is away or a migration fails.
pub async fn migrate(url: &str, sources: Vec<EmbeddedMigrations>) -> anyhow::Result<()> {
    let mut conn = connect(url).await.context("connecting for migrations")?;
    // Migrations may rewrite tables and wait for readers; the lock keeps two starting replicas from colliding.
    conn.batch_execute(
        "SET statement_timeout = 0; SET lock_timeout = '30s'; RESET enable_seqscan; RESET plan_cache_mode",
    )
    .await?;
    conn.batch_execute("SELECT pg_advisory_lock(hashtext('waybill.migrations'), hashtext(current_schema()))")
        .await
        .context("waiting for another process to finish its migrations")?;
    let mut harness = AsyncMigrationHarness::new(conn);
    for source in sources {
        harness.run_pending_migrations(source).map_err(|error| anyhow::anyhow!("migration failed: {error}"))?;
    }
    Ok(())
}

/// Like [`migrate`], and waits for a database that is away.
///
/// # Errors
/// When the process is told to stop before the database is there.
pub async fn migrate_when_there(
    lifecycle: &Lifecycle,
    url: &str,
    sources: impl Fn() -> Vec<EmbeddedMigrations>,
) -> anyhow::Result<()> {
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
    lifecycle.health().report("migrations", Check::Down("under way".to_owned()));
    loop {
        match migrate(url, sources()).await {
            Ok(()) => {
                lifecycle.health().report("migrations", Check::Up);
                return Ok(());
            }
            Err(error) => {
                let reason = format!("{error:#}");
                tracing::warn!(reason, "cannot migrate yet");
                lifecycle.health().report("migrations", Check::Down(reason));
            }
        }
        tokio::select! {
            () = lifecycle.stopping() => anyhow::bail!("told to stop before the database was there"),
            () = tokio::time::sleep(backoff.next_delay()) => {}
        }
    }
}

/// Declares a statement whose text never changes, with its parameters, so that it is prepared once per connection.
/// (`diesel::sql_query` is prepared again at every call.) Each `?` in the text takes the next parameter.
///
/// ```
/// use diesel::sql_types::{Array, BigInt, Text};
///
/// runtime::statement! {
///     /// One round trip for any number of rows.
///     pub struct InsertNotes { ids: Vec<i64> as Array<BigInt>, texts: Vec<String> as Array<Text> }
///     "INSERT INTO note (id, text) SELECT * FROM unnest(?, ?) RETURNING id" -> BigInt
/// }
/// // InsertNotes { ids, texts }.load::<i64>(&mut conn).await?
/// ```
/// Without `->` it is for `execute`. Several columns are a tuple: `-> (BigInt, Text)`.
#[macro_export]
macro_rules! statement {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident { $($field:ident: $rust:ty as $sql:ty),* $(,)? }
        $text:literal $(-> $row:ty)?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        $vis struct $name { $(pub $field: $rust,)* }

        impl $crate::diesel::query_builder::QueryId for $name {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl $crate::diesel::query_builder::QueryFragment<$crate::diesel::pg::Pg> for $name {
            fn walk_ast<'b>(
                &'b self,
                mut out: $crate::diesel::query_builder::AstPass<'_, 'b, $crate::diesel::pg::Pg>,
            ) -> $crate::diesel::QueryResult<()> {
                let mut parts = $text.split('?');
                out.push_sql(parts.next().unwrap_or_default());
                $(
                    out.push_bind_param::<$sql, $rust>(&self.$field)?;
                    out.push_sql(parts.next().unwrap_or_default());
                )*
                Ok(())
            }
        }

        impl<Conn> $crate::diesel::query_dsl::RunQueryDsl<Conn> for $name {}

        $crate::statement!(@row $name $($row)?);
    };
    (@row $name:ident) => {};
    (@row $name:ident $row:ty) => {
        impl $crate::diesel::query_builder::Query for $name {
            type SqlType = $row;
        }
    };
}
