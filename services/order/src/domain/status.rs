//! What follows from the facts of an order. The order of the arms in [`status`] is the rule that makes facts commute.

use chrono::{DateTime, TimeDelta, Utc};

use super::{CancelledBy, FailureReason, Order};

/// A buyer may take a paid order back for this long: about as long as nobody has started to pack it.
pub const BUYER_MAY_CANCEL_PAID_FOR: TimeDelta = TimeDelta::seconds(60);

/// An order that inventory has not answered for this long is given up: a hold's 15 minutes and a margin, after which the
/// buyer has gone elsewhere.
pub const INVENTORY_ANSWERS_WITHIN: TimeDelta = TimeDelta::minutes(17);

/// How long after the hold's end payment and inventory may take to say how it ended. Long, because ending it from here
/// gives the money back of a buyer whose payment is merely slow to be told.
pub const SETTLED_AFTER_EXPIRY_WITHIN: TimeDelta = TimeDelta::minutes(15);

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    Created,
    PaymentPending,
    Paid,
    Shipped,
    Delivered,
    Cancelled,
}

impl Status {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Created => "CREATED",
            Status::PaymentPending => "PAYMENT_PENDING",
            Status::Paid => "PAID",
            Status::Shipped => "SHIPPED",
            Status::Delivered => "DELIVERED",
            Status::Cancelled => "CANCELLED",
        }
    }
}

/// Why an order is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CancelReason {
    OutOfStock,
    PaymentFailed,
    Expired,
    Buyer,
    Admin,
    LatePayment,
}

impl CancelReason {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            CancelReason::OutOfStock => "OUT_OF_STOCK",
            CancelReason::PaymentFailed => "PAYMENT_FAILED",
            CancelReason::Expired => "EXPIRED",
            CancelReason::Buyer => "BUYER",
            CancelReason::Admin => "ADMIN",
            CancelReason::LatePayment => "LATE_PAYMENT",
        }
    }
}

/// Where an order's money stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentStatus {
    None,
    Pending,
    Processing,
    Paid,
    Failed,
    Voided,
    PartiallyRefunded,
    Refunded,
}

impl PaymentStatus {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            PaymentStatus::None => "NONE",
            PaymentStatus::Pending => "PENDING",
            PaymentStatus::Processing => "PROCESSING",
            PaymentStatus::Paid => "PAID",
            PaymentStatus::Failed => "FAILED",
            PaymentStatus::Voided => "VOIDED",
            PaymentStatus::PartiallyRefunded => "PARTIALLY_REFUNDED",
            PaymentStatus::Refunded => "REFUNDED",
        }
    }
}

/// Where an order's goods stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FulfillmentStatus {
    Unfulfilled,
    Partial,
    Shipped,
    Delivered,
}

impl FulfillmentStatus {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            FulfillmentStatus::Unfulfilled => "UNFULFILLED",
            FulfillmentStatus::Partial => "PARTIAL",
            FulfillmentStatus::Shipped => "SHIPPED",
            FulfillmentStatus::Delivered => "DELIVERED",
        }
    }
}

/// What somebody can do with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Pay,
    Cancel,
    Ship,
    Deliver,
    Refund,
}

impl Action {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Pay => "pay",
            Action::Cancel => "cancel",
            Action::Ship => "ship",
            Action::Deliver => "deliver",
            Action::Refund => "refund",
        }
    }
}

/// Who looks at an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Buyer,
    Admin,
}

/// The status: a pure function of the set of facts. Whatever cancels outranks whatever pays, so that a cancelled order
/// never turns paid, in whichever order the two are heard.
pub fn status(order: &Order) -> Status {
    let facts = &order.facts;
    if cancel_reason(order).is_some() {
        Status::Cancelled
    } else if facts.delivered.is_some() {
        Status::Delivered
    } else if facts.shipped_at.is_some() {
        Status::Shipped
    } else if facts.paid.is_some() && facts.committed_at.is_some() {
        Status::Paid
    } else if facts.reserved.is_some() {
        Status::PaymentPending
    } else {
        Status::Created
    }
}

/// Why the order is cancelled; `None` when it is not.
pub fn cancel_reason(order: &Order) -> Option<CancelReason> {
    let facts = &order.facts;
    if let Some(request) = &facts.cancel_requested {
        return Some(match request.by {
            CancelledBy::Buyer => CancelReason::Buyer,
            CancelledBy::Admin => CancelReason::Admin,
            // The watchdog ends what took too long.
            CancelledBy::System => CancelReason::Expired,
        });
    }
    if facts.stock_lost.is_some() {
        return Some(CancelReason::LatePayment);
    }
    if let Some(failed) = &facts.failed {
        return Some(match failed.reason {
            FailureReason::Expired => CancelReason::Expired,
            // Without a request of ours, "cancelled" means that the gateway withdrew the payment.
            FailureReason::Declined | FailureReason::Cancelled => CancelReason::PaymentFailed,
        });
    }
    facts.rejected.as_ref().map(|_| CancelReason::OutOfStock)
}

/// Where the money stands, as far as it has been heard.
pub fn payment_status(order: &Order) -> PaymentStatus {
    let facts = &order.facts;
    let refunded = facts.refunded.as_ref().map_or(0, |refunded| refunded.total_minor);
    let captured = facts.paid.as_ref().map_or(order.total_minor, |paid| paid.captured_minor);
    if refunded > 0 {
        return if refunded < captured { PaymentStatus::PartiallyRefunded } else { PaymentStatus::Refunded };
    }
    if facts.paid.is_some() {
        return PaymentStatus::Paid;
    }
    if let Some(failed) = &facts.failed {
        return match failed.reason {
            FailureReason::Declined => PaymentStatus::Failed,
            FailureReason::Expired | FailureReason::Cancelled => PaymentStatus::Voided,
        };
    }
    if facts.rejected.is_some() {
        PaymentStatus::Voided
    } else if facts.unknown_at.is_some() {
        PaymentStatus::Processing
    } else if facts.reserved.is_some() || facts.initiated_at.is_some() {
        PaymentStatus::Pending
    } else {
        PaymentStatus::None
    }
}

/// Where the goods stand.
pub fn fulfillment_status(order: &Order) -> FulfillmentStatus {
    let facts = &order.facts;
    if facts.delivered.is_some() {
        FulfillmentStatus::Delivered
    } else if facts.shipped_at.is_some() {
        FulfillmentStatus::Shipped
    } else if facts.first_shipped_at.is_some() {
        FulfillmentStatus::Partial
    } else {
        FulfillmentStatus::Unfulfilled
    }
}

/// Until when the buyer may take a paid order back; `None` before it is paid, and once goods left or it was cancelled.
pub fn cancellable_until(order: &Order) -> Option<DateTime<Utc>> {
    let facts = &order.facts;
    let (Some(paid), Some(committed_at)) = (&facts.paid, facts.committed_at) else { return None };
    if status(order) != Status::Paid || facts.first_shipped_at.is_some() {
        return None;
    }
    Some(paid.at.max(committed_at) + BUYER_MAY_CANCEL_PAID_FOR)
}

/// What `role` can do with the order at `now`, for the buttons of a screen; the commands check again.
pub fn allowed_actions(order: &Order, role: Role, now: DateTime<Utc>) -> Vec<Action> {
    let can_cancel = super::commands::check_cancel(order, role.cancels_as(), now).is_ok();
    let can_pay = status(order) == Status::PaymentPending
        && order.facts.paid.is_none()
        && order.facts.reserved.as_ref().is_some_and(|reserved| now < reserved.payment_deadline);
    let mut actions = match role {
        Role::Buyer if can_pay => vec![Action::Pay],
        Role::Buyer => vec![],
        Role::Admin => admin_actions(order),
    };
    if can_cancel {
        actions.push(Action::Cancel);
    }
    actions
}

fn admin_actions(order: &Order) -> Vec<Action> {
    let mut actions = match status(order) {
        Status::Paid => vec![Action::Ship],
        Status::Shipped => vec![Action::Deliver],
        Status::Created | Status::PaymentPending | Status::Delivered | Status::Cancelled => return vec![],
    };
    if matches!(payment_status(order), PaymentStatus::Paid | PaymentStatus::PartiallyRefunded) {
        actions.push(Action::Refund);
    }
    actions
}

impl Role {
    fn cancels_as(self) -> CancelledBy {
        match self {
            Role::Buyer => CancelledBy::Buyer,
            Role::Admin => CancelledBy::Admin,
        }
    }
}

/// When the watchdog gives the order up, as [`CancelledBy::System`]; `None` when no timer of ours owns it any more.
///
/// Normally inventory's and payment's own timers end an order long before; this is for a service that stays away.
pub fn overdue_at(order: &Order) -> Option<DateTime<Utc>> {
    match status(order) {
        Status::Created => Some(order.created_at + INVENTORY_ANSWERS_WITHIN),
        Status::PaymentPending => {
            order.facts.reserved.as_ref().map(|reserved| reserved.expires_at + SETTLED_AFTER_EXPIRY_WITHIN)
        }
        // Paid orders wait for people; the others are at their end.
        Status::Paid | Status::Shipped | Status::Delivered | Status::Cancelled => None,
    }
}
