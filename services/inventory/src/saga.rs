//! What other services say, and what follows from it here.

use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;
use messaging::{ReactionError, Reactions};
use proto_events::{Envelope, EventType, Topic};

use crate::batch::{self, Item, Work};
use crate::domain::Fact;
use crate::products::{self, Owned};

/// The subscription table.
const TOPICS: [Topic; 3] = [Topic::Order, Topic::Payment, Topic::Catalog];

/// Moves reservations as orders and payments say, and keeps up with whose products there are.
#[derive(Debug, Clone, Copy)]
pub struct Saga {
    /// How long stock is held for an order.
    pub ttl: TimeDelta,
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
        let mut owned = Vec::new();
        let mut items = Vec::new();
        for event in events {
            owned.extend(Owned::read(&event.event).map_err(permanent)?);
            items.extend(item(event)?);
        }
        products::remember(conn, owned).await?;
        batch::apply(conn, self.ttl, &items).await?;
        Ok(())
    }
}

fn item(event: &Envelope) -> Result<Option<Item>, ReactionError> {
    let Some(fact) = Fact::read(&event.event).map_err(permanent)? else { return Ok(None) };
    let order_id = event.key.parse().map_err(permanent)?;
    Ok(Some(Item { order_id, work: Work::Fact(fact), traceparent: event.traceparent.clone() }))
}

/// What makes no sense now makes none later.
fn permanent(error: impl std::error::Error) -> ReactionError {
    ReactionError::Permanent(error.to_string())
}
