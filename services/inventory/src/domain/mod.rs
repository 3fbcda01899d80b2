//! Stock and who holds it. Pure: time, ids and settings come in as arguments.
//!
//! # Layout
//!
//! - here: [`Stock`], [`Reservation`], [`Movement`].
//! - [`warehouse`]: the rows of one transaction, and how quantities move in them. Allocation is in memory, all or nothing
//!   per order, the same for one order and for five hundred.
//! - [`reactions`]: what order and payment said, and the end of a hold. **Cannot be refused.**
//! - [`by_hand`]: reserve, release and confirm as people ask for them. **May be refused.**
//! - [`counting`]: staff's counts and adjustments of the stock itself, and what a buyer sees of it.
//!
//! The reservation row is the only arbiter of an order's stock. How a shell works a batch: read the facts; lock their
//! orders' reservations by order id, then the stock of [`skus_needed`] by SKU, both in sorted order; apply fact after fact;
//! save what changed (a row that a person made may have been replaced); append the events.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

pub mod by_hand;
pub mod counting;
pub mod reactions;
pub mod warehouse;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use proto_events::Event;
use proto_events::ids::{OrderId, ReservationId, UserId};

pub use by_hand::{Done, Refused, confirm, release, reserve};
pub use counting::{Availability, Change, ChangeRefused, adjust, availability, count};
pub use reactions::{Fact, Malformed, expire, on_fact, skus_needed};
pub use warehouse::Warehouse;

/// At or below this many available, a SKU is low: people are told how many are left, and staff that more are needed.
pub const LOW_STOCK: i64 = 5;

/// The most of one SKU; far above any shelf, far below where sums of them overflow.
pub const ON_HAND_MAX: i64 = 1_000_000_000;

/// A stock keeping unit: `[A-Za-z0-9._-]{1,64}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sku(String);

impl Sku {
    pub const LENGTH_MAX: usize = 64;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SKU is 1 to 64 letters, digits, dots, underscores and hyphens")]
pub struct MalformedSku;

impl FromStr for Sku {
    type Err = MalformedSku;

    fn from_str(text: &str) -> Result<Self, MalformedSku> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let well_formed = (1..=Self::LENGTH_MAX).contains(&text.len()) && text.bytes().all(fits);
        if well_formed { Ok(Self(text.to_owned())) } else { Err(MalformedSku) }
    }
}

/// What there is of a SKU. 0 ≤ reserved ≤ on_hand ≤ [`ON_HAND_MAX`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stock {
    pub sku: Sku,
    pub on_hand: i64,
    /// Of those on hand, how many are held for orders that are not paid yet.
    pub reserved: i64,
    /// Moves with staff's changes only, never with sales.
    pub version: i64,
    /// Whether STOCK_LOW was said since the stock was last above [`LOW_STOCK`].
    pub low_announced: bool,
    /// The last `aggregate_seq` that an event of this SKU used; the shell counts it on.
    pub event_seq: i64,
}

impl Stock {
    /// A SKU that nothing was ever counted of. It counts as announced: it never was above, so it cannot fall.
    pub fn new(sku: Sku) -> Self {
        Self { sku, on_hand: 0, reserved: 0, version: 0, low_announced: true, event_seq: 0 }
    }

    /// How many can still be promised to somebody.
    pub fn available(&self) -> i64 {
        self.on_hand - self.reserved
    }
}

/// Who asked for a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The order itself, by ORDER_CREATED. People cannot confirm or release it.
    Saga,
    /// An admin. Order and payment do not hear of it.
    Manual,
}

impl Origin {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Saga => "SAGA",
            Origin::Manual => "MANUAL",
        }
    }
}

/// What became of a reservation. Rejected, Released and Returned are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// The stock is kept back until `expires_at`.
    Held,
    /// The stock is sold.
    Committed,
    /// Nothing is held: let go, or closed before anything was.
    Released,
    /// The time was over; a late payment may still take the stock again.
    Expired,
    /// Sold, then cancelled: back on the shelf.
    Returned,
    /// There was not enough.
    Rejected,
}

impl State {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Held => "HELD",
            State::Committed => "COMMITTED",
            State::Released => "RELEASED",
            State::Expired => "EXPIRED",
            State::Returned => "RETURNED",
            State::Rejected => "REJECTED",
        }
    }
}

/// The stock of one order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reservation {
    pub id: ReservationId,
    pub order_id: OrderId,
    pub origin: Origin,
    pub state: State,
    /// Each SKU once, lines of the same SKU added up. Empty where an end overtook the order.
    pub lines: BTreeMap<Sku, i64>,
    /// `None` where nothing was ever held.
    pub expires_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// The last `aggregate_seq` that an event of this order used; the shell counts it on.
    pub event_seq: i64,
}

/// A change of `on_hand`; a SKU's movements add up to it. Holds are no movements.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Movement {
    pub sku: Sku,
    pub kind: MovementKind,
    pub delta: i64,
    pub on_hand_after: i64,
    /// In the words of staff; empty for the saga's.
    pub reason: String,
    /// `None` for the saga's.
    pub actor: Option<UserId>,
    pub order_id: Option<OrderId>,
    pub at: DateTime<Utc>,
}

/// Why `on_hand` changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MovementKind {
    Sale,
    Return,
    /// Somebody counted.
    Count,
    Adjustment,
}

impl MovementKind {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            MovementKind::Sale => "SALE",
            MovementKind::Return => "RETURN",
            MovementKind::Count => "COUNT",
            MovementKind::Adjustment => "ADJUSTMENT",
        }
    }
}

/// What comes from outside the rows, for one fact or command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Our database's time.
    pub now: DateTime<Utc>,
    /// The id of the reservation, should one be made.
    pub reservation_id: ReservationId,
    /// How long stock is held.
    pub ttl: TimeDelta,
}

impl Context {
    pub(crate) fn expires_at(&self) -> DateTime<Utc> {
        self.now + self.ttl
    }

    /// No payment starts in the last 2/15 of a hold (2 of 15 minutes), so that one that is under way can end before it.
    pub(crate) fn payment_deadline(&self) -> DateTime<Utc> {
        self.expires_at() - self.ttl * 2 / 15
    }
}

/// An event with the aggregate that says it, which is its key.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Order(OrderId, Event),
    Sku(Sku, Event),
}
