//! What follows from what is known of a payment, whichever event, answer or command told it.

use chrono::{DateTime, Utc};
use proto_events::ids::{AttemptId, RefundId};
use proto_events::payment::v1 as wire;
use proto_events::{Event, Money};

use super::work::{Step, next_step};
use super::{
    ATTEMPTS_MAX, Attempt, AttemptState, Closed, Context, FailureReason, FinalWord, Intent, Payment, Refund,
    RefundState,
};

/// Notes something, and draws the consequences. Every function of the core that changes a payment goes through here, so
/// that no order of events can leave a consequence out.
pub(super) fn settled(
    mut payment: Payment,
    context: &Context,
    note: impl FnOnce(&mut Payment) -> Vec<Event>,
) -> (Payment, Vec<Event>) {
    let before = next_step(&payment);
    let mut events = note(&mut payment);
    close_when_time_is_over(&mut payment, context.now);
    drop_unsent_attempt(&mut payment);
    charge_with_the_order(&mut payment, context);
    events.extend(say_final_word(&mut payment));
    open_refund(&mut payment, context);
    schedule(&mut payment, before, context.now);
    (payment, events)
}

fn close_when_time_is_over(payment: &mut Payment, now: DateTime<Utc>) {
    let over = payment.deadline.is_some_and(|deadline| deadline <= now);
    if over && payment.closed.is_none() && payment.final_word.is_none() {
        payment.closed = Some(Closed::Expired);
    }
}

/// Without a stored intent nothing was ever sent, so a closed payment need not ask what became of its attempt.
fn drop_unsent_attempt(payment: &mut Payment) {
    if payment.closed.is_some() && payment.intent == Intent::None {
        end_open_attempt(payment, AttemptState::Cancelled, None);
    }
}

pub(super) fn end_open_attempt(payment: &mut Payment, state: AttemptState, decline_code: Option<String>) {
    if let Some(attempt) = payment.attempts.iter_mut().find(|attempt| attempt.is_open()) {
        attempt.state = state;
        attempt.decline_code = decline_code;
    }
}

/// Charges the method that came with the order: once, when the order is known, the stock is held, and nothing closed the
/// payment. When it is declined, the buyer may confirm with another.
fn charge_with_the_order(payment: &mut Payment, context: &Context) {
    let open = payment.final_word.is_none() && payment.closed.is_none() && payment.deadline.is_some();
    let method = payment.ordered.as_ref().and_then(|ordered| ordered.method.clone());
    if let Some(method) = method.filter(|_| open && payment.attempts.is_empty()) {
        start_attempt(payment, method, context);
    }
}

pub(super) fn start_attempt(payment: &mut Payment, method: String, context: &Context) {
    payment.attempts.push(Attempt {
        id: AttemptId(context.fresh_id),
        number: u32::try_from(payment.attempts.len() + 1).unwrap_or(u32::MAX),
        method,
        state: AttemptState::Open,
        decline_code: None,
        started_at: context.now,
    });
}

fn say_final_word(payment: &mut Payment) -> Option<Event> {
    if payment.final_word.is_some() {
        return None;
    }
    let word = final_word(payment)?;
    payment.final_word = Some(word);
    let payment_id = payment.id.to_string();
    Some(match word {
        FinalWord::Success => {
            let captured = Some(Money::new(payment.captured_minor, payment.currency()));
            wire::PaymentSuccess { payment_id, captured }.into()
        }
        FinalWord::Failed(reason) => {
            let decline_code = payment.attempts.last().and_then(|attempt| attempt.decline_code.clone());
            let reason = match reason {
                FailureReason::Declined => wire::FailureReason::Declined,
                FailureReason::Expired => wire::FailureReason::Expired,
                FailureReason::Cancelled => wire::FailureReason::Cancelled,
            };
            wire::PaymentFailed { payment_id, reason: reason.into(), decline_code }.into()
        }
    })
}

/// The final word that can be said now; `None` while something can still happen.
fn final_word(payment: &Payment) -> Option<FinalWord> {
    if payment.captured_minor > 0 {
        let gives_back = payment.closed.is_some_and(Closed::gives_back);
        return Some(if gives_back { FinalWord::Failed(FailureReason::Cancelled) } else { FinalWord::Success });
    }
    if payment.open_attempt().is_some() {
        return None; // It may have been charged.
    }
    match payment.closed {
        Some(Closed::Cancelled(_) | Closed::StockLost) => Some(FinalWord::Failed(FailureReason::Cancelled)),
        Some(Closed::Expired) => Some(FinalWord::Failed(FailureReason::Expired)),
        Some(Closed::Withdrawn) => Some(FinalWord::Failed(FailureReason::Declined)),
        // Inventory said it, and the order is out of stock, not failed to be paid.
        Some(Closed::Rejected) => None,
        None if payment.attempts.len() >= ATTEMPTS_MAX => Some(FinalWord::Failed(FailureReason::Declined)),
        None => None, // The buyer may try, or try again.
    }
}

/// Raises the target where all has to go back, and opens a refund for what is missing to it.
fn open_refund(payment: &mut Payment, context: &Context) {
    let failed = match payment.final_word {
        Some(FinalWord::Failed(_)) => true,
        Some(FinalWord::Success) | None => false,
    };
    if failed || payment.closed.is_some_and(Closed::gives_back) {
        payment.refund_target_minor = payment.captured_minor;
    }
    let under_way = payment.refunds_in(RefundState::Pending) + payment.refunds_in(RefundState::Succeeded);
    let missing = payment.refund_target_minor - under_way - payment.refund_given_up_minor;
    if missing > 0 {
        let reason = match payment.closed {
            Some(Closed::StockLost) => "the stock was gone when the payment came",
            Some(Closed::Cancelled(_)) => "the order was cancelled",
            Some(Closed::Rejected | Closed::Withdrawn | Closed::Expired) | None => {
                "the payment had failed before it came"
            }
        };
        start_refund(payment, missing, reason.to_owned(), context);
    }
}

pub(super) fn start_refund(payment: &mut Payment, amount_minor: i64, reason: String, context: &Context) {
    payment.refunds.push(Refund {
        id: RefundId(context.fresh_id),
        amount_minor,
        state: RefundState::Pending,
        reason,
        failure_code: None,
        created_at: context.now,
    });
}

/// Sets when the worker looks at the payment: at once when there is something new to do; when the call under way should
/// have been answered, while there is not; at the deadline while the buyer is waited for.
fn schedule(payment: &mut Payment, before: Option<Step>, now: DateTime<Utc>) {
    let step = next_step(payment);
    if step != before {
        payment.fruitless_calls = 0;
    }
    payment.due_at = match &step {
        None if payment.final_word.is_none() && payment.closed.is_none() => payment.deadline,
        None => None,
        Some(_) if step == before => payment.due_at.or(Some(now)),
        // The charge's own answer is under way: it decides sooner than a withdrawal could.
        Some(Step::CancelIntent { .. }) if matches!(before, Some(Step::Confirm { .. })) => payment.due_at.or(Some(now)),
        Some(_) => Some(now),
    };
}
