//! Outbox → Kafka.
//!
//! The outbox is a queue, not a cursor: a row goes only after the broker's ack, and rows that committed late are found
//! because they are still there. Ids do not commit in their order, so "everything after the last id" would lose events.
//!
//! One relay per service works at a time, by an advisory lock that its own connection holds: when the connection dies,
//! so does the lock. A relay that lost it without noticing can only repeat what its successor sends too, and consumers
//! drop repeats.

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join_all;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord};
use runtime::Lifecycle;
use runtime::health::Check;
use uuid::Uuid;

use crate::kafka::Kafka;
use crate::metrics;
use crate::outbox::Wake;
use crate::pace::Pace;

/// Rows per cycle: bounds memory and the producer's queue.
const ROWS_PER_CYCLE: i64 = 1000;
/// Under load a cycle starts no more often than this, so that batches grow: the broker's price is per request, not per
/// record (measured: bursts every 10 ms cost half of single sends). Idle, a cycle starts at once.
const CYCLE_GAP: Duration = Duration::from_millis(10);
/// How long a row of another replica may wait, which nobody wakes us for.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How often a relay without the lock asks for it.
const LOCK_INTERVAL: Duration = Duration::from_secs(1);
/// A broker that takes longer to acknowledge counts as away.
const ACK_PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn start(lifecycle: &Lifecycle, kafka: Kafka, database_url: String, wake: Wake) {
    let life = lifecycle.clone();
    lifecycle.keep_running("relay", move || {
        let relay = Relay { lifecycle: life.clone(), kafka: kafka.clone(), wake: wake.clone() };
        let database_url = database_url.clone();
        async move { relay.run(&database_url).await }
    });
}

struct Relay {
    lifecycle: Lifecycle,
    kafka: Kafka,
    wake: Wake,
}

/// A row of the outbox.
#[derive(Debug, Queryable)]
struct Row {
    id: i64,
    topic: String,
    key: Option<String>,
    event_id: Option<Uuid>,
    event_type: Option<String>,
    aggregate_seq: Option<i64>,
    traceparent: Option<String>,
    headers: Option<Vec<String>>,
    payload: Option<Vec<u8>>,
    created_at: DateTime<Utc>,
}

runtime::statement! {
    pub(crate) struct Read { limit: i64 as BigInt }
    "SELECT id, topic, key, event_id, event_type, aggregate_seq, traceparent, headers, payload, created_at \
     FROM outbox ORDER BY id LIMIT ?"
    -> (BigInt, Text, Nullable<Text>, Nullable<SqlUuid>, Nullable<Text>, Nullable<BigInt>, Nullable<Text>,
        Nullable<Array<Text>>, Nullable<Bytea>, Timestamptz)
}

runtime::statement! {
    pub(crate) struct Delete { ids: Vec<i64> as Array<BigInt> }
    "DELETE FROM outbox WHERE id = ANY(?)"
}

runtime::statement! {
    struct TryLock {}
    "SELECT pg_try_advisory_lock(hashtext('waybill.relay'), hashtext(current_schema()))" -> Bool
}

impl Relay {
    async fn run(self, database_url: &str) -> anyhow::Result<()> {
        let mut conn = runtime::db::connect(database_url).await?;
        // Only deletes are committed here; losing one in a crash of the database repeats an event, which is dropped.
        conn.batch_execute("SET synchronous_commit = off").await?;
        while !try_lock(&mut conn).await? {
            tokio::select! {
                () = self.lifecycle.stopping() => return Ok(()),
                () = tokio::time::sleep(LOCK_INTERVAL) => {}
            }
        }
        let producer: FutureProducer = self.kafka.producer().create()?;
        tracing::info!("this process relays the outbox");
        let mut pace = Pace::new(CYCLE_GAP);
        while !self.lifecycle.is_stopping() {
            pace.begin().await;
            let relayed = self.cycle(&mut conn, &producer).await?;
            if relayed > 0 {
                pace.end();
            } else {
                tokio::select! {
                    () = self.lifecycle.stopping() => {}
                    () = self.wake.woken() => {}
                    () = tokio::time::sleep(POLL_INTERVAL) => {}
                }
            }
        }
        Ok(())
    }

    /// Publishes what there is and deletes what the broker has; returns how many rows that were.
    async fn cycle(&self, conn: &mut AsyncPgConnection, producer: &FutureProducer) -> anyhow::Result<usize> {
        let mut rows: Vec<Row> = Read { limit: ROWS_PER_CYCLE }.load(conn).await?;
        if runtime::mutant!("relay-as-cursor") {
            pass_by_late_rows(&mut rows);
        }
        if rows.is_empty() {
            return Ok(0);
        }
        let mut deliveries = Vec::with_capacity(rows.len());
        for row in &rows {
            deliveries.push(self.send(producer, row)?);
        }
        let Some(acks) = self.acknowledged(deliveries).await else {
            return Ok(0);
        };
        runtime::crash_point!("relay.after_ack");
        let ids = deletable(&rows, &acks);
        let relayed = ids.len();
        Delete { ids }.execute(conn).await?;
        metrics::RELAYED.inc_by(relayed as u64);
        if relayed < rows.len() {
            // A fatal producer error: start over with a new producer, which re-reads what is left.
            anyhow::bail!("the broker refused {} records", rows.len() - relayed);
        }
        Ok(relayed)
    }

    fn send(&self, producer: &FutureProducer, row: &Row) -> Result<DeliveryFuture, KafkaError> {
        let topic = self.kafka.on_broker(&row.topic);
        let headers = self.headers(row);
        let mut record = FutureRecord::<str, [u8]>::to(&topic).headers(headers);
        if let Some(key) = &row.key {
            record = record.key(key);
        }
        if let Some(payload) = &row.payload {
            record = record.payload(payload);
        }
        producer.send_result(record).map_err(|(error, _)| error)
    }

    fn headers(&self, row: &Row) -> OwnedHeaders {
        let pairs: Vec<(String, String)> = match (&row.headers, row.event_id) {
            (Some(headers), _) => headers.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect(),
            (None, id) => proto_events::envelope::headers(
                &id.unwrap_or_default(),
                row.event_type.as_deref().unwrap_or_default(),
                &format!("/waybill/{}", self.kafka.service),
                &row.created_at.to_rfc3339_opts(SecondsFormat::Micros, true),
                row.key.as_deref().unwrap_or_default(),
                row.aggregate_seq.unwrap_or_default(),
                row.traceparent.as_deref(),
            ),
        };
        let empty = OwnedHeaders::new_with_capacity(pairs.len());
        pairs.iter().fold(empty, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }))
    }

    /// Waits for every ack, however long the broker is away; `None` when told to stop meanwhile.
    async fn acknowledged(&self, deliveries: Vec<DeliveryFuture>) -> Option<Vec<bool>> {
        let mut acks = std::pin::pin!(join_all(deliveries));
        loop {
            tokio::select! {
                results = &mut acks => {
                    self.lifecycle.health().report("broker", Check::Up);
                    return Some(results.into_iter().map(|result| matches!(result, Ok(Ok(_)))).collect());
                }
                () = self.lifecycle.stopping() => return None,
                () = tokio::time::sleep(ACK_PATIENCE) => {
                    let waiting = "the broker does not acknowledge; events wait in the outbox".to_owned();
                    self.lifecycle.health().report("broker", Check::Degraded(waiting));
                }
            }
        }
    }
}

async fn try_lock(conn: &mut AsyncPgConnection) -> QueryResult<bool> {
    let statement = TryLock {};
    statement.get_result(conn).await
}

/// A seeded bug: goes on behind the last id that it has seen, so that what commits late with a lower one is never read.
fn pass_by_late_rows(rows: &mut Vec<Row>) {
    static LAST_ID: AtomicI64 = AtomicI64::new(0);
    let newest = rows.last().map_or(0, |row| row.id);
    let last_id = LAST_ID.fetch_max(newest, Ordering::Relaxed);
    rows.retain(|row| row.id > last_id);
}

/// The rows that may go: acknowledged, and no earlier row of the same key still waits.
fn deletable(rows: &[Row], acks: &[bool]) -> Vec<i64> {
    let mut blocked = HashSet::new();
    let mut ids = Vec::with_capacity(rows.len());
    for (row, acked) in rows.iter().zip(acks) {
        if *acked && !blocked.contains(&row.key) {
            ids.push(row.id);
        } else {
            blocked.insert(&row.key);
        }
    }
    ids
}
