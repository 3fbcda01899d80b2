//! Counting orders by day.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryResult;
use diesel::sql_types::{BigInt, Date, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::ids;

/// Orders that one summary looks at, the newest: some 0.3 seconds of the database's time.
pub const SUMMED_MAX: i64 = 200_000;

runtime::statement! {
    /// Nothing that changes is indexed: the ids, which grow with time, find the rows.
    struct Sum { since: Uuid as SqlUuid, most: i64 as BigInt }
    "SELECT (created_at AT TIME ZONE 'UTC')::date, currency, status, count(*), \
     (sum(total_minor - coalesce(refunded_minor, 0)) FILTER (WHERE status IN ('PAID', 'SHIPPED', 'DELIVERED')) \
     )::bigint, min(created_at) \
     FROM (SELECT created_at, currency, status, total_minor, refunded_minor FROM orders WHERE id >= ? \
           ORDER BY id DESC LIMIT ?) AS o \
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    -> (Date, Text, Text, BigInt, diesel::sql_types::Nullable<BigInt>, Timestamptz)
}

/// The orders of a day that have a currency and a status in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summed {
    /// By UTC.
    pub day: NaiveDate,
    pub currency: String,
    pub status: String,
    pub orders: i64,
    /// What was paid and not given back, in minor units; nothing for what is not paid.
    pub revenue_minor: i64,
    /// The first of them.
    pub since: DateTime<Utc>,
}

/// Sums up the orders placed since a moment, of which it looks at [`SUMMED_MAX`] at most. By day, currency and status.
///
/// # Errors
/// The database's.
pub async fn sum(conn: &mut AsyncPgConnection, since: DateTime<Utc>) -> QueryResult<Vec<Summed>> {
    type Row = (NaiveDate, String, String, i64, Option<i64>, DateTime<Utc>);
    let rows: Vec<Row> = Sum { since: ids::first_at(since), most: SUMMED_MAX }.load(conn).await?;
    let summed = |(day, currency, status, orders, revenue, since): Row| Summed {
        day,
        currency,
        status,
        orders,
        revenue_minor: revenue.unwrap_or_default(),
        since,
    };
    Ok(rows.into_iter().map(summed).collect())
}
