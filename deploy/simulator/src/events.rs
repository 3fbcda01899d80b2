//! Events: what happened to an object, with the object as it was.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::answers::{Answer, Object, ObjectView};
use crate::api;
use crate::errors::ApiError;
use crate::gateway::Gateway;
use crate::paging::Page;

/// The version of Stripe's API that the objects look like.
pub const API_VERSION: &str = "2026-10-28.endive";
/// Events that can be listed: the newest ones, so that memory has a limit.
const MAX_EVENTS: usize = 200_000;

macro_rules! event_kinds {
    ($($kind:ident = $name:literal),+ $(,)?) => {
        /// The `type` of an event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum EventKind {
            $(#[serde(rename = $name)] $kind),+
        }

        impl EventKind {
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $name),+ }
            }
        }
    };
}

event_kinds! {
    IntentCreated = "payment_intent.created",
    IntentProcessing = "payment_intent.processing",
    IntentSucceeded = "payment_intent.succeeded",
    IntentFailed = "payment_intent.payment_failed",
    IntentCanceled = "payment_intent.canceled",
    ChargeRefunded = "charge.refunded",
    RefundCreated = "refund.created",
    RefundUpdated = "refund.updated",
    RefundFailed = "refund.failed",
}

/// The request that caused something.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Origin {
    pub id: String,
    #[serde(rename = "idempotency_key")]
    pub key: Option<String>,
}

#[derive(Debug)]
pub struct Event {
    pub id: String,
    /// Seconds since 1970.
    pub created: i64,
    pub kind: EventKind,
    pub object: Object,
    /// `None`: time brought it about.
    pub origin: Option<Arc<Origin>>,
}

/// The newest events.
#[derive(Debug, Default)]
pub struct EventLog {
    events: VecDeque<Arc<Event>>,
    /// Events that were dropped: the number of the first one that is left.
    dropped: usize,
    numbers: HashMap<String, usize>,
}

impl EventLog {
    pub fn push(&mut self, event: Arc<Event>) {
        self.numbers.insert(event.id.clone(), self.dropped + self.events.len());
        self.events.push_back(event);
        if self.events.len() > MAX_EVENTS
            && let Some(oldest) = self.events.pop_front()
        {
            self.numbers.remove(&oldest.id);
            self.dropped += 1;
        }
    }

    pub fn get(&self, id: &str) -> Option<Arc<Event>> {
        self.place(id).and_then(|place| self.events.get(place)).cloned()
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.numbers.get(id).map(|number| number - self.dropped)
    }

    fn page(&self, page: &Page, kinds: &[String]) -> Result<Answer, ApiError> {
        let wanted = |place: usize| {
            let kind = self.events.get(place).map(|event| event.kind.as_str());
            kinds.is_empty() || kinds.iter().any(|wanted| Some(wanted.as_str()) == kind)
        };
        let (places, has_more) = page.select(self.events.len(), |id| self.place(id), wanted)?;
        let events = places.into_iter().filter_map(|place| self.events.get(place));
        let objects = events.map(|event| Object::Event(Arc::clone(event))).collect();
        Ok(Answer::List { objects, has_more, url: "/v1/events" })
    }
}

/// How an event looks in an answer and in a webhook.
#[derive(Serialize)]
pub struct EventView<'a> {
    id: &'a str,
    object: &'static str,
    api_version: &'static str,
    created: i64,
    data: Data<'a>,
    livemode: bool,
    pending_webhooks: u8,
    request: RequestView<'a>,
    r#type: EventKind,
}

#[derive(Serialize)]
struct Data<'a> {
    object: ObjectView<'a>,
}

#[derive(Serialize)]
struct RequestView<'a> {
    id: Option<&'a str>,
    idempotency_key: Option<&'a str>,
}

impl<'a> EventView<'a> {
    pub fn new(event: &'a Event) -> Self {
        let origin = event.origin.as_deref();
        Self {
            id: &event.id,
            object: "event",
            api_version: API_VERSION,
            created: event.created,
            data: Data { object: event.object.view() },
            livemode: false,
            pending_webhooks: 1,
            request: RequestView {
                id: origin.map(|origin| origin.id.as_str()),
                idempotency_key: origin.and_then(|origin| origin.key.as_deref()),
            },
            r#type: event.kind,
        }
    }
}

/// `GET /v1/events`
pub async fn list(gateway: web::Data<Gateway>, request: HttpRequest) -> HttpResponse {
    const MAX_TYPE_CHARACTERS: usize = 100;
    api::read(&gateway, &request, |form, books| {
        let page = Page::read(form)?;
        let mut kinds = form.list("types");
        kinds.extend(form.text("type", MAX_TYPE_CHARACTERS)?);
        form.finish()?;
        books.events.page(&page, &kinds)
    })
}

/// `GET /v1/events/{id}`
pub async fn retrieve(gateway: web::Data<Gateway>, request: HttpRequest, id: web::Path<String>) -> HttpResponse {
    api::read(&gateway, &request, |form, books| {
        form.finish()?;
        let event = books.events.get(&id).ok_or_else(|| ApiError::missing("event", &id, "id"))?;
        Ok(Answer::One(Object::Event(event)))
    })
}
