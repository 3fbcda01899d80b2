//! When orders became PAID, heard from `order.events` as any other service would: asking for each would be load.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use proto_events::ids::OrderId;
use proto_events::{EventType, Topic};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use uuid::Uuid;

const BROKER_TIMEOUT: Duration = Duration::from_secs(10);
const POLL_TIMEOUT: Duration = Duration::from_millis(100);

/// Listens until it is dropped.
#[derive(Debug)]
pub struct Listener {
    heard: Arc<Mutex<HashMap<Uuid, i64>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Hears of every event of this type from now on.
    ///
    /// # Errors
    /// When the broker is away or has no such topic.
    pub fn start(brokers: &str, topic: &str, wanted: EventType) -> anyhow::Result<Self> {
        let consumer = at_the_end(brokers, topic)?;
        let (heard, stop) = (Arc::<Mutex<HashMap<Uuid, i64>>>::default(), Arc::<AtomicBool>::default());
        let (hearing, stopping) = (Arc::clone(&heard), Arc::clone(&stop));
        let listen = move || {
            while !stopping.load(Ordering::Relaxed) {
                let Some(Ok(record)) = consumer.poll(POLL_TIMEOUT) else { continue };
                let header = |name: &str| record.headers()?.iter().find(|header| header.key == name)?.value;
                if header("ce_type") != Some(wanted.wire_name().as_bytes()) {
                    continue;
                }
                let key = record.key().and_then(|key| std::str::from_utf8(key).ok()?.parse::<OrderId>().ok());
                // When the relay handed it to its producer: after the commit that made it true.
                if let (Some(order), Some(ms)) = (key, record.timestamp().to_millis()) {
                    hearing.lock().unwrap_or_else(PoisonError::into_inner).entry(order.0).or_insert(ms * 1000);
                }
            }
        };
        let thread = std::thread::Builder::new().name("listener".to_owned()).spawn(listen)?;
        Ok(Self { heard, stop, thread: Some(thread) })
    }

    /// ORDER_PAID of the stack.
    ///
    /// # Errors
    /// When the broker is away.
    pub fn of_paid(brokers: &str) -> anyhow::Result<Self> {
        Self::start(brokers, Topic::Order.name(), EventType::OrderPaid)
    }

    /// Microseconds since 1970 by order.
    pub fn heard(&self) -> MutexGuard<'_, HashMap<Uuid, i64>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A consumer without a group that stands behind the last record.
fn at_the_end(brokers: &str, topic: &str) -> anyhow::Result<BaseConsumer> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "waybill-bench")
        .set("enable.auto.commit", "false")
        // It is not in a hurry: the records carry their time.
        .set("fetch.wait.max.ms", "500")
        .set("fetch.min.bytes", "65536")
        .create()?;
    let metadata = consumer.fetch_metadata(Some(topic), BROKER_TIMEOUT)?;
    let partitions = metadata.topics().first().context("the topic is not there")?.partitions();
    let mut list = TopicPartitionList::new();
    for partition in partitions {
        let (_, end) = consumer.fetch_watermarks(topic, partition.id(), BROKER_TIMEOUT)?;
        list.add_partition_offset(topic, partition.id(), Offset::Offset(end))?;
    }
    consumer.assign(&list)?;
    Ok(consumer)
}
