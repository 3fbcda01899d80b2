//! Events into a service and out of it, without Kafka.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::Utc;
use diesel::sql_types::{BigInt, Bytea, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use messaging::processor::{Position, Stopped};
use messaging::{Processor, Reactions, Received, Wake};
use proto_events::{Envelope, Event, EventType, Topic};
use runtime::Lifecycle;
use runtime::db::Pool;
use uuid::Uuid;

use crate::TestDb;

/// Feeds records to a service's reactions the way the consumer does: same inbox, same transaction, same splitting.
pub struct Inbound<R> {
    processor: Processor<R>,
    offsets: HashMap<Topic, i64>,
    seqs: HashMap<String, i64>,
}

impl<R: Reactions> Inbound<R> {
    pub fn new(service: &'static str, db: &TestDb, reactions: Arc<R>) -> Self {
        let processor = Processor::new(service, Lifecycle::new(), db.url.clone(), Wake::new(), reactions);
        Self { processor, offsets: HashMap::new(), seqs: HashMap::new() }
    }

    /// A record of a new event about `key`, with the next numbers.
    pub fn record(&mut self, key: &str, event: impl Into<Event>) -> Received {
        let event = event.into();
        let seq = self.seqs.entry(key.to_owned()).or_default();
        *seq += 1;
        let envelope = Envelope {
            id: Uuid::now_v7(),
            source: "/waybill/test".to_owned(),
            time: Utc::now(),
            key: key.to_owned(),
            aggregate_seq: *seq,
            traceparent: None,
            event,
        };
        self.received(envelope)
    }

    /// The same event again, as a redelivery brings it.
    pub fn repeat(&mut self, record: &Received) -> Received {
        let envelope = record.decoded.clone().expect("a record made here");
        self.received(envelope)
    }

    /// A record whose bytes do not decode.
    pub fn garbage(&mut self, key: &str, event_type: EventType) -> Received {
        let position = self.next_position(event_type.topic());
        let headers = vec![("ce_type".to_owned(), event_type.wire_name().to_owned())];
        let decoded = Err(proto_events::Undecodable::Payload("garbage".to_owned()));
        Received { position, key: Some(key.to_owned()), headers, payload: Some(vec![0xff; 3]), decoded }
    }

    fn received(&mut self, envelope: Envelope) -> Received {
        let position = self.next_position(envelope.event.event_type().topic());
        let record = envelope.to_record();
        Received {
            position,
            key: Some(record.key),
            headers: record.headers,
            payload: Some(record.payload),
            decoded: Ok(envelope),
        }
    }

    fn next_position(&mut self, topic: Topic) -> Position {
        let offset = self.offsets.entry(topic).or_default();
        *offset += 1;
        Position { topic, partition: 0, offset: *offset }
    }

    /// Processes records as one batch.
    ///
    /// # Panics
    /// Never: nobody stops the test's lifecycle.
    pub async fn deliver(&mut self, records: &[Received]) {
        assert_ne!(self.processor.process(records).await, Err(Stopped));
    }

    /// A new event about `key`, in a batch of its own; returned so that it can be repeated.
    pub async fn tell(&mut self, key: &str, event: impl Into<Event>) -> Received {
        let record = self.record(key, event);
        self.deliver(std::slice::from_ref(&record)).await;
        record
    }
}

/// An event that a service has put into its outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Emitted {
    pub id: Uuid,
    pub key: String,
    pub aggregate_seq: i64,
    pub event: Event,
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = BigInt)]
    aggregate_seq: i64,
    #[diesel(sql_type = Text)]
    event_type: String,
    #[diesel(sql_type = Bytea)]
    payload: Vec<u8>,
}

/// Everything in the outbox, in order. (The broker of a test is away, so nothing leaves it.)
///
/// # Panics
/// When it cannot be read.
pub async fn emitted(pool: &Pool) -> Vec<Emitted> {
    let mut conn = pool.get().await.expect("a connection");
    let sql = "SELECT event_id, key, aggregate_seq, event_type, payload FROM outbox \
               WHERE event_id IS NOT NULL ORDER BY id";
    let rows: Vec<Row> = diesel::sql_query(sql).load(&mut conn).await.expect("the outbox is readable");
    rows.into_iter()
        .map(|row| {
            let event_type = EventType::from_wire_name(&row.event_type).expect("a known event type");
            let event = Event::decode(event_type, &row.payload).expect("what was encoded decodes");
            Emitted { id: row.event_id, key: row.key, aggregate_seq: row.aggregate_seq, event }
        })
        .collect()
}

/// The events emitted about one key, in order.
///
/// # Panics
/// When the outbox cannot be read.
pub async fn emitted_about(pool: &Pool, key: &str) -> Vec<Event> {
    let all = emitted(pool).await;
    all.into_iter().filter(|emitted| emitted.key == key).map(|emitted| emitted.event).collect()
}
