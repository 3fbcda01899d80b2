//! What the API shows of a payment.

use super::{Closed, FailureReason, FinalWord, Payment, RefundState};

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    RequiresPayment,
    /// The outcome of an attempt is not known yet.
    Processing,
    Succeeded,
    Failed,
    /// It ended without a charge, for another reason than a decline.
    Voided,
    PartiallyRefunded,
    Refunded,
}

impl Status {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::RequiresPayment => "REQUIRES_PAYMENT",
            Status::Processing => "PROCESSING",
            Status::Succeeded => "SUCCEEDED",
            Status::Failed => "FAILED",
            Status::Voided => "VOIDED",
            Status::PartiallyRefunded => "PARTIALLY_REFUNDED",
            Status::Refunded => "REFUNDED",
        }
    }
}

/// The status: a function of what is known.
pub fn status(payment: &Payment) -> Status {
    if payment.captured_minor > 0 {
        let refunded = payment.refunds_in(RefundState::Succeeded);
        return if refunded == 0 {
            Status::Succeeded
        } else if refunded < payment.captured_minor {
            Status::PartiallyRefunded
        } else {
            Status::Refunded
        };
    }
    if payment.open_attempt().is_some() {
        return Status::Processing;
    }
    match payment.final_word {
        Some(FinalWord::Failed(FailureReason::Declined)) => Status::Failed,
        Some(FinalWord::Failed(FailureReason::Expired | FailureReason::Cancelled)) => Status::Voided,
        // Success is captured, which was answered above.
        Some(FinalWord::Success) | None => match payment.closed {
            Some(Closed::Rejected) => Status::Voided,
            Some(Closed::Withdrawn | Closed::Expired | Closed::StockLost | Closed::Cancelled(_)) | None => {
                Status::RequiresPayment
            }
        },
    }
}
