//! Records that cannot be applied, those of the same key that wait behind them, and their replay.
//!
//! A dead letter parks its aggregate: later events of the key wait in the database, in order, so that a replay goes on
//! where it stopped. The record also goes to `<topic>.<consumer>.dlq`, through the outbox.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use proto_events::{Decoded, Envelope, EventType, Topic, Undecodable};
use runtime::db::Pool;
use runtime::dead_letters::{Answer, DeadLetter, ReplayRefused};

use crate::failure::{Class, ReactionError};
use crate::outbox::{self, DeadRecord, Wake};
use crate::processor::{Reactions, Received, react};
use crate::schema::dead_letter::dsl;
use crate::{metrics, schema};

/// Waiting records that one replay applies; the rest stays waiting and is replayed by the next call.
const DRAINED_PER_REPLAY: i64 = 500;
/// Longer error texts are cut: a header has to carry them.
const ERROR_CHARS_MAX: usize = 500;

/// Why a record is dead.
#[derive(Debug, Clone)]
pub(crate) struct Cause {
    pub class: &'static str,
    pub error: String,
    pub attempts: u32,
}

#[derive(Debug, Insertable)]
#[diesel(table_name = schema::dead_letter)]
struct NewRow {
    id: String,
    topic: String,
    partition: i32,
    kafka_offset: i64,
    key: Option<String>,
    event_id: Option<uuid::Uuid>,
    event_type: Option<String>,
    headers: Vec<String>,
    payload: Option<Vec<u8>>,
    state: &'static str,
    error_class: Option<&'static str>,
    error: Option<String>,
    attempts: i32,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = schema::dead_letter)]
struct Row {
    id: String,
    position: i64,
    topic: String,
    key: Option<String>,
    event_id: Option<uuid::Uuid>,
    event_type: Option<String>,
    headers: Vec<String>,
    payload: Option<Vec<u8>>,
    state: String,
    error_class: Option<String>,
    error: Option<String>,
    attempts: i32,
    created_at: chrono::DateTime<chrono::Utc>,
    replayed_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// Stores a dead record and sends it on its way to the dead-letter topic. A second time for the same record does nothing.
pub(crate) async fn bury(
    conn: &mut AsyncPgConnection,
    service: &'static str,
    record: &Received,
    cause: &Cause,
) -> QueryResult<()> {
    let error: String = cause.error.chars().take(ERROR_CHARS_MAX).collect();
    let mut row = new_row(record, "DEAD");
    row.error_class = Some(cause.class);
    row.error = Some(error.clone());
    row.attempts = i32::try_from(cause.attempts).unwrap_or(i32::MAX);
    let stored =
        diesel::insert_into(dsl::dead_letter).values(row).on_conflict(dsl::id).do_nothing().execute(conn).await?;
    if stored == 0 {
        return Ok(());
    }
    tracing::error!(id = %record.position, key = record.key, class = cause.class, error, "dead letter");
    metrics::DEAD_LETTERS.with_label_values(&[record.position.topic.name(), cause.class]).inc();
    let mut headers = flat(&record.headers);
    for (name, value) in [
        ("x-orig-topic", record.position.topic.name().to_owned()),
        ("x-orig-partition", record.position.partition.to_string()),
        ("x-orig-offset", record.position.offset.to_string()),
        ("x-error-class", cause.class.to_owned()),
        ("x-error", error),
        ("x-attempts", cause.attempts.to_string()),
        ("x-consumer", service.to_owned()),
    ] {
        headers.extend([name.to_owned(), value]);
    }
    let topic = record.position.topic.dead_letter(service);
    let dead = DeadRecord { topic, key: record.key.clone(), headers, payload: record.payload.clone() };
    outbox::append_dead(conn, dead).await
}

/// Stores a record that waits behind a dead one.
pub(crate) async fn park(conn: &mut AsyncPgConnection, record: &Received) -> QueryResult<()> {
    tracing::warn!(id = %record.position, key = record.key, "event waits behind a dead letter");
    metrics::PARKED.inc();
    let row = new_row(record, "WAITING");
    diesel::insert_into(dsl::dead_letter).values(row).on_conflict(dsl::id).do_nothing().execute(conn).await?;
    Ok(())
}

fn new_row(record: &Received, state: &'static str) -> NewRow {
    let event = record.decoded.as_ref().ok();
    let header = |name: &str| record.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    NewRow {
        id: record.position.to_string(),
        topic: record.position.topic.name().to_owned(),
        partition: record.position.partition,
        kafka_offset: record.position.offset,
        key: record.key.clone(),
        event_id: event.map(|event| event.id).or_else(|| header("ce_id")?.parse().ok()),
        event_type: header("ce_type"),
        headers: flat(&record.headers),
        payload: record.payload.clone(),
        state,
        error_class: None,
        error: None,
        attempts: 0,
    }
}

fn flat(headers: &[(String, String)]) -> Vec<String> {
    headers.iter().flat_map(|(name, value)| [name.clone(), value.clone()]).collect()
}

/// A service's dead letters, for its admin.
pub struct DeadLetters<R> {
    service: &'static str,
    pool: Pool,
    wake: Wake,
    reactions: Arc<R>,
}

impl<R: Reactions> DeadLetters<R> {
    pub fn new(service: &'static str, pool: Pool, wake: Wake, reactions: Arc<R>) -> Self {
        Self { service, pool, wake, reactions }
    }

    async fn list(&self, before: Option<i64>, limit: i64) -> anyhow::Result<Vec<DeadLetter>> {
        let mut conn = self.pool.get().await?;
        let rows: Vec<Row> = dsl::dead_letter
            .filter(dsl::position.lt(before.unwrap_or(i64::MAX)))
            .order(dsl::position.desc())
            .limit(limit)
            .select(Row::as_select())
            .load(&mut conn)
            .await?;
        Ok(rows.into_iter().map(Row::into_dead_letter).collect())
    }

    async fn replay(&self, id: &str) -> Result<DeadLetter, ReplayRefused> {
        let mut conn = self.pool.get().await.map_err(anyhow::Error::from)?;
        let outcome = conn
            .transaction::<_, ReactionError, _>(async |conn| match head_of(conn, id).await? {
                Ok(row) => self.apply_and_drain(conn, row).await.map(Ok),
                Err(refused) => Ok(Err(refused)),
            })
            .await;
        drop(conn);
        let outcomes = outcome.map_err(anyhow::Error::from)??;
        self.wake.wake();
        outcomes.into_iter().for_each(|outcome| self.reactions.committed(outcome));
        let mut conn = self.pool.get().await.map_err(anyhow::Error::from)?;
        let row: Row =
            dsl::dead_letter.find(id).select(Row::as_select()).first(&mut conn).await.map_err(anyhow::Error::from)?;
        Ok(row.into_dead_letter())
    }

    /// Applies the dead record, then those behind it until one fails, which is then the dead one.
    async fn apply_and_drain(&self, conn: &mut AsyncPgConnection, head: Row) -> Result<Vec<R::Outcome>, ReactionError> {
        let mut outcomes = Vec::new();
        if head.state == "DONE" {
            return Ok(outcomes);
        }
        let key = head.key.clone();
        let Some(outcome) = self.apply_one(conn, head).await? else { return Ok(outcomes) };
        outcomes.push(outcome);
        let Some(key) = key else { return Ok(outcomes) };
        for _ in 0..DRAINED_PER_REPLAY {
            let waiting: Option<Row> = dsl::dead_letter
                .filter(dsl::key.eq(&key).and(dsl::state.ne("DONE")))
                .order(dsl::position.asc())
                .select(Row::as_select())
                .for_update()
                .first(conn)
                .await
                .optional()?;
            let Some(row) = waiting else { break };
            let Some(outcome) = self.apply_one(conn, row).await? else { break };
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// What its application came to; `None` when it is dead (still, or now), with the error in its row.
    async fn apply_one(&self, conn: &mut AsyncPgConnection, row: Row) -> Result<Option<R::Outcome>, ReactionError> {
        let attempt = conn
            .transaction::<R::Outcome, ReactionError, _>(async |conn| match row.decode(|t| self.reactions.wants(t)) {
                Ok(Some(event)) => react(conn, self.reactions.as_ref(), &[event]).await,
                Ok(None) => Ok(R::Outcome::default()),
                Err(error) => Err(ReactionError::Permanent(error.to_string())),
            })
            .await;
        match attempt {
            Ok(outcome) => {
                diesel::update(dsl::dead_letter.find(&row.id))
                    .set((dsl::state.eq("DONE"), dsl::replayed_at.eq(diesel::dsl::now)))
                    .execute(conn)
                    .await?;
                tracing::info!(id = row.id, service = self.service, "dead letter replayed");
                Ok(Some(outcome))
            }
            Err(error) if error.class() == Class::Transient => Err(error),
            Err(error) => {
                diesel::update(dsl::dead_letter.find(&row.id))
                    .set((
                        dsl::state.eq("DEAD"),
                        dsl::error_class.eq(error.name()),
                        dsl::error.eq(error.to_string()),
                        dsl::attempts.eq(dsl::attempts + 1),
                    ))
                    .execute(conn)
                    .await?;
                Ok(None)
            }
        }
    }
}

/// Locks a dead letter that may be replayed: the first of its key that is not done, or one that is done.
async fn head_of(conn: &mut AsyncPgConnection, id: &str) -> QueryResult<Result<Row, ReplayRefused>> {
    let found: Option<Row> =
        dsl::dead_letter.find(id).select(Row::as_select()).for_update().first(conn).await.optional()?;
    let Some(row) = found else {
        return Ok(Err(ReplayRefused::NotFound));
    };
    if row.state == "DONE" || row.key.is_none() {
        return Ok(Ok(row));
    }
    let first: Option<String> = dsl::dead_letter
        .filter(dsl::key.eq(&row.key).and(dsl::state.ne("DONE")).and(dsl::position.lt(row.position)))
        .order(dsl::position.asc())
        .select(dsl::id)
        .first(conn)
        .await
        .optional()?;
    Ok(first.map_or(Ok(row), |first| Err(ReplayRefused::WaitsBehind(first))))
}

impl<R: Reactions> runtime::dead_letters::DeadLetters for DeadLetters<R> {
    fn list(&self, before: Option<i64>, limit: i64) -> Answer<'_, anyhow::Result<Vec<DeadLetter>>> {
        Box::pin(self.list(before, limit))
    }

    fn replay<'a>(&'a self, id: &'a str) -> Answer<'a, Result<DeadLetter, ReplayRefused>> {
        Box::pin(self.replay(id))
    }
}

impl Row {
    fn decode(&self, wanted: impl Fn(EventType) -> bool) -> Result<Option<Envelope>, Undecodable> {
        let header =
            |name: &str| self.headers.chunks_exact(2).find(|pair| pair[0] == name).map(|pair| pair[1].as_bytes());
        match proto_events::decode(self.key.as_deref(), header, self.payload.as_deref(), wanted)? {
            Decoded::Event(event) => Ok(Some(*event)),
            Decoded::Unwanted | Decoded::UnknownType(_) => Ok(None),
        }
    }

    fn into_dead_letter(self) -> DeadLetter {
        let decoded = self.decode(|_| true).ok().flatten().map(|event| format!("{:#?}", event.event));
        DeadLetter {
            decoded,
            id: self.id,
            position: self.position,
            topic: self.topic,
            key: self.key,
            event_id: self.event_id,
            event_type: self.event_type,
            state: self.state,
            error_class: self.error_class,
            error: self.error,
            attempts: self.attempts,
            created_at: self.created_at,
            replayed_at: self.replayed_at,
            headers: self.headers.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect(),
            payload_base64: self.payload.map(|payload| BASE64.encode(payload)),
        }
    }
}

/// All dead-letter topics of a service that listens to `topics`.
pub(crate) fn topics_of(service: &str, topics: &[Topic]) -> Vec<String> {
    topics.iter().map(|topic| topic.dead_letter(service)).collect()
}
