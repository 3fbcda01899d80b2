//! What order and inventory tell, and what payment makes of it: events in, one transaction, events out.

use diesel_async::AsyncPgConnection;
use messaging::{ReactionError, Reactions};
use proto_events::ids::OrderId;
use proto_events::{Envelope, EventType, Topic};

use crate::domain::{Fact, on_fact};
use crate::store::Batch;
use crate::worker::WakeWorker;

/// The reactions of the payment service.
#[derive(Debug, Clone)]
pub struct Saga {
    wake: WakeWorker,
}

impl Saga {
    /// `wake` tells the worker that there may be something to ask of the gateway.
    pub fn new(wake: WakeWorker) -> Self {
        Self { wake }
    }
}

impl Reactions for Saga {
    fn topics(&self) -> &[Topic] {
        &[Topic::Order, Topic::Inventory]
    }

    fn wants(&self, event_type: EventType) -> bool {
        Fact::TYPES.contains(&event_type)
    }

    async fn apply(&self, conn: &mut AsyncPgConnection, events: &[Envelope]) -> Result<(), ReactionError> {
        let facts = events.iter().filter_map(|event| read(event).transpose()).collect::<Result<Vec<_>, _>>()?;
        let mut batch = Batch::lock(conn, facts.iter().map(|(order_id, _, _)| *order_id)).await?;
        for (order_id, fact, event) in &facts {
            let context = batch.context();
            let entry = batch.get_or_new(*order_id).traced(event.traceparent.as_deref());
            entry.put(on_fact(entry.payment.clone(), fact, &context));
        }
        batch.save(conn).await?;
        batch.count();
        Ok(())
    }

    fn committed(&self) {
        self.wake.wake();
    }
}

/// The order and what is said of it; `None` when it says nothing to a payment.
fn read(event: &Envelope) -> Result<Option<(OrderId, Fact, &Envelope)>, ReactionError> {
    let permanent = |error: &dyn std::fmt::Display| ReactionError::Permanent(error.to_string());
    let Some(fact) = Fact::read(&event.event).map_err(|error| permanent(&error))? else { return Ok(None) };
    if let Fact::OrderCreated(ordered) = &fact {
        ordered.currency.parse::<web::Currency>().map_err(|error| permanent(&error))?;
    }
    let order_id = event.key.parse().map_err(|error| permanent(&error))?;
    Ok(Some((order_id, fact, event)))
}
