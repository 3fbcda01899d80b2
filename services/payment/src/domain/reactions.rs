//! What order and inventory said. Each only notes what it heard; what follows is the same for all, and stands in
//! `settle`.

use chrono::{DateTime, Utc};
use proto_events::inventory::v1::ReleaseReason;
use proto_events::order::v1 as order;
use proto_events::{Event, EventType};

use super::settle::settled;
use super::{CancelledBy, Closed, Context, FinalWord, Ordered, Payment};

/// An event that payment listens to, with its values read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fact {
    OrderCreated(Ordered),
    OrderCancelled(CancelledBy),
    OrderShipped,
    Reserved { deadline: DateTime<Utc> },
    Rejected,
    Expired,
    CommitRejected,
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
    pub const TYPES: [EventType; 7] = [
        EventType::OrderCreated,
        EventType::OrderCancelled,
        EventType::OrderShipped,
        EventType::InventoryReserved,
        EventType::InventoryRejected,
        EventType::InventoryReleased,
        EventType::InventoryCommitRejected,
    ];

    /// Reads an event; `None` for one that says nothing to a payment.
    ///
    /// # Errors
    /// When a value is missing or malformed.
    pub fn read(event: &Event) -> Result<Option<Self>, Malformed> {
        let malformed = |field| Malformed { event: event.event_type(), field };
        Ok(Some(match event {
            Event::OrderCreated(e) => {
                let total = e.total.as_ref().filter(|total| total.amount_minor > 0).ok_or(malformed("total"))?;
                Fact::OrderCreated(Ordered {
                    user_id: e.user_id.parse().map_err(|_| malformed("user_id"))?,
                    amount_minor: total.amount_minor,
                    currency: total.currency.clone(),
                    method: e.payment_method.clone(),
                })
            }
            Event::OrderCancelled(e) => Fact::OrderCancelled(match e.by() {
                order::CancelledBy::Buyer => CancelledBy::Buyer,
                order::CancelledBy::Admin => CancelledBy::Admin,
                order::CancelledBy::System => CancelledBy::System,
                order::CancelledBy::Unspecified => return Err(malformed("by")),
            }),
            Event::OrderShipped(_) => Fact::OrderShipped,
            Event::InventoryReserved(e) => {
                let deadline = DateTime::from_timestamp_millis(e.payment_deadline_ms);
                Fact::Reserved { deadline: deadline.ok_or(malformed("payment_deadline_ms"))? }
            }
            Event::InventoryRejected(_) => Fact::Rejected,
            Event::InventoryReleased(e) => match e.reason() {
                ReleaseReason::Expired => Fact::Expired,
                // Inventory let go because of what order or payment said: nothing new here.
                ReleaseReason::Cancelled | ReleaseReason::PaymentFailed => return Ok(None),
                ReleaseReason::Unspecified => return Err(malformed("reason")),
            },
            Event::InventoryCommitRejected(_) => Fact::CommitRejected,
            Event::InventoryCommitted(_) | Event::StockLow(_) => return Ok(None),
            Event::OrderPaid(_) | Event::OrderDelivered(_) => return Ok(None),
            Event::PaymentInitiated(_)
            | Event::PaymentUnknown(_)
            | Event::PaymentSuccess(_)
            | Event::PaymentFailed(_)
            | Event::PaymentRefunded(_)
            | Event::RefundFailed(_) => return Ok(None),
            Event::ProductCreated(_) | Event::ProductUpdated(_) | Event::ProductArchived(_) => return Ok(None),
            Event::UserRegistered(_) | Event::UserRolesChanged(_) => return Ok(None),
        }))
    }
}

/// Where a payment is, as far as a fact's effect goes.
enum Phase {
    /// An attempt may start, as soon as the order and its reservation are known.
    Open,
    /// No attempt may start; what was started is waited for.
    Closing,
    /// PAYMENT_SUCCESS was said.
    Paid,
    /// PAYMENT_FAILED was said.
    Failed,
}

fn phase(payment: &Payment) -> Phase {
    match payment.final_word {
        Some(FinalWord::Success) => Phase::Paid,
        Some(FinalWord::Failed(_)) => Phase::Failed,
        None if payment.closed.is_some() => Phase::Closing,
        None => Phase::Open,
    }
}

/// Applies a fact. The row may be new: whichever event comes first makes it, so that an end that overtakes ORDER_CREATED or
/// INVENTORY_RESERVED leaves a closed one, which these do not open again.
pub fn on_fact(payment: Payment, fact: &Fact, context: &Context) -> (Payment, Vec<Event>) {
    settled(payment, context, |payment| {
        note(payment, fact);
        vec![]
    })
}

fn note(payment: &mut Payment, fact: &Fact) {
    let phase = phase(payment);
    match fact {
        Fact::OrderCreated(ordered) => match phase {
            // Also too late to be charged, it tells whose payment this is.
            Phase::Open | Phase::Closing | Phase::Failed => {
                payment.ordered.get_or_insert_with(|| ordered.clone());
            }
            Phase::Paid => {} // A repeat.
        },
        Fact::Reserved { deadline } => match phase {
            Phase::Open => {
                payment.deadline.get_or_insert(*deadline);
            }
            // Too late: inventory lets go on the same event that closed this payment, or on our PAYMENT_FAILED.
            Phase::Closing | Phase::Failed => {}
            Phase::Paid => {} // A repeat.
        },
        Fact::Rejected => match phase {
            Phase::Open => close(payment, Closed::Rejected),
            Phase::Closing | Phase::Failed => {} // Nothing will be charged any more.
            Phase::Paid => {}                    // Cannot happen: only what is reserved is charged.
        },
        Fact::Expired if runtime::mutant!("expiry-refunds") => close(payment, Closed::StockLost),
        Fact::Expired => match phase {
            Phase::Open => close(payment, Closed::Expired),
            Phase::Closing | Phase::Failed => {} // No attempt starts any more.
            // Too late: PAYMENT_SUCCESS is under way to inventory, which takes the stock again or says COMMIT_REJECTED.
            Phase::Paid => {}
        },
        Fact::CommitRejected => match phase {
            Phase::Paid => close(payment, Closed::StockLost),
            // Cannot happen: inventory rejects only what PAYMENT_SUCCESS asked for. Without stock there is no charge.
            Phase::Open | Phase::Closing => close(payment, Closed::StockLost),
            Phase::Failed => {} // Nothing is kept of a failed payment.
        },
        Fact::OrderCancelled(by) => match phase {
            // What was started is waited for, or withdrawn at the gateway; what it captures goes back.
            Phase::Open | Phase::Closing => close(payment, Closed::Cancelled(*by)),
            Phase::Paid => close(payment, Closed::Cancelled(*by)),
            Phase::Failed => {} // Nothing is kept of a failed payment.
        },
        Fact::OrderShipped => match phase {
            Phase::Paid => payment.shipped = true,
            Phase::Open | Phase::Closing | Phase::Failed => {} // Cannot happen: only what is paid is shipped.
        },
    }
}

fn close(payment: &mut Payment, cause: Closed) {
    if payment.closed < Some(cause) {
        payment.closed = Some(cause);
        // What the gateway finally refused is tried once more when the whole amount has to go back.
        payment.refund_given_up_minor = 0;
    }
}
