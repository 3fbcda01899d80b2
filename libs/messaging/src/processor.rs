//! One batch of records: drop repeats, react, remember, all in one transaction.

use std::collections::HashSet;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use diesel_async::{AsyncConnection, AsyncPgConnection};
use futures_util::FutureExt;
use proto_events::{Envelope, EventType, Topic, Undecodable};
use runtime::Lifecycle;
use runtime::backoff::Backoff;
use runtime::health::Check;

use crate::dead_letter::{self, Cause};
use crate::failure::{Class, ReactionError};
use crate::outbox::Wake;
use crate::{inbox, metrics};

/// Tries of a record that fails alone and for good.
const PERMANENT_TRIES: u32 = 3;
/// Tries of a record that fails alone with a database error that may or may not pass: some two minutes of backoff.
const UNCLEAR_TRIES: u32 = 20;
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
const BACKOFF_LONGEST: Duration = Duration::from_secs(10);
/// A database that is back is noticed within this: there is one consumer per process, so nobody is overrun by their tries.
const AWAY_LONGEST: Duration = Duration::from_secs(2);

/// What a service does with the facts that others tell it.
pub trait Reactions: Send + Sync + 'static {
    /// What is to be done once a batch is committed, and only then. `()` where there is nothing.
    type Outcome: Default + Send;

    /// The topics to listen to.
    fn topics(&self) -> &[Topic];

    /// Whether a type of event matters; others are not even decoded.
    fn wants(&self, event_type: EventType) -> bool;

    /// Applies events that were not applied before, in order, inside the open transaction that also remembers them.
    /// All or none: an error undoes the whole batch, which is then split to find the culprit.
    fn apply(
        &self,
        conn: &mut AsyncPgConnection,
        events: &[Envelope],
    ) -> impl Future<Output = Result<Self::Outcome, ReactionError>> + Send;

    /// Called after the commit with what [`apply`](Self::apply) returned, such as to wake a worker.
    fn committed(&self, _: Self::Outcome) {}
}

/// A record as it came, with where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    pub position: Position,
    pub key: Option<String>,
    /// Name, value; values that are not UTF-8 are kept lossily, the payload byte for byte.
    pub headers: Vec<(String, String)>,
    pub payload: Option<Vec<u8>>,
    pub decoded: Result<Envelope, Undecodable>,
}

/// Where a record stands on the broker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Position {
    pub topic: Topic,
    pub partition: i32,
    pub offset: i64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.topic.name(), self.partition, self.offset)
    }
}

/// Told to stop; the batch was not applied and comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// Applies batches on a connection of its own.
pub struct Processor<R> {
    service: &'static str,
    lifecycle: Lifecycle,
    database_url: String,
    conn: Option<AsyncPgConnection>,
    wake: Wake,
    reactions: Arc<R>,
}

impl<R: Reactions> Processor<R> {
    pub fn new(
        service: &'static str,
        lifecycle: Lifecycle,
        database_url: String,
        wake: Wake,
        reactions: Arc<R>,
    ) -> Self {
        Self { service, lifecycle, database_url, conn: None, wake, reactions }
    }

    /// Applies `records` in order. Waits for a database that is away for as long as it takes; a record that cannot be
    /// applied is found by halving the batch, and becomes a dead letter.
    ///
    /// # Errors
    /// Only when the process stops before the batch is through.
    pub async fn process(&mut self, records: &[Received]) -> Result<(), Stopped> {
        // Halves still to do, the next one last: a stack instead of recursion.
        let mut todo = vec![records];
        let mut backoff = Backoff::new(BACKOFF_FIRST, BACKOFF_LONGEST);
        while let Some(part) = todo.pop() {
            match self.try_apply(part).await {
                Ok(()) => {
                    backoff.reset();
                    self.lifecycle.health().report("consumer", Check::Up);
                }
                Err(error) => {
                    let mutant = runtime::mutant!("dead-letter-on-database-error");
                    let class = if mutant { Class::Permanent } else { error.class() };
                    self.tell(&error, class, part.len());
                    if class != Class::Transient && part.len() > 1 {
                        let (first, second) = part.split_at(part.len() / 2);
                        todo.extend([second, first]);
                        continue;
                    }
                    let tries = backoff.tries() + 1;
                    let given_up = match class {
                        Class::Transient => false,
                        Class::Permanent => tries >= PERMANENT_TRIES,
                        Class::Unclear => tries >= UNCLEAR_TRIES,
                    };
                    match part {
                        [record] if given_up && self.bury(record, &error, tries).await.is_ok() => backoff.reset(),
                        _ => {
                            todo.push(part);
                            let delay = backoff.next_delay();
                            let transient = class == Class::Transient;
                            self.wait(if transient { delay.min(AWAY_LONGEST) } else { delay }).await?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    async fn wait(&self, delay: Duration) -> Result<(), Stopped> {
        tokio::select! {
            () = self.lifecycle.stopping() => Err(Stopped),
            () = tokio::time::sleep(delay) => Ok(()),
        }
    }

    fn tell(&self, error: &ReactionError, class: Class, records: usize) {
        tracing::warn!(%error, ?class, records, "a batch was not applied");
        if class == Class::Transient {
            let reason = format!("waiting for the database: {error}");
            self.lifecycle.health().report("consumer", Check::Degraded(reason));
        }
    }

    /// One transaction over all `records`.
    async fn try_apply(&mut self, records: &[Received]) -> Result<(), ReactionError> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => runtime::db::connect(&self.database_url).await.map_err(away)?,
        };
        let (service, reactions) = (self.service, self.reactions.as_ref());
        let transaction = conn.transaction::<R::Outcome, ReactionError, _>(async |conn| {
            let outcome = apply_in(conn, service, reactions, records).await?;
            runtime::crash_point!("consumer.before_commit");
            Ok(outcome)
        });
        let result = AssertUnwindSafe(transaction).catch_unwind().await;
        runtime::crash_point!("consumer.after_commit");
        match result {
            Ok(Ok(outcome)) => {
                self.wake.wake();
                self.reactions.committed(outcome);
                self.conn = Some(conn);
                Ok(())
            }
            // The connection is not used again: what state it is in is not worth knowing.
            Ok(Err(error)) => Err(error),
            Err(panic) => Err(ReactionError::Panic(panic_text(panic.as_ref()))),
        }
    }

    /// Makes a dead letter of a record that cannot be applied.
    async fn bury(&self, record: &Received, error: &ReactionError, tries: u32) -> Result<(), ReactionError> {
        let mut conn = runtime::db::connect(&self.database_url).await.map_err(away)?;
        let cause = Cause { class: error.name(), error: error.to_string(), attempts: tries };
        let service = self.service;
        conn.transaction::<_, ReactionError, _>(async |conn| {
            let (ids, keys) = ids_and_keys(std::slice::from_ref(record));
            let remembered = inbox::remember(conn, ids, keys).await?;
            let known = record.decoded.as_ref().is_ok_and(|event| !remembered.fresh.contains(&event.id));
            if !known {
                dead_letter::bury(conn, service, record, &cause).await?;
            }
            Ok(())
        })
        .await?;
        self.wake.wake();
        Ok(())
    }
}

fn away(error: diesel::ConnectionError) -> ReactionError {
    let text: Box<String> = Box::new(error.to_string());
    ReactionError::Database(diesel::result::Error::DatabaseError(
        diesel::result::DatabaseErrorKind::ClosedConnection,
        text,
    ))
}

fn ids_and_keys(records: &[Received]) -> (Vec<uuid::Uuid>, Vec<String>) {
    let ids = records.iter().filter_map(|record| Some(record.decoded.as_ref().ok()?.id)).collect();
    let keys: HashSet<String> = records.iter().filter_map(|record| record.key.clone()).collect();
    (ids, keys.into_iter().collect())
}

async fn apply_in<R: Reactions>(
    conn: &mut AsyncPgConnection,
    service: &'static str,
    reactions: &R,
    records: &[Received],
) -> Result<R::Outcome, ReactionError> {
    let (ids, keys) = ids_and_keys(records);
    let mut remembered = inbox::remember(conn, ids, keys).await?;
    let mut events = Vec::with_capacity(records.len());
    for record in records {
        let parked = record.key.as_ref().is_some_and(|key| remembered.parked.contains(key));
        match &record.decoded {
            Ok(event) if !remembered.fresh.remove(&event.id) && !runtime::mutant!("repeats-applied") => {
                metrics::REPEATS.inc();
            }
            // A cancel must never wait: it is what ends an order whose other events cannot be applied.
            Ok(event) if !parked || event.event.event_type() == EventType::OrderCancelled => {
                metrics::CONSUMED.with_label_values(&[event.event.event_type().wire_name()]).inc();
                events.push(event.clone());
            }
            Ok(_) => dead_letter::park(conn, record).await?,
            Err(error) => {
                let cause = Cause { class: "UNDECODABLE", error: error.to_string(), attempts: 1 };
                dead_letter::bury(conn, service, record, &cause).await?;
                remembered.parked.extend(record.key.clone());
            }
        }
    }
    react(conn, reactions, &events).await
}

/// Hands events to the service, and leaves a line in the log for each that carries its trace.
pub(crate) async fn react<R: Reactions>(
    conn: &mut AsyncPgConnection,
    reactions: &R,
    events: &[Envelope],
) -> Result<R::Outcome, ReactionError> {
    if events.is_empty() {
        return Ok(R::Outcome::default());
    }
    let outcome = reactions.apply(conn, events).await?;
    for event in events {
        tracing::info!(
            target: "waybill::saga",
            event = event.event.event_type().wire_name(),
            key = event.key,
            trace_id = event.traceparent.as_deref().and_then(|t| t.split('-').nth(1)),
            "event applied"
        );
    }
    Ok(outcome)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown".to_owned())
}
