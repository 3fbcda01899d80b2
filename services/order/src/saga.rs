//! What inventory, payment and catalog say, and what follows from it here.

use std::collections::{BTreeMap, BTreeSet};

use diesel_async::AsyncPgConnection;
use futures_util::try_join;
use messaging::{ReactionError, Reactions, outbox};
use proto_events::ids::OrderId;
use proto_events::{Envelope, EventType, Topic};

use crate::domain::{self, Fact, Order};
use crate::feed::Hub;
use crate::products::{self, Told};
use crate::store::{Changed, Stored};
use crate::{metrics, store};

/// The subscription table.
const TOPICS: [Topic; 3] = [Topic::Inventory, Topic::Payment, Topic::Catalog];

/// Adds facts to orders, and keeps up with what is sold.
#[derive(Debug, Clone, Default)]
pub struct Saga {
    feed: Hub,
}

impl Saga {
    /// Tells those who watch of what was committed.
    pub fn ringing(feed: Hub) -> Self {
        Self { feed }
    }
}

impl Reactions for Saga {
    type Outcome = ();

    fn topics(&self) -> &[Topic] {
        &TOPICS
    }

    fn wants(&self, event_type: EventType) -> bool {
        Fact::TYPES.contains(&event_type) || products::TYPES.contains(&event_type)
    }

    async fn apply(&self, conn: &mut AsyncPgConnection, events: &[Envelope]) -> Result<(), ReactionError> {
        let mut told = Vec::new();
        let mut heard = Vec::new();
        for event in events {
            told.extend(Told::read(&event.event).map_err(permanent)?);
            heard.extend(Heard::read(event)?);
        }
        products::remember(conn, told).await?;
        hear(conn, heard).await
    }

    fn committed(&self, (): ()) {
        self.feed.ring();
    }
}

/// A fact about an order.
struct Heard<'a> {
    order_id: OrderId,
    fact: Fact,
    traceparent: Option<&'a str>,
}

impl<'a> Heard<'a> {
    fn read(event: &'a Envelope) -> Result<Option<Self>, ReactionError> {
        let Some(fact) = Fact::read(&event.event).map_err(permanent)? else { return Ok(None) };
        let order_id = event.key.parse().map_err(permanent)?;
        Ok(Some(Self { order_id, fact, traceparent: event.traceparent.as_deref() }))
    }
}

async fn hear(conn: &mut AsyncPgConnection, heard: Vec<Heard<'_>>) -> Result<(), ReactionError> {
    if heard.is_empty() {
        return Ok(());
    }
    let ids: BTreeSet<OrderId> = heard.iter().map(|heard| heard.order_id).collect();
    if runtime::mutant!("price-at-payment-time") {
        products::reprice(conn, &ids).await?;
    }
    let (stored, now) = store::lock(conn, &ids).await?;
    let mut orders: BTreeMap<OrderId, Order> = stored.iter().map(|(id, stored)| (*id, stored.order.clone())).collect();
    let mut outgoing = Vec::new();
    for Heard { order_id, fact, traceparent } in heard {
        // An order is written before its ORDER_CREATED, so nobody can know of one that is not here.
        let order = orders.remove(&order_id).ok_or_else(|| ReactionError::Permanent(format!("no order {order_id}")))?;
        let (mut order, events) = domain::on_fact(order, &fact, now);
        outgoing.extend(outbox::number(&order_id.to_string(), &mut order.event_seq, events, traceparent));
        orders.insert(order_id, order);
    }
    let was = |order: &Order| stored.get(&order.id).map(|stored: &Stored| &stored.order);
    // A fact that was known already changes nothing, and so no version.
    let changed = orders.values().filter_map(|order| Some((was(order)?, order))).filter(|(was, is)| was != is);
    let changed: Vec<Changed> = changed.map(|(was, is)| Changed::of(was, is)).collect();
    try_join!(store::save(conn, &changed, now), outbox::append(conn, &outgoing))?;
    for Changed { was, order, .. } in changed {
        metrics::moved(Some(was), order, now);
    }
    Ok(())
}

/// What makes no sense now makes none later.
fn permanent(error: impl std::error::Error) -> ReactionError {
    ReactionError::Permanent(error.to_string())
}
