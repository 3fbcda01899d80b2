//! One SKU's stock, as staff change it.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::{BigInt, Bool, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::domain::{Movement, Sku, Stock};

use super::save::book;

runtime::statement! {
    struct LockShelf { sku: String as Text }
    "SELECT s.sku, s.on_hand, s.reserved, s.version, s.low_announced, s.event_seq, s.on_hand_at_version \
     FROM stock s WHERE s.sku = ? FOR UPDATE"
    -> (Text, BigInt, BigInt, BigInt, Bool, BigInt, BigInt)
}

type ShelfRow = (String, i64, i64, i64, bool, i64, i64);

runtime::statement! {
    struct InsertShelf {
        sku: String as Text, on_hand: i64 as BigInt, reserved: i64 as BigInt, version: i64 as BigInt,
        book: i64 as BigInt, low_announced: bool as Bool, event_seq: i64 as BigInt,
    }
    "INSERT INTO stock (sku, on_hand, reserved, version, on_hand_at_version, low_announced, event_seq) \
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sku) DO NOTHING"
}

runtime::statement! {
    struct UpdateShelf {
        on_hand: i64 as BigInt, version: i64 as BigInt, book: i64 as BigInt, low_announced: bool as Bool,
        event_seq: i64 as BigInt, sku: String as Text,
    }
    "UPDATE stock SET on_hand = ?, version = ?, on_hand_at_version = ?, low_announced = ?, event_seq = ? WHERE sku = ?"
}

runtime::statement! {
    struct Clock {} "SELECT clock_timestamp()" -> Timestamptz
}

/// A SKU's stock, and what was on hand when its version was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    pub stock: Stock,
    pub on_hand_at_version: i64,
}

/// Locks a SKU's stock, where there is any, and then reads the database's clock.
///
/// # Errors
/// The database's.
pub async fn lock_shelf(conn: &mut AsyncPgConnection, sku: &Sku) -> QueryResult<(Option<Shelf>, DateTime<Utc>)> {
    let rows: Vec<ShelfRow> = LockShelf { sku: sku.as_str().to_owned() }.load(conn).await?;
    let now = Clock {}.get_result(conn).await?;
    let Some((sku, on_hand, reserved, version, low_announced, event_seq, on_hand_at_version)) = rows.into_iter().next()
    else {
        return Ok((None, now));
    };
    let stock = super::stock((sku, on_hand, reserved, version, low_announced, event_seq))?;
    Ok((Some(Shelf { stock, on_hand_at_version }), now))
}

/// Writes the first stock of a SKU and its movement; false when somebody else was first.
///
/// # Errors
/// The database's.
pub async fn insert_shelf(
    conn: &mut AsyncPgConnection,
    stock: &Stock,
    movement: Option<&Movement>,
) -> QueryResult<bool> {
    let insert = InsertShelf {
        sku: stock.sku.as_str().to_owned(),
        on_hand: stock.on_hand,
        reserved: stock.reserved,
        version: stock.version,
        book: stock.on_hand,
        low_announced: stock.low_announced,
        event_seq: stock.event_seq,
    };
    let first = insert.execute(conn).await? == 1;
    if let Some(movement) = movement.filter(|_| first) {
        book(conn, std::slice::from_ref(movement)).await?;
    }
    Ok(first)
}

/// Writes a locked stock that staff changed, and its movement.
///
/// # Errors
/// The database's.
pub async fn update_shelf(conn: &mut AsyncPgConnection, stock: &Stock, movement: Option<&Movement>) -> QueryResult<()> {
    let update = UpdateShelf {
        on_hand: stock.on_hand,
        version: stock.version,
        book: stock.on_hand,
        low_announced: stock.low_announced,
        event_seq: stock.event_seq,
        sku: stock.sku.as_str().to_owned(),
    };
    update.execute(conn).await?;
    match movement {
        Some(movement) => book(conn, std::slice::from_ref(movement)).await,
        None => Ok(()),
    }
}
