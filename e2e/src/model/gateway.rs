//! The gateway's books for one order, and the calls that are on their way to it and back.

use std::collections::BTreeMap;

use payment::domain::{GatewayFact, Step};
use proto_events::ids::{AttemptId, RefundId};

/// What the gateway has on record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Gateway {
    pub intent: Option<Intent>,
    /// What was answered under an idempotency key, to be answered again.
    confirms: BTreeMap<AttemptId, Outcome>,
    pub refunds: BTreeMap<RefundId, i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Intent {
    pub amount_minor: i64,
    pub currency: String,
    pub state: IntentState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntentState {
    Open,
    Captured,
    Cancelled,
}

/// How the gateway decides on a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    Charge,
    Decline,
    /// Charges, and answers with a 500 – now, and whenever the call is repeated under its key.
    ChargeAndFail,
}

/// A call between the payment service and the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Call {
    pub step: Step,
    /// What the gateway said, once the call has arrived.
    pub answer: Option<GatewayFact>,
    /// Whether anybody still waits for the answer.
    pub heard: bool,
}

const INTENT: &str = "pi_1";

impl Gateway {
    pub fn captured_minor(&self) -> i64 {
        match &self.intent {
            Some(Intent { state: IntentState::Captured, amount_minor, .. }) => *amount_minor,
            Some(Intent { state: IntentState::Open | IntentState::Cancelled, .. }) | None => 0,
        }
    }

    pub fn refunded_minor(&self) -> i64 {
        self.refunds.values().sum()
    }

    pub fn declines(&self) -> usize {
        self.confirms.values().filter(|outcome| **outcome == Outcome::Decline).count()
    }

    /// Whether `step` is a charge that it has still to decide on.
    pub fn decides(&self, step: &Step) -> bool {
        let open = self.intent.as_ref().is_some_and(|intent| intent.state == IntentState::Open);
        match step {
            Step::Confirm { attempt_id, .. } => open && !self.confirms.contains_key(attempt_id),
            Step::CreateIntent { .. } | Step::Retrieve { .. } | Step::CancelIntent { .. } | Step::Refund { .. } => {
                false
            }
        }
    }

    /// Does what is asked, and answers.
    pub fn perform(&mut self, step: &Step, outcome: Outcome) -> GatewayFact {
        match step {
            Step::CreateIntent { amount_minor, currency, .. } => {
                let (amount_minor, currency) = (*amount_minor, currency.clone());
                self.intent.get_or_insert(Intent { amount_minor, currency, state: IntentState::Open });
                GatewayFact::IntentCreated { intent_id: INTENT.to_owned() }
            }
            Step::Confirm { attempt_id, .. } => self.confirm(*attempt_id, outcome),
            Step::Retrieve { attempt_id, .. } => {
                self.end().unwrap_or(GatewayFact::NotCharged { attempt_id: *attempt_id, code: None })
            }
            Step::CancelIntent { .. } => {
                if let Some(intent) = self.intent.as_mut().filter(|intent| intent.state == IntentState::Open) {
                    intent.state = IntentState::Cancelled;
                }
                self.end().unwrap_or(GatewayFact::NoNews)
            }
            // It does not look whether it has so much: that it is not asked for more is for the payment service to see to.
            Step::Refund { refund_id, amount_minor, .. } => {
                self.refunds.insert(*refund_id, *amount_minor);
                GatewayFact::Refunded { refund_id: *refund_id }
            }
        }
    }

    fn confirm(&mut self, attempt_id: AttemptId, outcome: Outcome) -> GatewayFact {
        let outcome = match (self.confirms.get(&attempt_id), self.end()) {
            (Some(stored), _) => *stored,
            (None, Some(end)) => return end,
            (None, None) => outcome,
        };
        self.confirms.insert(attempt_id, outcome);
        match outcome {
            Outcome::Decline => GatewayFact::Declined { attempt_id, code: "generic_decline".to_owned() },
            Outcome::Charge | Outcome::ChargeAndFail => {
                if let Some(intent) = &mut self.intent {
                    intent.state = IntentState::Captured;
                }
                let charged = self.end().filter(|_| outcome == Outcome::Charge);
                charged.unwrap_or(GatewayFact::Unknown { attempt_id })
            }
        }
    }

    /// The intent's end, if it has one.
    fn end(&self) -> Option<GatewayFact> {
        let intent = self.intent.as_ref()?;
        match intent.state {
            IntentState::Open => None,
            IntentState::Captured => {
                Some(GatewayFact::Captured { amount_minor: intent.amount_minor, currency: intent.currency.clone() })
            }
            IntentState::Cancelled => Some(GatewayFact::IntentCancelled),
        }
    }

    /// All that it can tell by webhook, now or much later.
    pub fn webhooks(&self) -> Vec<GatewayFact> {
        let refunded = self.refunds.keys().map(|id| GatewayFact::Refunded { refund_id: *id });
        self.end().into_iter().chain(refunded).collect()
    }
}

/// What a caller makes of silence.
pub fn silence(step: &Step) -> GatewayFact {
    match step {
        Step::Confirm { attempt_id, .. } => GatewayFact::Unknown { attempt_id: *attempt_id },
        Step::CreateIntent { .. } | Step::Retrieve { .. } | Step::CancelIntent { .. } | Step::Refund { .. } => {
            GatewayFact::NoNews
        }
    }
}
