//! What order and payment said, and the end of a hold. The reservation's state decides each of them, whichever comes first.

use std::collections::BTreeSet;

use proto_events::ids::OrderId;
use proto_events::inventory::v1::{self as wire, ReleaseReason};
use proto_events::{Event, EventType};

use super::warehouse::Lines;
use super::{Context, Origin, Reservation, Said, Sku, State, Warehouse};

/// An event that inventory listens to, with its values read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Each SKU once, lines of the same SKU added up.
    OrderCreated {
        lines: Lines,
    },
    OrderCancelled,
    PaymentSuccess,
    PaymentFailed,
}

/// An event whose values make no sense; it cannot be applied now or later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event:?} has a malformed or missing {field}")]
pub struct Malformed {
    pub event: EventType,
    pub field: &'static str,
}

impl Fact {
    /// The events that [`read`](Fact::read) makes a fact of.
    pub const TYPES: [EventType; 4] =
        [EventType::OrderCreated, EventType::OrderCancelled, EventType::PaymentSuccess, EventType::PaymentFailed];

    /// Reads an event; `None` for one that says nothing to inventory.
    ///
    /// # Errors
    /// When a value is missing or malformed.
    pub fn read(event: &Event) -> Result<Option<Self>, Malformed> {
        let malformed = |field| Malformed { event: event.event_type(), field };
        Ok(Some(match event {
            Event::OrderCreated(e) => {
                let mut lines = Lines::new();
                for line in &e.lines {
                    let sku: Sku = line.sku.parse().map_err(|_| malformed("lines.sku"))?;
                    *lines.entry(sku).or_default() += i64::from(line.quantity);
                }
                let sound = !lines.is_empty() && lines.values().all(|quantity| *quantity > 0);
                if !sound {
                    return Err(malformed("lines.quantity"));
                }
                Fact::OrderCreated { lines }
            }
            Event::OrderCancelled(_) => Fact::OrderCancelled,
            Event::PaymentSuccess(_) => Fact::PaymentSuccess,
            Event::PaymentFailed(_) => Fact::PaymentFailed,
            Event::OrderPaid(_) | Event::OrderShipped(_) | Event::OrderDelivered(_) => return Ok(None),
            // Only the two final words move stock.
            Event::PaymentInitiated(_)
            | Event::PaymentUnknown(_)
            | Event::PaymentRefunded(_)
            | Event::RefundFailed(_) => return Ok(None),
            Event::InventoryReserved(_)
            | Event::InventoryRejected(_)
            | Event::InventoryCommitted(_)
            | Event::InventoryCommitRejected(_)
            | Event::InventoryReleased(_)
            | Event::StockLow(_) => return Ok(None),
            Event::ProductCreated(_) | Event::ProductUpdated(_) | Event::ProductArchived(_) => return Ok(None),
            Event::UserRegistered(_) | Event::UserRolesChanged(_) => return Ok(None),
        }))
    }
}

/// The SKUs whose stock a fact may move, given the reservations as they are locked: lock these before applying it.
pub fn skus_needed(warehouse: &Warehouse, order_id: OrderId, fact: &Fact) -> BTreeSet<Sku> {
    // Those of the row too: what stands there may have to be let go.
    let mut skus = warehouse.skus_of(order_id);
    match fact {
        Fact::OrderCreated { lines } => skus.extend(lines.keys().cloned()),
        Fact::OrderCancelled | Fact::PaymentSuccess | Fact::PaymentFailed => {}
    }
    skus
}

/// Applies a fact to the order's reservation and the stock, in the order in which the facts arrived.
pub fn on_fact(warehouse: &mut Warehouse, order_id: OrderId, fact: &Fact, context: &Context) -> Vec<Said> {
    let mut said = set_aside_manual(warehouse, order_id);
    let Some(mut row) = warehouse.reservations.remove(&order_id) else {
        said.extend(first(warehouse, order_id, fact, context));
        return said;
    };
    let lines = row.lines.clone();
    let event = match deciding_state(row.state, fact) {
        State::Held => match fact {
            Fact::OrderCreated { .. } => None, // A repeat.
            Fact::OrderCancelled => {
                warehouse.let_go(&lines);
                row.state = State::Released;
                Some(released(ReleaseReason::Cancelled))
            }
            Fact::PaymentSuccess => {
                warehouse.let_go(&lines);
                warehouse.sell(order_id, &lines, context);
                row.state = State::Committed;
                Some(wire::InventoryCommitted {}.into())
            }
            Fact::PaymentFailed => {
                warehouse.let_go(&lines);
                row.state = State::Released;
                Some(released(ReleaseReason::PaymentFailed))
            }
        },
        State::Expired => match fact {
            Fact::OrderCreated { .. } => None, // A repeat.
            Fact::OrderCancelled => {
                row.state = State::Released;
                None // The stock has been free since the hold ended, and that was said.
            }
            Fact::PaymentSuccess => Some(take_again(warehouse, &mut row, context)),
            Fact::PaymentFailed => None, // The stock has been free since the hold ended.
        },
        State::Committed => match fact {
            Fact::OrderCreated { .. } | Fact::PaymentSuccess => None, // A repeat.
            Fact::OrderCancelled => {
                warehouse.put_back(order_id, &lines, context);
                row.state = State::Returned;
                Some(released(ReleaseReason::Cancelled))
            }
            Fact::PaymentFailed => None, // Cannot happen: payment says one final word, and it was success.
        },
        State::Released => match fact {
            Fact::OrderCreated { .. } => None, // A repeat, or too late: what closed the row also ended the order.
            Fact::OrderCancelled | Fact::PaymentFailed => None, // Nothing is held any more.
            // Too late: a cancel, or a commit that was rejected, released it; payment refunds on that very event.
            Fact::PaymentSuccess => None,
        },
        State::Returned => match fact {
            Fact::OrderCreated { .. } | Fact::OrderCancelled | Fact::PaymentSuccess => None, // A repeat.
            Fact::PaymentFailed => None, // Cannot happen: payment says one final word, and it was success.
        },
        State::Rejected => match fact {
            Fact::OrderCreated { .. } => None,                  // A repeat.
            Fact::OrderCancelled | Fact::PaymentFailed => None, // Nothing was ever held.
            Fact::PaymentSuccess => Some(never_held(&lines)),
        },
    };
    warehouse.reservations.insert(order_id, row);
    said.extend(event.map(|event| Said::Order(order_id, event)));
    said.extend(warehouse.announce_low(&lines));
    said
}

/// The state that decides; with a seeded bug a release takes every reservation for one that is still held.
fn deciding_state(state: State, fact: &Fact) -> State {
    let releases = matches!(fact, Fact::OrderCancelled | Fact::PaymentFailed);
    if releases && runtime::mutant!("release-without-compare") { State::Held } else { state }
}

/// An order that nothing was heard of yet. Whatever comes first makes the row, so that an end that overtakes ORDER_CREATED
/// leaves one that holds nothing.
fn first(warehouse: &mut Warehouse, order_id: OrderId, fact: &Fact, context: &Context) -> Vec<Said> {
    if *fact == Fact::OrderCancelled && runtime::mutant!("no-closed-row") {
        return vec![];
    }
    let (state, lines, expires_at, event) = match fact {
        Fact::OrderCreated { lines } => {
            let short_lines = warehouse.short_lines(lines);
            if short_lines.is_empty() {
                warehouse.hold(lines);
                (State::Held, lines.clone(), Some(context.expires_at()), Some(reserved(context)))
            } else {
                (State::Rejected, lines.clone(), None, Some(wire::InventoryRejected { short_lines }.into()))
            }
        }
        Fact::OrderCancelled | Fact::PaymentFailed => (State::Released, Lines::new(), None, None),
        Fact::PaymentSuccess => (State::Released, Lines::new(), None, Some(never_held(&Lines::new()))),
    };
    let row = Reservation {
        id: context.reservation_id,
        order_id,
        origin: Origin::Saga,
        state,
        lines: lines.clone(),
        expires_at,
        created_at: context.now,
        event_seq: 0,
    };
    warehouse.reservations.insert(order_id, row);
    let mut said: Vec<Said> = event.map(|event| Said::Order(order_id, event)).into_iter().collect();
    said.extend(warehouse.announce_low(&lines));
    said
}

/// An order's own events outrank what a person holds in its name: the hold ends, and the saga starts from nothing.
/// What a person confirmed stays sold; the ledger has it.
fn set_aside_manual(warehouse: &mut Warehouse, order_id: OrderId) -> Vec<Said> {
    let Some(row) = warehouse.reservations.get(&order_id) else { return vec![] };
    match row.origin {
        Origin::Saga => vec![],
        Origin::Manual => {
            let (state, lines) = (row.state, row.lines.clone());
            warehouse.reservations.remove(&order_id);
            match state {
                State::Held => warehouse.let_go(&lines),
                State::Committed | State::Released | State::Expired | State::Returned | State::Rejected => {}
            }
            warehouse.announce_low(&lines)
        }
    }
}

/// A payment that came after the hold had ended: the order has the stock after all, if it is still there.
fn take_again(warehouse: &mut Warehouse, row: &mut Reservation, context: &Context) -> Event {
    let short_lines = warehouse.short_lines(&row.lines);
    if short_lines.is_empty() {
        warehouse.sell(row.order_id, &row.lines, context);
        row.state = State::Committed;
        wire::InventoryCommitted {}.into()
    } else {
        row.state = State::Released;
        wire::InventoryCommitRejected { short_lines }.into()
    }
}

/// Money for stock that was never held. Payment charges only after INVENTORY_RESERVED, so this cannot happen; if it does,
/// the money goes back.
fn never_held(lines: &Lines) -> Event {
    let short = |(sku, quantity): (&Sku, &i64)| wire::ShortLine {
        sku: sku.as_str().to_owned(),
        requested: u32::try_from(*quantity).unwrap_or(u32::MAX),
        available: 0,
    };
    wire::InventoryCommitRejected { short_lines: lines.iter().map(short).collect() }.into()
}

/// Ends a hold whose time is over; for anything else, and before that time, nothing.
pub fn expire(warehouse: &mut Warehouse, order_id: OrderId, context: &Context) -> Vec<Said> {
    let Some(row) = warehouse.reservations.get_mut(&order_id) else { return vec![] };
    let over = row.expires_at.is_some_and(|at| at <= context.now);
    match row.state {
        State::Held if over => row.state = State::Expired,
        State::Held => return vec![],
        // A payment or an end came first: the row decided.
        State::Committed | State::Released | State::Expired | State::Returned | State::Rejected => return vec![],
    }
    let (origin, lines) = (row.origin, row.lines.clone());
    warehouse.let_go(&lines);
    let mut said = match origin {
        Origin::Saga => vec![Said::Order(order_id, released(ReleaseReason::Expired))],
        Origin::Manual => vec![],
    };
    said.extend(warehouse.announce_low(&lines));
    said
}

fn reserved(context: &Context) -> Event {
    wire::InventoryReserved {
        reservation_id: context.reservation_id.to_string(),
        expires_at_ms: context.expires_at().timestamp_millis(),
        payment_deadline_ms: context.payment_deadline().timestamp_millis(),
    }
    .into()
}

fn released(reason: ReleaseReason) -> Event {
    wire::InventoryReleased { reason: reason.into() }.into()
}
