//! A payment intent and its transitions. Pure: time and ids come in.

use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::errors::ApiError;
use crate::metadata::Metadata;
use crate::methods::Method;

/// The smallest and largest amount, in minor units, that Stripe takes.
pub const AMOUNTS: std::ops::RangeInclusive<i64> = 1..=99_999_999;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    Processing,
    Succeeded,
    Canceled,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// How the intent chooses its payment method types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// `payment_method_types[]=card`.
    Listed,
    /// `automatic_payment_methods`, also with methods that redirect.
    Automatic,
    AutomaticWithoutRedirects,
}

/// The last attempt that was declined.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Failure {
    pub at: i64,
    pub charge: String,
    pub method: Method,
}

/// One state of a payment intent. A transition makes a new value, so that an answer that was given can be given again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Intent {
    pub id: String,
    /// The part of the client secret that is not the id.
    pub secret: String,
    /// Seconds since 1970.
    pub created: i64,
    /// Minor units.
    pub amount: i64,
    pub currency: Currency,
    pub status: Status,
    pub selection: Selection,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_descriptor: Option<String>,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_charge: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canceled_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation_reason: Option<String>,
}

impl Intent {
    /// Minor units that the shop has got, refunds not counted.
    pub fn amount_received(&self) -> i64 {
        if self.status == Status::Succeeded { self.amount } else { 0 }
    }

    /// The method that a confirm would use.
    ///
    /// # Errors
    /// The intent cannot be confirmed as it is, or there is no method.
    pub fn confirmable(&self, method: Option<Method>) -> Result<Method, ApiError> {
        match self.status {
            Status::RequiresPaymentMethod | Status::RequiresConfirmation => {}
            Status::Processing | Status::Succeeded | Status::Canceled => {
                return Err(self.unexpected_state(
                    "confirm",
                    "confirmed",
                    "requires_confirmation, requires_action, requires_payment_method",
                ));
            }
        }
        method.or(self.method).ok_or_else(|| {
            ApiError::invalid("You cannot confirm this PaymentIntent because it's missing a payment method.")
                .code("payment_intent_unexpected_state")
                .intent(&self.id)
        })
    }

    /// The charge has begun and its outcome is open.
    pub fn processing(&self, method: Method) -> Self {
        Self { status: Status::Processing, method: Some(method), failure: None, ..self.clone() }
    }

    /// The charge went through.
    pub fn succeeded(&self, method: Method, charge: &str) -> Self {
        Self {
            status: Status::Succeeded,
            method: Some(method),
            latest_charge: Some(charge.to_owned()),
            failure: None,
            ..self.clone()
        }
    }

    /// The card was declined: another method may be tried.
    pub fn declined(&self, method: Method, charge: &str, now: i64) -> Self {
        Self {
            status: Status::RequiresPaymentMethod,
            method: None,
            latest_charge: Some(charge.to_owned()),
            failure: Some(Failure { at: now, charge: charge.to_owned(), method }),
            ..self.clone()
        }
    }

    /// Nothing will be charged any more.
    ///
    /// # Errors
    /// It has succeeded or is canceled already.
    pub fn canceled(&self, reason: Option<String>, now: i64) -> Result<Self, ApiError> {
        match self.status {
            // A charge that is still processing has taken no money yet, so the cancel wins.
            Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::Processing => Ok(Self {
                status: Status::Canceled,
                canceled_at: Some(now),
                cancellation_reason: reason,
                ..self.clone()
            }),
            Status::Succeeded | Status::Canceled => Err(self.unexpected_state(
                "cancel",
                "canceled",
                "requires_payment_method, requires_capture, requires_confirmation, requires_action, processing",
            )),
        }
    }

    fn unexpected_state(&self, act: &str, done: &str, allowed: &str) -> ApiError {
        ApiError::invalid(format!(
            "You cannot {act} this PaymentIntent because it has a status of {}. Only a PaymentIntent with one of the \
             following statuses may be {done}: {allowed}.",
            self.status.as_str()
        ))
        .code("payment_intent_unexpected_state")
        .intent(&self.id)
    }
}
