//! Orders in pages, the newest first.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;
use proto_events::ids::UserId;
use uuid::Uuid;

use crate::domain::Status;
use crate::ids;
use crate::schema::orders;

use super::{Clock, HeadRow, StoredRow, Whole, WholeRow, with_shipments};

/// Orders that are looked at for one page of a status. The status is in no index, since each order changes it several
/// times; so a page of a rare status may be short, and the next one goes on from there.
pub const LOOK_AT_MAX: i64 = 20_000;

/// Which orders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this customer only.
    pub user_id: Option<UserId>,
    pub status: Option<Status>,
    pub number: Option<String>,
    pub created_after: Option<DateTime<Utc>>,
    /// Only older ones than this: where the page before ended.
    pub before: Option<Uuid>,
}

/// A page, and perhaps a row more.
#[derive(Debug)]
pub struct Listed {
    pub orders: Vec<Whole>,
    /// Where to go on, when looking was ended before `most` were found.
    pub go_on_at: Option<Uuid>,
    /// The database's clock.
    pub now: DateTime<Utc>,
}

/// Reads at most `most` orders.
///
/// # Errors
/// The database's.
pub async fn list(conn: &mut AsyncPgConnection, filter: &Filter, most: i64) -> QueryResult<Listed> {
    let last = match filter.status {
        Some(_) => last_to_look_at(conn, filter).await?,
        None => None,
    };
    let mut query = matching(filter);
    if let Some(status) = filter.status {
        query = query.filter(orders::status.eq(status.as_str()));
    }
    if let Some(last) = last {
        query = query.filter(orders::id.ge(last));
    }
    let query = query.order(orders::id.desc()).limit(most).select((StoredRow::as_select(), HeadRow::as_select()));
    let clock = Clock {};
    // Both are on their way at once.
    let (mut first, mut second) = (&*conn, &*conn);
    let (rows, now) = try_join!(query.load::<WholeRow>(&mut first), clock.get_result(&mut second))?;
    let orders = with_shipments(conn, rows).await?;
    let full = i64::try_from(orders.len()).is_ok_and(|found| found >= most);
    Ok(Listed { orders, go_on_at: last.filter(|_| !full), now })
}

/// The order at which looking ends; `None` when there are fewer.
async fn last_to_look_at(conn: &mut AsyncPgConnection, filter: &Filter) -> QueryResult<Option<Uuid>> {
    let query = matching(filter).order(orders::id.desc()).offset(LOOK_AT_MAX - 1).limit(1).select(orders::id);
    query.first(conn).await.optional()
}

/// By everything but the status.
fn matching(filter: &Filter) -> orders::BoxedQuery<'static, diesel::pg::Pg> {
    let mut query = orders::table.into_boxed();
    if let Some(user_id) = filter.user_id {
        query = query.filter(orders::user_id.eq(user_id.0));
    }
    if let Some(number) = &filter.number {
        query = query.filter(orders::number.eq(number.clone()));
    }
    if let Some(time) = filter.created_after {
        // The id alone ends the search; within its millisecond the exact time decides.
        query = query.filter(orders::id.ge(ids::first_at(time)).and(orders::created_at.gt(time)));
    }
    if let Some(before) = filter.before {
        query = query.filter(orders::id.lt(before));
    }
    query
}
