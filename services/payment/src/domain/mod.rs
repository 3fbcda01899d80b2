//! The money of one order. Pure: time, ids and the gateway's answers come in as arguments.
//!
//! # Layout
//!
//! - here: the [`Payment`] with its attempts and refunds.
//! - [`reactions`]: what order and inventory said. **Cannot be refused.**
//! - [`gateway`]: what the gateway said, in an answer, when asked, or by webhook. **Cannot be refused** either.
//! - [`commands`]: initiate, confirm, refund. **May be refused.**
//! - `settle`: what follows, after each of these: attempts and refunds to make, and the final word.
//! - [`work`]: the next call to the gateway, derived from the state, so that a crash at any line loses none.
//! - [`status`]: what the API shows. [`ledger`]: the entries that a change of the money makes.
//!
//! The shell loads the payment `FOR UPDATE` with its attempts and refunds, calls one function, saves it, appends the events
//! to the outbox and the [`ledger::entries`] to the ledger in the same transaction. Calls to the gateway are made outside
//! of transactions: take a step with [`work::take_step`], perform it, bring the answer to [`gateway::on_gateway`].
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

pub mod commands;
pub mod gateway;
pub mod ledger;
pub mod reactions;
mod settle;
pub mod status;
pub mod work;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use proto_events::ids::{AttemptId, OrderId, PaymentId, RefundId, UserId};
use uuid::Uuid;

pub use commands::{ClosedReason, Refused, closed_reason, confirm, initiate, refund};
pub use gateway::{GatewayFact, on_gateway};
pub use reactions::{Fact, Malformed, on_fact};
pub use status::{Status, status};
pub use work::{Step, next_step, take_step};

/// How often a buyer may try to pay an order; a thief with a list of cards has as many.
pub const ATTEMPTS_MAX: usize = 3;

/// The payment of an order, from the first that is heard of the order on. One row, with rows for attempts and refunds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Payment {
    pub id: PaymentId,
    pub order_id: OrderId,
    /// What is to be paid; `None` until ORDER_CREATED is heard.
    pub ordered: Option<Ordered>,
    /// No attempt starts at or after this; `None` until INVENTORY_RESERVED is heard.
    pub deadline: Option<DateTime<Utc>>,
    /// Set when no attempt may start any more, with the weightiest cause.
    pub closed: Option<Closed>,
    /// Whether a person started to pay.
    pub initiated: bool,
    pub intent: Intent,
    /// In the order in which they were made; at most one is open.
    pub attempts: Vec<Attempt>,
    /// Zero, or all that was ordered: a capture of anything else is a [`Mismatch`].
    pub captured_minor: i64,
    /// A capture that is not what was ordered. It counts as not known; people have to look at it.
    pub mismatch: Option<Mismatch>,
    /// How much ought to go back; only grows.
    pub refund_target_minor: i64,
    /// What the gateway finally refused to give back and nobody has asked for again. People have to look at it.
    pub refund_given_up_minor: i64,
    /// In the order in which they were made.
    pub refunds: Vec<Refund>,
    pub final_word: Option<FinalWord>,
    /// Goods left: from here on all of the money can be given back by hand.
    pub shipped: bool,
    /// When the worker has to look at the payment; `None` when there is nothing to do.
    pub due_at: Option<DateTime<Utc>>,
    /// How many calls in a row told nothing new; they are made less and less often.
    pub fruitless_calls: u32,
    /// The last `aggregate_seq` that an event of this payment used; the shell counts it on.
    pub event_seq: i64,
}

impl Payment {
    /// The row that the first event makes, whichever it is.
    pub fn new(id: PaymentId, order_id: OrderId) -> Self {
        Self {
            id,
            order_id,
            ordered: None,
            deadline: None,
            closed: None,
            initiated: false,
            intent: Intent::None,
            attempts: vec![],
            captured_minor: 0,
            mismatch: None,
            refund_target_minor: 0,
            refund_given_up_minor: 0,
            refunds: vec![],
            final_word: None,
            shipped: false,
            due_at: None,
            fruitless_calls: 0,
            event_seq: 0,
        }
    }

    /// The attempt whose outcome is not known yet.
    pub fn open_attempt(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.is_open())
    }

    /// The sum of the refunds in `state`.
    pub fn refunds_in(&self, state: RefundState) -> i64 {
        self.refunds.iter().filter(|refund| refund.state == state).map(|refund| refund.amount_minor).sum()
    }

    /// How many attempts the buyer has left.
    pub fn attempts_left(&self) -> usize {
        ATTEMPTS_MAX.saturating_sub(self.attempts.len())
    }

    /// Empty before ORDER_CREATED was heard; no money moves before that.
    pub(crate) fn currency(&self) -> &str {
        self.ordered.as_ref().map_or("", |ordered| &ordered.currency)
    }
}

/// What ORDER_CREATED said.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ordered {
    pub user_id: UserId,
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// To be charged once, as soon as the stock is held.
    pub method: Option<String>,
}

/// Why no attempt may start any more. A later variant outweighs an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Closed {
    /// Inventory does not have the stock.
    Rejected,
    /// The gateway says that the intent is cancelled, and nobody here asked for it.
    Withdrawn,
    /// The time to pay is over. A charge that lands all the same is kept: inventory decides whether it came too late.
    Expired,
    /// The money came too late: the stock is gone.
    StockLost,
    /// The order is cancelled.
    Cancelled(CancelledBy),
}

/// Who cancelled the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CancelledBy {
    Buyer,
    Admin,
    /// The order's watchdog.
    System,
}

impl Closed {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Closed::Rejected => "REJECTED",
            Closed::Withdrawn => "WITHDRAWN",
            Closed::Expired => "EXPIRED",
            Closed::StockLost => "STOCK_LOST",
            Closed::Cancelled(CancelledBy::Buyer) => "CANCELLED_BY_BUYER",
            Closed::Cancelled(CancelledBy::Admin) => "CANCELLED_BY_ADMIN",
            Closed::Cancelled(CancelledBy::System) => "CANCELLED_BY_SYSTEM",
        }
    }

    /// Reads [`Closed::as_str`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        let cancelled = [CancelledBy::Buyer, CancelledBy::Admin, CancelledBy::System].map(Closed::Cancelled);
        let all =
            [Closed::Rejected, Closed::Withdrawn, Closed::Expired, Closed::StockLost].into_iter().chain(cancelled);
        all.into_iter().find(|closed| closed.as_str() == name)
    }

    /// Whether money that was, or will be, captured goes back. Expiry does not decide that: inventory does.
    pub(crate) fn gives_back(self) -> bool {
        match self {
            Closed::Rejected | Closed::StockLost | Closed::Cancelled(_) => true,
            Closed::Withdrawn | Closed::Expired => false,
        }
    }
}

/// The gateway's PaymentIntent. One per payment, so that the gateway itself cannot capture twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Intent {
    /// Not made, or its id is not stored yet. Nothing can have been charged.
    None,
    Open {
        id: String,
    },
    Succeeded {
        id: String,
    },
    Cancelled {
        id: String,
    },
}

impl Intent {
    /// The gateway's id.
    pub fn id(&self) -> Option<&str> {
        match self {
            Intent::None => None,
            Intent::Open { id } | Intent::Succeeded { id } | Intent::Cancelled { id } => Some(id),
        }
    }
}

/// One try to charge. Its id is the idempotency key at the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attempt {
    pub id: AttemptId,
    /// From 1.
    pub number: u32,
    /// The gateway's name of the card or account.
    pub method: String,
    pub state: AttemptState,
    /// The gateway's code, of a declined one.
    pub decline_code: Option<String>,
    pub started_at: DateTime<Utc>,
}

impl Attempt {
    fn is_open(&self) -> bool {
        match self.state {
            AttemptState::Open | AttemptState::Unknown => true,
            AttemptState::Declined | AttemptState::Succeeded | AttemptState::Cancelled => false,
        }
    }
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptState {
    /// To be sent, or sent and not answered yet.
    Open,
    /// Sent, and the answer did not say what became of it. It may have been charged.
    Unknown,
    Declined,
    Succeeded,
    /// The intent was cancelled before it was charged.
    Cancelled,
}

impl AttemptState {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            AttemptState::Open => "OPEN",
            AttemptState::Unknown => "UNKNOWN",
            AttemptState::Declined => "DECLINED",
            AttemptState::Succeeded => "SUCCEEDED",
            AttemptState::Cancelled => "CANCELLED",
        }
    }
}

/// Money on its way back. Its id is the idempotency key at the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refund {
    pub id: RefundId,
    pub amount_minor: i64,
    pub state: RefundState,
    /// In the words of whoever asked for it, or why the saga did.
    pub reason: String,
    /// The gateway's code, of a failed one.
    pub failure_code: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// What became of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefundState {
    Pending,
    Succeeded,
    /// The gateway finally refused.
    Failed,
}

impl RefundState {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            RefundState::Pending => "PENDING",
            RefundState::Succeeded => "SUCCEEDED",
            RefundState::Failed => "FAILED",
        }
    }
}

/// The one thing that payment says of an order in the end: PAYMENT_SUCCESS or PAYMENT_FAILED.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FinalWord {
    Success,
    Failed(FailureReason),
}

/// Why there will be no money, or why it went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureReason {
    Declined,
    Expired,
    Cancelled,
}

impl FailureReason {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            FailureReason::Declined => "DECLINED",
            FailureReason::Expired => "EXPIRED",
            FailureReason::Cancelled => "CANCELLED",
        }
    }
}

/// The gateway captured something else than was ordered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mismatch {
    pub amount_minor: i64,
    pub currency: String,
}

/// What comes from outside the row, for one fact, answer or command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Our database's time.
    pub now: DateTime<Utc>,
    /// A new UUIDv7 for each call: the id of the attempt or the refund, should one be made (never both).
    pub fresh_id: Uuid,
}
