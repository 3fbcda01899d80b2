//! Rows of the tables, and payments made of them.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::prelude::{Queryable, Selectable};
use diesel::result::Error;
use proto_events::ids::{AttemptId, OrderId, PaymentId, RefundId, UserId};
use uuid::Uuid;

use crate::domain::{
    Attempt, AttemptState, Closed, FailureReason, FinalWord, Intent, Mismatch, Ordered, Payment, Refund, RefundState,
};
use crate::schema::{attempt, payment, refund};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = payment, check_for_backend(diesel::pg::Pg))]
pub(super) struct PaymentRow {
    pub order_id: Uuid,
    id: Uuid,
    user_id: Option<Uuid>,
    amount_minor: Option<i64>,
    currency: Option<String>,
    method: Option<String>,
    deadline: Option<DateTime<Utc>>,
    closed: Option<String>,
    initiated: bool,
    intent_id: Option<String>,
    intent_state: Option<String>,
    captured_minor: i64,
    mismatch_minor: Option<i64>,
    mismatch_currency: Option<String>,
    refund_target_minor: i64,
    refund_given_up_minor: i64,
    final_word: Option<String>,
    shipped: bool,
    due_at: Option<DateTime<Utc>>,
    fruitless_calls: i32,
    event_seq: i64,
    pub traceparent: Option<String>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = attempt, check_for_backend(diesel::pg::Pg))]
pub(super) struct AttemptRow {
    pub order_id: Uuid,
    id: Uuid,
    number: i32,
    method: String,
    state: String,
    decline_code: Option<String>,
    started_at: DateTime<Utc>,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = refund, check_for_backend(diesel::pg::Pg))]
pub(super) struct RefundRow {
    pub order_id: Uuid,
    id: Uuid,
    amount_minor: i64,
    state: String,
    reason: String,
    failure_code: Option<String>,
    created_at: DateTime<Utc>,
}

impl PaymentRow {
    /// The payment, still without its attempts and refunds.
    pub(super) fn payment(&self) -> QueryResult<Payment> {
        Ok(Payment {
            ordered: self.ordered(),
            deadline: self.deadline,
            closed: self
                .closed
                .as_deref()
                .map(|name| Closed::from_name(name).ok_or_else(|| unknown(name)))
                .transpose()?,
            initiated: self.initiated,
            intent: self.intent()?,
            captured_minor: self.captured_minor,
            mismatch: self.mismatch(),
            refund_target_minor: self.refund_target_minor,
            refund_given_up_minor: self.refund_given_up_minor,
            final_word: self.final_word.as_deref().map(final_word).transpose()?,
            shipped: self.shipped,
            due_at: self.due_at,
            fruitless_calls: u32::try_from(self.fruitless_calls).unwrap_or_default(),
            event_seq: self.event_seq,
            ..Payment::new(PaymentId(self.id), OrderId(self.order_id))
        })
    }

    fn ordered(&self) -> Option<Ordered> {
        Some(Ordered {
            user_id: UserId(self.user_id?),
            amount_minor: self.amount_minor?,
            currency: self.currency.clone()?,
            method: self.method.clone(),
        })
    }

    fn intent(&self) -> QueryResult<Intent> {
        let Some(id) = self.intent_id.clone() else { return Ok(Intent::None) };
        match self.intent_state.as_deref().unwrap_or_default() {
            "OPEN" => Ok(Intent::Open { id }),
            "SUCCEEDED" => Ok(Intent::Succeeded { id }),
            "CANCELLED" => Ok(Intent::Cancelled { id }),
            other => Err(unknown(other)),
        }
    }

    fn mismatch(&self) -> Option<Mismatch> {
        Some(Mismatch { amount_minor: self.mismatch_minor?, currency: self.mismatch_currency.clone()? })
    }
}

impl TryFrom<AttemptRow> for Attempt {
    type Error = Error;

    fn try_from(row: AttemptRow) -> QueryResult<Self> {
        Ok(Self {
            id: AttemptId(row.id),
            number: u32::try_from(row.number).unwrap_or_default(),
            method: row.method,
            state: match row.state.as_str() {
                "OPEN" => AttemptState::Open,
                "UNKNOWN" => AttemptState::Unknown,
                "DECLINED" => AttemptState::Declined,
                "SUCCEEDED" => AttemptState::Succeeded,
                "CANCELLED" => AttemptState::Cancelled,
                other => return Err(unknown(other)),
            },
            decline_code: row.decline_code,
            started_at: row.started_at,
        })
    }
}

impl TryFrom<RefundRow> for Refund {
    type Error = Error;

    fn try_from(row: RefundRow) -> QueryResult<Self> {
        Ok(Self {
            id: RefundId(row.id),
            amount_minor: row.amount_minor,
            state: match row.state.as_str() {
                "PENDING" => RefundState::Pending,
                "SUCCEEDED" => RefundState::Succeeded,
                "FAILED" => RefundState::Failed,
                other => return Err(unknown(other)),
            },
            reason: row.reason,
            failure_code: row.failure_code,
            created_at: row.created_at,
        })
    }
}

/// The name of an intent's state in the database.
pub(super) fn intent_state(intent: &Intent) -> Option<&'static str> {
    match intent {
        Intent::None => None,
        Intent::Open { .. } => Some("OPEN"),
        Intent::Succeeded { .. } => Some("SUCCEEDED"),
        Intent::Cancelled { .. } => Some("CANCELLED"),
    }
}

/// The name of a final word in the database and in metrics.
pub(super) fn final_word_name(word: FinalWord) -> &'static str {
    match word {
        FinalWord::Success => "SUCCESS",
        FinalWord::Failed(reason) => reason.as_str(),
    }
}

fn final_word(name: &str) -> QueryResult<FinalWord> {
    Ok(match name {
        "SUCCESS" => FinalWord::Success,
        "DECLINED" => FinalWord::Failed(FailureReason::Declined),
        "EXPIRED" => FinalWord::Failed(FailureReason::Expired),
        "CANCELLED" => FinalWord::Failed(FailureReason::Cancelled),
        other => return Err(unknown(other)),
    })
}

fn unknown(name: &str) -> Error {
    Error::DeserializationError(format!("`{name}` is no state that this build knows").into())
}
