//! Events on their way out: written in the transaction that makes them true.

use std::sync::Arc;

use diesel::QueryResult;
use diesel::sql_types::{Array, BigInt, Bytea, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use proto_events::Event;
use tokio::sync::Notify;
use uuid::Uuid;

/// An event that a transaction is about to make true. Its time is the database's.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// UUIDv7, minted once for this fact.
    pub id: Uuid,
    /// The aggregate's id: events of one key keep their order.
    pub key: String,
    /// The aggregate's last number plus one; its row has to be locked by the transaction.
    pub aggregate_seq: i64,
    /// Trace context of what caused it.
    pub traceparent: Option<String>,
    pub event: Event,
}

/// Numbers `events` of one aggregate from `seq` on, which is left at the last number used.
pub fn number(
    key: &str,
    seq: &mut i64,
    events: impl IntoIterator<Item = Event>,
    traceparent: Option<&str>,
) -> Vec<Outgoing> {
    let outgoing = |event| {
        *seq += 1;
        let traceparent = traceparent.map(str::to_owned);
        Outgoing { id: Uuid::now_v7(), key: key.to_owned(), aggregate_seq: *seq, traceparent, event }
    };
    events.into_iter().map(outgoing).collect()
}

runtime::statement! {
    struct Insert {
        topics: Vec<String> as Array<Text>,
        keys: Vec<String> as Array<Text>,
        ids: Vec<Uuid> as Array<SqlUuid>,
        types: Vec<String> as Array<Text>,
        seqs: Vec<i64> as Array<BigInt>,
        traceparents: Vec<Option<String>> as Array<Nullable<Text>>,
        payloads: Vec<Vec<u8>> as Array<Bytea>,
    }
    "INSERT INTO outbox (topic, key, event_id, event_type, aggregate_seq, traceparent, payload) \
     SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?)"
}

/// Appends `events` to the outbox of the open transaction, in one round trip however many they are. The connection is
/// shared, so that the statement can be on its way together with others.
/// Call [`Wake::wake`] after the commit.
///
/// # Errors
/// The database's.
pub async fn append(conn: &AsyncPgConnection, events: &[Outgoing]) -> QueryResult<()> {
    if events.is_empty() {
        return Ok(());
    }
    let insert = Insert {
        topics: events.iter().map(|e| e.event.event_type().topic().name().to_owned()).collect(),
        keys: events.iter().map(|e| e.key.clone()).collect(),
        ids: events.iter().map(|e| e.id).collect(),
        types: events.iter().map(|e| e.event.event_type().wire_name().to_owned()).collect(),
        seqs: events.iter().map(|e| e.aggregate_seq).collect(),
        traceparents: events.iter().map(|e| e.traceparent.clone()).collect(),
        payloads: events.iter().map(|e| e.event.encode()).collect(),
    };
    insert.execute(&mut &*conn).await?;
    Ok(())
}

/// A dead letter's way out: the record as it came, with headers that tell why it is dead.
#[derive(Debug, Clone)]
pub(crate) struct DeadRecord {
    pub topic: String,
    pub key: Option<String>,
    pub headers: Vec<String>,
    pub payload: Option<Vec<u8>>,
}

pub(crate) async fn append_dead(conn: &mut AsyncPgConnection, record: DeadRecord) -> QueryResult<()> {
    use crate::schema::outbox::dsl;
    use diesel::ExpressionMethods;
    diesel::insert_into(dsl::outbox)
        .values((
            dsl::topic.eq(record.topic),
            dsl::key.eq(record.key),
            dsl::headers.eq(record.headers),
            dsl::payload.eq(record.payload),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Tells the relay of this process that something was committed. Replicas find it by polling.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn wake(&self) {
        self.0.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.0.notified().await;
    }
}
