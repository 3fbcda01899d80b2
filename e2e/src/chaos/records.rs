//! Records that should not be on the broker: repeats in another order, bytes that do not decode, versions of tomorrow.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Context;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use uuid::Uuid;

use crate::chaos::dice::Dice;
use crate::checker::INJECTED;
use crate::stack::Stack;

const TOPICS: [&str; 3] = ["order.events", "inventory.events", "payment.events"];
/// The newest records of a partition that are repeated.
const REPEATED: i64 = 100;
/// Records of each kind that one fault puts on each topic.
const PER_TOPIC: usize = 3;
/// A broker that other faults have taken away, one after the other, is waited for.
const BROKER_PATIENCE: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(200);
/// For the newest records of one partition.
const READ_PATIENCE: Duration = Duration::from_secs(5);

/// Puts records on the broker, and remembers which of them must become dead letters.
pub struct Records {
    client: ClientConfig,
    producer: FutureProducer,
    dead: Mutex<Vec<String>>,
}

impl Records {
    /// # Errors
    /// When the client library refuses its settings.
    pub fn new(stack: &Stack) -> anyhow::Result<Self> {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", stack.value("KAFKA_BROKERS")).set("reconnect.backoff.max.ms", "1000");
        let producer = client.clone().set("linger.ms", "0").set("message.timeout.ms", "0").create()?;
        Ok(Self { client, producer, dead: Mutex::default() })
    }

    /// The keys of the records that nobody can apply. Each is the key of no order.
    pub fn dead(&self) -> Vec<String> {
        self.dead.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Repeats the newest records of the saga, shuffled, every other one on another partition than its own: what comes
    /// of it is a repeat that, on a consumer that lags, comes before what it should come after.
    ///
    /// # Errors
    /// When the broker stays away.
    pub async fn repeat(&self) -> anyhow::Result<()> {
        let client = self.client.clone();
        let mut newest = tokio::task::spawn_blocking(move || newest_when_there(&client)).await??;
        Dice::new(newest.len() as u64).shuffle(&mut newest);
        for (n, (message, elsewhere)) in newest.iter().enumerate() {
            let mut headers = mark();
            for header in message.headers().into_iter().flat_map(|headers| headers.iter()) {
                headers = headers.insert(Header { key: header.key, value: header.value });
            }
            let record = || {
                let record = FutureRecord::to(message.topic())
                    .key(message.key().unwrap_or_default())
                    .payload(message.payload().unwrap_or_default())
                    .headers(headers.clone());
                if n % 2 == 0 { record.partition(*elsewhere) } else { record }
            };
            self.send(record).await?;
        }
        Ok(())
    }

    /// Bytes that are no payload of their type, about orders that nobody has placed.
    ///
    /// # Errors
    /// When the broker stays away.
    pub async fn corrupt(&self) -> anyhow::Result<()> {
        let types = ["waybill.order.cancelled.v1", "waybill.inventory.reserved.v1", "waybill.payment.success.v1"];
        for (topic, event_type) in TOPICS.into_iter().zip(types) {
            for _ in 0..PER_TOPIC {
                self.inject(topic, event_type, &[0xff, 0x00, 0xff]).await?;
            }
        }
        Ok(())
    }

    /// A version of tomorrow, which is a dead letter, and a type of tomorrow, which is not.
    ///
    /// # Errors
    /// When the broker stays away.
    pub async fn unknown_version(&self) -> anyhow::Result<()> {
        let versions = ["waybill.order.created.v2", "waybill.inventory.reserved.v9", "waybill.payment.success.v2"];
        for (topic, event_type) in TOPICS.into_iter().zip(versions) {
            for _ in 0..PER_TOPIC {
                self.inject(topic, event_type, b"").await?;
                self.produce(topic, "waybill.order.teleported.v1", &order_id(), b"").await?;
            }
        }
        Ok(())
    }

    async fn inject(&self, topic: &str, event_type: &str, payload: &[u8]) -> anyhow::Result<()> {
        let key = order_id();
        self.produce(topic, event_type, &key, payload).await?;
        self.dead.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(key);
        Ok(())
    }

    async fn produce(&self, topic: &str, event_type: &str, key: &str, payload: &[u8]) -> anyhow::Result<()> {
        let id = Uuid::now_v7();
        let headers = proto_events::envelope::headers(&id, event_type, "/chaos", "2026-01-01T00:00:00Z", key, 1, None);
        let headers = headers.iter().fold(mark(), |all, (key, value)| all.insert(Header { key, value: Some(value) }));
        self.send(|| FutureRecord::to(topic).key(key.as_bytes()).payload(payload).headers(headers.clone())).await
    }

    /// Sends it again while the broker is away, or has lost its disk. That it may come twice is as good as once.
    async fn send<'a>(&self, record: impl Fn() -> FutureRecord<'a, [u8], [u8]>) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let sent = tokio::time::timeout(BROKER_PATIENCE, self.producer.send(record(), BROKER_PATIENCE)).await;
            match sent.context("the broker stays away")? {
                Ok(_) => return Ok(()),
                Err((error, _)) if began.elapsed() > BROKER_PATIENCE => return Err(error.into()),
                Err(_) => tokio::time::sleep(POLL).await,
            }
        }
    }
}

fn mark() -> OwnedHeaders {
    OwnedHeaders::new().insert(Header { key: INJECTED, value: Some("chaos") })
}

fn order_id() -> String {
    format!("ord_{}", Uuid::now_v7().simple())
}

/// Asks again while the broker is away, or has lost its disk.
fn newest_when_there(client: &ClientConfig) -> anyhow::Result<Vec<(OwnedMessage, i32)>> {
    let began = Instant::now();
    loop {
        match newest(client) {
            Err(error) if began.elapsed() > BROKER_PATIENCE => return Err(error),
            Err(_) => std::thread::sleep(POLL),
            found => return found,
        }
    }
}

/// The newest records of every partition of the saga's topics, each with another partition of its topic.
fn newest(client: &ClientConfig) -> anyhow::Result<Vec<(OwnedMessage, i32)>> {
    let mut config = client.clone();
    config.set("group.id", "chaos").set("enable.auto.commit", "false").set("enable.partition.eof", "false");
    let consumer: BaseConsumer = config.create()?;
    let mut all = Vec::new();
    for topic in TOPICS {
        let metadata = consumer.fetch_metadata(Some(topic), BROKER_PATIENCE)?;
        let partitions = i32::try_from(metadata.topics().first().map_or(0, |topic| topic.partitions().len()))?;
        for partition in 0..partitions {
            let (low, high) = consumer.fetch_watermarks(topic, partition, BROKER_PATIENCE)?;
            let from = low.max(high - REPEATED);
            let mut list = TopicPartitionList::new();
            list.add_partition_offset(topic, partition, Offset::Offset(from))?;
            consumer.assign(&list)?;
            let (mut at, began) = (from, Instant::now());
            // A broker that goes away in the middle leaves fewer to repeat.
            while at < high && began.elapsed() < READ_PATIENCE {
                if let Some(Ok(message)) = consumer.poll(POLL) {
                    at = message.offset() + 1;
                    all.push((message.detach(), (partition + 1) % partitions));
                }
            }
        }
    }
    Ok(all)
}
