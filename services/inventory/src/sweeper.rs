//! Ends holds whose time is over. Every replica sweeps; they share the work by skipping each other's locks.

use std::time::Duration;

use chrono::TimeDelta;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use messaging::Wake;
use runtime::Lifecycle;
use runtime::db::Pool;

use crate::batch::{self, Item, Work};
use crate::{metrics, store};

/// Between two sweeps, less or more a third, so that replicas do not sweep in step. An expired hold is back on sale
/// within two of these.
const INTERVAL: Duration = Duration::from_secs(1);
/// Holds that one transaction ends: as many as a consumer's batch.
const BATCH_MAX: usize = 500;
/// Sweeps between two counts of what is held.
const SWEEPS_PER_COUNT: u32 = 10;

pub(crate) fn start(lifecycle: &Lifecycle, pool: Pool, wake: Wake, ttl: TimeDelta) {
    let life = lifecycle.clone();
    lifecycle.keep_running("expiry sweeper", move || {
        let (lifecycle, pool, wake) = (life.clone(), pool.clone(), wake.clone());
        async move {
            let mut sweeps = 0_u32;
            while !lifecycle.is_stopping() {
                if let Err(error) = sweep(&pool, &wake, ttl).await {
                    // The next sweep does what this one left.
                    tracing::warn!(error = format!("{error:#}"), "expired holds were not ended");
                }
                if sweeps.is_multiple_of(SWEEPS_PER_COUNT) {
                    count(&pool).await;
                }
                sweeps = sweeps.wrapping_add(1);
                tokio::select! {
                    () = lifecycle.stopping() => {}
                    () = tokio::time::sleep(jittered(INTERVAL)) => {}
                }
            }
            Ok(())
        }
    });
}

/// Ends all holds whose time is over, and returns how many.
///
/// # Errors
/// When the database is away; what was ended before stays so.
pub async fn sweep(pool: &Pool, wake: &Wake, ttl: TimeDelta) -> anyhow::Result<usize> {
    let mut ended = 0;
    loop {
        let mut conn = pool.get().await?;
        let batch = conn.transaction(async |conn| end_some(conn, ttl).await).await?;
        drop(conn);
        ended += batch;
        if batch > 0 {
            runtime::crash_point!("sweeper.after_commit");
            wake.wake();
        }
        if batch < BATCH_MAX {
            return Ok(ended);
        }
    }
}

async fn end_some(conn: &mut AsyncPgConnection, ttl: TimeDelta) -> diesel::QueryResult<usize> {
    let most = i64::try_from(BATCH_MAX).unwrap_or(i64::MAX);
    let expired = store::lock_expired(conn, most).await?;
    let end = |order_id| Item { order_id, work: Work::Expire, traceparent: None };
    let items: Vec<Item> = expired.into_iter().map(end).collect();
    batch::apply(conn, ttl, &items).await?;
    runtime::crash_point!("sweeper.before_commit");
    Ok(items.len())
}

async fn count(pool: &Pool) {
    if let Ok(mut conn) = pool.get().await
        && let Ok(held) = store::count_held(&mut conn).await
    {
        metrics::HELD.set(held);
    }
}

/// Two thirds to four thirds of `interval`.
fn jittered(interval: Duration) -> Duration {
    let random = f64::from(uuid::Uuid::new_v4().as_fields().0) / f64::from(u32::MAX);
    interval.mul_f64(2.0 / 3.0 + random * 2.0 / 3.0)
}
