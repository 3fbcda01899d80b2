//! Writing orders: one statement for any number of them.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use proto_events::ids::OrderId;
use serde_json::Value;
use uuid::Uuid;

use crate::domain::{Line, Order, Shipment, status, timeline};
use crate::schema::shipment;

use super::Head;
use super::facts::{FactsRow, json};

/// A locked order before and after, and what is new of it.
#[derive(Debug, Clone)]
pub struct Changed<'a> {
    pub was: &'a Order,
    pub order: &'a Order,
    /// The names of its new facts.
    pub news: Vec<&'static str>,
}

impl<'a> Changed<'a> {
    pub fn of(was: &'a Order, is: &'a Order) -> Self {
        Self { was, order: is, news: timeline::news(&was.facts, &is.facts) }
    }
}

/// An order that was placed just now.
#[derive(Debug, Clone)]
pub struct NewRow {
    pub order: Order,
    pub head: Head,
    pub lines: Vec<Line>,
    /// It came with a payment method.
    pub pays_at_once: bool,
}

runtime::statement! {
    struct InsertOrders {
        ids: Vec<Uuid> as Array<SqlUuid>,
        users: Vec<Uuid> as Array<SqlUuid>,
        currencies: Vec<String> as Array<Text>,
        totals: Vec<i64> as Array<BigInt>,
        created_at: Vec<DateTime<Utc>> as Array<Timestamptz>,
        event_seqs: Vec<i64> as Array<BigInt>,
        statuses: Vec<String> as Array<Text>,
        numbers: Vec<String> as Array<Text>,
        emails: Vec<String> as Array<Text>,
        names: Vec<String> as Array<Text>,
        lines: Vec<Value> as Array<Jsonb>,
        shipping: Vec<Option<Value>> as Array<Nullable<Jsonb>>,
        billing: Vec<Option<Value>> as Array<Nullable<Jsonb>>,
        pay_at_once: Vec<bool> as Array<Bool>,
    }
    // Of the parameters, which are numbered as they come below, $1 are the ids, $5 the times and $7 the statuses.
    "WITH fed AS (INSERT INTO order_feed (first_n, recorded_at, order_ids, statuses, facts) \
     SELECT 0, ($5::timestamptz[])[1], $1::uuid[], $7::text[], array_fill('created'::text, ARRAY[cardinality($1::uuid[])])) \
     INSERT INTO orders (id, user_id, currency, total_minor, created_at, updated_at, version, event_seq, status, number, \
     customer_email, customer_name, lines, shipping_address, billing_address, pays_at_once) \
     SELECT id, user_id, currency, total_minor, created_at, created_at, 1, event_seq, status, number, \
     customer_email, customer_name, lines, shipping_address, billing_address, pays_at_once \
     FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS n (id, user_id, currency, total_minor, created_at, event_seq, \
     status, number, customer_email, customer_name, lines, shipping_address, billing_address, pays_at_once) \
     ON CONFLICT DO NOTHING"
}

/// Writes new orders with version 1, and tells those who watch.
///
/// # Errors
/// The database's. One that passes by itself when an order's number was taken already: try again with others.
pub async fn insert(conn: &AsyncPgConnection, rows: &[NewRow]) -> QueryResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let orders = || rows.iter().map(|row| &row.order);
    let heads = || rows.iter().map(|row| &row.head);
    let insert = InsertOrders {
        ids: orders().map(|order| order.id.0).collect(),
        users: orders().map(|order| order.user_id.0).collect(),
        currencies: orders().map(|order| order.currency.clone()).collect(),
        totals: orders().map(|order| order.total_minor).collect(),
        created_at: orders().map(|order| order.created_at).collect(),
        event_seqs: orders().map(|order| order.event_seq).collect(),
        statuses: orders().map(|order| status(order).as_str().to_owned()).collect(),
        numbers: heads().map(|head| head.number.clone()).collect(),
        emails: heads().map(|head| head.customer_email.clone()).collect(),
        names: heads().map(|head| head.customer_name.clone()).collect(),
        lines: rows.iter().map(|row| json(&row.lines)).collect::<QueryResult<_>>()?,
        shipping: heads().map(|head| head.shipping_address.clone()).collect(),
        billing: heads().map(|head| head.billing_address.clone()).collect(),
        pay_at_once: rows.iter().map(|row| row.pays_at_once).collect(),
    };
    if insert.execute(&mut &*conn).await? < rows.len() {
        let text = "an order's number was taken already";
        return Err(DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, Box::new(text.to_owned())));
    }
    Ok(())
}

runtime::statement! {
    struct UpdateOrders {
        now: DateTime<Utc> as Timestamptz,
        news_of: Vec<Uuid> as Array<SqlUuid>,
        news_statuses: Vec<String> as Array<Text>,
        news: Vec<&'static str> as Array<Text>,
        updated_at: DateTime<Utc> as Timestamptz,
        ids: Vec<Uuid> as Array<SqlUuid>,
        event_seqs: Vec<i64> as Array<BigInt>,
        statuses: Vec<String> as Array<Text>,
        reserved_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        expires_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        payment_deadline: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        rejected_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        rejected_lines: Vec<Option<Value>> as Array<Nullable<Jsonb>>,
        initiated_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        unknown_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        paid_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        captured_minor: Vec<Option<i64>> as Array<Nullable<BigInt>>,
        failed_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        failure_reason: Vec<Option<String>> as Array<Nullable<Text>>,
        decline_code: Vec<Option<String>> as Array<Nullable<Text>>,
        committed_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        stock_lost_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        stock_lost_lines: Vec<Option<Value>> as Array<Nullable<Jsonb>>,
        cancel_requested_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        cancelled_by: Vec<Option<String>> as Array<Nullable<Text>>,
        cancelled_by_user: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
        cancel_note: Vec<Option<String>> as Array<Nullable<Text>>,
        refunded_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        refunded_minor: Vec<Option<i64>> as Array<Nullable<BigInt>>,
        refund_failed_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        refund_failed_id: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
        refund_failed_minor: Vec<Option<i64>> as Array<Nullable<BigInt>>,
        refund_failed_code: Vec<Option<String>> as Array<Nullable<Text>>,
        first_shipped_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        shipped_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        delivered_at: Vec<Option<DateTime<Utc>>> as Array<Nullable<Timestamptz>>,
        delivered_by: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
    }
    // A replay of dead letters saves several times in one transaction.
    "WITH fed AS (INSERT INTO order_feed (first_n, recorded_at, order_ids, statuses, facts) \
     SELECT coalesce((SELECT first_n + cardinality(order_ids) FROM order_feed WHERE xid = pg_current_xact_id() \
     ORDER BY first_n DESC LIMIT 1), 0), n.* \
     FROM (SELECT ?::timestamptz, ?::uuid[] AS ids, ?::text[], ?::text[]) AS n WHERE cardinality(n.ids) > 0) \
     UPDATE orders SET updated_at = ?, version = orders.version + 1, event_seq = n.event_seq, status = n.status, \
     reserved_at = n.reserved_at, expires_at = n.expires_at, payment_deadline = n.payment_deadline, \
     rejected_at = n.rejected_at, rejected_lines = n.rejected_lines, initiated_at = n.initiated_at, \
     unknown_at = n.unknown_at, paid_at = n.paid_at, captured_minor = n.captured_minor, \
     failed_at = n.failed_at, failure_reason = n.failure_reason, decline_code = n.decline_code, \
     committed_at = n.committed_at, stock_lost_at = n.stock_lost_at, \
     stock_lost_lines = n.stock_lost_lines, cancel_requested_at = n.cancel_requested_at, \
     cancelled_by = n.cancelled_by, cancelled_by_user = n.cancelled_by_user, cancel_note = n.cancel_note, \
     refunded_at = n.refunded_at, refunded_minor = n.refunded_minor, \
     refund_failed_at = n.refund_failed_at, refund_failed_id = n.refund_failed_id, \
     refund_failed_minor = n.refund_failed_minor, refund_failed_code = n.refund_failed_code, \
     first_shipped_at = n.first_shipped_at, shipped_at = n.shipped_at, delivered_at = n.delivered_at, \
     delivered_by = n.delivered_by \
     FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
     AS n (id, event_seq, status, reserved_at, expires_at, payment_deadline, rejected_at, rejected_lines, \
     initiated_at, unknown_at, paid_at, captured_minor, failed_at, failure_reason, decline_code, \
     committed_at, stock_lost_at, stock_lost_lines, cancel_requested_at, cancelled_by, cancelled_by_user, \
     cancel_note, refunded_at, refunded_minor, refund_failed_at, refund_failed_id, refund_failed_minor, \
     refund_failed_code, first_shipped_at, shipped_at, delivered_at, delivered_by) \
     WHERE orders.id = n.id"
}

/// Writes locked orders that changed, in one statement, and what is new of them for those who watch; each gets its next
/// version.
///
/// # Errors
/// The database's.
pub async fn save(conn: &AsyncPgConnection, changed: &[Changed<'_>], now: DateTime<Utc>) -> QueryResult<()> {
    if changed.is_empty() {
        return Ok(());
    }
    update(changed, now)?.execute(&mut &*conn).await.map(drop)
}

fn update(changed: &[Changed<'_>], now: DateTime<Utc>) -> QueryResult<UpdateOrders> {
    let news = || changed.iter().flat_map(|changed| changed.news.iter().map(|fact| (changed.order, *fact)));
    let orders: Vec<&Order> = changed.iter().map(|changed| changed.order).collect();
    let facts: Vec<FactsRow> = orders.iter().map(|order| FactsRow::of(&order.facts)).collect::<QueryResult<_>>()?;
    Ok(UpdateOrders {
        now,
        news_of: news().map(|(order, _)| order.id.0).collect(),
        news_statuses: news().map(|(order, _)| status(order).as_str().to_owned()).collect(),
        news: news().map(|(_, fact)| fact).collect(),
        updated_at: now,
        ids: orders.iter().map(|order| order.id.0).collect(),
        event_seqs: orders.iter().map(|order| order.event_seq).collect(),
        statuses: orders.iter().map(|order| status(order).as_str().to_owned()).collect(),
        reserved_at: facts.iter().map(|row| row.reserved_at).collect(),
        expires_at: facts.iter().map(|row| row.expires_at).collect(),
        payment_deadline: facts.iter().map(|row| row.payment_deadline).collect(),
        rejected_at: facts.iter().map(|row| row.rejected_at).collect(),
        rejected_lines: facts.iter().map(|row| row.rejected_lines.clone()).collect(),
        initiated_at: facts.iter().map(|row| row.initiated_at).collect(),
        unknown_at: facts.iter().map(|row| row.unknown_at).collect(),
        paid_at: facts.iter().map(|row| row.paid_at).collect(),
        captured_minor: facts.iter().map(|row| row.captured_minor).collect(),
        failed_at: facts.iter().map(|row| row.failed_at).collect(),
        failure_reason: facts.iter().map(|row| row.failure_reason.clone()).collect(),
        decline_code: facts.iter().map(|row| row.decline_code.clone()).collect(),
        committed_at: facts.iter().map(|row| row.committed_at).collect(),
        stock_lost_at: facts.iter().map(|row| row.stock_lost_at).collect(),
        stock_lost_lines: facts.iter().map(|row| row.stock_lost_lines.clone()).collect(),
        cancel_requested_at: facts.iter().map(|row| row.cancel_requested_at).collect(),
        cancelled_by: facts.iter().map(|row| row.cancelled_by.clone()).collect(),
        cancelled_by_user: facts.iter().map(|row| row.cancelled_by_user).collect(),
        cancel_note: facts.iter().map(|row| row.cancel_note.clone()).collect(),
        refunded_at: facts.iter().map(|row| row.refunded_at).collect(),
        refunded_minor: facts.iter().map(|row| row.refunded_minor).collect(),
        refund_failed_at: facts.iter().map(|row| row.refund_failed_at).collect(),
        refund_failed_id: facts.iter().map(|row| row.refund_failed_id).collect(),
        refund_failed_minor: facts.iter().map(|row| row.refund_failed_minor).collect(),
        refund_failed_code: facts.iter().map(|row| row.refund_failed_code.clone()).collect(),
        first_shipped_at: facts.iter().map(|row| row.first_shipped_at).collect(),
        shipped_at: facts.iter().map(|row| row.shipped_at).collect(),
        delivered_at: facts.iter().map(|row| row.delivered_at).collect(),
        delivered_by: facts.iter().map(|row| row.delivered_by).collect(),
    })
}

/// Writes a shipment of a locked order.
///
/// # Errors
/// The database's.
pub async fn save_shipment(conn: &mut AsyncPgConnection, order_id: OrderId, new: &Shipment) -> QueryResult<()> {
    let row = (
        shipment::id.eq(new.id.0),
        shipment::order_id.eq(order_id.0),
        shipment::carrier.eq(&new.carrier),
        shipment::tracking_number.eq(&new.tracking_number),
        shipment::items.eq(json(&new.items)?),
        shipment::shipped_at.eq(new.shipped_at),
        shipment::shipped_by.eq(new.shipped_by.0),
        shipment::delivered_at.eq(new.delivered_at),
    );
    diesel::insert_into(shipment::table).values(row).execute(conn).await.map(drop)
}

/// Notes that all shipments of a locked order arrived.
///
/// # Errors
/// The database's.
pub async fn save_delivery(conn: &mut AsyncPgConnection, order_id: OrderId, at: DateTime<Utc>) -> QueryResult<()> {
    let travelling = shipment::table.filter(shipment::order_id.eq(order_id.0).and(shipment::delivered_at.is_null()));
    diesel::update(travelling).set(shipment::delivered_at.eq(at)).execute(conn).await.map(drop)
}
