//! What a request is answered with, and what an idempotency key keeps of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::books::Books;
use crate::charges::{Charge, ChargeView};
use crate::errors::ApiError;
use crate::events::{Event, EventView};
use crate::intents::json::IntentView;
use crate::intents::state::Intent;
use crate::refunds::{Refund, RefundView};

/// A snapshot of one object.
#[derive(Debug, Clone)]
pub enum Object {
    /// With the latest charge where it is to be shown in full.
    Intent(Arc<Intent>, Option<Arc<Charge>>),
    Charge(Arc<Charge>),
    Refund(Arc<Refund>),
    Event(Arc<Event>),
}

/// Snapshots share the objects of the books, so that keeping an answer for a day costs some pointers and no JSON.
#[derive(Debug, Clone)]
pub enum Answer {
    One(Object),
    List { objects: Vec<Object>, has_more: bool, url: &'static str },
    Error(Box<ApiError>, Option<Arc<Intent>>),
}

/// An answer as the journal writes it: its objects stand in the same line or before.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stored {
    Intent { id: String, expand: bool },
    Refund { id: String },
    Error(Box<ApiError>),
}

#[derive(Serialize)]
#[serde(untagged)]
pub enum ObjectView<'a> {
    Intent(Box<IntentView<'a>>),
    Charge(Box<ChargeView<'a>>),
    Refund(Box<RefundView<'a>>),
    Event(Box<EventView<'a>>),
}

#[derive(Serialize)]
struct ListView<'a> {
    object: &'static str,
    data: Vec<ObjectView<'a>>,
    has_more: bool,
    url: &'static str,
}

impl Object {
    pub fn view(&self) -> ObjectView<'_> {
        match self {
            Self::Intent(intent, charge) => ObjectView::Intent(Box::new(IntentView::new(intent, charge.as_deref()))),
            Self::Charge(charge) => ObjectView::Charge(Box::new(ChargeView::new(charge))),
            Self::Refund(refund) => ObjectView::Refund(Box::new(RefundView::new(refund))),
            Self::Event(event) => ObjectView::Event(Box::new(EventView::new(event))),
        }
    }
}

impl Answer {
    /// The refusal with the intent that it shows, as the books have it now.
    pub fn refused(error: ApiError, books: &Books) -> Self {
        let intent = error.intent.as_deref().and_then(|id| books.intents.get(id));
        Self::Error(Box::new(error), intent)
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::One(_) | Self::List { .. } => 200,
            Self::Error(error, _) => error.status,
        }
    }

    /// The body.
    pub fn to_json(&self) -> Vec<u8> {
        let json = match self {
            Self::One(object) => serde_json::to_vec(&object.view()),
            Self::List { objects, has_more, url } => serde_json::to_vec(&ListView {
                object: "list",
                data: objects.iter().map(Object::view).collect(),
                has_more: *has_more,
                url,
            }),
            Self::Error(error, intent) => return error.to_json(intent.as_deref()),
        };
        // Views hold only strings, numbers and maps with string keys: they always have a JSON form.
        json.unwrap_or_default()
    }
}

impl Stored {
    /// The answer with the objects as they are in the books at this moment.
    pub fn resolve(&self, books: &Books) -> Answer {
        match self {
            Self::Intent { id, expand } => match books.intent(id, *expand) {
                Some(object) => Answer::One(object),
                None => Answer::refused(ApiError::missing("payment_intent", id, "intent"), books),
            },
            Self::Refund { id } => match books.refunds.get(id) {
                Some(refund) => Answer::One(Object::Refund(refund)),
                None => Answer::refused(ApiError::missing("refund", id, "refund"), books),
            },
            Self::Error(error) => Answer::refused((**error).clone(), books),
        }
    }
}
