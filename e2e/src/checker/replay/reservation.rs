//! Searches the orders in which inventory can have heard of an order for one in which its `domain` says what it said and
//! ends where it is. There are few: an order and its payment say at most two things each that inventory listens to.

use chrono::{DateTime, TimeDelta, Utc};
use inventory::domain::{Context, Fact, Said, Sku, Stock, Warehouse, expire, on_fact};
use proto_events::ids::{OrderId, ReservationId};
use proto_events::{Event, EventType};
use serde_json::{Value, json};
use uuid::Uuid;

use super::History;

pub const SERVICE: &str = "inventory";

/// More than any order asks for.
const PLENTY: i64 = 1_000_000_000;

/// What is to be heard and said, and where that has to end.
struct Task<'a> {
    id: OrderId,
    of_order: Vec<Fact>,
    of_payment: Vec<Fact>,
    said: Vec<Saying>,
    skus: Vec<Sku>,
    state: &'a str,
    lines: Option<&'a Value>,
}

/// An event as far as it is compared: its type, and of a release its reason.
type Saying = (EventType, i32);

/// A way into the story: how many of each were heard, how much of what was said is said again.
#[derive(Clone, Default)]
struct Way {
    warehouse: Warehouse,
    of_order: usize,
    of_payment: usize,
    expired: bool,
    said: usize,
}

/// How the reservation on record cannot have come about; `None` when it can.
pub fn differs(id: OrderId, history: &History, state: &str, lines: Option<&Value>) -> Option<String> {
    let facts = |events: &[Event]| events.iter().filter_map(|event| Fact::read(event).ok().flatten()).collect();
    let of_order: Vec<Fact> = facts(&history.order);
    let skus = of_order.iter().flat_map(|fact| match fact {
        Fact::OrderCreated { lines } => lines.keys().cloned().collect::<Vec<_>>(),
        Fact::OrderCancelled | Fact::PaymentSuccess | Fact::PaymentFailed => Vec::new(),
    });
    let task = Task {
        id,
        skus: skus.collect(),
        of_order,
        of_payment: facts(&history.payment),
        said: history.inventory.iter().map(saying).collect(),
        state,
        lines,
    };
    if task.leads_there(&Way::default()) {
        return None;
    }
    let said: Vec<String> = task.said.iter().map(|(event_type, _)| format!("{event_type:?}")).collect();
    Some(format!("no order of the events makes inventory say {} and end as {state}", said.join(", ")))
}

fn saying(event: &Event) -> Saying {
    let reason = match event {
        Event::InventoryReleased(released) => released.reason,
        _ => 0,
    };
    (event.event_type(), reason)
}

impl Task<'_> {
    fn leads_there(&self, way: &Way) -> bool {
        let all_heard = way.of_order == self.of_order.len() && way.of_payment == self.of_payment.len();
        if all_heard && way.said == self.said.len() && self.is_there(&way.warehouse) {
            return true;
        }
        let order = self.of_order.get(way.of_order).map(|fact| (fact, 1, 0));
        let payment = self.of_payment.get(way.of_payment).map(|fact| (fact, 0, 1));
        for (fact, of_order, of_payment) in order.into_iter().chain(payment) {
            // Whether there was enough was a matter of all other orders.
            for on_hand in [PLENTY, 0] {
                let mut next = way.clone();
                next.of_order += of_order;
                next.of_payment += of_payment;
                next.warehouse.stock = self.stock(on_hand);
                let said = on_fact(&mut next.warehouse, self.id, fact, &context(DateTime::UNIX_EPOCH));
                if self.goes_on(&mut next, &said) && self.leads_there(&next) {
                    return true;
                }
            }
        }
        if way.expired {
            return false;
        }
        let mut next = Way { expired: true, ..way.clone() };
        next.warehouse.stock = self.stock(PLENTY);
        let said = expire(&mut next.warehouse, self.id, &context(DateTime::UNIX_EPOCH + TimeDelta::days(1)));
        !said.is_empty() && self.goes_on(&mut next, &said) && self.leads_there(&next)
    }

    /// Whether inventory went on so.
    fn goes_on(&self, next: &mut Way, said: &[Said]) -> bool {
        for said in said {
            // What a SKU says depends on the other orders.
            let Said::Order(_, event) = said else { continue };
            if self.said.get(next.said) != Some(&saying(event)) {
                return false;
            }
            next.said += 1;
        }
        true
    }

    fn is_there(&self, warehouse: &Warehouse) -> bool {
        warehouse.reservations.get(&self.id).is_some_and(|row| {
            let lines: Value = row.lines.iter().map(|(sku, quantity)| (sku.to_string(), json!(quantity))).collect();
            row.state.as_str() == self.state && self.lines == Some(&lines)
        })
    }

    fn stock(&self, on_hand: i64) -> std::collections::BTreeMap<Sku, Stock> {
        self.skus.iter().map(|sku| (sku.clone(), Stock { on_hand, ..Stock::new(sku.clone()) })).collect()
    }
}

fn context(now: DateTime<Utc>) -> Context {
    Context { now, reservation_id: ReservationId(Uuid::nil()), ttl: TimeDelta::hours(1) }
}
