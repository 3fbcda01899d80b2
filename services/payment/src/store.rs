//! Payments in the database: locked together, changed in memory, written together.

mod rows;
mod writes;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::Timestamptz;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;
use messaging::Outgoing;
use messaging::outbox;
use proto_events::Event;
use proto_events::ids::{OrderId, PaymentId};
use uuid::Uuid;

use crate::domain::{Attempt, AttemptState, Context, Payment, Refund, RefundState, ledger};
use crate::metrics;
use crate::schema::{attempt, payment, refund};
use rows::{AttemptRow, PaymentRow, RefundRow};
use writes::{WriteAttempts, WriteLedger, WritePayments, WriteRefunds};

runtime::statement! {
    /// The clock at this moment, not at the start of the transaction: locks may have been waited for.
    struct Clock {}
    "SELECT clock_timestamp()" -> Timestamptz
}

/// A payment as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub payment: Payment,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    traceparent: Option<String>,
    version: i64,
}

/// A locked payment, and what this transaction makes of it.
#[derive(Debug)]
pub struct Entry {
    /// As it is in the database; of a new one, as it would be without this transaction.
    before: Payment,
    pub payment: Payment,
    /// Zero for a new one.
    version: i64,
    traceparent: Option<String>,
    events: Vec<Outgoing>,
}

/// The locked payments of a transaction.
#[derive(Debug)]
pub struct Batch {
    /// The database's time, after the locks were there.
    pub now: DateTime<Utc>,
    entries: BTreeMap<OrderId, Entry>,
}

impl Entry {
    fn of(stored: Stored) -> Self {
        let Stored { payment, traceparent, version, .. } = stored;
        Self { before: payment.clone(), payment, version, traceparent, events: Vec::new() }
    }

    fn new(order_id: OrderId) -> Self {
        let payment = Payment::new(PaymentId(Uuid::now_v7()), order_id);
        Self { before: payment.clone(), payment, version: 0, traceparent: None, events: Vec::new() }
    }

    /// Notes what moves the payment on: events from here on belong to its trace.
    pub fn traced(&mut self, traceparent: Option<&str>) -> &mut Self {
        if let Some(traceparent) = traceparent {
            self.traceparent = Some(traceparent.to_owned());
        }
        self
    }

    /// Takes the outcome of one of the core's functions.
    pub fn put(&mut self, (payment, events): (Payment, Vec<Event>)) {
        self.payment = payment;
        let key = self.payment.order_id.to_string();
        self.events.extend(outbox::number(&key, &mut self.payment.event_seq, events, self.traceparent.as_deref()));
    }

    fn is_changed(&self) -> bool {
        self.payment != self.before || self.version == 0
    }
}

impl Batch {
    /// Locks the payments of these orders, in sorted order. Those that do not exist are made when they are saved.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn lock(conn: &mut AsyncPgConnection, order_ids: impl IntoIterator<Item = OrderId>) -> QueryResult<Self> {
        let mut ids: Vec<Uuid> = order_ids.into_iter().map(|id| id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        let (mut first, mut second) = (&*conn, &*conn);
        let locked = payment::table
            .filter(payment::order_id.eq_any(ids.clone()))
            .order(payment::order_id)
            .for_update()
            .select(PaymentRow::as_select());
        // All on their way at once; Postgres runs them in this order, so the children are read under the locks.
        let (rows, (attempts, refunds, now)) = try_join!(locked.load(&mut first), children(&mut second, ids))?;
        Self::assemble(rows, attempts, refunds, now)
    }

    /// Locks up to `limit` payments that are due, and that nobody else works on.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn lock_due(conn: &mut AsyncPgConnection, limit: i64) -> QueryResult<Self> {
        let rows: Vec<PaymentRow> = payment::table
            .filter(payment::due_at.le(diesel::dsl::now))
            .order(payment::due_at)
            .limit(limit)
            .for_update()
            .skip_locked()
            .select(PaymentRow::as_select())
            .load(conn)
            .await?;
        if rows.is_empty() {
            return Ok(Self { now: DateTime::default(), entries: BTreeMap::new() });
        }
        let ids = rows.iter().map(|row| row.order_id).collect();
        let (attempts, refunds, now) = children(&mut &*conn, ids).await?;
        Self::assemble(rows, attempts, refunds, now)
    }

    fn assemble(
        rows: Vec<PaymentRow>,
        attempts: Vec<AttemptRow>,
        refunds: Vec<RefundRow>,
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        let stored = assemble(rows, attempts, refunds)?;
        let entries = stored.into_iter().map(|stored| (stored.payment.order_id, Entry::of(stored))).collect();
        Ok(Self { now, entries })
    }

    pub fn get(&mut self, order_id: OrderId) -> Option<&mut Entry> {
        self.entries.get_mut(&order_id)
    }

    /// The payment of an order, which is new when nothing was heard of the order before.
    pub fn get_or_new(&mut self, order_id: OrderId) -> &mut Entry {
        self.entries.entry(order_id).or_insert_with(|| Entry::new(order_id))
    }

    pub fn entries(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.values_mut()
    }

    /// For the next function of the core.
    pub fn context(&self) -> Context {
        Context { now: self.now, fresh_id: Uuid::now_v7() }
    }

    /// Writes what changed, books the money that moved, and appends the events to the outbox.
    ///
    /// # Errors
    /// Those of the database; a serialization failure where somebody else made one of the new payments in between.
    pub async fn save(&self, conn: &mut AsyncPgConnection) -> QueryResult<()> {
        let changed: Vec<&Entry> = self.entries.values().filter(|entry| entry.is_changed()).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let (attempts, refunds) = (changed_attempts(&changed), changed_refunds(&changed));
        let booked: Vec<_> = changed
            .iter()
            .flat_map(|entry| ledger::entries(&entry.before, &entry.payment).into_iter().map(|e| (&entry.payment, e)))
            .collect();
        let events: Vec<Outgoing> = changed.iter().flat_map(|entry| entry.events.iter().cloned()).collect();
        // All are on their way at once; the connection runs them in this order.
        let (mut first, mut second, mut third, mut fourth) = (&*conn, &*conn, &*conn, &*conn);
        let (written, ..) = try_join!(
            async { WritePayments::of(&changed).execute(&mut first).await },
            async { if attempts.is_empty() { Ok(0) } else { WriteAttempts::of(&attempts).execute(&mut second).await } },
            async { if refunds.is_empty() { Ok(0) } else { WriteRefunds::of(&refunds).execute(&mut third).await } },
            async { if booked.is_empty() { Ok(0) } else { WriteLedger::of(&booked).execute(&mut fourth).await } },
            outbox::append(conn, &events),
        )?;
        if written != changed.len() {
            let text = "a payment was made by somebody else at the same time".to_owned();
            return Err(Error::DatabaseError(DatabaseErrorKind::SerializationFailure, Box::new(text)));
        }
        Ok(())
    }

    /// Counts what happened; to be called after the commit.
    pub fn count(&self) {
        for entry in self.entries.values() {
            if entry.before.final_word.is_none()
                && let Some(word) = entry.payment.final_word
            {
                metrics::FINAL_WORDS.with_label_values(&[rows::final_word_name(word)]).inc();
            }
            for attempt in entry.changed_attempts().filter(|attempt| attempt.state != AttemptState::Open) {
                metrics::ATTEMPTS.with_label_values(&[attempt.state.as_str()]).inc();
            }
            for refund in entry.changed_refunds().filter(|refund| refund.state != RefundState::Pending) {
                metrics::REFUNDS.with_label_values(&[refund.state.as_str()]).inc();
            }
        }
    }
}

impl Entry {
    fn changed_attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.payment.attempts.iter().filter(|attempt| !self.before.attempts.contains(attempt))
    }

    fn changed_refunds(&self) -> impl Iterator<Item = &Refund> {
        self.payment.refunds.iter().filter(|refund| !self.before.refunds.contains(refund))
    }
}

fn changed_attempts<'a>(entries: &[&'a Entry]) -> Vec<(&'a Payment, &'a Attempt)> {
    entries.iter().flat_map(|entry| entry.changed_attempts().map(|attempt| (&entry.payment, attempt))).collect()
}

fn changed_refunds<'a>(entries: &[&'a Entry]) -> Vec<(&'a Payment, &'a Refund)> {
    entries.iter().flat_map(|entry| entry.changed_refunds().map(|refund| (&entry.payment, refund))).collect()
}

/// Reads the payments of these orders without locking them; in no order, and only those that exist.
///
/// # Errors
/// Those of the database.
pub async fn read(conn: &mut AsyncPgConnection, order_ids: Vec<OrderId>) -> QueryResult<Vec<Stored>> {
    let ids: Vec<Uuid> = order_ids.into_iter().map(|id| id.0).collect();
    let (mut first, mut second) = (&*conn, &*conn);
    let wanted = payment::table.filter(payment::order_id.eq_any(ids.clone())).select(PaymentRow::as_select());
    // The row last: it is never older than its attempts, so money that came is never missed.
    let ((attempts, refunds, _), rows) = try_join!(children(&mut first, ids), wanted.load(&mut second))?;
    assemble(rows, attempts, refunds)
}

/// The order of a payment.
///
/// # Errors
/// Those of the database.
pub async fn order_of(conn: &mut AsyncPgConnection, id: PaymentId) -> QueryResult<Option<OrderId>> {
    let found: Option<Uuid> =
        payment::table.filter(payment::id.eq(id.0)).select(payment::order_id).first(conn).await.optional()?;
    Ok(found.map(OrderId))
}

/// The orders of those of these intents that are ours.
///
/// # Errors
/// Those of the database.
pub async fn orders_of_intents(
    conn: &mut AsyncPgConnection,
    intent_ids: Vec<&str>,
) -> QueryResult<BTreeMap<String, OrderId>> {
    let rows: Vec<(Option<String>, Uuid)> = payment::table
        .filter(payment::intent_id.eq_any(intent_ids))
        .select((payment::intent_id, payment::order_id))
        .load(conn)
        .await?;
    Ok(rows.into_iter().filter_map(|(intent, order)| Some((intent?, OrderId(order)))).collect())
}

async fn children(
    conn: &mut &AsyncPgConnection,
    ids: Vec<Uuid>,
) -> QueryResult<(Vec<AttemptRow>, Vec<RefundRow>, DateTime<Utc>)> {
    let (mut first, mut second, mut third) = (&**conn, &**conn, &**conn);
    let attempts = attempt::table
        .filter(attempt::order_id.eq_any(ids.clone()))
        .order((attempt::order_id, attempt::number))
        .select(AttemptRow::as_select());
    let refunds = refund::table.filter(refund::order_id.eq_any(ids)).order(refund::id).select(RefundRow::as_select());
    try_join!(attempts.load(&mut first), refunds.load(&mut second), Clock {}.get_result(&mut third))
}

fn assemble(rows: Vec<PaymentRow>, attempts: Vec<AttemptRow>, refunds: Vec<RefundRow>) -> QueryResult<Vec<Stored>> {
    let mut payments: BTreeMap<Uuid, Stored> = BTreeMap::new();
    for row in rows {
        let stored = Stored {
            payment: row.payment()?,
            created_at: row.created_at,
            updated_at: row.updated_at,
            traceparent: row.traceparent,
            version: row.version,
        };
        payments.insert(row.order_id, stored);
    }
    for row in attempts {
        if let Some(stored) = payments.get_mut(&row.order_id) {
            stored.payment.attempts.push(row.try_into()?);
        }
    }
    for row in refunds {
        if let Some(stored) = payments.get_mut(&row.order_id) {
            stored.payment.refunds.push(row.try_into()?);
        }
    }
    Ok(payments.into_values().collect())
}
