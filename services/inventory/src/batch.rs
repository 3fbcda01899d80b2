//! The one path on which reservations are made and moved: events, people's commands and the end of a hold alike, one of
//! them or five hundred, as one transaction's work.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use futures_util::try_join;
use messaging::{Outgoing, outbox};
use proto_events::ids::{OrderId, ReservationId};
use uuid::Uuid;

use crate::domain::{self, Context, Done, Fact, Refused, Reservation, Said, Sku, Warehouse};
use crate::{metrics, store};

/// Units per SKU.
pub type Lines = BTreeMap<Sku, i64>;

/// What is to be done to one order's reservation.
#[derive(Debug, Clone)]
pub struct Item {
    pub order_id: OrderId,
    pub work: Work,
    /// Trace context of what caused it.
    pub traceparent: Option<String>,
}

#[derive(Debug, Clone)]
pub enum Work {
    /// Cannot be refused.
    Fact(Fact),
    /// By hand, as the next two.
    Reserve(Lines),
    Release,
    Confirm,
    /// The time of the hold may be over.
    Expire,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A fact or an expiry was taken in.
    Taken,
    /// A command was done; the reservation as it stood right after it.
    Done {
        reservation: Reservation,
        created: bool,
    },
    Refused(Refused),
}

/// Does `items` in order within the open transaction, and returns what became of each. Wake the relay after the commit.
///
/// # Errors
/// The database's; then nothing is done.
pub async fn apply(conn: &mut AsyncPgConnection, ttl: TimeDelta, items: &[Item]) -> QueryResult<Vec<Outcome>> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let orders: BTreeSet<OrderId> = items.iter().map(|item| item.order_id).collect();
    let mut warehouse = store::lock_reservations(conn, &orders).await?;
    let skus: BTreeSet<Sku> = items.iter().flat_map(|item| skus_needed(&warehouse, item)).collect();
    let now = store::lock_stock(conn, &mut warehouse, &skus).await?;
    let before = warehouse.clone();
    let mut outgoing = Vec::new();
    let mut outcomes = Vec::with_capacity(items.len());
    let mut tally = metrics::Tally::default();
    for item in items {
        let context = Context { now, reservation_id: ReservationId(Uuid::now_v7()), ttl };
        let state = |warehouse: &Warehouse| warehouse.reservations.get(&item.order_id).map(|row| row.state);
        let was = state(&warehouse);
        let (outcome, said) = work(&mut warehouse, item, &context);
        tally.count(was, state(&warehouse), &outcome);
        number(&mut warehouse, said, item.traceparent.as_deref(), &mut outgoing);
        outcomes.push(outcome);
    }
    try_join!(store::save(conn, &before, &warehouse), outbox::append(conn, &outgoing))?;
    tally.report();
    Ok(outcomes)
}

/// The SKUs whose stock an item may move, given the locked reservations.
fn skus_needed(warehouse: &Warehouse, item: &Item) -> BTreeSet<Sku> {
    let standing = || warehouse.reservations.get(&item.order_id).into_iter().flat_map(|row| row.lines.keys());
    match &item.work {
        Work::Fact(fact) => domain::skus_needed(warehouse, item.order_id, fact),
        Work::Reserve(lines) => lines.keys().chain(standing()).cloned().collect(),
        // Of a reservation that an earlier item of this batch makes, that item has named the SKUs.
        Work::Release | Work::Confirm | Work::Expire => standing().cloned().collect(),
    }
}

fn work(warehouse: &mut Warehouse, item: &Item, context: &Context) -> (Outcome, Vec<Said>) {
    let order_id = item.order_id;
    let done = match &item.work {
        Work::Fact(fact) => return (Outcome::Taken, domain::on_fact(warehouse, order_id, fact, context)),
        Work::Expire => return (Outcome::Taken, domain::expire(warehouse, order_id, context)),
        Work::Reserve(lines) => domain::reserve(warehouse, order_id, lines.clone(), context),
        Work::Release => domain::release(warehouse, order_id),
        Work::Confirm => domain::confirm(warehouse, order_id, context),
    };
    let (created, said) = match done {
        Ok(Done::Created(said)) => (true, said),
        Ok(Done::Changed(said)) => (false, said),
        Ok(Done::Already) => (false, Vec::new()),
        Err(refused) => return (Outcome::Refused(refused), Vec::new()),
    };
    let outcome = match warehouse.reservations.get(&order_id) {
        Some(row) => Outcome::Done { reservation: row.clone(), created },
        None => Outcome::Refused(Refused::NotFound),
    };
    (outcome, said)
}

/// Gives events their numbers, each from the row of the aggregate that says it, which is locked.
fn number(warehouse: &mut Warehouse, said: Vec<Said>, traceparent: Option<&str>, outgoing: &mut Vec<Outgoing>) {
    for said in said {
        let (key, seq, event) = match said {
            Said::Order(order_id, event) => {
                let row = warehouse.reservations.get_mut(&order_id);
                (order_id.to_string(), row.map(|row| &mut row.event_seq), event)
            }
            Said::Sku(sku, event) => {
                let row = warehouse.stock.get_mut(&sku);
                (sku.to_string(), row.map(|row| &mut row.event_seq), event)
            }
        };
        // Only rows that are there say anything.
        if let Some(seq) = seq {
            outgoing.extend(outbox::number(&key, seq, [event], traceparent));
        }
    }
}
