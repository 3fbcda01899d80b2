//! Rows in and out of the database, for one order or five hundred with the same statements.

mod facts;
mod list;
mod save;
mod summary;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;
use proto_events::ids::{OrderId, ShipmentId, UserId};
use serde_json::Value;
use uuid::Uuid;

use crate::domain::{Line, Order, Shipment};
use crate::schema::{orders, shipment};

use facts::{FactsRow, from_json};
pub use list::{Filter, LOOK_AT_MAX, Listed, list};
pub use save::{Changed, NewRow, insert, save, save_delivery, save_shipment};
pub use summary::{SUMMED_MAX, Summed, sum};

/// An order as it is locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub order: Order,
    /// Moves with every change.
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

/// All that there is of an order.
#[derive(Debug, Clone)]
pub struct Whole {
    pub stored: Stored,
    pub head: Head,
    pub lines: Vec<Line>,
    /// The first one first.
    pub shipments: Vec<Shipment>,
}

/// What is said once, when the order is placed.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    pub number: String,
    pub customer_email: String,
    pub customer_name: String,
    /// As the customer gave it.
    pub shipping_address: Option<Value>,
    /// As the customer gave it.
    pub billing_address: Option<Value>,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = orders)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct StoredRow {
    id: Uuid,
    user_id: Uuid,
    currency: String,
    total_minor: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    version: i64,
    event_seq: i64,
    #[diesel(embed)]
    facts: FactsRow,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = orders)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct HeadRow {
    number: String,
    customer_email: String,
    customer_name: String,
    lines: Value,
    shipping_address: Option<Value>,
    billing_address: Option<Value>,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = shipment)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct ShipmentRow {
    id: Uuid,
    order_id: Uuid,
    carrier: Option<String>,
    tracking_number: Option<String>,
    items: Value,
    shipped_at: DateTime<Utc>,
    shipped_by: Uuid,
    delivered_at: Option<DateTime<Utc>>,
}

type WholeRow = (StoredRow, HeadRow);

runtime::statement! {
    /// Not `now()`, which is the time before the locks were waited for.
    pub struct Clock {} "SELECT clock_timestamp()" -> Timestamptz
}

impl StoredRow {
    fn read(self) -> QueryResult<Stored> {
        let order = Order {
            id: OrderId(self.id),
            user_id: UserId(self.user_id),
            currency: self.currency,
            total_minor: self.total_minor,
            created_at: self.created_at,
            facts: self.facts.read()?,
            event_seq: self.event_seq,
        };
        Ok(Stored { order, version: self.version, updated_at: self.updated_at })
    }
}

impl ShipmentRow {
    fn read(self) -> QueryResult<Shipment> {
        Ok(Shipment {
            id: ShipmentId(self.id),
            carrier: self.carrier,
            tracking_number: self.tracking_number,
            items: from_json(self.items)?,
            shipped_at: self.shipped_at,
            shipped_by: UserId(self.shipped_by),
            delivered_at: self.delivered_at,
        })
    }
}

/// Locks orders in the order of their ids, and then reads the database's clock, in one round trip.
///
/// # Errors
/// The database's.
pub async fn lock(
    conn: &mut AsyncPgConnection,
    ids: &BTreeSet<OrderId>,
) -> QueryResult<(BTreeMap<OrderId, Stored>, DateTime<Utc>)> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let query = orders::table.filter(orders::id.eq_any(ids)).order(orders::id).for_update();
    let (clock, query) = (Clock {}, query.select(StoredRow::as_select()));
    // Both are on their way at once; the connection runs them in this order.
    let (mut first, mut second) = (&*conn, &*conn);
    let (rows, now) = try_join!(query.load(&mut first), clock.get_result(&mut second))?;
    let stored = rows.into_iter().map(|row| row.read().map(|stored| (stored.order.id, stored)));
    Ok((stored.collect::<QueryResult<_>>()?, now))
}

/// As [`lock`], but leaves out what somebody else is working on.
///
/// # Errors
/// The database's.
pub async fn lock_idle(
    conn: &mut AsyncPgConnection,
    ids: &BTreeSet<OrderId>,
) -> QueryResult<(Vec<Stored>, DateTime<Utc>)> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let query = orders::table.filter(orders::id.eq_any(ids)).order(orders::id).for_update().skip_locked();
    let (clock, query) = (Clock {}, query.select(StoredRow::as_select()));
    let (mut first, mut second) = (&*conn, &*conn);
    let (rows, now) = try_join!(query.load(&mut first), clock.get_result(&mut second))?;
    Ok((rows.into_iter().map(StoredRow::read).collect::<QueryResult<_>>()?, now))
}

/// Locks one order with all that belongs to it; `None` where there is none.
///
/// # Errors
/// The database's.
pub async fn lock_whole(conn: &mut AsyncPgConnection, id: OrderId) -> QueryResult<Option<(Whole, DateTime<Utc>)>> {
    let query = orders::table.find(id.0).for_update().select((StoredRow::as_select(), HeadRow::as_select()));
    let clock = Clock {};
    let (mut first, mut second, mut third) = (&*conn, &*conn, &*conn);
    let (rows, now, shipments) = try_join!(
        query.load::<WholeRow>(&mut first),
        clock.get_result(&mut second),
        load_shipments(&mut third, vec![id.0])
    )?;
    Ok(wholes(rows, shipments)?.pop().map(|whole| (whole, now)))
}

/// Reads one order with all that belongs to it, and the database's clock; `None` where there is none.
///
/// # Errors
/// The database's.
pub async fn find(conn: &mut AsyncPgConnection, id: OrderId) -> QueryResult<Option<(Whole, DateTime<Utc>)>> {
    let select = (StoredRow::as_select(), HeadRow::as_select(), sql::<Timestamptz>("clock_timestamp()"));
    let found: Option<(StoredRow, HeadRow, DateTime<Utc>)> =
        orders::table.find(id.0).select(select).first(conn).await.optional()?;
    let Some((stored, head, now)) = found else { return Ok(None) };
    Ok(with_shipments(conn, vec![(stored, head)]).await?.pop().map(|whole| (whole, now)))
}

/// Asks for shipments only where something left.
async fn with_shipments(conn: &mut AsyncPgConnection, rows: Vec<WholeRow>) -> QueryResult<Vec<Whole>> {
    let left = rows.iter().filter(|(row, _)| row.facts.first_shipped_at.is_some());
    let ids: Vec<Uuid> = left.map(|(row, _)| row.id).collect();
    let shipments = if ids.is_empty() { Vec::new() } else { load_shipments(&mut &*conn, ids).await? };
    wholes(rows, shipments)
}

async fn load_shipments(conn: &mut &AsyncPgConnection, orders: Vec<Uuid>) -> QueryResult<Vec<ShipmentRow>> {
    let query = shipment::table.filter(shipment::order_id.eq_any(orders)).order((shipment::order_id, shipment::id));
    query.select(ShipmentRow::as_select()).load(conn).await
}

fn wholes(rows: Vec<WholeRow>, shipments: Vec<ShipmentRow>) -> QueryResult<Vec<Whole>> {
    let mut of_order: HashMap<Uuid, Vec<Shipment>> = HashMap::new();
    for row in shipments {
        of_order.entry(row.order_id).or_default().push(row.read()?);
    }
    let whole = |(row, head): WholeRow| {
        let shipments = of_order.remove(&row.id).unwrap_or_default();
        let lines = from_json(head.lines)?;
        let head = Head {
            number: head.number,
            customer_email: head.customer_email,
            customer_name: head.customer_name,
            shipping_address: head.shipping_address,
            billing_address: head.billing_address,
        };
        Ok(Whole { stored: row.read()?, head, lines, shipments })
    };
    rows.into_iter().map(whole).collect()
}
