//! The thread that polls librdkafka.
//!
//! It does nothing else, so that the group never misses it however long a transaction takes. When the worker falls
//! behind, the partitions are paused and polling goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use proto_events::{Decoded, Topic, Undecodable};
use rdkafka::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use runtime::Lifecycle;
use runtime::health::Check;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::kafka::Kafka;
use crate::metrics;
use crate::processor::{Position, Reactions, Received};

/// Records between the poll thread and the worker: two full batches.
const QUEUE_MAX: usize = 1000;
const POLL_TIMEOUT: Duration = Duration::from_millis(100);
/// A queue that is full for longer has its partitions paused. Not at once: pausing throws away what was fetched.
const PAUSE_AFTER: Duration = Duration::from_secs(1);
/// How often the full queue is looked at while the partitions are paused.
const PAUSED_POLL: Duration = Duration::from_millis(5);
/// How often the lag is asked for: it costs the broker a request per partition.
const LAG_INTERVAL: Duration = Duration::from_secs(10);
const LAG_TIMEOUT: Duration = Duration::from_secs(1);
/// With records to read and a database that answers, longer than this without progress means stuck.
const STUCK_AFTER: Duration = Duration::from_secs(60);
/// Leaving the group takes a round trip; a broker that is away must not hold up the stop.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// What the worker gets.
#[derive(Debug)]
pub(crate) enum Polled {
    Record(Box<Received>),
    /// A record that does not matter here; only its offset does.
    Passed(Position),
}

struct Context {
    lifecycle: Lifecycle,
}

impl ClientContext for Context {
    fn error(&self, error: rdkafka::error::KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "kafka");
        self.lifecycle.health().report("broker", Check::Degraded(format!("{error}: {reason}")));
    }
}

impl ConsumerContext for Context {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(partitions) => {
                tracing::info!(partitions = partitions.count(), "partitions assigned");
                self.lifecycle.health().report("broker", Check::Up);
            }
            Rebalance::Revoke(_) => tracing::info!("partitions revoked"),
            Rebalance::Error(error) => tracing::warn!(%error, "rebalance failed"),
        }
    }
}

pub(crate) struct Poller {
    kafka: Kafka,
    consumer: Arc<BaseConsumer<Context>>,
    shared: Arc<Shared>,
    ended: tokio::sync::oneshot::Receiver<()>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    /// Milliseconds since the poller started, of the worker's last progress.
    progress_ms: AtomicI64,
}

impl Poller {
    /// Subscribes and starts the thread.
    pub(crate) fn start<R: Reactions>(
        lifecycle: &Lifecycle,
        kafka: &Kafka,
        reactions: Arc<R>,
    ) -> anyhow::Result<(Self, mpsc::Receiver<Polled>)> {
        let context = Context { lifecycle: lifecycle.clone() };
        let consumer: BaseConsumer<Context> = kafka.consumer().create_with_context(context)?;
        let topics: Vec<String> = reactions.topics().iter().map(|topic| kafka.on_broker(topic.name())).collect();
        consumer.subscribe(&topics.iter().map(String::as_str).collect::<Vec<_>>())?;
        let consumer = Arc::new(consumer);
        let shared = Arc::new(Shared::default());
        let (queue, records) = mpsc::channel(QUEUE_MAX);
        let (ending, ended) = tokio::sync::oneshot::channel();
        let thread = Thread {
            lifecycle: lifecycle.clone(),
            kafka: kafka.clone(),
            consumer: consumer.clone(),
            shared: shared.clone(),
            reactions,
            queue,
            runtime: Handle::current(),
            started: Instant::now(),
        };
        std::thread::Builder::new().name("kafka-poll".to_owned()).spawn(move || {
            thread.run();
            // The receiver is gone only when the process is already ending.
            let _ = ending.send(());
        })?;
        STARTED.get_or_init(Instant::now);
        Ok((Self { kafka: kafka.clone(), consumer, shared, ended }, records))
    }

    /// Remembers that everything up to and including `offset` is applied. A partition that was taken away meanwhile
    /// refuses, rightly.
    pub(crate) fn processed_through(&self, topic: Topic, partition: i32, offset: i64) {
        let _ = self.consumer.store_offset(&self.kafka.on_broker(topic.name()), partition, offset);
        self.shared.progress_ms.store(now_ms(), Ordering::Relaxed);
    }

    /// Ends the thread and leaves the group, so that another member takes over at once.
    pub(crate) async fn close(self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        let closed = async {
            let _ = self.ended.await;
            let consumer = self.consumer;
            // Dropping it commits the stored offsets and leaves the group, both blocking.
            let _ = tokio::task::spawn_blocking(move || drop(consumer)).await;
        };
        if tokio::time::timeout(CLOSE_TIMEOUT, closed).await.is_err() {
            tracing::warn!("the consumer did not close in time");
        }
    }
}

static STARTED: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();

fn now_ms() -> i64 {
    let elapsed = STARTED.get_or_init(Instant::now).elapsed();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

struct Thread<R> {
    lifecycle: Lifecycle,
    kafka: Kafka,
    consumer: Arc<BaseConsumer<Context>>,
    shared: Arc<Shared>,
    reactions: Arc<R>,
    queue: mpsc::Sender<Polled>,
    runtime: Handle,
    started: Instant,
}

impl<R: Reactions> Thread<R> {
    fn run(&self) {
        let mut next_lag = self.started + LAG_INTERVAL;
        while !self.shared.stop.load(Ordering::Relaxed) {
            match self.consumer.poll(POLL_TIMEOUT) {
                Some(Ok(message)) => {
                    if let Some(item) = self.read(&message)
                        && !self.hand_over(item)
                    {
                        return;
                    }
                }
                // Connection trouble passes by itself and is reported by the context.
                Some(Err(error)) => tracing::warn!(%error, "kafka poll"),
                None => {}
            }
            if Instant::now() >= next_lag {
                next_lag = Instant::now() + LAG_INTERVAL;
                self.look_at_lag();
            }
        }
    }

    fn read(&self, message: &BorrowedMessage<'_>) -> Option<Polled> {
        let topic = self.kafka.of_contract(message.topic())?;
        let position = Position { topic, partition: message.partition(), offset: message.offset() };
        let header = |name: &str| message.headers()?.iter().find(|header| header.key == name)?.value;
        let key = message.key().and_then(|key| std::str::from_utf8(key).ok());
        let decoded = match proto_events::decode(key, header, message.payload(), |t| self.reactions.wants(t)) {
            Ok(Decoded::Event(event)) => Ok(*event),
            Ok(Decoded::Unwanted) => return Some(Polled::Passed(position)),
            Ok(Decoded::UnknownType(name)) => {
                tracing::debug!(name, %position, "unknown event type skipped");
                metrics::UNKNOWN_TYPES.inc();
                return Some(Polled::Passed(position));
            }
            Err(error) => Err(error),
        };
        Some(Polled::Record(Box::new(received(message, position, decoded))))
    }

    /// Waits for a place in the queue, if it takes long with the partitions paused; false when nobody reads it any more.
    fn hand_over(&self, item: Polled) -> bool {
        let mut item = match self.queue.try_send(item) {
            Ok(()) => return true,
            Err(TrySendError::Closed(_)) => return false,
            Err(TrySendError::Full(item)) => item,
        };
        let place = self.runtime.block_on(async { tokio::time::timeout(PAUSE_AFTER, self.queue.reserve()).await });
        match place {
            Ok(Ok(place)) => {
                place.send(item);
                return true;
            }
            Ok(Err(_)) => return false,
            Err(_) => {}
        }
        let assigned = self.consumer.assignment().unwrap_or_default();
        let _ = self.consumer.pause(&assigned);
        let delivered = loop {
            // Paused partitions give nothing; polling keeps the membership and serves callbacks.
            if let Some(Ok(message)) = self.consumer.poll(PAUSED_POLL) {
                // A partition assigned while paused is not paused: its record is read again after a seek.
                let _ = self.consumer.seek(
                    message.topic(),
                    message.partition(),
                    rdkafka::Offset::Offset(message.offset()),
                    Duration::ZERO,
                );
                let _ = self.consumer.pause(&self.consumer.assignment().unwrap_or_default());
            }
            if self.shared.stop.load(Ordering::Relaxed) {
                break false;
            }
            item = match self.queue.try_send(item) {
                Ok(()) => break true,
                Err(TrySendError::Closed(_)) => break false,
                Err(TrySendError::Full(item)) => item,
            };
        };
        let _ = self.consumer.resume(&self.consumer.assignment().unwrap_or_default());
        delivered
    }

    fn look_at_lag(&self) {
        let (Ok(positions), Ok(committed)) = (self.consumer.position(), self.consumer.committed(LAG_TIMEOUT)) else {
            return;
        };
        let mut lag = 0;
        for element in positions.elements() {
            let (topic, partition) = (element.topic(), element.partition());
            let Ok((low, high)) = self.consumer.fetch_watermarks(topic, partition, LAG_TIMEOUT) else { continue };
            // There is no position before the first record since the start; what was committed earlier tells then.
            let committed = committed.find_partition(topic, partition);
            let at = known(element.offset()).or_else(|| known(committed?.offset())).unwrap_or(low);
            metrics::LAG.with_label_values(&[topic, &partition.to_string()]).set(high - at);
            lag += high - at;
        }
        let idle = Duration::from_millis(
            u64::try_from(now_ms() - self.shared.progress_ms.load(Ordering::Relaxed)).unwrap_or_default(),
        );
        let waiting = lag > 0 || self.queue.capacity() < QUEUE_MAX;
        let health = self.lifecycle.health();
        let said = health.checks().remove("consumer");
        if waiting && idle > STUCK_AFTER && !matches!(said, Some(Check::Degraded(_))) {
            let reason = format!("{lag} records wait and none was applied for {} s", idle.as_secs());
            health.report("consumer", Check::Stuck(reason));
        } else if !waiting && matches!(said, Some(Check::Stuck(_))) {
            health.report("consumer", Check::Up);
        }
    }
}

fn known(offset: rdkafka::Offset) -> Option<i64> {
    match offset {
        rdkafka::Offset::Offset(at) => Some(at),
        _ => None,
    }
}

fn received(
    message: &BorrowedMessage<'_>,
    position: Position,
    decoded: Result<proto_events::Envelope, Undecodable>,
) -> Received {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = message.headers().map_or_else(Vec::new, |headers| {
        headers.iter().map(|h| (h.key.to_owned(), h.value.map(text).unwrap_or_default())).collect()
    });
    Received {
        position,
        key: message.key().map(text),
        headers,
        payload: message.payload().map(<[u8]>::to_vec),
        decoded,
    }
}
