//! The double-entry ledger: what a change of the money debits and credits. Entries are only ever added.

use uuid::Uuid;

use super::{AttemptState, Payment, RefundState};

/// What an entry is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Account {
    /// What the gateway owes us.
    GatewayReceivable,
    /// What we sold.
    Sales,
}

impl Account {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Account::GatewayReceivable => "GATEWAY_RECEIVABLE",
            Account::Sales => "SALES",
        }
    }
}

/// Why money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryKind {
    Capture,
    Refund,
}

impl EntryKind {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            EntryKind::Capture => "CAPTURE",
            EntryKind::Refund => "REFUND",
        }
    }
}

/// Both sides of one movement of money, so that the books balance by construction.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LedgerEntry {
    pub kind: EntryKind,
    /// The attempt or the refund that moved it; with `kind` unique over the ledger.
    pub reference: Uuid,
    pub debit: Account,
    pub credit: Account,
    /// Above zero.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
}

/// The entries that are due when a payment changes from `before` to `after`.
pub fn entries(before: &Payment, after: &Payment) -> Vec<LedgerEntry> {
    let currency = after.currency();
    let attempt = after.attempts.iter().find(|attempt| attempt.state == AttemptState::Succeeded);
    let newly_captured = after.captured_minor > 0 && before.captured_minor == 0;
    let capture = newly_captured.then(|| LedgerEntry {
        kind: EntryKind::Capture,
        reference: attempt.map_or(after.id.0, |attempt| attempt.id.0),
        debit: Account::GatewayReceivable,
        credit: Account::Sales,
        amount_minor: after.captured_minor,
        currency: currency.to_owned(),
    });
    let done_before =
        |id| before.refunds.iter().any(|refund| refund.id == id && refund.state == RefundState::Succeeded);
    let refunds =
        after.refunds.iter().filter(|refund| refund.state == RefundState::Succeeded && !done_before(refund.id));
    let refunds = refunds.map(|refund| LedgerEntry {
        kind: EntryKind::Refund,
        reference: refund.id.0,
        debit: Account::Sales,
        credit: Account::GatewayReceivable,
        amount_minor: refund.amount_minor,
        currency: currency.to_owned(),
    });
    capture.into_iter().chain(refunds).collect()
}
