//! What happened to orders, in an order that can be resumed: for those who watch.
//!
//! Each transaction that adds facts writes one row of `order_feed`, in the statement that writes the orders. It is read
//! **only below the oldest transaction that still runs**, in the order of transaction ids: what is below has ended, and
//! whatever commits later has a higher id. So nothing ever appears behind a reader, however late a transaction commits,
//! and a reader who remembers one [`Position`] loses and repeats nothing.
//!
//! - [`read`]: a page after a position, and what is no longer kept.
//! - [`hub`]: who watches; [`tail`]: the one task that reads for all of them.

pub mod hub;
pub mod read;
pub(crate) mod tail;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use proto_events::ids::OrderId;

pub use hub::{Hub, News, Refused, Subscription};
pub use read::{Page, Read, read};

/// Numbers of one transaction; the largest, a batch of 500 events, uses some hundreds of them.
const PER_TRANSACTION: i64 = 1_000_000;

/// A fact's place in the feed. It grows from fact to fact; its text is an event's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(i64);

impl Position {
    /// The `n`th fact of a transaction, counted from 0.
    fn of(xid: i64, n: i64) -> Self {
        Self(xid.saturating_mul(PER_TRANSACTION).saturating_add(n))
    }

    /// After everything of the transactions before `xid`, and before everything else.
    fn before(xid: i64) -> Self {
        Self::of(xid, -1)
    }

    fn xid(self) -> i64 {
        self.0 / PER_TRANSACTION
    }

    fn n(self) -> i64 {
        self.0 % PER_TRANSACTION
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text that was never an event's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no event's id")]
pub struct NoPosition;

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NoPosition);
        }
        text.parse().map(Self).map_err(|_| NoPosition)
    }
}

/// A fact that was added to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub position: Position,
    pub order_id: OrderId,
    /// Where the order stands after the transaction that added the fact.
    pub status: String,
    /// As in the timeline.
    pub fact: String,
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_grow_with_transactions_and_within_them() {
        let in_order = [Position::before(7), Position::of(7, 0), Position::of(7, 1), Position::before(8)];
        assert!(in_order.is_sorted());
        assert_eq!((Position::of(7, 3).xid(), Position::of(7, 3).n()), (7, 3));
        assert_eq!(Position::before(8).xid(), 7);
        assert_eq!("7000003".parse(), Ok(Position::of(7, 3)));
        assert_eq!(Position::of(7, 3).to_string(), "7000003");
    }

    #[test]
    fn what_was_never_an_id_is_none() {
        for text in ["", "x", "-1", "+1", "1.5", " 1", "9223372036854775808", "1-2"] {
            assert_eq!(text.parse::<Position>(), Err(NoPosition), "{text}");
        }
    }
}
