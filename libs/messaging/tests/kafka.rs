//! Outbox → relay → broker → consumer, on a real broker.

mod support;

use messaging::outbox;
use proto_events::{Envelope, EventType, Topic};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use runtime::Lifecycle;
use runtime::config::Common;
use support::{SERVICE, accept, append, count, db, has_refused, heard, outgoing, paid, reactions, refuse};
use testkit::{TestDb, eventually};

fn common(db: &TestDb) -> Common {
    Common { kafka_brokers: testkit::required_env("TEST_KAFKA_BROKERS"), kafka_partitions: 2, ..db.common() }
}

/// A running service; stops with the test.
struct Running {
    lifecycle: Lifecycle,
    messaging: messaging::Messaging,
}

impl Running {
    fn start(db: &TestDb) -> Self {
        let lifecycle = Lifecycle::new();
        let messaging = messaging::start(&lifecycle, SERVICE, &common(db), &db.pool, reactions());
        Self { lifecycle, messaging }
    }

    async fn stop(self) {
        self.lifecycle.stop();
        self.lifecycle.stopped().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_events_arrive_once_and_in_order_over_restarts() {
    let db = db().await;
    let running = Running::start(&db);
    for seq in 1..=50 {
        let events: Vec<_> = (0..10).map(|key| outgoing(&format!("k{key}"), seq, paid(seq))).collect();
        append(&db, &events).await;
        running.messaging.wake.wake();
    }
    eventually("half is heard", async || (heard(&db, "k9").await.len() == 50).then_some(())).await;
    running.stop().await;
    for seq in 51..=100 {
        let events: Vec<_> = (0..10).map(|key| outgoing(&format!("k{key}"), seq, paid(seq))).collect();
        append(&db, &events).await;
    }
    let running = Running::start(&db);
    let wanted: Vec<String> = (1..=100).map(|seq: i32| seq.to_string()).collect();
    for key in 0..10 {
        let key = format!("k{key}");
        eventually("all is heard", async || (heard(&db, &key).await.len() >= 100).then_some(())).await;
        assert_eq!(heard(&db, &key).await, wanted);
    }
    eventually("the outbox is empty", async || {
        (count(&db, "SELECT count(*) AS n FROM outbox").await == 0).then_some(())
    })
    .await;
    running.stop().await;
}

/// What is read already is no lag, also for a process that has read nothing yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_consumer_with_nothing_to_read_has_no_lag() {
    let db = db().await;
    let running = Running::start(&db);
    for seq in 1..=5 {
        append(&db, &[outgoing("a", seq, paid(seq))]).await;
    }
    eventually("all is heard", async || (heard(&db, "a").await.len() == 5).then_some(())).await;
    running.stop().await;
    let running = Running::start(&db);
    let topic = format!("{}{}", common(&db).topic_prefix, Topic::Order.name());
    let lag = eventually("the lag is measured", async || lag_of(&topic)).await;
    assert_eq!(lag, 0);
    running.stop().await;
}

/// The lag over all partitions, once both were measured.
fn lag_of(topic: &str) -> Option<i64> {
    let families = prometheus::gather();
    let family = families.iter().find(|family| family.name() == "consumer_lag_records")?;
    let of_topic = |metric: &&prometheus::proto::Metric| metric.get_label().iter().any(|label| label.value() == topic);
    let lags: Vec<i64> =
        family.get_metric().iter().filter(of_topic).map(|m| m.get_gauge().get_value() as i64).collect();
    (lags.len() == 2).then(|| lags.iter().sum())
}

/// Ids are given out before the commit: a cursor over them would pass the slow transaction by and lose its event.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_commits_late_is_not_lost() {
    let db = db().await;
    let running = Running::start(&db);
    let mut slow = runtime::db::connect(&db.url).await.expect("a connection");
    diesel_async::SimpleAsyncConnection::batch_execute(&mut slow, "BEGIN").await.expect("a transaction");
    outbox::append(&slow, &[outgoing("slow", 1, paid(1))]).await.expect("appended");
    append(&db, &[outgoing("fast", 1, paid(2))]).await;
    eventually("the fast one is heard", async || (heard(&db, "fast").await == ["2"]).then_some(())).await;
    diesel_async::SimpleAsyncConnection::batch_execute(&mut slow, "COMMIT").await.expect("committed");
    append(&db, &[outgoing("slow", 2, paid(3))]).await;
    eventually("what follows is heard", async || heard(&db, "slow").await.contains(&"3".to_owned()).then_some(()))
        .await;
    assert_eq!(heard(&db, "slow").await, ["1", "3"]);
    running.stop().await;
}

/// An offset remembers what was committed. Told before that, it would skip what was not.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_committed_at_the_end_of_a_process_comes_again() {
    let db = db().await;
    refuse(&db, i32::MAX).await;
    let running = Running::start(&db);
    append(&db, &[outgoing("a", 1, paid(1))]).await;
    eventually("it is tried", async || has_refused(&db).await.then_some(())).await;
    running.stop().await;
    accept(&db).await;
    append(&db, &[outgoing("a", 2, paid(2))]).await;
    let running = Running::start(&db);
    eventually("what follows is heard", async || heard(&db, "a").await.contains(&"2".to_owned()).then_some(())).await;
    assert_eq!(heard(&db, "a").await, ["1", "2"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_on_the_wire_is_put_aside_and_the_partition_goes_on() {
    let db = db().await;
    let running = Running::start(&db);
    append(&db, &[outgoing("first", 1, paid(1))]).await;
    eventually("the topic is there", async || (heard(&db, "first").await == ["1"]).then_some(())).await;

    let common = common(&db);
    let topic = format!("{}{}", common.topic_prefix, Topic::Order.name());
    let producer: FutureProducer =
        ClientConfig::new().set("bootstrap.servers", &common.kafka_brokers).create().expect("a producer");
    let good = envelope("good", 1, 7);
    let unknown_version = with_header(&envelope("v2", 1, 8), "ce_type", "waybill.order.paid.v2");
    let unknown_type = with_header(&envelope("later", 1, 9), "ce_type", "waybill.order.gift_wrapped.v1");
    let no_id = with_header(&envelope("anonymous", 1, 10), "ce_id", "");
    let unwanted = with_header(&envelope("unwanted", 1, 11), "ce_type", EventType::OrderDelivered.wire_name());
    for (key, headers, payload) in [
        (Some("v2"), unknown_version, vec![1]),
        (Some("later"), unknown_type, vec![2]),
        (Some("anonymous"), no_id, vec![3]),
        (None, good.to_record().headers, vec![4]),
        (Some("unwanted"), unwanted, vec![5]),
        (Some("good"), good.to_record().headers, good.to_record().payload),
        (Some("bytes"), envelope("bytes", 1, 1).to_record().headers, vec![0xff, 0xff]),
        (Some("good"), envelope("good", 2, 8).to_record().headers, envelope("good", 2, 8).to_record().payload),
    ] {
        // One partition, so that each stands in the way of the next.
        let headers = headers
            .iter()
            .fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(value) }));
        let mut record = FutureRecord::<str, [u8]>::to(&topic).partition(0).headers(headers).payload(&payload);
        if let Some(key) = key {
            record = record.key(key);
        }
        producer.send(record, std::time::Duration::from_secs(10)).await.expect("produced");
    }
    eventually("the good ones are heard", async || (heard(&db, "good").await == ["7", "8"]).then_some(())).await;
    assert_eq!(count(&db, "SELECT count(*) AS n FROM dead_letter").await, 4);
    assert_eq!(count(&db, "SELECT count(*) AS n FROM dead_letter WHERE error_class = 'UNDECODABLE'").await, 4);
    let letters = running.messaging.dead_letters.list(None, 10).await.expect("a list");
    let payloads: Vec<_> = letters.iter().filter_map(|letter| letter.payload_base64.clone()).collect();
    assert_eq!(payloads, ["//8=", "BA==", "Aw==", "AQ=="]);
    eventually("the dead letters left through the outbox", async || {
        (count(&db, "SELECT count(*) AS n FROM outbox").await == 0).then_some(())
    })
    .await;
    running.stop().await;
}

fn envelope(key: &str, seq: i64, number: i64) -> Envelope {
    Envelope {
        id: uuid::Uuid::now_v7(),
        source: "/waybill/test".to_owned(),
        time: chrono::Utc::now(),
        key: key.to_owned(),
        aggregate_seq: seq,
        traceparent: None,
        event: paid(number),
    }
}

/// The headers of a record with one of them changed.
fn with_header(envelope: &Envelope, name: &str, value: &str) -> Vec<(String, String)> {
    let mut headers = envelope.to_record().headers;
    headers.retain(|(n, _)| n != name);
    headers.push((name.to_owned(), value.to_owned()));
    headers
}
