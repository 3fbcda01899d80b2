//! How payments look.

use chrono::{DateTime, Utc};
use proto_events::ids::{AttemptId, OrderId, PaymentId, RefundId};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Currency, Money, Problem};

use crate::domain::{Attempt, AttemptState, Payment, Refund, RefundState, status};
use crate::store::Stored;

/// The money of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub struct PaymentView {
    #[schema(value_type = String, example = "pay_01900000000070008000000000000001")]
    id: PaymentId,
    #[schema(value_type = String, example = "ord_01900000000070008000000000000001")]
    order_id: OrderId,
    /// REQUIRES_PAYMENT, PROCESSING, SUCCEEDED, FAILED, VOIDED, PARTIALLY_REFUNDED or REFUNDED.
    #[schema(example = "SUCCEEDED")]
    status: &'static str,
    /// What is to be paid.
    amount: Money,
    captured: Money,
    refunded: Money,
    /// How often the buyer may still try.
    attempts_left: usize,
    /// No attempt starts after this; null until the stock is held.
    payment_deadline: Option<DateTime<Utc>>,
    attempts: Vec<AttemptView>,
    refunds: Vec<RefundView>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// One try to charge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentAttempt)]
pub struct AttemptView {
    #[schema(value_type = String, example = "att_01900000000070008000000000000001")]
    id: AttemptId,
    /// From 1.
    number: u32,
    payment_method: String,
    /// PROCESSING, SUCCEEDED, DECLINED or CANCELLED.
    #[schema(example = "DECLINED")]
    status: &'static str,
    /// The gateway's code, of a declined one.
    #[schema(example = "insufficient_funds")]
    decline_code: Option<String>,
    created_at: DateTime<Utc>,
}

/// Money that went back, or is on its way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub struct RefundView {
    #[schema(value_type = String, example = "ref_01900000000070008000000000000001")]
    id: RefundId,
    #[schema(value_type = String)]
    payment_id: PaymentId,
    #[schema(value_type = String)]
    order_id: OrderId,
    amount: Money,
    /// PENDING, SUCCEEDED or FAILED.
    #[schema(example = "PENDING")]
    status: &'static str,
    reason: String,
    /// The gateway's code, of a failed one.
    failure_code: Option<String>,
    created_at: DateTime<Utc>,
}

impl PaymentView {
    /// # Errors
    /// 404 for a payment whose order was not heard of; 500 for a currency that is not sold in.
    pub fn of(stored: &Stored) -> Result<Self, Problem> {
        let payment = &stored.payment;
        let ordered = payment.ordered.as_ref().ok_or_else(Problem::not_found)?;
        let currency = currency_of(payment)?;
        let money = |amount_minor| Money::new(amount_minor, currency);
        Ok(Self {
            id: payment.id,
            order_id: payment.order_id,
            status: status(payment).as_str(),
            amount: money(ordered.amount_minor),
            captured: money(payment.captured_minor),
            refunded: money(payment.refunds_in(RefundState::Succeeded)),
            attempts_left: payment.attempts_left(),
            payment_deadline: payment.deadline,
            attempts: payment.attempts.iter().map(AttemptView::of).collect(),
            refunds: payment.refunds.iter().map(|refund| RefundView::of(payment, refund, currency)).collect(),
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        })
    }
}

/// The currency of an order that was heard of.
///
/// # Errors
/// 500 where it is none that is sold in, which no order has.
pub fn currency_of(payment: &Payment) -> Result<Currency, Problem> {
    let code = payment.ordered.as_ref().map_or("", |ordered| ordered.currency.as_str());
    code.parse().map_err(Problem::internal)
}

impl AttemptView {
    fn of(attempt: &Attempt) -> Self {
        Self {
            id: attempt.id,
            number: attempt.number,
            payment_method: attempt.method.clone(),
            status: match attempt.state {
                AttemptState::Open | AttemptState::Unknown => "PROCESSING",
                AttemptState::Declined => "DECLINED",
                AttemptState::Succeeded => "SUCCEEDED",
                AttemptState::Cancelled => "CANCELLED",
            },
            decline_code: attempt.decline_code.clone(),
            created_at: attempt.started_at,
        }
    }
}

impl RefundView {
    pub fn of(payment: &Payment, refund: &Refund, currency: Currency) -> Self {
        Self {
            id: refund.id,
            payment_id: payment.id,
            order_id: payment.order_id,
            amount: Money::new(refund.amount_minor, currency),
            status: refund.state.as_str(),
            reason: refund.reason.clone(),
            failure_code: refund.failure_code.clone(),
            created_at: refund.created_at,
        }
    }
}
