//! The payment gateway as payments see it: a step of the core goes in, what the gateway said of it comes out.

use std::future::Future;
use std::time::{Duration, Instant};

use proto_events::ids::{AttemptId, OrderId, RefundId};
use uuid::Uuid;

use crate::domain::{GatewayFact, Step};
use crate::metrics;
use crate::stripe::{ErrorObject, Failure, IntentObject, RefundObject, Stripe};

/// For a look at what an unclear answer meant: together with the call itself it has to end within a step's lease.
const LOOK_TIMEOUT: Duration = Duration::from_secs(3);
/// The decline code of a payment method that the gateway does not know.
pub const INVALID_METHOD: &str = "invalid_payment_method";
/// The code where the gateway refuses without naming one.
const NO_CODE: &str = "refused";

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Said(GatewayFact),
    /// The gateway will never make this intent: its amount or currency is not to its liking.
    IntentRefused {
        code: String,
    },
}

/// Where money comes from.
pub trait Gateway: Clone + Send + Sync + 'static {
    /// Makes the call of a step of this order. Ends before the step's lease does.
    fn perform(&self, order_id: OrderId, step: &Step) -> impl Future<Output = Answer> + Send;
}

impl Gateway for Stripe {
    async fn perform(&self, order_id: OrderId, step: &Step) -> Answer {
        let started = Instant::now();
        let (call, answer) = match step {
            Step::CreateIntent { payment_id, amount_minor, currency } => {
                let key = payment_id.to_string();
                let order_id = order_id.to_string();
                let metadata = [("order_id", order_id.as_str()), ("payment_id", key.as_str())];
                ("create", created(self.create_intent(&key, *amount_minor, currency, &metadata).await))
            }
            Step::Confirm { attempt_id, intent_id, method } => {
                let outcome = self.confirm_intent(&attempt_id.to_string(), intent_id, method).await;
                ("confirm", Answer::Said(self.confirmed(*attempt_id, intent_id, outcome).await))
            }
            Step::Retrieve { attempt_id, intent_id } => {
                ("retrieve", Answer::Said(retrieved(*attempt_id, self.retrieve_intent(intent_id).await)))
            }
            Step::CancelIntent { intent_id } => {
                let outcome = self.cancel_intent(intent_id).await;
                ("cancel", Answer::Said(self.cancelled(intent_id, outcome).await))
            }
            Step::Refund { refund_id, intent_id, amount_minor } => {
                ("refund", Answer::Said(self.refunded(*refund_id, intent_id, *amount_minor).await))
            }
        };
        metrics::GATEWAY_SECONDS.with_label_values(&[call]).observe(started.elapsed().as_secs_f64());
        answer
    }
}

impl Stripe {
    async fn confirmed(
        &self,
        attempt_id: AttemptId,
        intent_id: &str,
        outcome: Result<IntentObject, Failure>,
    ) -> GatewayFact {
        let unknown = GatewayFact::Unknown { attempt_id };
        match outcome {
            Ok(intent) => end_of(&intent).unwrap_or(unknown),
            Err(Failure::Declined(error)) => declined(attempt_id, &error),
            Err(Failure::Refused(error)) => match self.state_in(&error, intent_id).await {
                Some(intent) => end_of(&intent).unwrap_or(unknown),
                None => declined(attempt_id, &error),
            },
            Err(Failure::NotDone(reason)) => no_news("confirm", &reason),
            Err(Failure::Unknown(_)) if runtime::mutant!("unknown-as-failed") => {
                GatewayFact::Declined { attempt_id, code: NO_CODE.to_owned() }
            }
            Err(Failure::Unknown(reason)) => {
                tracing::warn!(%attempt_id, reason, "what became of an attempt is not known");
                unknown
            }
        }
    }

    async fn cancelled(&self, intent_id: &str, outcome: Result<IntentObject, Failure>) -> GatewayFact {
        match outcome {
            Ok(intent) => end_of(&intent).unwrap_or(GatewayFact::NoNews),
            Err(Failure::Refused(error)) => match self.state_in(&error, intent_id).await {
                Some(intent) => end_of(&intent).unwrap_or(GatewayFact::NoNews),
                None => no_news("cancel", &Failure::Refused(error)),
            },
            Err(failure) => no_news("cancel", &failure),
        }
    }

    /// The intent where a call was refused because of the state that it is in.
    async fn state_in(&self, error: &ErrorObject, intent_id: &str) -> Option<IntentObject> {
        if error.code.as_deref() != Some("payment_intent_unexpected_state") {
            return None;
        }
        match &error.payment_intent {
            Some(intent) => Some(intent.clone()),
            None => tokio::time::timeout(LOOK_TIMEOUT, self.retrieve_intent(intent_id)).await.ok()?.ok(),
        }
    }

    async fn refunded(&self, refund_id: RefundId, intent_id: &str, amount_minor: i64) -> GatewayFact {
        let key = if runtime::mutant!("new-refund-key-per-try") { RefundId(Uuid::now_v7()) } else { refund_id };
        let key = key.to_string();
        match self.create_refund(&key, intent_id, amount_minor).await {
            Ok(refund) if refund.is_final() => refund_fact(refund_id, &refund),
            // A repeat of the call would only repeat this answer, so look at the refund itself.
            Ok(_) => self.look_for_refund(refund_id, intent_id, GatewayFact::NoNews).await,
            Err(Failure::Declined(error) | Failure::Refused(error)) => {
                let code = error.most_specific_code().unwrap_or(NO_CODE).to_owned();
                let refused = GatewayFact::RefundRefused { refund_id, code };
                self.look_for_refund(refund_id, intent_id, refused).await
            }
            Err(Failure::NotDone(reason)) => no_news("refund", &reason),
            Err(Failure::Unknown(reason)) => {
                tracing::warn!(%refund_id, reason, "what became of a refund is not known");
                self.look_for_refund(refund_id, intent_id, GatewayFact::NoNews).await
            }
        }
    }

    /// What became of a refund, or `absent` where the gateway has none.
    async fn look_for_refund(&self, refund_id: RefundId, intent_id: &str, absent: GatewayFact) -> GatewayFact {
        let key = refund_id.to_string();
        match tokio::time::timeout(LOOK_TIMEOUT, self.refunds_of(intent_id)).await {
            Ok(Ok(refunds)) => {
                let ours = refunds.iter().find(|refund| refund.metadata.refund_id.as_deref() == Some(&key));
                ours.map_or(absent, |refund| refund_fact(refund_id, refund))
            }
            Ok(Err(failure)) => no_news("list of refunds", &failure),
            Err(late) => no_news("list of refunds", &late),
        }
    }
}

impl RefundObject {
    fn is_final(&self) -> bool {
        matches!(self.status.as_deref(), Some("succeeded" | "failed" | "canceled"))
    }
}

/// What the state of a refund says of it.
pub(crate) fn refund_fact(refund_id: RefundId, refund: &RefundObject) -> GatewayFact {
    match refund.status.as_deref() {
        Some("succeeded") => GatewayFact::Refunded { refund_id },
        Some(status @ ("failed" | "canceled")) => {
            let code = refund.failure_reason.clone().unwrap_or_else(|| status.to_owned());
            GatewayFact::RefundRefused { refund_id, code }
        }
        _ => GatewayFact::NoNews,
    }
}

/// The end of an intent; `None` while it has not come to one.
pub(crate) fn end_of(intent: &IntentObject) -> Option<GatewayFact> {
    match intent.status.as_str() {
        "succeeded" => Some(GatewayFact::Captured {
            amount_minor: intent.amount_received,
            currency: intent.currency.to_ascii_uppercase(),
        }),
        "canceled" => Some(GatewayFact::IntentCancelled),
        _ => None,
    }
}

fn created(outcome: Result<IntentObject, Failure>) -> Answer {
    match outcome {
        Ok(intent) => Answer::Said(GatewayFact::IntentCreated { intent_id: intent.id }),
        Err(Failure::Declined(error) | Failure::Refused(error)) => {
            tracing::error!(code = error.code, message = error.message, "the gateway refuses to make an intent");
            Answer::IntentRefused { code: error.most_specific_code().unwrap_or(NO_CODE).to_owned() }
        }
        Err(failure) => Answer::Said(no_news("create", &failure)),
    }
}

fn retrieved(attempt_id: AttemptId, outcome: Result<IntentObject, Failure>) -> GatewayFact {
    match outcome {
        Ok(intent) => end_of(&intent).unwrap_or_else(|| match intent.status.as_str() {
            "requires_payment_method" | "requires_confirmation" | "requires_action" => {
                let error = intent.last_payment_error.as_deref();
                GatewayFact::NotCharged { attempt_id, code: error.map(decline_code) }
            }
            _ => GatewayFact::NoNews,
        }),
        Err(failure) => no_news("retrieve", &failure),
    }
}

fn declined(attempt_id: AttemptId, error: &ErrorObject) -> GatewayFact {
    GatewayFact::Declined { attempt_id, code: decline_code(error) }
}

fn decline_code(error: &ErrorObject) -> String {
    let unknown_method = error.code.as_deref() == Some("resource_missing");
    let code = if unknown_method { INVALID_METHOD } else { error.most_specific_code().unwrap_or(NO_CODE) };
    code.to_owned()
}

fn no_news(call: &'static str, reason: &dyn std::fmt::Display) -> GatewayFact {
    tracing::warn!(call, %reason, "the gateway told nothing new");
    GatewayFact::NoNews
}
