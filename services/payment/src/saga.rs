//! What order and inventory tell, and what payment makes of it: events in, one transaction, events out.

use diesel_async::AsyncPgConnection;
use messaging::{ReactionError, Reactions};
use proto_events::ids::OrderId;
use proto_events::{Envelope, EventType, Topic};
use uuid::Uuid;

use crate::domain::{Context, Fact, on_fact};
use crate::handover::{Placed, WakeWorker};
use crate::store::Batch;
use crate::worker::take_one;

/// The reactions of the payment service.
#[derive(Debug, Clone)]
pub struct Saga {
    worker: WakeWorker,
}

/// What is to be asked of the gateway after a batch.
#[derive(Debug, Default)]
pub struct Steps {
    placed: Vec<Placed>,
    /// There is more than the worker has room for now: it will find it.
    more: bool,
}

impl Saga {
    /// `worker` is given what there is to ask of the gateway.
    pub fn new(worker: WakeWorker) -> Self {
        Self { worker }
    }

    /// Takes what has become due: the attempt is in the transaction that heard of the order, and the gateway is called
    /// right after it.
    fn take_steps(&self, batch: &mut Batch) -> Steps {
        let (now, mut steps) = (batch.now, Steps::default());
        for entry in batch.entries().filter(|entry| entry.payment.due_at.is_some_and(|due| due <= now)) {
            let Some(place) = self.worker.place_for_new() else {
                steps.more = true;
                break;
            };
            let context = Context { now, fresh_id: Uuid::now_v7() };
            steps.placed.extend(take_one(entry, &context).map(|taken| Placed { taken, place }));
        }
        steps
    }
}

impl Reactions for Saga {
    type Outcome = Steps;

    fn topics(&self) -> &[Topic] {
        &[Topic::Order, Topic::Inventory]
    }

    fn wants(&self, event_type: EventType) -> bool {
        Fact::TYPES.contains(&event_type)
    }

    async fn apply(&self, conn: &mut AsyncPgConnection, events: &[Envelope]) -> Result<Steps, ReactionError> {
        let facts = events.iter().filter_map(|event| read(event).transpose()).collect::<Result<Vec<_>, _>>()?;
        let mut batch = Batch::lock(conn, facts.iter().map(|(order_id, _, _)| *order_id)).await?;
        for (order_id, fact, event) in &facts {
            let context = batch.context();
            let entry = batch.get_or_new(*order_id).traced(event.traceparent.as_deref());
            entry.put(on_fact(entry.payment.clone(), fact, &context));
        }
        let steps = self.take_steps(&mut batch);
        batch.save(conn).await?;
        batch.count();
        Ok(steps)
    }

    fn committed(&self, steps: Steps) {
        self.worker.hand_over(steps.placed);
        if steps.more {
            self.worker.wake();
        }
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
