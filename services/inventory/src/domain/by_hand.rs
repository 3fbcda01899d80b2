//! Reserve, release and confirm as an admin asks for them, in the name of any order id. Order and payment do not hear of
//! these: the reservation is MANUAL, and what the saga reserved is out of reach.

use proto_events::ids::OrderId;
use proto_events::inventory::v1::ShortLine;

use super::warehouse::Lines;
use super::{Context, Origin, Reservation, Said, State, Warehouse};

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq)]
pub enum Refused {
    /// There is not enough of these.
    OutOfStock(Vec<ShortLine>),
    /// The saga's reservations follow their orders only.
    SagaOwned,
    /// `allowed` are the states that the reservation can still go to by hand.
    InvalidTransition { from: State, allowed: Vec<State> },
    /// Nothing is reserved in this order's name.
    NotFound,
}

/// What a command did.
#[derive(Debug, Clone, PartialEq)]
pub enum Done {
    /// A reservation was made.
    Created(Vec<Said>),
    /// It changed its state.
    Changed(Vec<Said>),
    /// It was so already.
    Already,
}

/// Holds stock in an order's name. Lines of the same SKU are added up by the caller, as in [`Fact`](super::Fact).
///
/// # Errors
/// When there is not enough, or something else stands in the order's name.
pub fn reserve(warehouse: &mut Warehouse, order_id: OrderId, lines: Lines, context: &Context) -> Result<Done, Refused> {
    if let Some(row) = warehouse.reservations.get(&order_id) {
        let stands = match row.state {
            State::Held | State::Committed => row.lines == lines,
            State::Released | State::Expired | State::Returned | State::Rejected => false,
        };
        return if stands { Ok(Done::Already) } else { Err(invalid(row)) };
    }
    let short_lines = warehouse.short_lines(&lines);
    if !short_lines.is_empty() {
        return Err(Refused::OutOfStock(short_lines));
    }
    warehouse.hold(&lines);
    let said = warehouse.announce_low(&lines);
    let row = Reservation {
        id: context.reservation_id,
        order_id,
        origin: Origin::Manual,
        state: State::Held,
        lines,
        expires_at: Some(context.expires_at()),
        created_at: context.now,
        event_seq: 0,
    };
    warehouse.reservations.insert(order_id, row);
    Ok(Done::Created(said))
}

/// Lets go of what a person reserved.
///
/// # Errors
/// When it is the saga's, sold, expired, or not there.
pub fn release(warehouse: &mut Warehouse, order_id: OrderId) -> Result<Done, Refused> {
    let row = manual(warehouse, order_id)?;
    match row.state {
        State::Held => {
            row.state = State::Released;
            let lines = row.lines.clone();
            warehouse.let_go(&lines);
            Ok(Done::Changed(warehouse.announce_low(&lines)))
        }
        State::Released => Ok(Done::Already),
        State::Committed | State::Expired | State::Returned | State::Rejected => Err(invalid(row)),
    }
}

/// Takes what a person reserved from the shelf.
///
/// # Errors
/// When it is the saga's, released, expired, or not there.
pub fn confirm(warehouse: &mut Warehouse, order_id: OrderId, context: &Context) -> Result<Done, Refused> {
    let row = manual(warehouse, order_id)?;
    match row.state {
        // Also past its time while nobody ended it: the row decides, not the clock.
        State::Held => {
            row.state = State::Committed;
            let lines = row.lines.clone();
            warehouse.let_go(&lines);
            warehouse.sell(order_id, &lines, context);
            Ok(Done::Changed(warehouse.announce_low(&lines)))
        }
        State::Committed => Ok(Done::Already),
        State::Released | State::Expired | State::Returned | State::Rejected => Err(invalid(row)),
    }
}

fn manual(warehouse: &mut Warehouse, order_id: OrderId) -> Result<&mut Reservation, Refused> {
    let row = warehouse.reservations.get_mut(&order_id).ok_or(Refused::NotFound)?;
    match row.origin {
        Origin::Manual => Ok(row),
        Origin::Saga => Err(Refused::SagaOwned),
    }
}

fn invalid(row: &Reservation) -> Refused {
    let allowed = match row.state {
        State::Held => match row.origin {
            Origin::Manual => vec![State::Committed, State::Released],
            Origin::Saga => vec![],
        },
        State::Committed | State::Released | State::Expired | State::Returned | State::Rejected => vec![],
    };
    Refused::InvalidTransition { from: row.state, allowed }
}
