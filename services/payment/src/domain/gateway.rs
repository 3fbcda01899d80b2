//! What the gateway said: in the answer to a call, when it was asked later, or by webhook. All three mean the same, may
//! come in any order and repeat.

use chrono::{DateTime, TimeDelta, Utc};
use proto_events::ids::{AttemptId, RefundId};
use proto_events::payment::v1 as wire;
use proto_events::{Event, Money};

use super::settle::{end_open_attempt, settled};
use super::{AttemptState, Closed, Context, Intent, Mismatch, Payment, RefundState};

/// Asking again comes after 1, 2, 4 … seconds, and never more than this apart.
pub const ASK_AGAIN_AFTER_MAX: TimeDelta = TimeDelta::seconds(60);

/// The code of an attempt that the gateway knows nothing of, after it failed to answer it.
pub const NOT_PROCESSED: &str = "processing_error";

/// Something that the gateway said, or failed to say.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GatewayFact {
    /// The intent is there; its creation may have been repeated.
    IntentCreated {
        intent_id: String,
    },
    /// The intent succeeded: also where a confirm or a cancel was refused because it had succeeded already.
    Captured {
        amount_minor: i64,
        currency: String,
    },
    /// The attempt's confirm was answered: declined.
    Declined {
        attempt_id: AttemptId,
        code: String,
    },
    /// The attempt's confirm was not answered, or with an error of the gateway's own: it may have charged.
    Unknown {
        attempt_id: AttemptId,
    },
    /// Asked about the attempt, the gateway says that nothing is captured and nothing is in process.
    NotCharged {
        attempt_id: AttemptId,
        code: Option<String>,
    },
    /// The intent is cancelled: also where a confirm was refused because it was.
    IntentCancelled,
    /// Asked, the gateway is still at it, or did not answer.
    NoNews,
    /// A webhook tells that something happened to the intent, but not to which attempt: ask.
    Hint,
    Refunded {
        refund_id: RefundId,
    },
    /// The gateway will not give this money back.
    RefundRefused {
        refund_id: RefundId,
        code: String,
    },
}

/// Applies what the gateway said.
pub fn on_gateway(payment: Payment, fact: &GatewayFact, context: &Context) -> (Payment, Vec<Event>) {
    let (mut payment, events) = settled(payment, context, |payment| note(payment, fact));
    match fact {
        GatewayFact::Unknown { .. } | GatewayFact::NoNews => ask_later(&mut payment, context.now),
        GatewayFact::Hint => ask_now(&mut payment, context.now),
        GatewayFact::IntentCreated { .. }
        | GatewayFact::Captured { .. }
        | GatewayFact::Declined { .. }
        | GatewayFact::NotCharged { .. }
        | GatewayFact::IntentCancelled
        | GatewayFact::Refunded { .. }
        | GatewayFact::RefundRefused { .. } => {}
    }
    (payment, events)
}

fn note(payment: &mut Payment, fact: &GatewayFact) -> Vec<Event> {
    match fact {
        GatewayFact::IntentCreated { intent_id } => match payment.intent {
            Intent::None => payment.intent = Intent::Open { id: intent_id.clone() },
            Intent::Open { .. } | Intent::Succeeded { .. } | Intent::Cancelled { .. } => {} // A repeat.
        },
        GatewayFact::Captured { amount_minor, currency } => return captured(payment, *amount_minor, currency),
        GatewayFact::Declined { attempt_id, code } => match state_of(payment, *attempt_id) {
            Some(AttemptState::Open | AttemptState::Unknown) => {
                end_open_attempt(payment, AttemptState::Declined, Some(code.clone()));
            }
            // Known already, or the intent's own end was heard first.
            Some(AttemptState::Declined | AttemptState::Succeeded | AttemptState::Cancelled) | None => {
                if runtime::mutant!("late-webhook-downgrades") {
                    downgrade(payment, code);
                }
            }
        },
        GatewayFact::Unknown { attempt_id } => match state_of(payment, *attempt_id) {
            Some(AttemptState::Open) => return become_unknown(payment),
            // Known already, or it became known by another way.
            Some(
                AttemptState::Unknown | AttemptState::Declined | AttemptState::Succeeded | AttemptState::Cancelled,
            )
            | None => {}
        },
        GatewayFact::NotCharged { attempt_id, code } => match state_of(payment, *attempt_id) {
            Some(AttemptState::Unknown) => {
                let code = code.clone().unwrap_or_else(|| NOT_PROCESSED.to_owned());
                end_open_attempt(payment, AttemptState::Declined, Some(code));
            }
            // Its confirm may still be under way, and will be answered.
            Some(AttemptState::Open) => {}
            Some(AttemptState::Declined | AttemptState::Succeeded | AttemptState::Cancelled) | None => {} // Known.
        },
        GatewayFact::IntentCancelled => match &payment.intent {
            Intent::Open { id } => {
                payment.intent = Intent::Cancelled { id: id.clone() };
                end_open_attempt(payment, AttemptState::Cancelled, None);
                if payment.final_word.is_none() {
                    payment.closed.get_or_insert(Closed::Withdrawn);
                }
            }
            Intent::None | Intent::Succeeded { .. } | Intent::Cancelled { .. } => {} // Known, or not ours.
        },
        GatewayFact::NoNews | GatewayFact::Hint => {}
        GatewayFact::Refunded { refund_id } => return end_refund(payment, *refund_id, None),
        GatewayFact::RefundRefused { refund_id, code } => return end_refund(payment, *refund_id, Some(code)),
    }
    vec![]
}

/// A seeded bug: what is heard last counts, whatever is known.
fn downgrade(payment: &mut Payment, code: &str) {
    payment.captured_minor = 0;
    if let Some(attempt) = payment.attempts.last_mut() {
        attempt.state = AttemptState::Declined;
        attempt.decline_code = Some(code.to_owned());
    }
}

fn state_of(payment: &Payment, id: AttemptId) -> Option<AttemptState> {
    payment.attempts.iter().find(|attempt| attempt.id == id).map(|attempt| attempt.state)
}

/// The money is with the gateway. When the order heard otherwise before, it goes back: see `settle`.
fn captured(payment: &mut Payment, amount_minor: i64, currency: &str) -> Vec<Event> {
    let id = match &payment.intent {
        // A cancelled intent that captured all the same: money is money.
        Intent::Open { id } | Intent::Cancelled { id } => id.clone(),
        Intent::None | Intent::Succeeded { .. } => return vec![], // Not ours, or a repeat.
    };
    let as_ordered = |ordered: &super::Ordered| ordered.amount_minor == amount_minor && ordered.currency == currency;
    if !payment.ordered.as_ref().is_some_and(as_ordered) {
        // Never counted as the order's money, nor as none: its attempt stays unknown until people looked at it.
        payment.mismatch = Some(Mismatch { amount_minor, currency: currency.to_owned() });
        return become_unknown(payment);
    }
    payment.intent = Intent::Succeeded { id };
    payment.captured_minor = amount_minor;
    // Where none is open, it was the latest, which had been given up too early.
    if let Some(attempt) = payment.attempts.last_mut() {
        attempt.state = AttemptState::Succeeded;
        attempt.decline_code = None;
    }
    vec![]
}

fn become_unknown(payment: &mut Payment) -> Vec<Event> {
    let payment_id = payment.id.to_string();
    let open = payment.attempts.iter_mut().find(|attempt| attempt.state == AttemptState::Open);
    open.map(|attempt| {
        attempt.state = AttemptState::Unknown;
        wire::PaymentUnknown { payment_id, attempt_id: attempt.id.to_string() }.into()
    })
    .into_iter()
    .collect()
}

fn end_refund(payment: &mut Payment, id: RefundId, refused: Option<&String>) -> Vec<Event> {
    let currency = payment.currency().to_owned();
    let payment_id = payment.id.to_string();
    let Some(refund) = payment.refunds.iter_mut().find(|refund| refund.id == id) else { return vec![] };
    match refund.state {
        RefundState::Pending => {}
        RefundState::Succeeded | RefundState::Failed => return vec![], // A repeat.
    }
    let (refund_id, amount_minor) = (id.to_string(), refund.amount_minor);
    let amount = Some(Money::new(amount_minor, currency.clone()));
    match refused {
        None => {
            refund.state = RefundState::Succeeded;
            let refunded_total = Some(Money::new(payment.refunds_in(RefundState::Succeeded), currency));
            vec![wire::PaymentRefunded { payment_id, refund_id, amount, refunded_total }.into()]
        }
        Some(code) => {
            refund.state = RefundState::Failed;
            refund.failure_code = Some(code.clone());
            payment.refund_given_up_minor += amount_minor;
            vec![wire::RefundFailed { payment_id, refund_id, amount, code: code.clone() }.into()]
        }
    }
}

/// The gateway may be away for long; asking it as often as it can answer would not bring it back.
fn ask_later(payment: &mut Payment, now: DateTime<Utc>) {
    if super::next_step(payment).is_some() {
        let pause = TimeDelta::seconds(1 << payment.fruitless_calls.min(6));
        payment.fruitless_calls = payment.fruitless_calls.saturating_add(1);
        payment.due_at = Some(now + pause.min(ASK_AGAIN_AFTER_MAX));
    }
}

fn ask_now(payment: &mut Payment, now: DateTime<Utc>) {
    let unknown = payment.open_attempt().is_some_and(|attempt| attempt.state == AttemptState::Unknown);
    if unknown && super::next_step(payment).is_some() {
        payment.due_at = Some(now);
    }
}
