//! Every record of every topic from the first on, streamed into `seen`.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use diesel::sql_types::{Array, BigInt, Bool, Bytea, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use proto_events::Topic;
use proto_events::ids::OrderId;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::INJECTED;
use super::evidence::{Evidence, producer_of};

/// Records that are inserted at once: some megabytes.
const BATCH: usize = 5000;
/// Batches between the thread that reads and the session that inserts.
const BATCHES_AHEAD: usize = 3;
/// A broker that says nothing for so long is not there.
const PATIENCE: Duration = Duration::from_secs(30);
const ASK_AGAIN: Duration = Duration::from_millis(500);
const POLL: Duration = Duration::from_millis(100);

/// The consumers, and the topics that each listens to.
static CONSUMERS: [(&str, &[Topic]); 3] = [
    ("order", &[Topic::Inventory, Topic::Payment, Topic::Catalog]),
    ("inventory", &[Topic::Order, Topic::Payment, Topic::Catalog]),
    ("payment", &[Topic::Order, Topic::Inventory]),
];

/// A record as far as it is looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    pub producer: String,
    pub partition: i32,
    pub offset: i64,
    pub key: Option<String>,
    pub event_id: Option<Uuid>,
    pub event_type: Option<String>,
    pub seq: Option<i64>,
    /// Only of records about an order: the others are not replayed.
    pub payload: Option<Vec<u8>>,
    pub injected: bool,
    /// Of a record of a dead-letter topic: the consumer, and its name of the dead letter.
    pub dead: Option<(String, String)>,
}

/// What a partition has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extent {
    pub topic: String,
    pub partition: i32,
    /// The first offset that is there; above zero when older ones were forgotten.
    pub low: i64,
    /// The offset that the next record gets.
    pub high: i64,
}

/// How far a consumer is in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub consumer: &'static str,
    pub producer: String,
    pub partition: i32,
    /// All before this offset is applied.
    pub applied_to: i64,
    pub high: i64,
}

/// Where the topics are.
#[derive(Debug, Clone)]
pub struct Broker {
    addresses: String,
}

impl Broker {
    pub fn new(addresses: &str) -> Self {
        Self { addresses: addresses.to_owned() }
    }

    /// How far all consumers say they are.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn progress(&self) -> anyhow::Result<Vec<Progress>> {
        let broker = self.clone();
        tokio::task::spawn_blocking(move || broker.read_progress()).await?
    }

    fn consumer(&self, group: &str) -> anyhow::Result<BaseConsumer> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.addresses)
            // Never joined: only asked how far it is.
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("allow.auto.create.topics", "false")
            .set("enable.partition.eof", "true")
            .set("queued.max.messages.kbytes", "16384")
            .set("fetch.wait.max.ms", "50");
        Ok(config.create()?)
    }

    fn read_progress(&self) -> anyhow::Result<Vec<Progress>> {
        let mut all = Vec::new();
        for &(consumer, topics) in &CONSUMERS {
            let client = self.consumer(consumer)?;
            for topic in topics {
                let extents = extents(&client, topic.name())?;
                let mut list = TopicPartitionList::new();
                for extent in &extents {
                    list.add_partition(&extent.topic, extent.partition);
                }
                let committed =
                    persist("how far the consumers are", || client.committed_offsets(list.clone(), PATIENCE))?;
                for extent in extents {
                    let at = committed.find_partition(&extent.topic, extent.partition).map(|element| element.offset());
                    let applied_to = match at {
                        Some(Offset::Offset(at)) => at,
                        _ => extent.low,
                    };
                    let producer = producer_of(&extent.topic).to_owned();
                    let (partition, high) = (extent.partition, extent.high);
                    all.push(Progress { consumer, producer, partition, applied_to, high });
                }
            }
        }
        Ok(all)
    }
}

/// Puts down how far the consumers were.
///
/// # Errors
/// The database's.
pub async fn load_progress(evidence: &mut Evidence, progress: &[Progress]) -> anyhow::Result<()> {
    for Progress { consumer, producer, partition, applied_to, .. } in progress {
        evidence
            .run(&format!("INSERT INTO progress VALUES ('{consumer}', '{producer}', {partition}, {applied_to})"))
            .await?;
    }
    Ok(())
}

/// Reads all topics and all dead-letter topics up to where they end now.
///
/// # Errors
/// The broker's and the database's.
pub async fn load(evidence: &mut Evidence, broker: &Broker) -> anyhow::Result<()> {
    let began = Instant::now();
    let topics: Vec<String> = Topic::ALL.iter().map(|topic| topic.name().to_owned()).collect();
    let dead =
        CONSUMERS.iter().flat_map(|(consumer, topics)| topics.iter().map(move |topic| topic.dead_letter(consumer)));
    let mut read = 0;
    let (extents, mut batches) = stream(broker, topics).await?;
    for Extent { topic, partition, low, high } in extents {
        let producer = producer_of(&topic);
        evidence.run(&format!("INSERT INTO extent VALUES ('{producer}', {partition}, {low}, {high})")).await?;
    }
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        read += batch.len();
        insert(evidence, batch).await?;
        if read.is_multiple_of(100 * BATCH) {
            eprintln!("  {read} records read after {} s", began.elapsed().as_secs());
        }
    }
    let (_, mut batches) = stream(broker, dead.collect()).await?;
    while let Some(batch) = batches.recv().await {
        insert_dead(evidence, batch?).await?;
    }
    Ok(())
}

type Batches = mpsc::Receiver<anyhow::Result<Vec<Seen>>>;

/// Starts to read topics on a thread of its own.
async fn stream(broker: &Broker, topics: Vec<String>) -> anyhow::Result<(Vec<Extent>, Batches)> {
    let client = broker.consumer("invariants")?;
    let (client, extents) = tokio::task::spawn_blocking(move || {
        let extents = topics.iter().map(|topic| extents(&client, topic)).collect::<anyhow::Result<Vec<_>>>();
        extents.map(|extents| (client, extents.concat()))
    })
    .await??;
    let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
    let wanted = extents.clone();
    tokio::task::spawn_blocking(move || {
        if let Err(error) = read_all(&client, &wanted, &sender) {
            // Nobody listens any more when the other side failed first.
            let _ = sender.blocking_send(Err(error));
        }
    });
    Ok((extents, receiver))
}

fn extents(client: &BaseConsumer, topic: &str) -> anyhow::Result<Vec<Extent>> {
    let metadata = persist(topic, || client.fetch_metadata(Some(topic), PATIENCE))?;
    let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions().iter().map(|p| p.id()));
    let extent = |partition| -> anyhow::Result<Extent> {
        let (low, high) = persist(topic, || client.fetch_watermarks(topic, partition, PATIENCE))?;
        Ok(Extent { topic: topic.to_owned(), partition, low, high })
    };
    partitions.map(extent).collect()
}

/// A broker that has just started, or is very busy, has no leader for a moment.
fn persist<T>(what: &str, ask: impl Fn() -> KafkaResult<T>) -> anyhow::Result<T> {
    let began = Instant::now();
    loop {
        match ask() {
            Err(_) if began.elapsed() < PATIENCE => std::thread::sleep(ASK_AGAIN),
            outcome => return outcome.with_context(|| format!("the broker, about {what}")),
        }
    }
}

fn read_all(
    client: &BaseConsumer,
    extents: &[Extent],
    batches: &mpsc::Sender<anyhow::Result<Vec<Seen>>>,
) -> anyhow::Result<()> {
    let mut open: Vec<&Extent> = extents.iter().filter(|extent| extent.low < extent.high).collect();
    let mut list = TopicPartitionList::new();
    for extent in &open {
        list.add_partition_offset(&extent.topic, extent.partition, Offset::Offset(extent.low))?;
    }
    client.assign(&list)?;
    let mut batch = Vec::with_capacity(BATCH);
    let mut heard = Instant::now();
    while !open.is_empty() {
        match client.poll(POLL) {
            Some(Ok(message)) => {
                heard = Instant::now();
                let at = open.iter().position(|e| e.topic == message.topic() && e.partition == message.partition());
                let Some(at) = at else { continue };
                if message.offset() < open[at].high {
                    batch.push(seen(&message));
                }
                if message.offset() + 1 >= open[at].high {
                    open.remove(at);
                }
            }
            // All partitions end there at the latest; an end of a topic whose last records were removed is one too.
            Some(Err(KafkaError::PartitionEOF(_))) if all_at_end(client, &open) => break,
            Some(Err(KafkaError::PartitionEOF(_))) => {}
            // Connection trouble passes by itself, or ends in `PATIENCE`.
            Some(Err(error)) => eprintln!("  kafka: {error}"),
            None => ensure!(heard.elapsed() < PATIENCE, "the broker gives no more records"),
        }
        if batch.len() == BATCH && batches.blocking_send(Ok(std::mem::take(&mut batch))).is_err() {
            bail!("nobody wants the records any more");
        }
    }
    let _ = batches.blocking_send(Ok(batch));
    Ok(())
}

fn all_at_end(client: &BaseConsumer, open: &[&Extent]) -> bool {
    let Ok(positions) = client.position() else { return false };
    open.iter().all(|extent| {
        let position = positions.find_partition(&extent.topic, extent.partition).map(|element| element.offset());
        matches!(position, Some(Offset::Offset(at)) if at >= extent.high)
    })
}

fn seen(message: &BorrowedMessage<'_>) -> Seen {
    let header = |name: &str| {
        let value = message.headers()?.iter().find(|header| header.key == name)?.value?;
        std::str::from_utf8(value).ok()
    };
    let key = message.key().and_then(|key| std::str::from_utf8(key).ok()).map(str::to_owned);
    let of_order = key.as_deref().is_some_and(|key| key.starts_with(OrderId::PREFIX));
    Seen {
        producer: producer_of(message.topic()).to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        event_id: header("ce_id").and_then(|id| id.parse().ok()),
        event_type: header("ce_type").map(str::to_owned),
        seq: header("aggregate_seq").and_then(|seq| seq.parse().ok()),
        payload: message.payload().filter(|_| of_order).map(<[u8]>::to_vec),
        injected: header(INJECTED).is_some(),
        dead: dead(&header),
        key,
    }
}

fn dead<'a>(header: &impl Fn(&str) -> Option<&'a str>) -> Option<(String, String)> {
    let (topic, partition) = (header("x-orig-topic")?, header("x-orig-partition")?);
    let id = format!("{topic}:{partition}:{}", header("x-orig-offset")?);
    Some((header("x-consumer")?.to_owned(), id))
}

/// Adds records to `seen`; of a scope, only what is about it.
///
/// # Errors
/// The database's.
pub async fn insert(evidence: &mut Evidence, batch: Vec<Seen>) -> anyhow::Result<()> {
    let filter = if evidence.is_scoped() { "WHERE key IN (SELECT key FROM scope_key)" } else { "" };
    let order_id = |seen: &Seen| seen.key.as_deref().and_then(|key| key.parse::<OrderId>().ok()).map(|id| id.0);
    let statement = diesel::sql_query(format!(
        "INSERT INTO seen SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         AS n (producer, partition, kafka_offset, key, order_id, event_id, type, seq, payload, injected) {filter}"
    ))
    .bind::<Array<Text>, _>(batch.iter().map(|seen| seen.producer.clone()).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(batch.iter().map(|seen| seen.partition).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(batch.iter().map(|seen| seen.offset).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(batch.iter().map(|seen| seen.key.clone()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(batch.iter().map(order_id).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(batch.iter().map(|seen| seen.event_id).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(batch.iter().map(|seen| seen.event_type.clone()).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(batch.iter().map(|seen| seen.seq).collect::<Vec<_>>())
    .bind::<Array<Nullable<Bytea>>, _>(batch.iter().map(|seen| seen.payload.clone()).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(batch.iter().map(|seen| seen.injected).collect::<Vec<_>>());
    statement.execute(evidence.conn()).await.context("records")?;
    Ok(())
}

async fn insert_dead(evidence: &mut Evidence, batch: Vec<Seen>) -> anyhow::Result<()> {
    let dead = |part: fn(&(String, String)) -> &String| -> Vec<String> {
        batch.iter().filter_map(|seen| seen.dead.as_ref()).map(|dead| part(dead).clone()).collect()
    };
    let filter = if evidence.is_scoped() { "WHERE id IN (SELECT id FROM dead_letter)" } else { "" };
    diesel::sql_query(format!("INSERT INTO dead_record SELECT * FROM unnest($1, $2) AS n (consumer, id) {filter}"))
        .bind::<Array<Text>, _>(dead(|(consumer, _)| consumer))
        .bind::<Array<Text>, _>(dead(|(_, id)| id))
        .execute(evidence.conn())
        .await
        .context("dead letters")?;
    Ok(())
}
