//! What inventory and payment said. A fact is only ever added, so that facts commute and repeat harmlessly; what an
//! order becomes is then read off them by [`status`](super::status::status).

use chrono::{DateTime, Utc};
use proto_events::ids::RefundId;
use proto_events::inventory::v1 as inventory;
use proto_events::order::v1 as wire;
use proto_events::payment::v1 as payment;
use proto_events::{Event, EventType, Money};

use super::status::{Status, status};
use super::{Failed, FailureReason, Order, Paid, RefundFailed, Refunded, Rejected, Reserved, ShortLine, StockLost};

/// An event that the order listens to, with its values read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fact {
    Reserved { expires_at: DateTime<Utc>, payment_deadline: DateTime<Utc> },
    Rejected { short_lines: Vec<ShortLine> },
    Committed,
    StockLost { short_lines: Vec<ShortLine> },
    Initiated,
    Unknown,
    Paid { captured_minor: i64 },
    Failed { reason: FailureReason, decline_code: Option<String> },
    Refunded { total_minor: i64 },
    RefundFailed { refund_id: RefundId, amount_minor: i64, code: String },
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
    pub const TYPES: [EventType; 10] = [
        EventType::InventoryReserved,
        EventType::InventoryRejected,
        EventType::InventoryCommitted,
        EventType::InventoryCommitRejected,
        EventType::PaymentInitiated,
        EventType::PaymentUnknown,
        EventType::PaymentSuccess,
        EventType::PaymentFailed,
        EventType::PaymentRefunded,
        EventType::RefundFailed,
    ];

    /// Reads an event; `None` for one that says nothing to an order.
    ///
    /// # Errors
    /// When a value is missing or malformed.
    pub fn read(event: &Event) -> Result<Option<Self>, Malformed> {
        let malformed = |field| Malformed { event: event.event_type(), field };
        let time = |ms, field| DateTime::from_timestamp_millis(ms).ok_or(malformed(field));
        let minor = |money: &Option<Money>, field| money.as_ref().map(|m| m.amount_minor).ok_or(malformed(field));
        Ok(Some(match event {
            Event::InventoryReserved(e) => Fact::Reserved {
                expires_at: time(e.expires_at_ms, "expires_at_ms")?,
                payment_deadline: time(e.payment_deadline_ms, "payment_deadline_ms")?,
            },
            Event::InventoryRejected(e) => Fact::Rejected { short_lines: short_lines(&e.short_lines) },
            Event::InventoryCommitted(_) => Fact::Committed,
            Event::InventoryCommitRejected(e) => Fact::StockLost { short_lines: short_lines(&e.short_lines) },
            Event::PaymentInitiated(_) => Fact::Initiated,
            Event::PaymentUnknown(_) => Fact::Unknown,
            Event::PaymentSuccess(e) => Fact::Paid { captured_minor: minor(&e.captured, "captured")? },
            Event::PaymentFailed(e) => Fact::Failed {
                reason: failure_reason(e.reason()).ok_or(malformed("reason"))?,
                decline_code: e.decline_code.clone(),
            },
            Event::PaymentRefunded(e) => Fact::Refunded { total_minor: minor(&e.refunded_total, "refunded_total")? },
            Event::RefundFailed(e) => Fact::RefundFailed {
                refund_id: e.refund_id.parse().map_err(|_| malformed("refund_id"))?,
                amount_minor: minor(&e.amount, "amount")?,
                code: e.code.clone(),
            },
            // Inventory lets go because a fact of ours or of payment's ended the order: that fact decides, not this one.
            Event::InventoryReleased(_) | Event::StockLow(_) => return Ok(None),
            Event::OrderCreated(_)
            | Event::OrderCancelled(_)
            | Event::OrderPaid(_)
            | Event::OrderShipped(_)
            | Event::OrderDelivered(_) => return Ok(None),
            // Prices come from the catalog's projection, which is no part of an order.
            Event::ProductCreated(_) | Event::ProductUpdated(_) | Event::ProductArchived(_) => return Ok(None),
            Event::UserRegistered(_) | Event::UserRolesChanged(_) => return Ok(None),
        }))
    }
}

fn short_lines(lines: &[inventory::ShortLine]) -> Vec<ShortLine> {
    let read = |line: &inventory::ShortLine| ShortLine {
        sku: line.sku.clone(),
        requested: line.requested,
        available: line.available,
    };
    lines.iter().map(read).collect()
}

fn failure_reason(reason: payment::FailureReason) -> Option<FailureReason> {
    match reason {
        payment::FailureReason::Unspecified => None,
        payment::FailureReason::Declined => Some(FailureReason::Declined),
        payment::FailureReason::Expired => Some(FailureReason::Expired),
        payment::FailureReason::Cancelled => Some(FailureReason::Cancelled),
    }
}

/// Adds a fact, recorded `at` our database's time; says ORDER_PAID when this is what makes the order PAID.
pub fn on_fact(mut order: Order, fact: &Fact, at: DateTime<Utc>) -> (Order, Vec<Event>) {
    let before = status(&order);
    record(&mut order, fact, at);
    let events = match before {
        Status::Created | Status::PaymentPending => match status(&order) {
            Status::Paid => vec![paid(&order)],
            Status::Created | Status::PaymentPending | Status::Cancelled => vec![],
            // Cannot come about by a fact: only the commands ship and deliver, and only what is PAID.
            Status::Shipped | Status::Delivered => vec![],
        },
        // Already said.
        Status::Paid | Status::Shipped | Status::Delivered => vec![],
        // Too late to be paid: inventory and payment heard, or will hear, what cancelled it, and give back what they hold.
        Status::Cancelled => vec![],
    };
    (order, events)
}

fn paid(order: &Order) -> Event {
    wire::OrderPaid { total: Some(Money::new(order.total_minor, order.currency.clone())) }.into()
}

/// Every fact keeps the time of its first hearing, whatever the order's status: what is too late to change the status is
/// still true, and the timeline shows it.
fn record(order: &mut Order, fact: &Fact, at: DateTime<Utc>) {
    let facts = &mut order.facts;
    match fact {
        Fact::Reserved { expires_at, payment_deadline } => {
            let reserved = Reserved { at, expires_at: *expires_at, payment_deadline: *payment_deadline };
            facts.reserved.get_or_insert(reserved);
        }
        Fact::Rejected { short_lines } => {
            facts.rejected.get_or_insert_with(|| Rejected { at, short_lines: short_lines.clone() });
        }
        Fact::Committed => {
            facts.committed_at.get_or_insert(at);
        }
        Fact::StockLost { short_lines } => {
            facts.stock_lost.get_or_insert_with(|| StockLost { at, short_lines: short_lines.clone() });
        }
        Fact::Initiated => {
            facts.initiated_at.get_or_insert(at);
        }
        Fact::Unknown => {
            facts.unknown_at.get_or_insert(at);
        }
        Fact::Paid { captured_minor } => {
            facts.paid.get_or_insert(Paid { at, captured_minor: *captured_minor });
        }
        Fact::Failed { reason, decline_code } => {
            facts.failed.get_or_insert_with(|| Failed { at, reason: *reason, decline_code: decline_code.clone() });
        }
        Fact::Refunded { total_minor } => {
            let known = facts.refunded.as_ref().map_or(0, |refunded| refunded.total_minor);
            if *total_minor > known {
                facts.refunded = Some(Refunded { at, total_minor: *total_minor });
            }
        }
        Fact::RefundFailed { refund_id, amount_minor, code } => {
            if facts.refund_failed.as_ref().is_none_or(|known| known.refund_id < *refund_id) {
                let (refund_id, amount_minor, code) = (*refund_id, *amount_minor, code.clone());
                facts.refund_failed = Some(RefundFailed { at, refund_id, amount_minor, code });
            }
        }
    }
}
