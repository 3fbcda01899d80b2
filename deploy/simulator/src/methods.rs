//! The payment methods that can be used, and what each of them does.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whether a card pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Succeeds,
    Declined { code: &'static str, decline_code: &'static str, message: &'static str },
}

/// How a request is answered once its work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    AtOnce,
    /// The intent is `processing` for a while, then it is charged and answered.
    Slow,
    /// The work is done, and the connection is held and closed without an answer.
    Never,
    /// The work is done, and the answer is a 500.
    Error,
}

/// How the webhooks of a confirm are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    Once,
    Twice,
    Late,
    /// The newest event first, the older ones after it.
    OutOfOrder,
    /// Beside the genuine event, one with a wrong signature claims that the intent was canceled.
    Forged,
}

/// What becomes of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refunding {
    Succeeds,
    /// `pending`, later `succeeded`.
    Pending,
    /// `pending`, later `failed`.
    Fails,
    /// `succeeded`, later `failed`.
    FailsLate,
    /// It succeeds, and the answer is a 500.
    ErrorAfter,
    /// It succeeds, and no answer comes.
    NeverAnswered,
}

/// A row of the table of test methods.
#[derive(Debug)]
pub struct Row {
    pub name: &'static str,
    pub brand: &'static str,
    pub last4: &'static str,
    pub outcome: Outcome,
    pub manner: Manner,
    pub notice: Notice,
    pub refunding: Refunding,
}

/// A known payment method.
#[derive(Clone, Copy)]
pub struct Method(&'static Row);

const fn card(name: &'static str) -> Row {
    Row {
        name,
        brand: "visa",
        last4: "4242",
        outcome: Outcome::Succeeds,
        manner: Manner::AtOnce,
        notice: Notice::Once,
        refunding: Refunding::Succeeds,
    }
}

const fn branded(name: &'static str, brand: &'static str, last4: &'static str) -> Row {
    Row { brand, last4, ..card(name) }
}

const fn declined(name: &'static str, last4: &'static str, decline_code: &'static str) -> Row {
    let message = "Your card was declined.";
    Row { last4, outcome: Outcome::Declined { code: "card_declined", decline_code, message }, ..card(name) }
}

/// A decline that has an error code of its own.
const fn declined_as(name: &'static str, last4: &'static str, code: &'static str, message: &'static str) -> Row {
    Row { last4, outcome: Outcome::Declined { code, decline_code: code, message }, ..card(name) }
}

const fn answering(name: &'static str, manner: Manner) -> Row {
    Row { manner, ..card(name) }
}

const fn noticing(name: &'static str, notice: Notice) -> Row {
    Row { notice, ..card(name) }
}

const fn refunding(name: &'static str, refunding: Refunding) -> Row {
    Row { refunding, ..card(name) }
}

static METHODS: &[Row] = &[
    card("pm_card_visa"),
    branded("pm_card_mastercard", "mastercard", "4444"),
    branded("pm_card_amex", "amex", "0005"),
    declined("pm_card_chargeDeclined", "0002", "generic_decline"),
    declined("pm_card_chargeDeclinedInsufficientFunds", "9995", "insufficient_funds"),
    declined("pm_card_chargeDeclinedLostCard", "9987", "lost_card"),
    declined("pm_card_chargeDeclinedStolenCard", "9979", "stolen_card"),
    declined_as("pm_card_chargeDeclinedExpiredCard", "0069", "expired_card", "Your card has expired."),
    declined_as(
        "pm_card_chargeDeclinedIncorrectCvc",
        "0127",
        "incorrect_cvc",
        "Your card's security code is incorrect.",
    ),
    declined_as(
        "pm_card_chargeDeclinedProcessingError",
        "0119",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
    refunding("pm_card_pendingRefund", Refunding::Pending),
    refunding("pm_card_refundFail", Refunding::FailsLate),
    answering("pm_sim_slow", Manner::Slow),
    answering("pm_sim_timeout_after_charge", Manner::Never),
    answering("pm_sim_error_after_charge", Manner::Error),
    noticing("pm_sim_webhook_twice", Notice::Twice),
    noticing("pm_sim_webhook_late", Notice::Late),
    noticing("pm_sim_webhook_out_of_order", Notice::OutOfOrder),
    noticing("pm_sim_webhook_forged", Notice::Forged),
    refunding("pm_sim_refund_pending", Refunding::Pending),
    refunding("pm_sim_refund_fails", Refunding::Fails),
    refunding("pm_sim_error_after_refund", Refunding::ErrorAfter),
    refunding("pm_sim_timeout_after_refund", Refunding::NeverAnswered),
];

impl Method {
    /// The method of this name; `None` when there is none.
    pub fn find(name: &str) -> Option<Self> {
        METHODS.iter().find(|row| row.name == name).map(Self)
    }
}

impl Refunding {
    /// Reads the value of a refund's `sim_refund` metadata, which overrules the card.
    pub fn parse(value: &str) -> Option<Self> {
        match value {
            "pending" => Some(Self::Pending),
            "fail" => Some(Self::Fails),
            "fail_late" => Some(Self::FailsLate),
            "error_after" => Some(Self::ErrorAfter),
            "timeout_after" => Some(Self::NeverAnswered),
            _ => None,
        }
    }
}

impl Deref for Method {
    type Target = Row;

    fn deref(&self) -> &Row {
        self.0
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::find(&name).ok_or_else(|| serde::de::Error::custom(format!("unknown payment method {name}")))
    }
}
