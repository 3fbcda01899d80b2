//! Settings of the Kafka clients, with their reasons.

use proto_events::Topic;
use rdkafka::ClientConfig;
use runtime::config::Common;

/// How to reach the broker, and what this installation calls its topics.
#[derive(Debug, Clone)]
pub struct Kafka {
    pub service: &'static str,
    pub brokers: String,
    pub partitions: i32,
    pub replication: i32,
    prefix: String,
}

impl Kafka {
    pub fn new(service: &'static str, common: &Common) -> Self {
        Self {
            service,
            brokers: common.kafka_brokers.clone(),
            partitions: common.kafka_partitions,
            replication: common.kafka_replication,
            prefix: common.topic_prefix.clone(),
        }
    }

    /// The name on the broker of a topic of the contract or of a dead-letter topic.
    pub fn on_broker(&self, topic: &str) -> String {
        format!("{}{topic}", self.prefix)
    }

    /// The topic of the contract behind a name on the broker.
    pub fn of_contract(&self, on_broker: &str) -> Option<Topic> {
        let name = on_broker.strip_prefix(&self.prefix)?;
        Topic::ALL.into_iter().find(|topic| topic.name() == name)
    }

    /// One group per service: each event is handled once by the service, whichever replica has its partition.
    pub fn group(&self) -> String {
        format!("{}{}", self.prefix, self.service)
    }

    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", format!("waybill-{}", self.service))
            // A broker that comes back is found within a second, not after the default's ten.
            .set("reconnect.backoff.max.ms", "1000")
            .set("socket.keepalive.enable", "true");
        config
    }

    pub(crate) fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            // A time-out in the client would leave a gap that the next try fills out of order.
            .set("message.timeout.ms", "0")
            // The relay hands over whole batches; waiting longer would only add to every hop.
            .set("linger.ms", "1")
            .set("compression.type", "lz4")
            .set("queue.buffering.max.messages", "100000");
        config
    }

    pub(crate) fn consumer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", self.group())
            .set("auto.offset.reset", "earliest")
            // Offsets are stored after the transaction and committed by the library every second. They only save
            // work after a restart: what makes an effect happen once is the inbox.
            .set("enable.auto.offset.store", "false")
            .set("enable.auto.commit", "true")
            .set("auto.commit.interval.ms", "1000")
            // Cooperative rebalancing and stored offsets do not go together in librdkafka (issue 4059 there).
            .set("partition.assignment.strategy", "range")
            .set("session.timeout.ms", "6000")
            .set("heartbeat.interval.ms", "2000")
            .set("max.poll.interval.ms", "120000")
            // The defaults hold up to 64 MiB per partition in memory.
            .set("queued.max.messages.kbytes", "8192")
            .set("queued.min.messages", "5000")
            // With as many there the library pauses its fetching, by default for a second: a consumer that falls behind
            // would get no more than that many a second, and never catch up (measured: the saga stood still).
            .set("fetch.queue.backoff.ms", "10")
            .set("fetch.message.max.bytes", "1048576")
            .set("fetch.wait.max.ms", "100")
            .set("allow.auto.create.topics", "false")
            .set("topic.metadata.refresh.interval.ms", "10000");
        config
    }
}
