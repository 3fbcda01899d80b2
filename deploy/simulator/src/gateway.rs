//! The gateway: performs commands on the books, one at a time, and tells the webhooks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::answers::{Answer, Stored};
use crate::books::{Books, Unfinished};
use crate::errors::ApiError;
use crate::events::Origin;
use crate::form::Fingerprint;
use crate::idempotency::Claim;
use crate::ids;
use crate::intents;
use crate::journal::{KeyLine, Line, Open};
use crate::methods::{Manner, Notice};
use crate::refunds;
use crate::settings::Settings;
use crate::webhooks::Webhooks;

/// A change that a client asks for, read and checked as far as that goes without the books.
#[derive(Debug)]
pub enum Command {
    Create(intents::Create),
    Update(intents::Update),
    Confirm(intents::Confirm),
    Cancel(intents::Cancel),
    Refund(refunds::Create),
}

impl Command {
    fn perform(&self, books: &Books, line: &mut Line) -> Result<Done, ApiError> {
        match self {
            Self::Create(create) => create.perform(line),
            Self::Update(update) => update.perform(books, line),
            Self::Confirm(confirm) => confirm.perform(books, line),
            Self::Cancel(cancel) => cancel.perform(books, line),
            Self::Refund(refund) => refund.perform(books, line),
        }
    }
}

/// What a command came to.
#[derive(Debug)]
pub struct Done {
    /// `None`: it is answered when the slow charge is settled.
    pub answer: Option<Stored>,
    pub manner: Manner,
    pub notice: Notice,
    /// Whether a later answer shows the charge in full.
    pub expand: bool,
}

impl Done {
    pub fn at_once(answer: Stored) -> Self {
        Self { answer: Some(answer), manner: Manner::AtOnce, notice: Notice::Once, expand: false }
    }
}

/// Who asks: the request's id and idempotency key, and what it asks.
#[derive(Debug)]
pub struct Call {
    pub origin: Origin,
    pub fingerprint: Fingerprint,
}

/// What the caller gets.
#[derive(Debug)]
pub enum Performed {
    Answered {
        answer: Answer,
        replayed: bool,
    },
    /// The work is done, the answer must not arrive.
    Unanswered,
    /// The intent is processing: settle it after a while, which gives the answer.
    Processing {
        intent: String,
    },
}

/// Shared by all threads.
#[derive(Debug)]
pub struct Gateway {
    pub settings: Settings,
    books: Mutex<Books>,
    webhooks: Webhooks,
}

impl Gateway {
    pub fn new(settings: Settings, books: Books, webhooks: Webhooks) -> Self {
        Self { settings, books: Mutex::new(books), webhooks }
    }

    /// The books, locked: never held over an await.
    pub fn books(&self) -> MutexGuard<'_, Books> {
        // A panic in between cannot leave a change by half: it is made after the journal has it, by code that does
        // not fail.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Performs a command once per idempotency key. The lock makes it atomic: of a cancel and a confirm that race,
    /// the second one finds what the first one did.
    pub fn perform(self: &Arc<Self>, call: &Call, command: &Command) -> Performed {
        let books = self.books();
        let now = ids::now();
        if let Some(key) = &call.origin.key {
            let refusal = match books.keys.claim(key, call.fingerprint, now) {
                Claim::New => None,
                Claim::Answered(answer) => return Performed::Answered { answer, replayed: true },
                Claim::Running => Some(ApiError::key_in_use(key)),
                Claim::Other => Some(ApiError::key_reused(key)),
            };
            if let Some(error) = refusal {
                return Performed::Answered { answer: Answer::refused(error, &books), replayed: false };
            }
        }
        let mut line = Line::new(now, Some(call.origin.clone()));
        let done = command.perform(&books, &mut line).unwrap_or_else(|error| {
            line = Line::new(now, Some(call.origin.clone()));
            Done::at_once(Stored::Error(Box::new(error)))
        });
        line.key = key_line(&call.origin, call.fingerprint, done.answer.clone());
        let processing = match &done.answer {
            Some(_) => None,
            None => line.intents.last().map(|intent| intent.id.clone()),
        };
        line.opened = processing.clone().map(|intent| Open {
            intent,
            origin: call.origin.clone(),
            fingerprint: call.fingerprint,
            expand: done.expand,
        });
        let answer = match self.commit(books, line, &done) {
            Ok(answer) => answer,
            Err(answer) => return Performed::Answered { answer, replayed: false },
        };
        match (processing, done.manner) {
            (Some(intent), _) => Performed::Processing { intent },
            (None, Manner::Never) => Performed::Unanswered,
            (None, Manner::AtOnce | Manner::Slow | Manner::Error) => Performed::Answered { answer, replayed: false },
        }
    }

    /// Ends a slow charge and gives its answer; `None` when it is settled already.
    pub fn settle(self: &Arc<Self>, intent: &str) -> Option<Answer> {
        let books = self.books();
        let open = books.open.get(intent)?.clone();
        let intent = books.intents.get(intent)?;
        let mut line = Line::new(ids::now(), Some(open.origin.clone()));
        let done = intents::settle(&intent, &open, &mut line);
        line.key = key_line(&open.origin, open.fingerprint, done.answer.clone());
        line.closed = Some(open.intent);
        Some(self.commit(books, line, &done).unwrap_or_else(|refused| refused))
    }

    /// Takes up what was not finished when the process ended.
    pub fn resume(self: &Arc<Self>, unfinished: Unfinished) {
        for intent in unfinished.confirms {
            let gateway = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(gateway.settings.pace.slow).await;
                gateway.settle(&intent);
            });
        }
        for refund in unfinished.refunds {
            self.advance_later(refund);
        }
        self.webhooks.send(&unfinished.events, Notice::Once);
    }

    /// Notes that these events have reached the webhook's endpoint, or never will.
    pub fn delivered(&self, events: Vec<String>) {
        let line = Line { delivered: events, ..Line::new(ids::now(), None) };
        if let Err(error) = self.books().commit(line) {
            tracing::warn!(error = %error.message, "events that are delivered may be sent again");
        }
    }

    /// Writes the change down, makes it, tells the webhooks, and gives the answer; or the refusal, when nothing could
    /// be written and nothing changed.
    fn commit(self: &Arc<Self>, mut books: MutexGuard<'_, Books>, line: Line, done: &Done) -> Result<Answer, Answer> {
        let pending: Vec<String> =
            line.refunds.iter().filter(|refund| refund.next.is_some()).map(|refund| refund.id.clone()).collect();
        let events = match books.commit(line) {
            Ok(events) => events,
            Err(error) => return Err(Answer::refused(error, &books)),
        };
        let answer = match &done.answer {
            Some(stored) => stored.resolve(&books),
            None => Answer::refused(ApiError::internal("The charge is processing."), &books),
        };
        drop(books);
        self.webhooks.send(&events, done.notice);
        for refund in pending {
            self.advance_later(refund);
        }
        Ok(answer)
    }

    fn advance_later(self: &Arc<Self>, refund: String) {
        let gateway = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(gateway.settings.pace.refund).await;
            gateway.advance(&refund);
        });
    }

    fn advance(self: &Arc<Self>, refund: &str) {
        let books = self.books();
        let Some(refund) = books.refunds.get(refund) else { return };
        let Some(next) = refund.next else { return };
        let mut line = Line::new(ids::now(), None);
        refunds::advance(&refund, next, &books, &mut line);
        // A journal that cannot be written is in the log already; a restart takes the refund up again.
        self.commit(books, line, &Done::at_once(Stored::Refund { id: refund.id.clone() })).ok();
    }
}

fn key_line(origin: &Origin, fingerprint: Fingerprint, answer: Option<Stored>) -> Option<KeyLine> {
    let name = origin.key.clone()?;
    Some(KeyLine { name, fingerprint, answer })
}
