//! Writing back what a batch changed: one statement per table, none for a table that did not change.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;
use serde_json::Value;
use uuid::Uuid;

use crate::domain::{Movement, Reservation, Stock, Warehouse};

runtime::statement! {
    struct UpdateStock {
        skus: Vec<String> as Array<Text>,
        on_hand: Vec<i64> as Array<BigInt>,
        reserved: Vec<i64> as Array<BigInt>,
        low_announced: Vec<bool> as Array<Bool>,
        event_seqs: Vec<i64> as Array<BigInt>,
    }
    "UPDATE stock SET on_hand = n.on_hand, reserved = n.reserved, low_announced = n.low_announced, \
     event_seq = n.event_seq \
     FROM unnest(?, ?, ?, ?, ?) AS n (sku, on_hand, reserved, low_announced, event_seq) WHERE stock.sku = n.sku"
}

/// The columns of reservations, as arrays.
#[derive(Debug, Default)]
struct Columns {
    order_ids: Vec<Uuid>,
    ids: Vec<Uuid>,
    origins: Vec<String>,
    states: Vec<String>,
    lines: Vec<Value>,
    expires_at: Vec<Option<DateTime<Utc>>>,
    created_at: Vec<DateTime<Utc>>,
    event_seqs: Vec<i64>,
}

macro_rules! reservations_statement {
    ($name:ident, $text:literal) => {
        runtime::statement! {
            struct $name {
                order_ids: Vec<Uuid> as Array<SqlUuid>,
                ids: Vec<Uuid> as Array<SqlUuid>,
                origins: Vec<String> as Array<Text>,
                states: Vec<String> as Array<Text>,
                lines: Vec<Value> as Array<Jsonb>,
                expires_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
                created_at: Vec<DateTime<Utc>> as Array<Timestamptz>,
                event_seqs: Vec<i64> as Array<BigInt>,
            }
            $text
        }

        impl From<Columns> for $name {
            fn from(columns: Columns) -> Self {
                let Columns { order_ids, ids, origins, states, lines, expires_at, created_at, event_seqs } = columns;
                Self { order_ids, ids, origins, states, lines, expires_at, created_at, event_seqs }
            }
        }
    };
}

reservations_statement!(
    InsertReservations,
    "INSERT INTO reservation (order_id, reservation_id, origin, state, lines, expires_at, created_at, event_seq) \
     SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (order_id) DO NOTHING"
);
reservations_statement!(
    UpdateReservations,
    "UPDATE reservation SET reservation_id = n.reservation_id, origin = n.origin, state = n.state, lines = n.lines, \
     expires_at = n.expires_at, created_at = n.created_at, event_seq = n.event_seq \
     FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) \
     AS n (order_id, reservation_id, origin, state, lines, expires_at, created_at, event_seq) \
     WHERE reservation.order_id = n.order_id"
);

runtime::statement! {
    struct InsertMovements {
        skus: Vec<String> as Array<Text>,
        kinds: Vec<String> as Array<Text>,
        deltas: Vec<i64> as Array<BigInt>,
        on_hand_after: Vec<i64> as Array<BigInt>,
        reasons: Vec<String> as Array<Text>,
        actors: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
        order_ids: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
        at: Vec<DateTime<Utc>> as Array<Timestamptz>,
    }
    "INSERT INTO stock_movement (sku, kind, delta, on_hand_after, reason, actor, order_id, at) \
     SELECT sku, kind, delta, on_hand_after, reason, actor, order_id, at \
     FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) WITH ORDINALITY \
     AS n (sku, kind, delta, on_hand_after, reason, actor, order_id, at, position) ORDER BY position"
}

/// Writes what differs between `before` (as it was locked) and `after`, in one round trip.
///
/// # Errors
/// The database's. One that passes by itself when another process made one of the reservations in the meantime: nothing
/// locks a row that is not there yet, so the whole batch has to look again.
pub async fn save(conn: &AsyncPgConnection, before: &Warehouse, after: &Warehouse) -> QueryResult<()> {
    let stock: Vec<&Stock> =
        after.stock.values().filter(|stock| before.stock.get(&stock.sku) != Some(*stock)).collect();
    let (known, new): (Vec<&Reservation>, Vec<&Reservation>) = after
        .reservations
        .values()
        .filter(|row| before.reservations.get(&row.order_id) != Some(*row))
        .partition(|row| before.reservations.contains_key(&row.order_id));
    // All are on their way at once; the connection runs them one after the other.
    let (mut first, mut second, mut third, mut fourth) = (conn, conn, conn, conn);
    let (inserted, ..) = try_join!(
        async {
            let rows = new.len();
            if rows == 0 { Ok(0) } else { InsertReservations::from(columns(&new)?).execute(&mut first).await }
        },
        async {
            if known.is_empty() { Ok(0) } else { UpdateReservations::from(columns(&known)?).execute(&mut second).await }
        },
        async { if stock.is_empty() { Ok(0) } else { update_stock(&stock).execute(&mut third).await } },
        async {
            let none = after.movements.is_empty();
            if none { Ok(0) } else { insert_movements(&after.movements).execute(&mut fourth).await }
        },
    )?;
    if inserted < new.len() {
        let text = "another process made a reservation of this batch first";
        return Err(DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, Box::new(text.to_owned())));
    }
    Ok(())
}

fn columns(rows: &[&Reservation]) -> QueryResult<Columns> {
    let mut columns = Columns::default();
    for row in rows {
        let lines: serde_json::Map<String, Value> =
            row.lines.iter().map(|(sku, quantity)| (sku.as_str().to_owned(), Value::from(*quantity))).collect();
        columns.order_ids.push(row.order_id.0);
        columns.ids.push(row.id.0);
        columns.origins.push(row.origin.as_str().to_owned());
        columns.states.push(row.state.as_str().to_owned());
        columns.lines.push(Value::Object(lines));
        columns.expires_at.push(row.expires_at);
        columns.created_at.push(row.created_at);
        columns.event_seqs.push(row.event_seq);
    }
    Ok(columns)
}

fn update_stock(stock: &[&Stock]) -> UpdateStock {
    UpdateStock {
        skus: stock.iter().map(|stock| stock.sku.as_str().to_owned()).collect(),
        on_hand: stock.iter().map(|stock| stock.on_hand).collect(),
        reserved: stock.iter().map(|stock| stock.reserved).collect(),
        low_announced: stock.iter().map(|stock| stock.low_announced).collect(),
        event_seqs: stock.iter().map(|stock| stock.event_seq).collect(),
    }
}

fn insert_movements(movements: &[Movement]) -> InsertMovements {
    InsertMovements {
        skus: movements.iter().map(|movement| movement.sku.as_str().to_owned()).collect(),
        kinds: movements.iter().map(|movement| movement.kind.as_str().to_owned()).collect(),
        deltas: movements.iter().map(|movement| movement.delta).collect(),
        on_hand_after: movements.iter().map(|movement| movement.on_hand_after).collect(),
        reasons: movements.iter().map(|movement| movement.reason.clone()).collect(),
        actors: movements.iter().map(|movement| movement.actor.map(|actor| actor.0)).collect(),
        order_ids: movements.iter().map(|movement| movement.order_id.map(|order| order.0)).collect(),
        at: movements.iter().map(|movement| movement.at).collect(),
    }
}

/// Appends to the ledger, in order.
///
/// # Errors
/// The database's.
pub(super) async fn book(conn: &mut AsyncPgConnection, movements: &[Movement]) -> QueryResult<()> {
    insert_movements(movements).execute(conn).await.map(drop)
}
