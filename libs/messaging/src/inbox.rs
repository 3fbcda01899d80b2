//! Which events were applied here: what makes an effect happen once.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Datelike, Days, NaiveTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::{Array, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use runtime::Lifecycle;
use runtime::db::Pool;
use uuid::Uuid;

/// Weeks that are remembered: longer than any topic of the saga keeps its records, and than dead letters live.
const WEEKS_KEPT: u64 = 5;
/// Weeks whose tables are made ahead.
const WEEKS_AHEAD: u64 = 2;
/// Often enough to make up for rounds that failed.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(10 * 60);

/// What the inbox says about a batch.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    /// Ids that were not here before; they are now.
    pub fresh: HashSet<Uuid>,
    /// Keys of the batch behind which a dead letter stands.
    pub parked: HashSet<String>,
}

runtime::statement! {
    pub(crate) struct Remember { ids: Vec<Uuid> as Array<SqlUuid>, keys: Vec<String> as Array<Text> }
    "WITH fresh AS (INSERT INTO inbox (event_id) SELECT * FROM unnest(?) ON CONFLICT DO NOTHING RETURNING event_id) \
     SELECT event_id, NULL::text FROM fresh \
     UNION ALL SELECT NULL, key FROM dead_letter WHERE key = ANY(?) AND state <> 'DONE'"
    -> (Nullable<SqlUuid>, Nullable<Text>)
}

runtime::statement! {
    /// A replay holds these rows while it works, so that after this it is either parked still or done.
    struct StillParked { keys: Vec<String> as Array<Text> }
    "SELECT key FROM dead_letter WHERE key = ANY(?) AND state <> 'DONE' ORDER BY position FOR UPDATE" -> Nullable<Text>
}

/// Remembers `ids` within the open transaction and tells which of them are new.
pub(crate) async fn remember(
    conn: &mut AsyncPgConnection,
    mut ids: Vec<Uuid>,
    keys: Vec<String>,
) -> QueryResult<Remembered> {
    // Sorted, so that two processes with the same records wait for each other instead of deadlocking.
    ids.sort_unstable();
    let rows: Vec<(Option<Uuid>, Option<String>)> = Remember { ids, keys }.load(conn).await?;
    let mut remembered = Remembered::default();
    let mut maybe_parked = Vec::new();
    for (id, key) in rows {
        remembered.fresh.extend(id);
        maybe_parked.extend(key);
    }
    if !maybe_parked.is_empty() {
        let parked: Vec<Option<String>> = StillParked { keys: maybe_parked }.load(conn).await?;
        remembered.parked = parked.into_iter().flatten().collect();
    }
    Ok(remembered)
}

/// Makes the tables of the coming weeks and drops those of weeks that are forgotten.
pub(crate) fn keep_partitions(lifecycle: &Lifecycle, pool: Pool) {
    lifecycle.every(UPKEEP_INTERVAL, "inbox upkeep", move || {
        let pool = pool.clone();
        async move { upkeep(&pool, Utc::now()).await }
    });
}

/// Brings the weekly tables up to date as of `now`.
///
/// # Errors
/// The database's; the next call does what this one left.
pub async fn upkeep(pool: &Pool, now: DateTime<Utc>) -> anyhow::Result<()> {
    let mut conn = pool.get().await?;
    let this_week = week_start(now);
    for week in 0..=WEEKS_AHEAD {
        let from = this_week + Days::new(7 * week);
        let to = from + Days::new(7);
        let sql = format!(
            "CREATE TABLE IF NOT EXISTS {} PARTITION OF inbox FOR VALUES FROM ('{}') TO ('{}')",
            table_name(from),
            first_id(from),
            first_id(to)
        );
        conn.batch_execute(&sql).await?;
    }
    for week in WEEKS_KEPT..WEEKS_KEPT * 4 {
        let table = table_name(this_week - Days::new(7 * week));
        conn.batch_execute(&format!("DROP TABLE IF EXISTS {table}")).await?;
    }
    Ok(())
}

fn week_start(at: DateTime<Utc>) -> DateTime<Utc> {
    let monday = at.date_naive() - Days::new(u64::from(at.weekday().num_days_from_monday()));
    monday.and_time(NaiveTime::MIN).and_utc()
}

fn table_name(week: DateTime<Utc>) -> String {
    format!("inbox_{}", week.format("%Y%m%d"))
}

/// The smallest UUIDv7 of an instant: its milliseconds, and nothing else.
fn first_id(at: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(at.timestamp_millis()).unwrap_or_default();
    Uuid::from_u128(millis << 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_lies_in_the_week_of_its_time() {
        let at = DateTime::parse_from_rfc3339("2026-11-21T10:00:00Z").expect("a time").to_utc();
        let monday = week_start(at);
        assert_eq!(monday.to_rfc3339(), "2026-11-16T00:00:00+00:00");
        let seconds = u64::try_from(at.timestamp()).expect("after 1970");
        let id = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, 0));
        assert!(first_id(monday) <= id && id < first_id(monday + Days::new(7)));
    }
}
