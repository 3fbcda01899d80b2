//! Payment intents: create, update, confirm, cancel, retrieve, list.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::answers::{Answer, Stored};
use crate::api::{self, Body};
use crate::books::Books;
use crate::charges::Charge;
use crate::currency::Currency;
use crate::errors::{ApiError, shown};
use crate::events::EventKind;
use crate::form::{Form, MetadataChange, required};
use crate::gateway::{Command, Done, Gateway};
use crate::ids;
use crate::journal::{Line, Open};
use crate::metadata::Metadata;
use crate::methods::{Manner, Method, Notice, Outcome};
use crate::paging::Page;

pub mod json;
pub mod state;

use state::{AMOUNTS, Intent, Selection, Status};

/// Stripe's limits of texts.
const MAX_DESCRIPTION_CHARACTERS: usize = 1000;
const MAX_EMAIL_CHARACTERS: usize = 512;
const MAX_STATEMENT_CHARACTERS: usize = 22;
const MAX_METHOD_CHARACTERS: usize = 100;

const CANCELLATION_REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer", "abandoned"];

/// `POST /v1/payment_intents`
#[derive(Debug)]
pub struct Create {
    amount: i64,
    currency: Currency,
    selection: Selection,
    method: Option<Method>,
    confirm: bool,
    description: Option<String>,
    receipt_email: Option<String>,
    statement_descriptor: Option<String>,
    metadata: Metadata,
    expand: bool,
}

impl Create {
    fn read(form: &mut Form) -> Result<Self, ApiError> {
        let amount = amount(form)?;
        let currency = currency(form)?;
        let confirm = form.flag("confirm")?.unwrap_or(false);
        form.choice("capture_method", &["automatic", "automatic_async"])?;
        form.choice("confirmation_method", &["automatic"])?;
        // They mean something only to cards that need the buyer in front of a browser.
        form.ignore(&["return_url", "off_session", "error_on_requires_action", "use_stripe_sdk"]);
        let create = Self {
            amount,
            currency,
            selection: selection(form)?,
            method: method(form)?,
            confirm,
            description: form.text("description", MAX_DESCRIPTION_CHARACTERS)?,
            receipt_email: form.text("receipt_email", MAX_EMAIL_CHARACTERS)?,
            statement_descriptor: form.text("statement_descriptor", MAX_STATEMENT_CHARACTERS)?,
            metadata: metadata(form, &Metadata::default())?,
            expand: form.expand("latest_charge")?,
        };
        form.finish()?;
        Ok(create)
    }

    pub fn perform(&self, line: &mut Line) -> Result<Done, ApiError> {
        let intent = Intent {
            id: ids::new("pi_"),
            secret: ids::new(""),
            created: line.at,
            amount: self.amount,
            currency: self.currency,
            status: if self.method.is_some() { Status::RequiresConfirmation } else { Status::RequiresPaymentMethod },
            selection: self.selection,
            method: self.method,
            description: self.description.clone(),
            receipt_email: self.receipt_email.clone(),
            statement_descriptor: self.statement_descriptor.clone(),
            metadata: self.metadata.clone(),
            latest_charge: None,
            failure: None,
            canceled_at: None,
            cancellation_reason: None,
        };
        let method = if self.confirm { Some(intent.confirmable(None)) } else { None };
        line.intent(intent.clone(), Some(EventKind::IntentCreated));
        match method {
            None => Ok(Done::at_once(Stored::Intent { id: intent.id, expand: self.expand })),
            Some(Ok(method)) => Ok(charge(&intent, method, self.expand, line)),
            // Nothing was made of a request that could never be confirmed.
            Some(Err(error)) => Err(ApiError { intent: None, ..error }),
        }
    }
}

/// `POST /v1/payment_intents/{id}`
#[derive(Debug)]
pub struct Update {
    id: String,
    description: Option<String>,
    metadata: Option<MetadataChange>,
    expand: bool,
}

impl Update {
    fn read(id: String, form: &mut Form) -> Result<Self, ApiError> {
        let update = Self {
            id,
            description: form.text("description", MAX_DESCRIPTION_CHARACTERS)?,
            metadata: form.metadata()?,
            expand: form.expand("latest_charge")?,
        };
        form.finish()?;
        Ok(update)
    }

    pub fn perform(&self, books: &Books, line: &mut Line) -> Result<Done, ApiError> {
        let intent = find(books, &self.id)?;
        let metadata = match &self.metadata {
            Some(change) => change.apply(&intent.metadata)?,
            None => intent.metadata.clone(),
        };
        let description = self.description.clone().or_else(|| intent.description.clone());
        line.intent(Intent { metadata, description, ..(*intent).clone() }, None);
        Ok(Done::at_once(Stored::Intent { id: self.id.clone(), expand: self.expand }))
    }
}

/// `POST /v1/payment_intents/{id}/confirm`
#[derive(Debug)]
pub struct Confirm {
    id: String,
    method: Option<Method>,
    expand: bool,
}

impl Confirm {
    fn read(id: String, form: &mut Form) -> Result<Self, ApiError> {
        form.ignore(&["return_url", "off_session", "error_on_requires_action", "use_stripe_sdk"]);
        let confirm = Self { id, method: method(form)?, expand: form.expand("latest_charge")? };
        form.finish()?;
        Ok(confirm)
    }

    pub fn perform(&self, books: &Books, line: &mut Line) -> Result<Done, ApiError> {
        let intent = find(books, &self.id)?;
        let method = intent.confirmable(self.method)?;
        Ok(charge(&intent, method, self.expand, line))
    }
}

/// `POST /v1/payment_intents/{id}/cancel`
#[derive(Debug)]
pub struct Cancel {
    id: String,
    reason: Option<String>,
    expand: bool,
}

impl Cancel {
    fn read(id: String, form: &mut Form) -> Result<Self, ApiError> {
        let reason = form.choice("cancellation_reason", CANCELLATION_REASONS)?.map(str::to_owned);
        let cancel = Self { id, reason, expand: form.expand("latest_charge")? };
        form.finish()?;
        Ok(cancel)
    }

    pub fn perform(&self, books: &Books, line: &mut Line) -> Result<Done, ApiError> {
        let intent = find(books, &self.id)?;
        line.intent(intent.canceled(self.reason.clone(), line.at)?, Some(EventKind::IntentCanceled));
        Ok(Done::at_once(Stored::Intent { id: self.id.clone(), expand: self.expand }))
    }
}

/// Charges the card, or begins to.
fn charge(intent: &Intent, method: Method, expand: bool, line: &mut Line) -> Done {
    let id = intent.id.clone();
    if let Outcome::Declined { code, decline_code, message } = method.outcome {
        let charge = Charge::new(ids::new("ch_"), intent, method, line.at);
        let error = ApiError::card(code, decline_code, message).intent(&id);
        line.intent(intent.declined(method, &charge.id, line.at), Some(EventKind::IntentFailed));
        line.charge(charge, None);
        return Done::at_once(Stored::Error(Box::new(error)));
    }
    if method.manner == Manner::Slow {
        line.intent(intent.processing(method), Some(EventKind::IntentProcessing));
        return Done { answer: None, manner: Manner::Slow, notice: method.notice, expand };
    }
    if method.notice == Notice::OutOfOrder {
        // Cards are not seen processing; here they are, so that there is an older event to come late.
        line.intent(intent.processing(method), Some(EventKind::IntentProcessing));
    }
    succeed(intent, method, line);
    let answer = match method.manner {
        Manner::Error => Stored::Error(Box::new(ApiError::internal("An unknown error occurred."))),
        Manner::AtOnce | Manner::Slow | Manner::Never => Stored::Intent { id, expand },
    };
    Done { answer: Some(answer), manner: method.manner, notice: method.notice, expand }
}

/// The end of a slow charge, unless the intent was canceled meanwhile.
pub fn settle(intent: &Intent, open: &Open, line: &mut Line) -> Done {
    match (intent.status, intent.method) {
        (Status::Processing, Some(method)) => {
            succeed(intent, method, line);
            let answer = Stored::Intent { id: intent.id.clone(), expand: open.expand };
            Done { notice: method.notice, ..Done::at_once(answer) }
        }
        _ => match intent.confirmable(None) {
            Err(error) => Done::at_once(Stored::Error(Box::new(error))),
            Ok(_) => Done::at_once(Stored::Intent { id: intent.id.clone(), expand: open.expand }),
        },
    }
}

fn succeed(intent: &Intent, method: Method, line: &mut Line) {
    let charge = Charge::new(ids::new("ch_"), intent, method, line.at);
    line.intent(intent.succeeded(method, &charge.id), Some(EventKind::IntentSucceeded));
    line.charge(charge, None);
}

fn find(books: &Books, id: &str) -> Result<std::sync::Arc<Intent>, ApiError> {
    books.intents.get(id).ok_or_else(|| ApiError::missing("payment_intent", id, "intent"))
}

fn amount(form: &mut Form) -> Result<i64, ApiError> {
    let amount = required("amount", form.integer("amount")?)?;
    if amount < *AMOUNTS.start() {
        let message = format!("This value must be greater than or equal to {}.", AMOUNTS.start());
        return Err(ApiError::parameter("amount", "parameter_invalid_integer", message));
    }
    if amount > *AMOUNTS.end() {
        let message = format!("Amount must be no more than {}.", AMOUNTS.end());
        return Err(ApiError::parameter("amount", "amount_too_large", message));
    }
    Ok(amount)
}

fn currency(form: &mut Form) -> Result<Currency, ApiError> {
    const MAX_CURRENCY_CHARACTERS: usize = 100;
    let code = required("currency", form.text("currency", MAX_CURRENCY_CHARACTERS)?)?;
    Currency::parse(&code)
        .ok_or_else(|| ApiError::invalid(format!("Invalid currency: {}.", shown(&code))).param("currency"))
}

fn method(form: &mut Form) -> Result<Option<Method>, ApiError> {
    let Some(name) = form.text("payment_method", MAX_METHOD_CHARACTERS)? else { return Ok(None) };
    match Method::find(&name) {
        Some(method) => Ok(Some(method)),
        None => {
            let message = format!("No such PaymentMethod: '{}'", shown(&name));
            Err(ApiError::parameter("payment_method", "resource_missing", message))
        }
    }
}

fn metadata(form: &mut Form, present: &Metadata) -> Result<Metadata, ApiError> {
    match form.metadata()? {
        Some(change) => change.apply(present),
        None => Ok(present.clone()),
    }
}

fn selection(form: &mut Form) -> Result<Selection, ApiError> {
    let types = form.list("payment_method_types");
    if let Some(other) = types.iter().find(|name| *name != "card") {
        let message = format!("The payment method type \"{}\" is invalid. Only \"card\" is here.", shown(other));
        return Err(ApiError::invalid(message).param("payment_method_types"));
    }
    let automatic = form.flag("automatic_payment_methods[enabled]")?;
    let redirects = form.choice("automatic_payment_methods[allow_redirects]", &["always", "never"])?;
    match (automatic, redirects) {
        (Some(true), _) if !types.is_empty() => {
            let message = "You may only specify one of these parameters: automatic_payment_methods, \
                           payment_method_types.";
            Err(ApiError::invalid(message).param("automatic_payment_methods"))
        }
        (None, Some(_)) => required("automatic_payment_methods[enabled]", None::<bool>).map(|_| Selection::Automatic),
        (_, Some("never")) => Ok(Selection::AutomaticWithoutRedirects),
        (Some(true), _) => Ok(Selection::Automatic),
        (Some(false), _) => Ok(Selection::Listed),
        (None, None) if types.is_empty() => Ok(Selection::Automatic),
        (None, None) => Ok(Selection::Listed),
    }
}

/// `POST /v1/payment_intents`
pub async fn create(gateway: web::Data<Gateway>, request: HttpRequest, body: Body) -> HttpResponse {
    api::write(&gateway, &request, body, |form| Create::read(form).map(Command::Create)).await
}

/// `POST /v1/payment_intents/{id}`
pub async fn update(
    gateway: web::Data<Gateway>,
    request: HttpRequest,
    body: Body,
    id: web::Path<String>,
) -> HttpResponse {
    api::write(&gateway, &request, body, |form| Update::read(id.into_inner(), form).map(Command::Update)).await
}

/// `POST /v1/payment_intents/{id}/confirm`
pub async fn confirm(
    gateway: web::Data<Gateway>,
    request: HttpRequest,
    body: Body,
    id: web::Path<String>,
) -> HttpResponse {
    api::write(&gateway, &request, body, |form| Confirm::read(id.into_inner(), form).map(Command::Confirm)).await
}

/// `POST /v1/payment_intents/{id}/cancel`
pub async fn cancel(
    gateway: web::Data<Gateway>,
    request: HttpRequest,
    body: Body,
    id: web::Path<String>,
) -> HttpResponse {
    api::write(&gateway, &request, body, |form| Cancel::read(id.into_inner(), form).map(Command::Cancel)).await
}

/// `GET /v1/payment_intents/{id}`
pub async fn retrieve(gateway: web::Data<Gateway>, request: HttpRequest, id: web::Path<String>) -> HttpResponse {
    const MAX_SECRET_CHARACTERS: usize = 100;
    api::read(&gateway, &request, |form, books| {
        form.text("client_secret", MAX_SECRET_CHARACTERS)?;
        let expand = form.expand("latest_charge")?;
        form.finish()?;
        let intent = books.intent(&id, expand);
        intent.map(Answer::One).ok_or_else(|| ApiError::missing("payment_intent", &id, "intent"))
    })
}

/// `GET /v1/payment_intents`
pub async fn list(gateway: web::Data<Gateway>, request: HttpRequest) -> HttpResponse {
    api::read(&gateway, &request, |form, books| {
        let page = Page::read(form)?;
        let expand = form.expand("data.latest_charge")?;
        form.finish()?;
        let intents = &books.intents;
        let (places, has_more) = page.select(intents.len(), |id| intents.place(id), |_| true)?;
        let ids = places.into_iter().filter_map(|place| intents.at(place));
        let objects = ids.filter_map(|intent| books.intent(&intent.id, expand)).collect();
        Ok(Answer::List { objects, has_more, url: "/v1/payment_intents" })
    })
}
