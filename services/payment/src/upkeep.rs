//! What has to be done now and then: forgetting what is old, and measuring what is open.

use std::time::Duration;

use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use runtime::Lifecycle;
use runtime::db::Pool;

use crate::metrics;

const MEASURE_INTERVAL: Duration = Duration::from_secs(10);
const PURGE_INTERVAL: Duration = Duration::from_secs(10 * 60);
/// Webhook events that one statement deletes: short enough not to hold up what runs beside it.
const PURGE_CHUNK: i64 = 1000;

runtime::statement! {
    struct Measure {}
    "SELECT (SELECT count(*) FROM attempt WHERE state IN ('OPEN', 'UNKNOWN') AND state = 'UNKNOWN'), \
     (SELECT count(*) FROM payment WHERE mismatch_minor IS NOT NULL OR refund_given_up_minor > 0)"
    -> (BigInt, BigInt)
}

runtime::statement! {
    /// Longer than the gateway repeats an event.
    struct PurgeWebhooks { most: i64 as BigInt }
    "DELETE FROM webhook_event WHERE id IN (SELECT id FROM webhook_event \
     WHERE received_at < now() - interval '30 days' ORDER BY received_at LIMIT ? FOR UPDATE SKIP LOCKED)"
}

/// Starts it in the background.
pub fn start(lifecycle: &Lifecycle, pool: Pool) {
    let measured = pool.clone();
    lifecycle.every(MEASURE_INTERVAL, "payment gauges", move || {
        let pool = measured.clone();
        async move { measure(&pool).await }
    });
    lifecycle.every(PURGE_INTERVAL, "payment upkeep", move || {
        let pool = pool.clone();
        async move { purge(&pool).await }
    });
}

async fn measure(pool: &Pool) -> anyhow::Result<()> {
    let mut conn = pool.get().await?;
    let (unknown, need_people): (i64, i64) = Measure {}.get_result(&mut conn).await?;
    metrics::UNKNOWN_OPEN.set(unknown);
    metrics::NEED_PEOPLE.set(need_people);
    Ok(())
}

async fn purge(pool: &Pool) -> anyhow::Result<()> {
    let mut conn = pool.get().await?;
    while web::idempotency::purge(&mut conn).await? > 0 {}
    while (PurgeWebhooks { most: PURGE_CHUNK }).execute(&mut conn).await? > 0 {}
    Ok(())
}
