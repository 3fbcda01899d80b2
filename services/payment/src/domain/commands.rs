//! What people ask of a payment. Each may be refused, and then says why.

use proto_events::Event;
use proto_events::payment::v1 as wire;

use super::settle::{settled, start_attempt, start_refund};
use super::{CancelledBy, Closed, Context, FailureReason, FinalWord, Payment, RefundState};

/// Why a command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The order, or that its stock is held, was not heard of yet: a short wait will do.
    NotReady,
    /// No attempt may start any more.
    PaymentClosed(ClosedReason),
    AlreadyPaid,
    /// The outcome of an attempt is not known yet.
    PaymentInProgress,
    /// More than was captured and is not refunded, or being refunded, already; an amount below 1 never fits.
    RefundExceedsCapture {
        left_minor: i64,
    },
    /// All the money of an order of which nothing has left: cancelling gives it back, and the stock.
    CancelInstead,
}

/// Why no attempt may start any more, in the words of the order's `cancel_reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosedReason {
    OutOfStock,
    PaymentFailed,
    Expired,
    Buyer,
    Admin,
    LatePayment,
}

impl ClosedReason {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            ClosedReason::OutOfStock => "OUT_OF_STOCK",
            ClosedReason::PaymentFailed => "PAYMENT_FAILED",
            ClosedReason::Expired => "EXPIRED",
            ClosedReason::Buyer => "BUYER",
            ClosedReason::Admin => "ADMIN",
            ClosedReason::LatePayment => "LATE_PAYMENT",
        }
    }
}

/// Says that somebody starts to pay; the intent is then made. Doing it again changes nothing, also when it is paid.
///
/// # Errors
/// When the order is not known yet, or the payment is closed.
pub fn initiate(payment: Payment, context: &Context) -> Result<(Payment, Vec<Event>), Refused> {
    let (payment, mut events) = settled(payment, context, |_| vec![]);
    if payment.ordered.is_none() && payment.closed.is_none() {
        return Err(Refused::NotReady);
    }
    if payment.initiated || payment.captured_minor > 0 {
        return Ok((payment, events));
    }
    refuse_closed(&payment)?;
    let (payment, said) = settled(payment, context, |payment| {
        payment.initiated = true;
        vec![wire::PaymentInitiated { payment_id: payment.id.to_string() }.into()]
    });
    events.extend(said);
    Ok((payment, events))
}

/// Starts an attempt to charge `method`. The attempt is written before the gateway is called: take the step next.
///
/// # Errors
/// When no attempt may start: see [`Refused`].
pub fn confirm(payment: Payment, method: String, context: &Context) -> Result<(Payment, Vec<Event>), Refused> {
    let over = payment.deadline.is_some_and(|deadline| deadline <= context.now);
    if payment.captured_minor > 0 && payment.final_word == Some(FinalWord::Success) {
        return Err(Refused::AlreadyPaid);
    }
    refuse_closed(&payment)?;
    if payment.open_attempt().is_some() {
        return Err(Refused::PaymentInProgress);
    }
    if over {
        return Err(Refused::PaymentClosed(ClosedReason::Expired));
    }
    if payment.ordered.is_none() || payment.deadline.is_none() {
        return Err(Refused::NotReady);
    }
    Ok(settled(payment, context, |payment| {
        start_attempt(payment, method, context);
        vec![]
    }))
}

fn refuse_closed(payment: &Payment) -> Result<(), Refused> {
    closed_reason(payment).map_or(Ok(()), |reason| Err(Refused::PaymentClosed(reason)))
}

/// Why no attempt may start any more; `None` while one may, and when it is paid.
pub fn closed_reason(payment: &Payment) -> Option<ClosedReason> {
    match payment.closed {
        Some(Closed::Rejected) => Some(ClosedReason::OutOfStock),
        Some(Closed::Withdrawn) => Some(ClosedReason::PaymentFailed),
        Some(Closed::Expired) => Some(ClosedReason::Expired),
        Some(Closed::StockLost) => Some(ClosedReason::LatePayment),
        Some(Closed::Cancelled(CancelledBy::Buyer)) => Some(ClosedReason::Buyer),
        Some(Closed::Cancelled(CancelledBy::Admin)) => Some(ClosedReason::Admin),
        Some(Closed::Cancelled(CancelledBy::System)) => Some(ClosedReason::Expired),
        None => match payment.final_word {
            Some(FinalWord::Failed(FailureReason::Expired)) => Some(ClosedReason::Expired),
            Some(FinalWord::Failed(FailureReason::Declined | FailureReason::Cancelled)) => {
                Some(ClosedReason::PaymentFailed)
            }
            Some(FinalWord::Success) | None => None,
        },
    }
}

/// Gives `amount_minor` back, or all that is left. The refund is the last of [`Payment::refunds`], PENDING.
///
/// # Errors
/// When there is not that much left, or when it is all of an order that has not left and can be cancelled.
pub fn refund(
    payment: Payment,
    amount_minor: Option<i64>,
    reason: String,
    context: &Context,
) -> Result<(Payment, Vec<Event>), Refused> {
    let under_way = payment.refunds_in(RefundState::Pending) + payment.refunds_in(RefundState::Succeeded);
    let left_minor = payment.captured_minor - under_way;
    let amount_minor = amount_minor.unwrap_or(left_minor);
    if !(1..=left_minor).contains(&amount_minor) {
        return Err(Refused::RefundExceedsCapture { left_minor });
    }
    // What the saga gives back already can be asked for again where the gateway refused it.
    let cancelled = payment.closed.is_some_and(Closed::gives_back);
    if amount_minor == left_minor && !payment.shipped && !cancelled {
        return Err(Refused::CancelInstead);
    }
    Ok(settled(payment, context, |payment| {
        // Asking again takes up what was given up.
        payment.refund_given_up_minor = (payment.refund_given_up_minor - amount_minor).max(0);
        let target = under_way + payment.refund_given_up_minor + amount_minor;
        payment.refund_target_minor = payment.refund_target_minor.max(target);
        start_refund(payment, amount_minor, reason, context);
        vec![]
    }))
}
