//! Refunds: create, retrieve, list, and what becomes of those that are not final at once.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::answers::{Answer, Object, Stored};
use crate::api::{self, Body};
use crate::books::Books;
use crate::charges::Charge;
use crate::currency::Currency;
use crate::errors::ApiError;
use crate::events::EventKind;
use crate::form::{Form, required};
use crate::gateway::{Command, Done, Gateway};
use crate::ids;
use crate::intents::json::Null;
use crate::journal::Line;
use crate::metadata::Metadata;
use crate::methods::{Manner, Notice, Refunding};
use crate::paging::Page;

const REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer"];
/// Longer than any id.
const MAX_ID_CHARACTERS: usize = 100;
/// Refund metadata under which a client may say what becomes of this refund.
const FATE_KEY: &str = "sim_refund";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pending,
    Succeeded,
    Failed,
}

/// One state of a refund.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refund {
    pub id: String,
    pub intent: String,
    pub charge: String,
    /// Seconds since 1970.
    pub created: i64,
    /// Minor units.
    pub amount: i64,
    pub currency: Currency,
    pub status: Status,
    /// The state that it will come to by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Status>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

/// How a refund looks in an answer.
#[derive(Serialize)]
pub struct RefundView<'a> {
    id: &'a str,
    object: &'static str,
    amount: i64,
    balance_transaction: Null,
    charge: &'a str,
    created: i64,
    currency: &'static str,
    destination_details: Destination,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<&'static str>,
    metadata: &'a Metadata,
    payment_intent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_reason: Option<&'static str>,
    reason: Option<&'a str>,
    receipt_number: Null,
    source_transfer_reversal: Null,
    status: Status,
    transfer_reversal: Null,
}

#[derive(Serialize)]
struct Destination {
    card: CardDestination,
    r#type: &'static str,
}

#[derive(Serialize)]
struct CardDestination {
    reference_status: &'static str,
    reference_type: &'static str,
    r#type: &'static str,
}

impl<'a> RefundView<'a> {
    pub fn new(refund: &'a Refund) -> Self {
        let destination = CardDestination {
            reference_status: "pending",
            reference_type: "acquirer_reference_number",
            r#type: "refund",
        };
        Self {
            id: &refund.id,
            object: "refund",
            amount: refund.amount,
            balance_transaction: None,
            charge: &refund.charge,
            created: refund.created,
            currency: refund.currency.as_str(),
            destination_details: Destination { card: destination, r#type: "card" },
            failure_reason: (refund.status == Status::Failed).then_some("lost_or_stolen_card"),
            metadata: &refund.metadata,
            payment_intent: &refund.intent,
            pending_reason: (refund.status == Status::Pending).then_some("processing"),
            reason: refund.reason.as_deref(),
            receipt_number: None,
            source_transfer_reversal: None,
            status: refund.status,
            transfer_reversal: None,
        }
    }
}

/// `POST /v1/refunds`
#[derive(Debug)]
pub struct Create {
    target: Target,
    amount: Option<i64>,
    reason: Option<String>,
    metadata: Metadata,
}

#[derive(Debug)]
enum Target {
    Intent(String),
    Charge(String),
}

impl Create {
    fn read(form: &mut Form) -> Result<Self, ApiError> {
        let intent = form.text("payment_intent", MAX_ID_CHARACTERS)?;
        let charge = form.text("charge", MAX_ID_CHARACTERS)?;
        let target = match (intent, charge) {
            (Some(id), None) => Target::Intent(id),
            (None, Some(id)) => Target::Charge(id),
            (None, None) => return required("payment_intent", None),
            (Some(_), Some(_)) => {
                let message = "You may only specify one of these parameters: charge, payment_intent.";
                return Err(ApiError::invalid(message).param("charge"));
            }
        };
        let amount = form.integer("amount")?;
        if amount.is_some_and(|amount| amount < 1) {
            let message = "This value must be greater than or equal to 1.";
            return Err(ApiError::parameter("amount", "parameter_invalid_integer", message));
        }
        let metadata = match form.metadata()? {
            Some(change) => change.apply(&Metadata::default())?,
            None => Metadata::default(),
        };
        let reason = form.choice("reason", REASONS)?.map(str::to_owned);
        form.finish()?;
        Ok(Self { target, amount, reason, metadata })
    }

    pub fn perform(&self, books: &Books, line: &mut Line) -> Result<Done, ApiError> {
        let charge = self.charge(books)?;
        let amount = self.amount_of(&charge)?;
        let fate = self.metadata.get(FATE_KEY).and_then(Refunding::parse).unwrap_or(charge.method.refunding);
        let (status, next) = match fate {
            Refunding::Succeeds | Refunding::ErrorAfter | Refunding::NeverAnswered => (Status::Succeeded, None),
            Refunding::Pending => (Status::Pending, Some(Status::Succeeded)),
            Refunding::Fails => (Status::Pending, Some(Status::Failed)),
            Refunding::FailsLate => (Status::Succeeded, Some(Status::Failed)),
        };
        let refund = Refund {
            id: ids::new("re_"),
            intent: charge.intent.clone(),
            charge: charge.id.clone(),
            created: line.at,
            amount,
            currency: charge.currency,
            status,
            next,
            reason: self.reason.clone(),
            metadata: self.metadata.clone(),
        };
        let answer = Stored::Refund { id: refund.id.clone() };
        line.refund(refund, &[EventKind::RefundCreated]);
        line.charge(
            Charge { refunded: charge.refunded + amount, ..(*charge).clone() },
            Some(EventKind::ChargeRefunded),
        );
        let (answer, manner) = match fate {
            Refunding::ErrorAfter => {
                (Stored::Error(Box::new(ApiError::internal("An unknown error occurred."))), Manner::Error)
            }
            Refunding::NeverAnswered => (answer, Manner::Never),
            Refunding::Succeeds | Refunding::Pending | Refunding::Fails | Refunding::FailsLate => {
                (answer, Manner::AtOnce)
            }
        };
        Ok(Done { answer: Some(answer), manner, notice: Notice::Once, expand: false })
    }

    fn charge(&self, books: &Books) -> Result<Arc<Charge>, ApiError> {
        match &self.target {
            Target::Charge(id) => books.charges.get(id).ok_or_else(|| ApiError::missing("charge", id, "charge")),
            Target::Intent(id) => {
                let missing = || ApiError::missing("payment_intent", id, "payment_intent");
                let intent = books.intents.get(id).ok_or_else(missing)?;
                let charge = intent.latest_charge.as_deref().and_then(|id| books.charges.get(id));
                charge.filter(|charge| charge.paid).ok_or_else(|| {
                    let message = format!("This PaymentIntent ({id}) does not have a successful charge to refund.");
                    let error = ApiError::parameter("payment_intent", "payment_intent_unexpected_state", message);
                    error.intent(id)
                })
            }
        }
    }

    fn amount_of(&self, charge: &Charge) -> Result<i64, ApiError> {
        let remaining = charge.remaining();
        if !charge.paid {
            let message = format!("Charge {} was not paid and cannot be refunded.", charge.id);
            return Err(ApiError::parameter("charge", "charge_not_refundable", message));
        }
        if remaining == 0 {
            let message = format!("Charge {} has already been refunded.", charge.id);
            return Err(ApiError::invalid(message).code("charge_already_refunded"));
        }
        let amount = self.amount.unwrap_or(remaining);
        if amount > remaining {
            let message = format!(
                "Refund amount ({amount}) is greater than unrefunded amount on charge ({remaining}), in minor units."
            );
            return Err(ApiError::parameter("amount", "amount_too_large", message));
        }
        Ok(amount)
    }
}

/// Brings a refund to the state that is before it.
pub fn advance(refund: &Refund, next: Status, books: &Books, line: &mut Line) {
    line.refund(
        Refund { status: next, next: None, ..refund.clone() },
        match next {
            Status::Failed => &[EventKind::RefundUpdated, EventKind::RefundFailed],
            Status::Pending | Status::Succeeded => &[EventKind::RefundUpdated],
        },
    );
    if next == Status::Failed
        && let Some(charge) = books.charges.get(&refund.charge)
    {
        // The money stays with the shop and can be refunded again.
        line.charge(Charge { refunded: charge.refunded - refund.amount, ..(*charge).clone() }, None);
    }
}

/// `POST /v1/refunds`
pub async fn create(gateway: web::Data<Gateway>, request: HttpRequest, body: Body) -> HttpResponse {
    api::write(&gateway, &request, body, |form| Create::read(form).map(Command::Refund)).await
}

/// `GET /v1/refunds/{id}`
pub async fn retrieve(gateway: web::Data<Gateway>, request: HttpRequest, id: web::Path<String>) -> HttpResponse {
    api::read(&gateway, &request, |form, books| {
        form.finish()?;
        let refund = books.refunds.get(&id).ok_or_else(|| ApiError::missing("refund", &id, "refund"))?;
        Ok(Answer::One(Object::Refund(refund)))
    })
}

/// `GET /v1/refunds`, all or those of an intent or a charge
pub async fn list(gateway: web::Data<Gateway>, request: HttpRequest) -> HttpResponse {
    api::read(&gateway, &request, |form, books| {
        let page = Page::read(form)?;
        let intent = form.text("payment_intent", MAX_ID_CHARACTERS)?;
        let charge = form.text("charge", MAX_ID_CHARACTERS)?;
        form.finish()?;
        // A charge that has refunds is the only paid one of its intent.
        let intent = match charge {
            Some(id) => Some(books.charges.get(&id).map(|charge| charge.intent.clone()).unwrap_or_default()),
            None => intent,
        };
        let refunds = &books.refunds;
        let (places, has_more) = match intent {
            None => page.select(refunds.len(), |id| refunds.place(id), |_| true)?,
            Some(intent) => {
                let own = books.refunds_of.get(&intent).map(Vec::as_slice).unwrap_or_default();
                let position = |id: &str| refunds.place(id).and_then(|place| own.binary_search(&place).ok());
                let (positions, has_more) = page.select(own.len(), position, |_| true)?;
                (positions.into_iter().filter_map(|position| own.get(position).copied()).collect(), has_more)
            }
        };
        let objects = places.into_iter().filter_map(|place| refunds.at(place)).map(Object::Refund).collect();
        Ok(Answer::List { objects, has_more, url: "/v1/refunds" })
    })
}
