//! What is counted. Labels are few and known: never ids.

use std::sync::LazyLock;
use std::time::Duration;

use diesel::sql_types::{BigInt, Double, Nullable};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use prometheus::{
    Gauge, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, register_gauge, register_int_counter,
    register_int_counter_vec, register_int_gauge, register_int_gauge_vec,
};
use runtime::Lifecycle;
use runtime::db::Pool;

/// How often the outbox is measured.
const OUTBOX_INTERVAL: Duration = Duration::from_secs(5);

/// Registration fails only for a name that is used twice, which every start would show.
macro_rules! metric {
    ($registration:expr) => {
        LazyLock::new(|| match $registration {
            Ok(metric) => metric,
            Err(error) => unreachable!("a metric's name is used twice: {error}"),
        })
    };
}

pub(crate) static RELAYED: LazyLock<IntCounter> =
    metric!(register_int_counter!("outbox_relayed_total", "Events that the broker acknowledged"));
pub(crate) static CONSUMED: LazyLock<IntCounterVec> =
    metric!(register_int_counter_vec!("events_applied_total", "Events applied", &["type"]));
pub(crate) static REPEATS: LazyLock<IntCounter> =
    metric!(register_int_counter!("events_repeated_total", "Events dropped because they were applied before"));
pub(crate) static UNKNOWN_TYPES: LazyLock<IntCounter> = metric!(register_int_counter!(
    "events_unknown_type_total",
    "Events skipped because this build does not know their type"
));
pub(crate) static DEAD_LETTERS: LazyLock<IntCounterVec> =
    metric!(register_int_counter_vec!("dead_letters_total", "Records that could not be applied", &["topic", "class"]));
pub(crate) static PARKED: LazyLock<IntCounter> =
    metric!(register_int_counter!("dead_letters_parked_total", "Events put behind a dead letter of the same key"));
pub(crate) static LAG: LazyLock<IntGaugeVec> = metric!(register_int_gauge_vec!(
    "consumer_lag_records",
    "Records on the broker not yet read",
    &["topic", "partition"]
));
static OUTBOX_DEPTH: LazyLock<IntGauge> = metric!(register_int_gauge!("outbox_depth", "Events waiting in the outbox"));
static OUTBOX_AGE: LazyLock<Gauge> =
    metric!(register_gauge!("outbox_oldest_age_seconds", "Age of the oldest event in the outbox"));
static DEAD_LETTERS_OPEN: LazyLock<IntGauge> =
    metric!(register_int_gauge!("dead_letters_open", "Dead letters not yet replayed, and what waits behind them"));

runtime::statement! {
    struct Measure {}
    "SELECT count(*), extract(epoch FROM clock_timestamp() - min(created_at))::float8, \
     (SELECT count(*) FROM dead_letter WHERE state <> 'DONE') FROM outbox"
    -> (BigInt, Nullable<Double>, BigInt)
}

async fn measure(conn: &mut AsyncPgConnection) -> diesel::QueryResult<(i64, Option<f64>, i64)> {
    let statement = Measure {};
    statement.get_result(conn).await
}

pub(crate) fn watch_outbox(lifecycle: &Lifecycle, pool: Pool) {
    lifecycle.every(OUTBOX_INTERVAL, "outbox metrics", move || {
        let pool = pool.clone();
        async move {
            let mut conn = pool.get().await?;
            let (depth, age, dead) = measure(&mut conn).await?;
            OUTBOX_DEPTH.set(depth);
            OUTBOX_AGE.set(age.unwrap_or_default());
            DEAD_LETTERS_OPEN.set(dead);
            Ok(())
        }
    });
}
