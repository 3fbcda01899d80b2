use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use payment::Config;
use payment::handover::WakeWorker;
use payment::saga::Saga;
use proto_events::ids::OrderId;
use proto_events::inventory::v1::{InventoryReleased, InventoryReserved, ReleaseReason};
use proto_events::order::v1::{CancelledBy, OrderCancelled, OrderCreated, OrderShipped};
use proto_events::{Event, EventType, Money};
use runtime::Lifecycle;
use serde_json::{Value, json};
use simulator::settings::{Pace, Settings};
use testkit::{Answer, Api, Inbound, TestDb, Token, eventually, free_addr, tokens};
use uuid::Uuid;

pub const API_KEY: &str = "sk_test_payment";
pub const SECRET: &str = "whsec_payment";
/// What every order here costs.
pub const PRICE: i64 = 1999;

/// The service on a database of its own, with a gateway of its own.
pub struct Shop {
    pub db: TestDb,
    pub api: Api,
    pub inbound: Inbound<Saga>,
    pub buyer: Token,
    pub admin: Token,
    pub gateway: Option<simulator::Running>,
    gateway_addr: SocketAddr,
    books: PathBuf,
    config: Config,
    lifecycle: Lifecycle,
}

/// How a shop differs from the usual.
#[derive(Clone)]
pub struct Plan {
    /// Whether the gateway sends webhooks.
    pub webhooks: bool,
    /// Whether the service runs in the test's own process from the beginning.
    pub serves: bool,
    pub pace: Pace,
}

impl Default for Plan {
    fn default() -> Self {
        let pace = Pace {
            slow: Duration::from_millis(300),
            held: Duration::from_secs(30),
            late: Duration::from_millis(500),
            gap: Duration::from_millis(100),
            refund: Duration::from_millis(300),
            retry: Duration::from_millis(50),
        };
        Self { webhooks: true, serves: true, pace }
    }
}

impl Plan {
    /// The service has to find out everything by asking.
    pub fn without_webhooks() -> Self {
        Self { webhooks: false, ..Self::default() }
    }
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_with(Plan::default()).await
    }

    pub async fn open_with(plan: Plan) -> Self {
        let db = TestDb::new(payment::migrations()).await;
        // The simulator has to know where the service will listen before the service is started.
        let (http_addr, gateway_addr) = (free_addr(), free_addr());
        let books = std::env::temp_dir().join(format!("payment-test-{}", Uuid::new_v4().simple()));
        let settings = settings(&plan, gateway_addr, http_addr, books.clone());
        let gateway = simulator::start(settings).expect("the simulator starts");
        let mut common = db.common();
        common.http_addr = http_addr;
        let config = Config {
            common,
            gateway: format!("http://{gateway_addr}").parse().expect("a URL"),
            gateway_key: API_KEY.to_owned(),
            webhook_secret: SECRET.to_owned(),
        };
        let inbound = Inbound::new(payment::NAME, &db, Arc::new(Saga::new(WakeWorker::new())));
        let shop = Self {
            api: Api::at(http_addr),
            inbound,
            buyer: tokens::customer(),
            admin: tokens::admin(),
            gateway: Some(gateway),
            gateway_addr,
            books,
            config,
            lifecycle: Lifecycle::new(),
            db,
        };
        if plan.serves {
            shop.serve().await;
        }
        shop
    }

    /// Starts the service in the test's own process.
    pub async fn serve(&self) {
        payment::start(&self.lifecycle, self.config.clone()).await.expect("the service starts");
    }

    /// Starts the service as a process that kills itself where it is told to.
    pub fn process(&self, crash_at: &str) -> Child {
        let common = &self.config.common;
        Command::new(env!("CARGO_BIN_EXE_payment"))
            .env("WAYBILL_CRASH_AT", crash_at)
            .env("HTTP_ADDR", common.http_addr.to_string())
            .env("OPS_ADDR", free_addr().to_string())
            .env("DATABASE_URL", &common.database_url)
            .env("REDIS_URL", &common.redis_url)
            .env("KAFKA_BROKERS", &common.kafka_brokers)
            .env("JWKS_URL", &common.jwks_url)
            .env("RATE_LIMITS", "off")
            .env("STRIPE_API_BASE", self.config.gateway.as_str())
            .env("STRIPE_API_KEY", API_KEY)
            .env("STRIPE_WEBHOOK_SECRET", SECRET)
            .stdout(Stdio::null())
            .spawn()
            .expect("the process starts")
    }

    /// The gateway goes away; what it knows is kept.
    pub async fn gateway_goes(&mut self) {
        self.gateway.take().expect("a gateway").stop().await.expect("it stops");
    }

    /// The gateway is back.
    pub fn gateway_returns(&mut self, plan: &Plan) {
        let settings = settings(plan, self.gateway_addr, self.config.common.http_addr, self.books.clone());
        self.gateway = Some(simulator::start(settings).expect("the simulator starts again"));
    }

    /// A second replica of the service on the same database.
    pub async fn replica(&self) -> (Api, Lifecycle) {
        let mut config = self.config.clone();
        config.common.http_addr = ([127, 0, 0, 1], 0).into();
        let lifecycle = Lifecycle::new();
        let running = payment::start(&lifecycle, config).await.expect("a replica starts");
        (Api::at(running.addr), lifecycle)
    }

    /// ORDER_CREATED by this shop's buyer.
    pub fn created(&self, method: Option<&str>) -> Event {
        OrderCreated {
            user_id: self.buyer.user_id.to_string(),
            lines: vec![],
            total: Some(Money::new(PRICE, "EUR")),
            payment_method: method.map(str::to_owned),
        }
        .into()
    }

    /// An order whose stock is held, to be charged at once where a method is given.
    pub async fn order(&mut self, method: Option<&str>) -> OrderId {
        let order = new_order();
        let created = self.created(method);
        self.tell(order, created).await;
        self.tell(order, reserved()).await;
        order
    }

    /// An order that is paid.
    pub async fn paid_order(&mut self, method: &str) -> OrderId {
        let order = self.order(Some(method)).await;
        self.becomes(order, "SUCCEEDED").await;
        order
    }

    pub async fn tell(&mut self, order: OrderId, event: impl Into<Event>) {
        self.inbound.tell(&order.to_string(), event).await;
    }

    pub async fn confirm(&self, order: OrderId, method: &str) -> Answer {
        self.confirm_with(order, method, &Uuid::new_v4().to_string()).await
    }

    pub async fn confirm_with(&self, order: OrderId, method: &str, key: &str) -> Answer {
        let body = json!({"order_id": order, "payment_method": method});
        self.api.post("/api/v1/payments/confirm").by(&self.buyer).key(key).json(body).send().await
    }

    pub async fn refund(&self, payment: &Value, amount: Option<i64>) -> Answer {
        let mut body = json!({"payment_id": payment["id"], "reason": "a scratch"});
        if let Some(amount) = amount {
            body["amount"] = json!({"amount_minor": amount, "currency": "EUR"});
        }
        self.api.post("/api/v1/payments/refund").by(&self.admin).new_key().json(body).send().await
    }

    /// The payment as its admin sees it; null when there is none yet.
    pub async fn payment(&self, order: OrderId) -> Value {
        let list = self.api.get(&format!("/api/v1/payments?order_id={order}")).by(&self.admin).send().await.expect(200);
        list["data"][0].clone()
    }

    /// Waits for the payment to have this status.
    pub async fn becomes(&self, order: OrderId, status: &str) -> Value {
        eventually(&format!("{order} to be {status}"), async || {
            let payment = self.payment(order).await;
            (payment["status"] == status).then_some(payment)
        })
        .await
    }

    /// The types of the events said about an order, in order.
    pub async fn said(&self, order: OrderId) -> Vec<EventType> {
        let events = testkit::events::emitted_about(&self.db.pool, &order.to_string()).await;
        events.iter().map(Event::event_type).collect()
    }

    /// Waits for an event about the order to be said.
    pub async fn says(&self, order: OrderId, event_type: EventType) -> Event {
        eventually(&format!("{event_type:?} about {order}"), async || {
            let events = testkit::events::emitted_about(&self.db.pool, &order.to_string()).await;
            events.into_iter().find(|event| event.event_type() == event_type)
        })
        .await
    }

    /// The charges of an order that took money, and the refunds, by the gateway's own books.
    pub async fn at_gateway(&self, order: OrderId) -> (Vec<Value>, Vec<Value>) {
        let api = Api::at(self.gateway_addr);
        let books = api.get("/sim/books").bearer(API_KEY).send().await.expect(200);
        let rows = |name: &str| books[name].as_array().cloned().unwrap_or_default();
        let intents: Vec<Value> =
            rows("intents").into_iter().filter(|i| i["metadata"]["order_id"] == json!(order)).collect();
        let ours = |row: &Value| intents.iter().any(|intent| intent["id"] == row["payment_intent"]);
        let charges = rows("charges").into_iter().filter(|c| ours(c) && c["status"] == "succeeded").collect();
        let refunds = rows("refunds").into_iter().filter(|r| ours(r) && r["status"] == "succeeded").collect();
        (charges, refunds)
    }

    /// The state of the order's only intent at the gateway.
    pub async fn intent_at_gateway(&self, order: OrderId) -> Value {
        let api = Api::at(self.gateway_addr);
        let books = api.get("/sim/books").bearer(API_KEY).send().await.expect(200);
        let intents = books["intents"].as_array().cloned().unwrap_or_default();
        let mut ours = intents.into_iter().filter(|intent| intent["metadata"]["order_id"] == json!(order));
        let intent = ours.next().unwrap_or_default();
        assert_eq!(ours.next(), None, "one intent per payment");
        intent
    }

    /// What must hold once all is quiet: we and the gateway agree about every cent, and so does the ledger.
    pub async fn audit(&self, order: OrderId) {
        let payment = self.payment(order).await;
        let (charges, refunds) = self.at_gateway(order).await;
        let sum = |rows: &[Value]| rows.iter().map(|row| row["amount"].as_i64().unwrap_or_default()).sum::<i64>();
        assert!(charges.len() <= 1, "charged more than once: {charges:?}");
        assert_eq!(payment["captured"]["amount_minor"], sum(&charges), "captured");
        assert_eq!(payment["refunded"]["amount_minor"], sum(&refunds), "refunded");
        let booked = format!(
            "SELECT coalesce(sum(CASE debit WHEN 'GATEWAY_RECEIVABLE' THEN amount_minor ELSE -amount_minor END), 0)::bigint \
             AS number FROM ledger_entry WHERE order_id = '{}'",
            order.0
        );
        assert_eq!(self.number(&booked).await, sum(&charges) - sum(&refunds), "the ledger");
        let final_words = [EventType::PaymentSuccess, EventType::PaymentFailed];
        let said = self.said(order).await.into_iter().filter(|said| final_words.contains(said)).count();
        assert!(said <= 1, "one final word at most");
    }

    pub async fn number(&self, sql: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            number: i64,
        }
        let mut conn = self.db.pool.get().await.expect("a connection");
        let row: Row = diesel::sql_query(sql).get_result(&mut conn).await.expect("a number");
        row.number
    }

    pub async fn text(&self, sql: &str) -> String {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            text: String,
        }
        let mut conn = self.db.pool.get().await.expect("a connection");
        let row: Row = diesel::sql_query(sql).get_result(&mut conn).await.expect("a text");
        row.text
    }

    /// A plan, which has its column's name from Postgres.
    pub async fn lines(&self, explain: &str) -> String {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
            line: String,
        }
        let mut conn = self.db.pool.get().await.expect("a connection");
        let rows: Vec<Row> = diesel::sql_query(explain).load(&mut conn).await.expect("a plan");
        rows.into_iter().map(|row| row.line + "\n").collect()
    }

    pub async fn execute(&self, sql: &str) -> diesel::QueryResult<usize> {
        let mut conn = self.db.pool.get().await.expect("a connection");
        diesel::sql_query(sql).execute(&mut conn).await
    }

    /// A webhook with the gateway's signature, or with another.
    pub async fn webhook(&self, event: &Value, secret: &str, at: DateTime<Utc>) -> Answer {
        let body = event.to_string();
        let signature = simulator::webhooks::signature(secret, at.timestamp(), body.as_bytes());
        let call = self.api.post("/api/v1/payments/webhook").header("Stripe-Signature", signature);
        call.raw("application/json", body).send().await
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.lifecycle.stop();
        std::fs::remove_file(&self.books).ok();
    }
}

fn settings(plan: &Plan, http_addr: SocketAddr, shop: SocketAddr, books_file: PathBuf) -> Settings {
    let url = format!("http://{shop}/api/v1/payments/webhook");
    Settings {
        http_addr,
        http_workers: 1,
        api_key: API_KEY.to_owned(),
        webhook_secret: SECRET.to_owned(),
        webhook_url: plan.webhooks.then(|| url.parse().expect("a URL")),
        webhook_events: simulator::events::EventKind::ALL.to_vec(),
        books_file,
        pace: plan.pace.clone(),
    }
}

pub fn new_order() -> OrderId {
    OrderId(Uuid::now_v7())
}

/// Stock is held, with a quarter of an hour to pay.
pub fn reserved() -> Event {
    reserved_until(Utc::now() + TimeDelta::minutes(13))
}

pub fn reserved_until(deadline: DateTime<Utc>) -> Event {
    InventoryReserved {
        reservation_id: "rsv_00000000000000000000000000000001".to_owned(),
        expires_at_ms: (deadline + TimeDelta::minutes(2)).timestamp_millis(),
        payment_deadline_ms: deadline.timestamp_millis(),
    }
    .into()
}

pub fn cancelled() -> Event {
    OrderCancelled { by: CancelledBy::Buyer.into(), reason: String::new() }.into()
}

pub fn expired() -> Event {
    InventoryReleased { reason: ReleaseReason::Expired.into() }.into()
}

pub fn shipped() -> Event {
    OrderShipped { shipment_id: "shp_00000000000000000000000000000001".to_owned(), complete: true }.into()
}
