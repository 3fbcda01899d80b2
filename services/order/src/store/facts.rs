//! The facts of an order as columns.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use proto_events::ids::{RefundId, UserId};
use serde_json::Value;
use uuid::Uuid;

use crate::domain::{
    CancelRequested, CancelledBy, Delivered, Facts, Failed, FailureReason, Paid, RefundFailed, Refunded, Rejected,
    Reserved, ShortLine, StockLost,
};
use crate::schema::orders;

type Time = Option<DateTime<Utc>>;

/// See the table's comments.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = orders)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub(super) struct FactsRow {
    pub reserved_at: Time,
    pub expires_at: Time,
    pub payment_deadline: Time,
    pub rejected_at: Time,
    pub rejected_lines: Option<Value>,
    pub initiated_at: Time,
    pub unknown_at: Time,
    pub paid_at: Time,
    pub captured_minor: Option<i64>,
    pub failed_at: Time,
    pub failure_reason: Option<String>,
    pub decline_code: Option<String>,
    pub committed_at: Time,
    pub stock_lost_at: Time,
    pub stock_lost_lines: Option<Value>,
    pub cancel_requested_at: Time,
    pub cancelled_by: Option<String>,
    pub cancelled_by_user: Option<Uuid>,
    pub cancel_note: Option<String>,
    pub refunded_at: Time,
    pub refunded_minor: Option<i64>,
    pub refund_failed_at: Time,
    pub refund_failed_id: Option<Uuid>,
    pub refund_failed_minor: Option<i64>,
    pub refund_failed_code: Option<String>,
    pub first_shipped_at: Time,
    pub shipped_at: Time,
    pub delivered_at: Time,
    pub delivered_by: Option<Uuid>,
}

const FAILURE_REASONS: [(FailureReason, &str); 3] = [
    (FailureReason::Declined, "DECLINED"),
    (FailureReason::Expired, "EXPIRED"),
    (FailureReason::Cancelled, "CANCELLED"),
];
const CANCELLERS: [(CancelledBy, &str); 3] =
    [(CancelledBy::Buyer, "BUYER"), (CancelledBy::Admin, "ADMIN"), (CancelledBy::System, "SYSTEM")];

impl FactsRow {
    /// # Errors
    /// When a column holds what this build never writes.
    pub fn read(self) -> QueryResult<Facts> {
        let reserved = self.reserved_at.zip(self.expires_at).zip(self.payment_deadline);
        let failed = match (self.failed_at, self.failure_reason) {
            (Some(at), Some(reason)) => {
                let reason = value_of(&FAILURE_REASONS, &reason)?;
                Some(Failed { at, reason, decline_code: self.decline_code })
            }
            _ => None,
        };
        let cancel_requested = match (self.cancel_requested_at, self.cancelled_by) {
            (Some(at), Some(by)) => Some(CancelRequested {
                at,
                by: value_of(&CANCELLERS, &by)?,
                user_id: self.cancelled_by_user.map(UserId),
                note: self.cancel_note.unwrap_or_default(),
            }),
            _ => None,
        };
        let refund_failed = match (self.refund_failed_at, self.refund_failed_id, self.refund_failed_minor) {
            (Some(at), Some(refund_id), Some(amount_minor)) => {
                let (refund_id, code) = (RefundId(refund_id), self.refund_failed_code.unwrap_or_default());
                Some(RefundFailed { at, refund_id, amount_minor, code })
            }
            _ => None,
        };
        let (short, lost) = (short_lines(self.rejected_lines)?, short_lines(self.stock_lost_lines)?);
        let delivered = self.delivered_at.zip(self.delivered_by);
        let refunded = self.refunded_at.zip(self.refunded_minor);
        Ok(Facts {
            reserved: reserved.map(|((at, expires_at), payment_deadline)| Reserved {
                at,
                expires_at,
                payment_deadline,
            }),
            rejected: self.rejected_at.map(|at| Rejected { at, short_lines: short }),
            initiated_at: self.initiated_at,
            unknown_at: self.unknown_at,
            paid: self.paid_at.zip(self.captured_minor).map(|(at, captured_minor)| Paid { at, captured_minor }),
            failed,
            committed_at: self.committed_at,
            stock_lost: self.stock_lost_at.map(|at| StockLost { at, short_lines: lost }),
            cancel_requested,
            refunded: refunded.map(|(at, total_minor)| Refunded { at, total_minor }),
            refund_failed,
            first_shipped_at: self.first_shipped_at,
            shipped_at: self.shipped_at,
            delivered: delivered.map(|(at, by)| Delivered { at, by: UserId(by) }),
        })
    }

    pub fn of(facts: &Facts) -> QueryResult<Self> {
        let (reserved, failed) = (facts.reserved.as_ref(), facts.failed.as_ref());
        let (cancel, refund_failed) = (facts.cancel_requested.as_ref(), facts.refund_failed.as_ref());
        Ok(Self {
            reserved_at: reserved.map(|fact| fact.at),
            expires_at: reserved.map(|fact| fact.expires_at),
            payment_deadline: reserved.map(|fact| fact.payment_deadline),
            rejected_at: facts.rejected.as_ref().map(|fact| fact.at),
            rejected_lines: facts.rejected.as_ref().map(|fact| json(&fact.short_lines)).transpose()?,
            initiated_at: facts.initiated_at,
            unknown_at: facts.unknown_at,
            paid_at: facts.paid.as_ref().map(|fact| fact.at),
            captured_minor: facts.paid.as_ref().map(|fact| fact.captured_minor),
            failed_at: failed.map(|fact| fact.at),
            failure_reason: failed.and_then(|fact| name_of(&FAILURE_REASONS, fact.reason)),
            decline_code: failed.and_then(|fact| fact.decline_code.clone()),
            committed_at: facts.committed_at,
            stock_lost_at: facts.stock_lost.as_ref().map(|fact| fact.at),
            stock_lost_lines: facts.stock_lost.as_ref().map(|fact| json(&fact.short_lines)).transpose()?,
            cancel_requested_at: cancel.map(|fact| fact.at),
            cancelled_by: cancel.and_then(|fact| name_of(&CANCELLERS, fact.by)),
            cancelled_by_user: cancel.and_then(|fact| Some(fact.user_id?.0)),
            cancel_note: cancel.map(|fact| fact.note.clone()),
            refunded_at: facts.refunded.as_ref().map(|fact| fact.at),
            refunded_minor: facts.refunded.as_ref().map(|fact| fact.total_minor),
            refund_failed_at: refund_failed.map(|fact| fact.at),
            refund_failed_id: refund_failed.map(|fact| fact.refund_id.0),
            refund_failed_minor: refund_failed.map(|fact| fact.amount_minor),
            refund_failed_code: refund_failed.map(|fact| fact.code.clone()),
            first_shipped_at: facts.first_shipped_at,
            shipped_at: facts.shipped_at,
            delivered_at: facts.delivered.as_ref().map(|fact| fact.at),
            delivered_by: facts.delivered.as_ref().map(|fact| fact.by.0),
        })
    }
}

fn short_lines(stored: Option<Value>) -> QueryResult<Vec<ShortLine>> {
    stored.map_or(Ok(Vec::new()), from_json)
}

pub(super) fn json(value: &impl serde::Serialize) -> QueryResult<Value> {
    serde_json::to_value(value).map_err(|error| DieselError::SerializationError(error.into()))
}

pub(super) fn from_json<T: serde::de::DeserializeOwned>(stored: Value) -> QueryResult<T> {
    serde_json::from_value(stored).map_err(|error| DieselError::DeserializationError(error.into()))
}

fn name_of<T: PartialEq>(names: &[(T, &str)], value: T) -> Option<String> {
    names.iter().find(|(known, _)| *known == value).map(|(_, name)| (*name).to_owned())
}

fn value_of<T: Copy>(names: &[(T, &str)], name: &str) -> QueryResult<T> {
    let found = names.iter().find(|(_, known)| *known == name).map(|(value, _)| *value);
    found.ok_or_else(|| DieselError::DeserializationError(format!("unknown name {name}").into()))
}
