//! The next call to the gateway. It is derived from the state and nothing else, so that whoever comes next can make it:
//! the handler that wrote the attempt, the worker, or another replica after a crash.

use chrono::TimeDelta;
use proto_events::Event;
use proto_events::ids::{AttemptId, PaymentId, RefundId};

use super::settle::settled;
use super::{AttemptState, Context, FinalWord, Intent, Payment, RefundState};

/// For so long a step belongs to whoever took it; longer than a call to the gateway may take, its connecting included.
/// Should it be repeated all the same, its key keeps it from being done twice.
pub const STEP_LEASE: TimeDelta = TimeDelta::seconds(15);

/// A call to the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// Answered by `IntentCreated` or `NoNews`. The payment's id is the idempotency key.
    CreateIntent { payment_id: PaymentId, amount_minor: i64, currency: String },
    /// Answered by `Captured`, `Declined`, `IntentCancelled` or `Unknown`. The attempt's id is the idempotency key.
    Confirm { attempt_id: AttemptId, intent_id: String, method: String },
    /// Asks what became of an unknown attempt: `Captured`, `NotCharged`, `IntentCancelled` or `NoNews`.
    Retrieve { attempt_id: AttemptId, intent_id: String },
    /// Answered by `IntentCancelled`, `Captured` (it was too late) or `NoNews` (a charge is in process).
    CancelIntent { intent_id: String },
    /// Answered by `Refunded`, `RefundRefused` or `NoNews`. The refund's id is the idempotency key.
    Refund { refund_id: RefundId, intent_id: String, amount_minor: i64 },
}

/// What is to be asked of the gateway next; `None` when nothing is.
pub fn next_step(payment: &Payment) -> Option<Step> {
    if payment.mismatch.is_some() {
        return None; // More calls would not make it right: people have to.
    }
    let closed = payment.closed.is_some();
    if let Some(attempt) = payment.open_attempt() {
        let intent_id = match &payment.intent {
            Intent::None => return create_intent(payment),
            Intent::Open { id } => id.clone(),
            // The intent's end ended the attempt with it.
            Intent::Succeeded { .. } | Intent::Cancelled { .. } => return None,
        };
        let attempt_id = attempt.id;
        return Some(match attempt.state {
            AttemptState::Open if !closed => Step::Confirm { attempt_id, intent_id, method: attempt.method.clone() },
            AttemptState::Unknown if !closed => Step::Retrieve { attempt_id, intent_id },
            // Closed while it may be charged: the gateway decides, cancelled or already succeeded.
            AttemptState::Open | AttemptState::Unknown => Step::CancelIntent { intent_id },
            AttemptState::Declined | AttemptState::Succeeded | AttemptState::Cancelled => return None,
        });
    }
    let failed = match payment.final_word {
        Some(FinalWord::Failed(_)) => true,
        Some(FinalWord::Success) | None => false,
    };
    match &payment.intent {
        Intent::None if payment.initiated && !closed && !failed => create_intent(payment),
        // What is over is withdrawn, so that a charge that is still on its way cannot land; if it did, this tells.
        Intent::Open { id } if closed || failed => Some(Step::CancelIntent { intent_id: id.clone() }),
        Intent::Succeeded { id } => refund(payment, id),
        Intent::None | Intent::Open { .. } | Intent::Cancelled { .. } => None,
    }
}

fn create_intent(payment: &Payment) -> Option<Step> {
    payment.ordered.as_ref().map(|ordered| Step::CreateIntent {
        payment_id: payment.id,
        amount_minor: ordered.amount_minor,
        currency: ordered.currency.clone(),
    })
}

/// The oldest refund that is not done: one at a time is with the gateway.
fn refund(payment: &Payment, intent_id: &str) -> Option<Step> {
    let refund = payment.refunds.iter().find(|refund| refund.state == RefundState::Pending)?;
    Some(Step::Refund { refund_id: refund.id, intent_id: intent_id.to_owned(), amount_minor: refund.amount_minor })
}

/// Takes the next step, and with it the lease: for [`STEP_LEASE`] nobody else finds the payment due. Also ends what the
/// deadline ends, which is why there may be something to say.
///
/// The worker takes payments whose `due_at` is over; a handler takes the step right after the command that made it.
pub fn take_step(payment: Payment, context: &Context) -> (Payment, Vec<Event>, Option<Step>) {
    let (mut payment, events) = settled(payment, context, |_| vec![]);
    let step = next_step(&payment);
    if step.is_some() {
        payment.due_at = Some(context.now + STEP_LEASE);
    }
    (payment, events, step)
}
