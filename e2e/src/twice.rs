//! Delivers every event once more: what the broker may do to anybody at any time.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::stack::Stack;

/// Marks what was put there by this module, so that it is not doubled again.
const MARK: &str = "x-doubled";
const TOPICS: [&str; 3] = ["order.events", "inventory.events", "payment.events"];
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// While it lives, every record of the saga's topics that comes in is produced a second time.
pub struct Doubling {
    task: JoinHandle<()>,
}

impl Doubling {
    /// Starts to double what comes from now on.
    ///
    /// # Panics
    /// When the broker is not there.
    pub async fn start(stack: &Stack) -> Self {
        let brokers = stack.value("KAFKA_BROKERS");
        let consumer: StreamConsumer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("group.id", format!("doubling-{}", Uuid::new_v4()))
            .set("auto.offset.reset", "latest")
            .set("enable.auto.commit", "false")
            .create()
            .expect("a consumer");
        let producer: FutureProducer =
            ClientConfig::new().set("bootstrap.servers", brokers).set("linger.ms", "0").create().expect("a producer");
        consumer.subscribe(&TOPICS).expect("a subscription");
        let (ready, assigned) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(run(consumer, producer, ready));
        tokio::time::timeout(Duration::from_secs(30), assigned).await.expect("partitions in time").expect("partitions");
        Self { task }
    }
}

impl Drop for Doubling {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(consumer: StreamConsumer, producer: FutureProducer, ready: tokio::sync::oneshot::Sender<()>) {
    let mut ready = Some(ready);
    loop {
        // The first wake-ups find out that partitions are assigned and their ends are known.
        let received = tokio::time::timeout(Duration::from_millis(100), consumer.recv()).await;
        let positioned = consumer.position().is_ok_and(|p| p.count() > 0);
        if positioned && let Some(ready) = ready.take() {
            let _ = ready.send(());
        }
        if let Ok(Ok(message)) = received
            && !is_doubled(&message)
        {
            again(&producer, &message).await;
        }
    }
}

fn is_doubled(message: &BorrowedMessage<'_>) -> bool {
    message.headers().is_some_and(|headers| headers.iter().any(|header| header.key == MARK))
}

async fn again(producer: &FutureProducer, message: &BorrowedMessage<'_>) {
    let mut headers = OwnedHeaders::new().insert(Header { key: MARK, value: Some("1") });
    for header in message.headers().into_iter().flat_map(|headers| headers.iter()) {
        headers = headers.insert(Header { key: header.key, value: header.value });
    }
    let record = FutureRecord::to(message.topic())
        .key(message.key().unwrap_or_default())
        .payload(message.payload().unwrap_or_default())
        .partition(message.partition())
        .headers(headers);
    // A record that is not doubled only makes the test easier.
    let _ = producer.send(record, SEND_TIMEOUT).await;
}
