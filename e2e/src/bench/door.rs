//! How many reservations the inventory service makes on one SKU, events in to events out.
//!
//! It is the stack's own program, a second one, with a schema, topics and a group of its own: orders that nobody placed
//! would only confuse the other services. The events are there before it starts, so that what is measured is its own pace.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use chrono::Utc;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use proto_events::ids::{ItemId, OrderId, ProductId, UserId};
use proto_events::{Envelope, EventType, Topic, order};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use serde::Serialize;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::paid::Listener;
use super::{Bench, progress, usage};

const SKU: &str = "HOT";
/// For the broker to take all events, and for the service to end.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
const PRODUCER_QUEUE: &str = "1000000";

/// How it went.
#[derive(Debug, Clone, Serialize)]
pub struct Door {
    pub events: usize,
    pub reservations: usize,
    pub reservations_per_s: f64,
    pub seconds: f64,
}

/// The second inventory service: its settings, and what is to be cleared away.
struct Second {
    schema: String,
    prefix: String,
    program: std::path::PathBuf,
    env: Vec<(String, String)>,
}

/// Puts `events` orders of one unit before the door, opens it, and waits until all are reserved.
///
/// # Errors
/// When the service does not start, or not all are reserved.
pub async fn knock(bench: &mut Bench, events: usize) -> anyhow::Result<Door> {
    let second = Second::prepare(bench)?;
    let brokers = bench.stack.value("KAFKA_BROKERS").to_owned();
    bench.conn.batch_execute(&format!("CREATE SCHEMA {}", second.schema)).await?;
    let result = second.measure(&mut bench.conn, &brokers, events).await;
    bench.conn.batch_execute(&format!("DROP SCHEMA {} CASCADE", second.schema)).await?;
    result
}

impl Second {
    fn prepare(bench: &Bench) -> anyhow::Result<Self> {
        let name = Uuid::new_v4().simple().to_string();
        let (schema, prefix) = (format!("door_{name}"), format!("door-{name}."));
        let program = std::fs::read_link(format!("/proc/{}/exe", usage::pid_of(&bench.stack, "inventory")?))?;
        let file = bench.stack.folder().join("services/inventory.env");
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let mut env: Vec<(String, String)> = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let admin = bench.stack.value("ADMIN_DATABASE_URL");
        let own = [
            ("HTTP_ADDR", free_addr()?),
            ("OPS_ADDR", free_addr()?),
            ("TOPIC_PREFIX", prefix.clone()),
            ("DATABASE_URL", format!("{admin}?options=-csearch_path%3D{schema}")),
        ];
        env.extend(own.map(|(name, value)| (name.to_owned(), value)));
        Ok(Self { schema, prefix, program, env })
    }

    async fn measure(&self, conn: &mut AsyncPgConnection, brokers: &str, events: usize) -> anyhow::Result<Door> {
        self.run("migrate").await?;
        self.run("topics").await?;
        let stock = format!(
            "INSERT INTO {0}.stock (sku, on_hand, reserved, version, on_hand_at_version, low_announced, event_seq) \
             VALUES ('{SKU}', {events}, 0, 1, {events}, false, 0)",
            self.schema
        );
        conn.batch_execute(&stock).await?;
        progress(&format!("{events} orders of one SKU are put before the inventory service"));
        let (topic, producer_of) = (format!("{}{}", self.prefix, Topic::Order.name()), brokers.to_owned());
        tokio::task::spawn_blocking(move || produce(&producer_of, &topic, events)).await??;
        let answers = format!("{}{}", self.prefix, Topic::Inventory.name());
        let reserved = Listener::start(brokers, &answers, EventType::InventoryReserved)?;
        let mut service = self.serve()?;
        let outcome = wait_for(&reserved, events).await;
        stop(&mut service).await?;
        outcome?;
        let heard = reserved.heard();
        let (first, last) = (heard.values().min().copied().unwrap_or(0), heard.values().max().copied().unwrap_or(0));
        let seconds = (last - first) as f64 / 1e6;
        Ok(Door {
            events,
            reservations: heard.len(),
            reservations_per_s: heard.len() as f64 / seconds.max(1e-3),
            seconds,
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().envs(self.env.iter().map(|(name, value)| (name, value))).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    async fn run(&self, what: &str) -> anyhow::Result<()> {
        let status = self.command().arg(what).status().await?;
        ensure!(status.success(), "`inventory {what}` failed");
        Ok(())
    }

    fn serve(&self) -> anyhow::Result<Child> {
        Ok(self.command().spawn()?)
    }
}

/// The system's choice, free a moment ago.
fn free_addr() -> anyhow::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

async fn wait_for(reserved: &Listener, events: usize) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let there = reserved.heard().len();
        if there >= events {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "only {there} of {events} were reserved");
        progress(&format!("{there} of {events} reserved"));
        sleep(LOOK_AGAIN).await;
    }
}

/// As `make down` would: it leaves its group.
async fn stop(service: &mut Child) -> anyhow::Result<()> {
    let pid = service.id().context("the service has ended by itself")?.to_string();
    Command::new("kill").arg(&pid).status().await?;
    if tokio::time::timeout(PATIENCE, service.wait()).await.is_err() {
        service.kill().await?;
    }
    Ok(())
}

/// Blocks until the broker has all of them.
fn produce(brokers: &str, topic: &str, events: usize) -> anyhow::Result<()> {
    let producer: ThreadedProducer<DefaultProducerContext> = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("linger.ms", "20")
        .set("queue.buffering.max.messages", PRODUCER_QUEUE)
        .create()?;
    for _ in 0..events {
        let record = order_created().to_record();
        let headers = record
            .headers
            .iter()
            .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: Some(value) }));
        let message = BaseRecord::to(topic).key(&record.key).payload(&record.payload).headers(headers);
        producer.send(message).map_err(|(error, _)| error)?;
    }
    producer.flush(PATIENCE)?;
    Ok(())
}

fn order_created() -> Envelope {
    let id = |prefix: &str| format!("{prefix}{}", Uuid::now_v7().simple());
    let line = order::v1::OrderLine {
        item_id: id(ItemId::PREFIX),
        sku: SKU.to_owned(),
        product_id: id(ProductId::PREFIX),
        quantity: 1,
    };
    let created = order::v1::OrderCreated {
        user_id: id(UserId::PREFIX),
        lines: vec![line],
        total: Some(proto_events::Money::new(1990, "EUR".to_owned())),
        payment_method: None,
    };
    Envelope {
        id: Uuid::now_v7(),
        source: "/waybill/order".to_owned(),
        time: Utc::now(),
        key: id(OrderId::PREFIX),
        aggregate_seq: 1,
        traceparent: None,
        event: created.into(),
    }
}
