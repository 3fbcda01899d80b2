//! Charges: one for every attempt that reached the card, also the declined ones.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::answers::{Answer, Object};
use crate::api;
use crate::currency::Currency;
use crate::errors::ApiError;
use crate::gateway::Gateway;

use crate::intents::json::{BillingDetails, Card, Empty, Null};
use crate::intents::state::Intent;
use crate::metadata::Metadata;
use crate::methods::{Method, Outcome};

/// One state of a charge.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Charge {
    pub id: String,
    pub intent: String,
    /// Seconds since 1970.
    pub created: i64,
    /// Minor units.
    pub amount: i64,
    /// Minor units that went back, or are on their way back.
    #[serde(default)]
    pub refunded: i64,
    pub currency: Currency,
    pub method: Method,
    /// False: the card was declined.
    pub paid: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

impl Charge {
    /// What the method makes of the intent: a paid or a declined charge.
    pub fn new(id: String, intent: &Intent, method: Method, now: i64) -> Self {
        Self {
            id,
            intent: intent.id.clone(),
            created: now,
            amount: intent.amount,
            refunded: 0,
            currency: intent.currency,
            method,
            paid: method.outcome == Outcome::Succeeds,
            description: intent.description.clone(),
            metadata: intent.metadata.clone(),
        }
    }

    /// Minor units that can still be refunded.
    pub fn remaining(&self) -> i64 {
        if self.paid { self.amount - self.refunded } else { 0 }
    }

    pub fn status(&self) -> &'static str {
        if self.paid { "succeeded" } else { "failed" }
    }
}

/// How a charge looks in an answer.
#[derive(Serialize, Default)]
pub struct ChargeView<'a> {
    id: &'a str,
    object: &'static str,
    amount: i64,
    amount_captured: i64,
    amount_refunded: i64,
    application: Null,
    application_fee: Null,
    application_fee_amount: Null,
    balance_transaction: Null,
    billing_details: BillingDetails,
    calculated_statement_descriptor: Null,
    captured: bool,
    created: i64,
    currency: &'static str,
    customer: Null,
    description: Option<&'a str>,
    disputed: bool,
    failure_balance_transaction: Null,
    failure_code: Option<&'static str>,
    failure_message: Option<&'static str>,
    fraud_details: Empty,
    livemode: bool,
    metadata: Option<&'a Metadata>,
    on_behalf_of: Null,
    outcome: OutcomeView,
    paid: bool,
    payment_intent: &'a str,
    payment_method: &'static str,
    payment_method_details: MethodDetails,
    radar_options: Empty,
    receipt_email: Null,
    receipt_number: Null,
    receipt_url: Null,
    refunded: bool,
    review: Null,
    shipping: Null,
    source: Null,
    source_transfer: Null,
    statement_descriptor: Null,
    statement_descriptor_suffix: Null,
    status: &'static str,
    transfer_data: Null,
    transfer_group: Null,
}

#[derive(Serialize, Default)]
struct OutcomeView {
    network_status: &'static str,
    reason: Option<&'static str>,
    risk_level: &'static str,
    seller_message: &'static str,
    r#type: &'static str,
}

#[derive(Serialize, Default)]
struct MethodDetails {
    card: Card,
    r#type: &'static str,
}

impl<'a> ChargeView<'a> {
    pub fn new(charge: &'a Charge) -> Self {
        let declined = match charge.method.outcome {
            Outcome::Declined { code, decline_code, message } => Some((code, decline_code, message)),
            Outcome::Succeeds => None,
        };
        Self {
            id: &charge.id,
            object: "charge",
            amount: charge.amount,
            amount_captured: if charge.paid { charge.amount } else { 0 },
            amount_refunded: charge.refunded,
            captured: charge.paid,
            created: charge.created,
            currency: charge.currency.as_str(),
            description: charge.description.as_deref(),
            failure_code: declined.map(|(code, _, _)| code),
            failure_message: declined.map(|(_, _, message)| message),
            metadata: Some(&charge.metadata),
            outcome: OutcomeView::new(declined.map(|(_, decline_code, _)| decline_code)),
            paid: charge.paid,
            payment_intent: &charge.intent,
            payment_method: charge.method.name,
            payment_method_details: MethodDetails { card: Card::new(charge.method), r#type: "card" },
            refunded: charge.paid && charge.remaining() == 0,
            status: charge.status(),
            ..Self::default()
        }
    }
}

impl OutcomeView {
    fn new(decline_code: Option<&'static str>) -> Self {
        match decline_code {
            None => Self {
                network_status: "approved_by_network",
                reason: None,
                risk_level: "normal",
                seller_message: "Payment complete.",
                r#type: "authorized",
            },
            Some(reason) => Self {
                network_status: "declined_by_network",
                reason: Some(reason),
                risk_level: "normal",
                seller_message: "The bank declined the payment.",
                r#type: "issuer_declined",
            },
        }
    }
}

/// `GET /v1/charges/{id}`
pub async fn retrieve(gateway: web::Data<Gateway>, request: HttpRequest, id: web::Path<String>) -> HttpResponse {
    api::read(&gateway, &request, |form, books| {
        form.finish()?;
        let charge = books.charges.get(&id).ok_or_else(|| ApiError::missing("charge", &id, "charge"))?;
        Ok(Answer::One(Object::Charge(charge)))
    })
}
