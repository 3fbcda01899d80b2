//! Creates the topics that are missing.

use std::time::Duration;

use proto_events::Topic;
use proto_events::topic::DEAD_LETTER_RETENTION;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::types::RDKafkaErrorCode;
use runtime::Lifecycle;
use runtime::backoff::Backoff;
use runtime::health::Check;

use crate::dead_letter;
use crate::kafka::Kafka;

/// The broker's time to create them all.
const CREATE_TIMEOUT: Duration = Duration::from_secs(10);

/// Creates the topics of the contract and the dead-letter topics of this service, where they are missing. Several
/// processes may do so at once.
///
/// # Errors
/// When the broker is away or refuses one for another reason than that it exists.
pub async fn ensure(kafka: &Kafka, listened: &[Topic]) -> anyhow::Result<()> {
    let contract = Topic::ALL.map(|topic| (topic.name().to_owned(), topic.retention()));
    let dead = dead_letter::topics_of(kafka.service, listened).into_iter().map(|t| (t, Some(DEAD_LETTER_RETENTION)));
    let wanted: Vec<(String, String)> = contract
        .into_iter()
        .chain(dead)
        .map(|(name, retention)| (kafka.on_broker(&name), retention_ms(retention)))
        .collect();
    let admin: AdminClient<DefaultClientContext> = kafka.client().create()?;
    let topics: Vec<NewTopic<'_>> = wanted
        .iter()
        .map(|(name, retention)| {
            NewTopic::new(name, kafka.partitions, TopicReplication::Fixed(kafka.replication))
                .set("cleanup.policy", "delete")
                .set("retention.ms", retention)
        })
        .collect();
    let options = AdminOptions::new().operation_timeout(Some(CREATE_TIMEOUT)).request_timeout(Some(CREATE_TIMEOUT));
    for result in admin.create_topics(&topics, &options).await? {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, error)) => anyhow::bail!("topic {topic}: {error}"),
        }
    }
    Ok(())
}

fn retention_ms(retention: Option<Duration>) -> String {
    retention.map_or_else(|| "-1".to_owned(), |retention| retention.as_millis().to_string())
}

/// Tries until the broker is there; true unless the process stops first.
pub(crate) async fn ensure_when_there(lifecycle: &Lifecycle, kafka: &Kafka, listened: &[Topic]) -> bool {
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
    loop {
        match ensure(kafka, listened).await {
            Ok(()) => {
                lifecycle.health().report("broker", Check::Up);
                return true;
            }
            Err(error) => {
                let reason = format!("topics cannot be created: {error:#}");
                lifecycle.health().report("broker", Check::Degraded(reason));
            }
        }
        tokio::select! {
            () = lifecycle.stopping() => return false,
            () = tokio::time::sleep(backoff.next_delay()) => {}
        }
    }
}

/// For a service without a consumer: creates the topics in the background.
pub(crate) fn keep_trying(lifecycle: &Lifecycle, kafka: Kafka, listened: Vec<Topic>) {
    let life = lifecycle.clone();
    lifecycle.spawn("topics", async move {
        ensure_when_there(&life, &kafka, &listened).await;
        Ok(())
    });
}
