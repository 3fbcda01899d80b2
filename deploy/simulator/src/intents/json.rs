//! How an intent and its payment method look in an answer: all fields that the client libraries know.

use serde::Serialize;

use super::state::{Failure, Intent, Selection};
use crate::charges::{Charge, ChargeView};
use crate::errors::doc_url;
use crate::metadata::Metadata;
use crate::methods::{Method, Outcome};

/// A field that is always null here.
pub type Null = Option<()>;

/// `{}`
#[derive(Serialize, Default)]
pub struct Empty {}

#[derive(Serialize, Default)]
pub struct IntentView<'a> {
    id: &'a str,
    object: &'static str,
    amount: i64,
    amount_capturable: i64,
    amount_details: AmountDetails,
    amount_received: i64,
    application: Null,
    application_fee_amount: Null,
    automatic_payment_methods: Option<Automatic>,
    canceled_at: Option<i64>,
    cancellation_reason: Option<&'a str>,
    capture_method: &'static str,
    client_secret: String,
    confirmation_method: &'static str,
    created: i64,
    currency: &'static str,
    customer: Null,
    customer_account: Null,
    description: Option<&'a str>,
    excluded_payment_method_types: Null,
    last_payment_error: Option<LastError<'a>>,
    latest_charge: Option<LatestCharge<'a>>,
    livemode: bool,
    metadata: Option<&'a Metadata>,
    next_action: Null,
    on_behalf_of: Null,
    payment_method: Option<&'static str>,
    payment_method_configuration_details: Null,
    payment_method_options: MethodOptions,
    payment_method_types: [&'static str; 1],
    processing: Null,
    receipt_email: Option<&'a str>,
    review: Null,
    setup_future_usage: Null,
    shipping: Null,
    source: Null,
    statement_descriptor: Option<&'a str>,
    statement_descriptor_suffix: Null,
    status: &'static str,
    transfer_data: Null,
    transfer_group: Null,
}

#[derive(Serialize, Default)]
struct AmountDetails {
    tip: Empty,
}

#[derive(Serialize)]
struct Automatic {
    allow_redirects: &'static str,
    enabled: bool,
}

#[derive(Serialize, Default)]
struct MethodOptions {
    card: CardOptions,
}

#[derive(Serialize, Default)]
struct CardOptions {
    installments: Null,
    mandate_options: Null,
    network: Null,
    request_three_d_secure: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum LatestCharge<'a> {
    Id(&'a str),
    Expanded(Box<ChargeView<'a>>),
}

#[derive(Serialize)]
struct LastError<'a> {
    charge: &'a str,
    code: &'static str,
    decline_code: &'static str,
    doc_url: String,
    message: &'static str,
    payment_method: MethodView,
    r#type: &'static str,
}

impl<'a> IntentView<'a> {
    /// The intent, with its latest charge in full when one is given.
    pub fn new(intent: &'a Intent, charge: Option<&'a Charge>) -> Self {
        let latest_charge = match charge {
            Some(charge) => Some(LatestCharge::Expanded(Box::new(ChargeView::new(charge)))),
            None => intent.latest_charge.as_deref().map(LatestCharge::Id),
        };
        Self {
            id: &intent.id,
            object: "payment_intent",
            amount: intent.amount,
            amount_received: intent.amount_received(),
            automatic_payment_methods: automatic(intent.selection),
            canceled_at: intent.canceled_at,
            cancellation_reason: intent.cancellation_reason.as_deref(),
            capture_method: "automatic",
            client_secret: format!("{}_secret_{}", intent.id, intent.secret),
            confirmation_method: "automatic",
            created: intent.created,
            currency: intent.currency.as_str(),
            description: intent.description.as_deref(),
            last_payment_error: intent.failure.as_ref().and_then(LastError::new),
            latest_charge,
            metadata: Some(&intent.metadata),
            payment_method: intent.method.map(|method| method.name),
            payment_method_options: MethodOptions {
                card: CardOptions { request_three_d_secure: "automatic", ..CardOptions::default() },
            },
            payment_method_types: ["card"],
            receipt_email: intent.receipt_email.as_deref(),
            statement_descriptor: intent.statement_descriptor.as_deref(),
            status: intent.status.as_str(),
            ..Self::default()
        }
    }
}

fn automatic(selection: Selection) -> Option<Automatic> {
    let allow_redirects = match selection {
        Selection::Listed => return None,
        Selection::Automatic => "always",
        Selection::AutomaticWithoutRedirects => "never",
    };
    Some(Automatic { allow_redirects, enabled: true })
}

impl<'a> LastError<'a> {
    fn new(failure: &'a Failure) -> Option<Self> {
        match failure.method.outcome {
            Outcome::Declined { code, decline_code, message } => Some(Self {
                charge: &failure.charge,
                code,
                decline_code,
                doc_url: doc_url(code),
                message,
                payment_method: MethodView::new(failure.method, failure.at),
                r#type: "card_error",
            }),
            Outcome::Succeeds => None,
        }
    }
}

/// A payment method in full. It keeps the name under which it was given.
#[derive(Serialize)]
pub struct MethodView {
    id: &'static str,
    object: &'static str,
    billing_details: BillingDetails,
    card: Card,
    created: i64,
    customer: Null,
    livemode: bool,
    metadata: Empty,
    r#type: &'static str,
}

#[derive(Serialize, Default)]
pub struct BillingDetails {
    address: Address,
    email: Null,
    name: Null,
    phone: Null,
    tax_id: Null,
}

#[derive(Serialize, Default)]
struct Address {
    city: Null,
    country: Null,
    line1: Null,
    line2: Null,
    postal_code: Null,
    state: Null,
}

/// The card as a payment method and as a charge show it.
#[derive(Serialize, Default)]
pub struct Card {
    brand: &'static str,
    checks: Checks,
    country: &'static str,
    exp_month: u8,
    exp_year: u16,
    fingerprint: &'static str,
    funding: &'static str,
    generated_from: Null,
    installments: Null,
    last4: &'static str,
    network: &'static str,
    networks: Networks,
    three_d_secure: Null,
    wallet: Null,
}

#[derive(Serialize, Default)]
struct Checks {
    address_line1_check: Null,
    address_postal_code_check: Null,
    cvc_check: &'static str,
}

#[derive(Serialize, Default)]
struct Networks {
    available: [&'static str; 1],
    preferred: Null,
}

impl MethodView {
    pub fn new(method: Method, created: i64) -> Self {
        Self {
            id: method.name,
            object: "payment_method",
            billing_details: BillingDetails::default(),
            card: Card::new(method),
            created,
            customer: None,
            livemode: false,
            metadata: Empty {},
            r#type: "card",
        }
    }
}

impl Card {
    pub fn new(method: Method) -> Self {
        Self {
            brand: method.brand,
            checks: Checks { cvc_check: "pass", ..Checks::default() },
            country: "US",
            exp_month: 12,
            exp_year: 2040,
            fingerprint: method.last4,
            funding: "credit",
            last4: method.last4,
            network: method.brand,
            networks: Networks { available: [method.brand], preferred: None },
            ..Self::default()
        }
    }
}
