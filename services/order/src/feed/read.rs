//! Reading the feed, and forgetting what is old.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use proto_events::ids::OrderId;
use runtime::Lifecycle;
use runtime::db::Pool;
use uuid::Uuid;

use super::{Event, Position};

/// Rows that one read looks at: bounds the memory of a page, and the work for an order of which few of them speak.
pub const LOOK_AT: i64 = 100;
/// For how long a watcher who was away can resume: twice the life of a token.
const KEPT_S: i64 = 30 * 60;
/// Rows that one round forgets at most; at full speed some 150 a second come.
const FORGET_MAX: i64 = 5_000;
const FORGET_EVERY: Duration = Duration::from_secs(10);

runtime::statement! {
    /// One statement and so one snapshot: what is visible, and below which transaction it is complete, belong together.
    struct ReadFeed {
        xid: i64 as BigInt,
        later_than: i64 as BigInt,
        n: i64 as BigInt,
        look_at: i64 as BigInt,
        order_id: Option<Uuid> as Nullable<SqlUuid>,
    }
    "SELECT h.below::text::bigint, h.oldest::text::bigint, f.xid::text::bigint, f.last_n, e.n, e.order_id, e.status, \
     e.fact, f.recorded_at \
     FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS below, \
           (SELECT xid FROM order_feed ORDER BY xid, first_n LIMIT 1) AS oldest) AS h \
     LEFT JOIN LATERAL (SELECT o.*, (o.first_n + cardinality(o.order_ids) - 1)::bigint AS last_n FROM order_feed AS o \
           WHERE o.xid >= ?::text::xid8 AND o.xid < h.below \
           AND (o.xid > ?::text::xid8 OR o.first_n + cardinality(o.order_ids) - 1 > ?) \
           ORDER BY o.xid, o.first_n LIMIT ?) AS f ON true \
     LEFT JOIN LATERAL (SELECT f.first_n + u.n - 1 AS n, u.order_id, u.status, u.fact \
           FROM unnest(f.order_ids, f.statuses, f.facts) WITH ORDINALITY AS u (order_id, status, fact, n) \
           WHERE u.order_id = coalesce(?, u.order_id)) AS e ON true \
     ORDER BY f.xid, f.first_n, e.n"
    -> (
        BigInt, Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>, Nullable<SqlUuid>,
        Nullable<Text>, Nullable<Text>, Nullable<Timestamptz>
    )
}

type Row = (
    i64,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<Uuid>,
    Option<String>,
    Option<String>,
    Option<DateTime<Utc>>,
);

/// What a read found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    Page(Page),
    /// The feed does not reach back to that position, or never came to it.
    Unknown,
}

/// The events after a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the order of their positions.
    pub events: Vec<Event>,
    /// Up to here all was read.
    pub reached: Position,
    /// Whether there may be more already.
    pub full: bool,
}

/// Reads on after a position: the events of one order, or of all.
///
/// # Errors
/// The database's.
pub async fn read(conn: &mut AsyncPgConnection, after: Position, order: Option<OrderId>) -> QueryResult<Read> {
    let (xid, order_id) = (after.xid(), order.map(|id| id.0));
    let statement = ReadFeed { xid, later_than: xid, n: after.n(), look_at: LOOK_AT, order_id };
    let rows: Vec<Row> = statement.load(conn).await?;
    let Some(&(below, oldest, ..)) = rows.as_slice().first() else { return Ok(Read::Unknown) };
    if oldest.is_none_or(|oldest| xid < oldest) || xid >= below {
        return Ok(Read::Unknown);
    }
    let mut events = Vec::new();
    let mut looked_at = Vec::new();
    for (_, _, xid, last_n, n, order_id, status, fact, at) in rows {
        let (Some(xid), Some(last_n)) = (xid, last_n) else { continue };
        looked_at.push(Position::of(xid, last_n));
        let (Some(n), Some(order_id), Some(status), Some(fact), Some(at)) = (n, order_id, status, fact, at) else {
            continue;
        };
        let position = Position::of(xid, n);
        if position > after {
            events.push(Event { position, order_id: OrderId(order_id), status, fact, at });
        }
    }
    looked_at.dedup();
    let full = i64::try_from(looked_at.len()).is_ok_and(|rows| rows >= LOOK_AT);
    let last = looked_at.last().copied().filter(|_| full);
    Ok(Read::Page(Page { events, reached: last.unwrap_or(Position::before(below)).max(after), full }))
}

runtime::statement! {
    struct Now {} "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint" -> BigInt
}

/// Where the feed ends now: everything that commits later is after it.
///
/// # Errors
/// The database's.
pub async fn end(conn: &mut AsyncPgConnection) -> QueryResult<Position> {
    Now {}.get_result(conn).await.map(Position::before)
}

runtime::statement! {
    /// Only from the beginning on, and but for the newest of the old ones: it says how far back the feed reaches, which is
    /// below every position of the time since.
    struct Forget { look_at: i64 as BigInt, kept_s: i64 as BigInt }
    "WITH oldest AS (SELECT xid, recorded_at FROM order_feed ORDER BY xid, first_n LIMIT ?) \
     DELETE FROM order_feed WHERE xid < (SELECT xid FROM oldest WHERE xid < coalesce( \
     (SELECT xid FROM oldest WHERE recorded_at > clock_timestamp() - make_interval(secs => ?) ORDER BY xid LIMIT 1), \
     '18446744073709551615'::xid8) ORDER BY xid DESC LIMIT 1)"
}

/// Forgets what is older than `kept_s` seconds, some of it at a time.
///
/// # Errors
/// The database's.
pub async fn forget(conn: &mut AsyncPgConnection, kept_s: i64) -> QueryResult<usize> {
    Forget { look_at: FORGET_MAX, kept_s }.execute(conn).await
}

/// Every replica forgets; what one of them has forgotten the others do not find.
pub(crate) fn forget_old(lifecycle: &Lifecycle, pool: Pool) {
    lifecycle.every(FORGET_EVERY, "order feed's end", move || {
        let pool = pool.clone();
        async move { Ok(forget(&mut *pool.get().await?, KEPT_S).await.map(drop)?) }
    });
}
