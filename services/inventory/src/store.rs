//! Rows in and out of the database, for one order or five hundred with the same statements.
//!
//! Lock order, for everybody: reservations by order id, then stock by SKU. Who keeps to it cannot deadlock.

mod look;
mod save;
mod single;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::result::Error as DieselError;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;
use proto_events::ids::{OrderId, ReservationId};
use serde_json::Value;
use uuid::Uuid;

use crate::domain::{Origin, Reservation, Sku, State, Stock, Warehouse};

pub use look::{Look, recall, remember};
pub use save::save;
pub use single::{Shelf, insert_shelf, lock_shelf, update_shelf};

runtime::statement! {
    struct LockReservations { order_ids: Vec<Uuid> as Array<SqlUuid> }
    "SELECT order_id, reservation_id, origin, state, lines, expires_at, created_at, event_seq \
     FROM reservation WHERE order_id = ANY(?) ORDER BY order_id FOR UPDATE"
    -> (SqlUuid, SqlUuid, Text, Text, Jsonb, Nullable<Timestamptz>, Timestamptz, BigInt)
}

type ReservationRow = (Uuid, Uuid, String, String, Value, Option<DateTime<Utc>>, DateTime<Utc>, i64);

runtime::statement! {
    struct LockStock { skus: Vec<String> as Array<Text> }
    "SELECT sku, on_hand, reserved, version, low_announced, event_seq \
     FROM stock WHERE sku = ANY(?) ORDER BY sku FOR UPDATE"
    -> (Text, BigInt, BigInt, BigInt, Bool, BigInt)
}

runtime::statement! {
    /// A seeded bug: two transactions with the same SKUs lock them in different orders.
    struct LockStockUnsorted { skus: Vec<String> as Array<Text> }
    "SELECT sku, on_hand, reserved, version, low_announced, event_seq \
     FROM stock WHERE sku = ANY(?) ORDER BY random() FOR UPDATE"
    -> (Text, BigInt, BigInt, BigInt, Bool, BigInt)
}

pub(crate) type StockRow = (String, i64, i64, i64, bool, i64);

runtime::statement! {
    /// Not `now()`, which is the time before the locks were waited for.
    struct Clock {} "SELECT clock_timestamp()" -> Timestamptz
}

runtime::statement! {
    /// Holds whose time is over, the oldest first, unless somebody else is working on them.
    struct LockExpired { most: i64 as BigInt }
    "SELECT order_id FROM reservation WHERE state = 'HELD' AND expires_at <= now() \
     ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED" -> SqlUuid
}

runtime::statement! {
    /// A seeded bug: the time is this process's.
    struct LockExpiredBy { now: DateTime<Utc> as Timestamptz, most: i64 as BigInt }
    "SELECT order_id FROM reservation WHERE state = 'HELD' AND expires_at <= ? \
     ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED" -> SqlUuid
}

runtime::statement! {
    struct CountHeld {} "SELECT count(*) FROM reservation WHERE state = 'HELD'" -> BigInt
}

/// Locks the reservations of these orders, in the order of their ids.
///
/// # Errors
/// The database's.
pub async fn lock_reservations(conn: &mut AsyncPgConnection, orders: &BTreeSet<OrderId>) -> QueryResult<Warehouse> {
    let statement = LockReservations { order_ids: orders.iter().map(|order| order.0).collect() };
    let rows: Vec<ReservationRow> = statement.load(conn).await?;
    let reservations = rows.into_iter().map(|row| reservation(row).map(|row| (row.order_id, row)));
    Ok(Warehouse { reservations: reservations.collect::<QueryResult<_>>()?, ..Warehouse::default() })
}

/// Locks the stock of these SKUs, sorted, and then reads the database's clock, in one round trip.
///
/// # Errors
/// The database's.
pub async fn lock_stock(
    conn: &mut AsyncPgConnection,
    warehouse: &mut Warehouse,
    skus: &BTreeSet<Sku>,
) -> QueryResult<DateTime<Utc>> {
    let skus: Vec<String> = skus.iter().map(|sku| sku.as_str().to_owned()).collect();
    if runtime::mutant!("unsorted-locks") {
        LockStockUnsorted { skus: skus.clone() }.load::<StockRow>(conn).await?;
    }
    let statement = LockStock { skus };
    let clock = Clock {};
    // Both are on their way at once; the connection runs them in this order.
    let (mut first, mut second) = (&*conn, &*conn);
    let (rows, now) = try_join!(statement.load::<StockRow>(&mut first), clock.get_result(&mut second))?;
    for row in rows {
        let stock = stock(row)?;
        warehouse.stock.insert(stock.sku.clone(), stock);
    }
    Ok(now)
}

/// Locks at most `most` holds whose time is over.
///
/// # Errors
/// The database's.
pub async fn lock_expired(conn: &mut AsyncPgConnection, most: i64) -> QueryResult<Vec<OrderId>> {
    let orders: Vec<Uuid> = if runtime::mutant!("expiry-by-own-clock") {
        LockExpiredBy { now: Utc::now(), most }.load(conn).await?
    } else {
        LockExpired { most }.load(conn).await?
    };
    Ok(orders.into_iter().map(OrderId).collect())
}

/// How many reservations are held.
///
/// # Errors
/// The database's.
pub async fn count_held(conn: &mut AsyncPgConnection) -> QueryResult<i64> {
    CountHeld {}.get_result(conn).await
}

fn reservation(row: ReservationRow) -> QueryResult<Reservation> {
    let (order_id, id, origin, state, lines, expires_at, created_at, event_seq) = row;
    let lines: std::collections::BTreeMap<String, i64> = serde_json::from_value(lines).map_err(unreadable)?;
    let lines = lines.into_iter().map(|(sku, quantity)| Ok((sku.parse().map_err(unreadable)?, quantity)));
    Ok(Reservation {
        id: ReservationId(id),
        order_id: OrderId(order_id),
        origin: named(&[Origin::Saga, Origin::Manual], Origin::as_str, &origin)?,
        state: named(&STATES, State::as_str, &state)?,
        lines: lines.collect::<QueryResult<_>>()?,
        expires_at,
        created_at,
        event_seq,
    })
}

const STATES: [State; 6] =
    [State::Held, State::Committed, State::Released, State::Expired, State::Returned, State::Rejected];

fn named<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, text: &str) -> QueryResult<T> {
    let found = all.iter().copied().find(|value| name(*value) == text);
    found.ok_or_else(|| DieselError::DeserializationError(format!("unknown name {text}").into()))
}

pub(crate) fn stock((sku, on_hand, reserved, version, low_announced, event_seq): StockRow) -> QueryResult<Stock> {
    Ok(Stock { sku: sku.parse().map_err(unreadable)?, on_hand, reserved, version, low_announced, event_seq })
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> DieselError {
    DieselError::DeserializationError(error.into())
}
