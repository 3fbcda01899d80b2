//! The books: every intent, charge and refund, in memory and in the journal.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use crate::answers::Object;
use crate::charges::Charge;
use crate::errors::ApiError;
use crate::events::{Event, EventKind, EventLog};
use crate::idempotency::Keys;
use crate::intents::state::Intent;
use crate::journal::{EventLine, Journal, Line, Open};
use crate::refunds::Refund;

/// Intents that are kept (some 2 KB each with their charges and keys): beyond that new ones are refused, since a
/// gateway that forgets a charge would be of no use.
const MAX_INTENTS: usize = 2_000_000;
/// An event that was not delivered is sent again after a restart when it is not older than this many seconds.
const RESEND_SECONDS: i64 = 600;

/// The newest state of every object of one kind, in the order in which the objects were made.
#[derive(Debug)]
pub struct Shelf<T> {
    rows: Vec<Arc<T>>,
    places: HashMap<String, usize>,
}

/// An object with an id.
pub trait Identified {
    fn id(&self) -> &str;
}

impl Identified for Intent {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for Charge {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for Refund {
    fn id(&self) -> &str {
        &self.id
    }
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Identified> Shelf<T> {
    pub fn get(&self, id: &str) -> Option<Arc<T>> {
        self.place(id).and_then(|place| self.at(place))
    }

    pub fn at(&self, place: usize) -> Option<Arc<T>> {
        self.rows.get(place).cloned()
    }

    pub fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Up to `count` objects from a place on, oldest first.
    pub fn from(&self, place: usize, count: usize) -> Vec<Arc<T>> {
        self.rows.iter().skip(place).take(count).cloned().collect()
    }

    fn put(&mut self, object: T) -> Arc<T> {
        let object = Arc::new(object);
        match self.places.get(object.id()) {
            Some(place) => self.rows[*place] = Arc::clone(&object),
            None => {
                self.places.insert(object.id().to_owned(), self.rows.len());
                self.rows.push(Arc::clone(&object));
            }
        }
        object
    }
}

/// All that the gateway knows.
#[derive(Debug)]
pub struct Books {
    pub intents: Shelf<Intent>,
    pub charges: Shelf<Charge>,
    pub refunds: Shelf<Refund>,
    /// Places of the refunds of each intent that has some.
    pub refunds_of: HashMap<String, Vec<usize>>,
    pub events: EventLog,
    pub keys: Keys,
    /// Confirms that are still processing, by intent.
    pub open: HashMap<String, Open>,
    journal: Option<Journal>,
}

/// What a restart has to take up again.
#[derive(Debug, Default)]
pub struct Unfinished {
    /// Intents whose charge is processing.
    pub confirms: Vec<String>,
    /// Refunds that have another state before them.
    pub refunds: Vec<String>,
    /// Events that were not delivered, oldest first.
    pub events: Vec<Arc<Event>>,
}

impl Books {
    /// Rebuilds the books from the journal, which is created when there is none.
    ///
    /// # Errors
    /// The journal cannot be read or makes no sense.
    pub fn open(path: &Path, now: i64) -> anyhow::Result<(Self, Unfinished)> {
        let mut books = Self {
            intents: Shelf::default(),
            charges: Shelf::default(),
            refunds: Shelf::default(),
            refunds_of: HashMap::new(),
            events: EventLog::default(),
            keys: Keys::default(),
            open: HashMap::new(),
            journal: None,
        };
        let mut events: Vec<Arc<Event>> = Vec::new();
        let mut delivered: HashSet<String> = HashSet::new();
        let journal = Journal::open(path, |mut line| {
            let recent = line.at + RESEND_SECONDS >= now;
            let done = std::mem::take(&mut line.delivered);
            let happened = books.apply(line)?;
            if recent {
                events.extend(happened);
                delivered.extend(done);
            }
            Ok(())
        })?;
        books.journal = Some(journal);
        events.retain(|event| !delivered.contains(&event.id));
        let unfinished = Unfinished {
            confirms: books.open.keys().cloned().collect(),
            refunds: books.refunds.rows.iter().filter(|refund| refund.next.is_some()).map(|r| r.id.clone()).collect(),
            events,
        };
        Ok((books, unfinished))
    }

    /// Writes a change and then makes it. Returns the events to send.
    ///
    /// # Errors
    /// The books are full or cannot be written: nothing changes.
    pub fn commit(&mut self, line: Line) -> Result<Vec<Arc<Event>>, ApiError> {
        if line.is_empty() {
            return Ok(Vec::new());
        }
        if self.intents.len() >= MAX_INTENTS && line.intents.iter().any(|i| self.intents.place(&i.id).is_none()) {
            return Err(ApiError::internal(format!("The books hold {MAX_INTENTS} payment intents and are full.")));
        }
        let Some(journal) = &mut self.journal else { return Err(ApiError::internal("The books are not open.")) };
        if let Err(error) = journal.append(&line) {
            tracing::error!(%error, "the books cannot be written");
            return Err(ApiError::internal("The books cannot be written."));
        }
        self.apply(line).map_err(ApiError::internal)
    }

    /// Whether charges can be written down.
    pub fn is_writable(&self) -> bool {
        self.journal.as_ref().is_some_and(|journal| !journal.is_broken())
    }

    /// An intent, with its latest charge when wanted.
    pub fn intent(&self, id: &str, expand: bool) -> Option<Object> {
        let intent = self.intents.get(id)?;
        let charge = intent.latest_charge.as_deref().filter(|_| expand).and_then(|id| self.charges.get(id));
        Some(Object::Intent(intent, charge))
    }

    /// Makes the change of a line: the same code for a new one and for one of the journal.
    fn apply(&mut self, line: Line) -> Result<Vec<Arc<Event>>, String> {
        let intents: Vec<_> = line.intents.into_iter().map(|intent| self.intents.put(intent)).collect();
        let charges: Vec<_> = line.charges.into_iter().map(|charge| self.charges.put(charge)).collect();
        let refunds: Vec<_> = line.refunds.into_iter().map(|refund| self.put_refund(refund)).collect();
        let origin = line.origin.map(Arc::new);
        let mut events = Vec::with_capacity(line.events.len());
        for EventLine { id, kind, of } in line.events {
            let object = match kind {
                EventKind::IntentCreated
                | EventKind::IntentProcessing
                | EventKind::IntentSucceeded
                | EventKind::IntentFailed
                | EventKind::IntentCanceled => intents.get(of).map(|i| Object::Intent(Arc::clone(i), None)),
                EventKind::ChargeRefunded => charges.get(of).map(|c| Object::Charge(Arc::clone(c))),
                EventKind::RefundCreated | EventKind::RefundUpdated | EventKind::RefundFailed => {
                    refunds.get(of).map(|r| Object::Refund(Arc::clone(r)))
                }
            };
            let object = object.ok_or_else(|| format!("event {id} is about nothing"))?;
            let event = Arc::new(Event { id, created: line.at, kind, object, origin: origin.clone() });
            self.events.push(Arc::clone(&event));
            events.push(event);
        }
        if let Some(open) = line.opened {
            self.open.insert(open.intent.clone(), open);
        }
        if let Some(intent) = line.closed {
            self.open.remove(&intent);
        }
        if let Some(key) = line.key {
            let answer = key.answer.map(|stored| stored.resolve(self));
            self.keys.keep(&key.name, key.fingerprint, line.at, answer);
        }
        Ok(events)
    }

    fn put_refund(&mut self, refund: Refund) -> Arc<Refund> {
        if self.refunds.place(&refund.id).is_none() {
            self.refunds_of.entry(refund.intent.clone()).or_default().push(self.refunds.len());
        }
        self.refunds.put(refund)
    }
}
