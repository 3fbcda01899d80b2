use std::sync::Arc;

use chrono::Utc;
use diesel_async::RunQueryDsl;
use order::saga::Saga;
use proto_events::catalog::v1::{Product, ProductCreated, ProductStatus};
use proto_events::ids::{ProductId, SellerId};
use proto_events::inventory::v1::{
    InventoryCommitRejected, InventoryCommitted, InventoryRejected, InventoryReserved, ShortLine,
};
use proto_events::payment::v1::{FailureReason, PaymentFailed, PaymentRefunded, PaymentSuccess};
use proto_events::{Event, Money};
use runtime::Lifecycle;
use runtime::db::Pool;
use serde_json::{Value, json};
use testkit::{Answer, Api, Events, Inbound, TestDb, Token, eventually, tokens};
use uuid::Uuid;

/// A served order service whose neighbours are played by the test.
pub struct Shop {
    pub api: Api,
    pub db: TestDb,
    pub buyer: Token,
    pub admin: Token,
    lifecycle: Lifecycle,
}

impl Shop {
    /// With a mug for 10.00 EUR and a cup for 2.50 EUR.
    pub async fn open() -> Self {
        let db = TestDb::new(order::migrations()).await;
        let lifecycle = Lifecycle::new();
        let running = order::start(&lifecycle, db.common()).await.expect("order starts");
        let (buyer, admin) = (tokens::customer(), tokens::admin());
        let shop = Self { api: Api::at(running.addr), db, buyer, admin, lifecycle };
        let mut inbound = shop.inbound();
        inbound.tell("prd_mug", product("MUG", 1000, "EUR", 1)).await;
        inbound.tell("prd_cup", product("CUP", 250, "EUR", 1)).await;
        shop
    }

    pub fn pool(&self) -> &Pool {
        &self.db.pool
    }

    /// Opens the stream of an order, or of all without one, where `last_event_id` ended.
    pub async fn watch(&self, by: &Token, order: Option<&str>, last_event_id: Option<u64>) -> Events {
        let path = order.map_or("/api/v1/orders/events".to_owned(), |order| format!("/api/v1/orders/{order}/events"));
        let call = self.api.get(&path).by(by);
        match last_event_id {
            Some(id) => call.header("Last-Event-ID", id.to_string()).open().await,
            None => call.open().await,
        }
    }

    /// Waits until all that happened so far is before a stream that begins now: other tests' transactions hold it up.
    pub async fn settle(&self) {
        let open = "SELECT FROM order_feed WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())";
        eventually("the feed is complete", async || (self.execute(open).await == 0).then_some(())).await;
    }

    /// Tells the service to stop.
    pub fn stop(&self) {
        self.lifecycle.stop();
    }

    pub fn inbound(&self) -> Inbound<Saga> {
        Inbound::new(order::NAME, &self.db, Arc::new(Saga::default()))
    }

    pub async fn try_order(&self, body: Value) -> Answer {
        self.api.post("/api/v1/orders").by(&self.buyer).new_key().json(body).send().await
    }

    /// A new order of the buyer's.
    pub async fn order(&self, items: &[(&str, u32)]) -> Value {
        self.try_order(wish(items)).await.expect(201)
    }

    /// The id of a new order for a mug.
    pub async fn mug(&self) -> String {
        id(&self.order(&[("MUG", 1)]).await)
    }

    /// The id of a new order for two mugs and a cup, paid.
    pub async fn paid(&self, inbound: &mut Inbound<Saga>) -> String {
        let order = id(&self.order(&[("MUG", 2), ("CUP", 1)]).await);
        for event in [Event::from(reserved()), captured(2250).into(), InventoryCommitted {}.into()] {
            inbound.tell(&order, event).await;
        }
        order
    }

    pub async fn get(&self, by: &Token, order: &str) -> Answer {
        self.api.get(&format!("/api/v1/orders/{order}")).by(by).send().await
    }

    /// The order as the buyer sees it.
    pub async fn look(&self, order: &str) -> Value {
        self.get(&self.buyer, order).await.expect(200)
    }

    pub async fn act(&self, by: &Token, order: &str, action: &str, body: Value) -> Answer {
        self.api.post(&format!("/api/v1/orders/{order}/{action}")).by(by).new_key().json(body).send().await
    }

    /// The names of the facts in the order's timeline.
    pub async fn facts(&self, order: &str) -> Vec<String> {
        let path = format!("/api/v1/orders/{order}/timeline");
        let timeline = self.api.get(&path).by(&self.buyer).send().await.expect(200);
        timeline["data"].as_array().expect("facts").iter().map(|fact| text(&fact["fact"])).collect()
    }

    /// What the order service said about an order, by name.
    pub async fn said(&self, order: &str) -> Vec<&'static str> {
        let events = testkit::events::emitted_about(self.pool(), order).await;
        events.iter().map(|event| event.event_type().wire_name().split('.').nth(2).unwrap_or_default()).collect()
    }

    /// Lets the database's rows say that it all happened earlier.
    pub async fn execute(&self, sql: &str) -> usize {
        let mut conn = self.pool().get().await.expect("a connection");
        diesel::sql_query(sql).execute(&mut conn).await.expect("the statement runs")
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}

pub fn id(of: &Value) -> String {
    text(&of["id"])
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The part of an id that the database holds.
pub fn uuid(id: &str) -> &str {
    id.split_once('_').expect("a prefix").1
}

pub fn wish(items: &[(&str, u32)]) -> Value {
    let items: Vec<Value> = items.iter().map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity})).collect();
    json!({"items": items})
}

pub fn euros(minor: i64) -> Value {
    json!({"amount_minor": minor, "currency": "EUR"})
}

pub fn product(sku: &str, price_minor: i64, currency: &str, version: i64) -> ProductCreated {
    ProductCreated { product: Some(product_as(sku, price_minor, currency, version, ProductStatus::Active, None)) }
}

pub fn product_as(
    sku: &str,
    price_minor: i64,
    currency: &str,
    version: i64,
    status: ProductStatus,
    seller: Option<SellerId>,
) -> Product {
    Product {
        product_id: ProductId(Uuid::now_v7()).to_string(),
        sku: sku.to_owned(),
        name: format!("A {sku}"),
        price: Some(Money::new(price_minor, currency)),
        status: status.into(),
        seller_id: seller.map(|id| id.to_string()).unwrap_or_default(),
        version,
    }
}

/// A hold of 15 minutes, the last two without payments.
pub fn reserved() -> InventoryReserved {
    let now = Utc::now().timestamp_millis();
    InventoryReserved {
        reservation_id: format!("rsv_{}", Uuid::now_v7().simple()),
        expires_at_ms: now + 15 * 60_000,
        payment_deadline_ms: now + 13 * 60_000,
    }
}

pub fn rejected() -> InventoryRejected {
    InventoryRejected { short_lines: vec![ShortLine { sku: "MUG".to_owned(), requested: 1, available: 0 }] }
}

pub fn stock_lost() -> InventoryCommitRejected {
    InventoryCommitRejected { short_lines: vec![ShortLine { sku: "MUG".to_owned(), requested: 1, available: 0 }] }
}

pub fn captured(minor: i64) -> PaymentSuccess {
    PaymentSuccess { payment_id: "pay_1".to_owned(), captured: Some(Money::new(minor, "EUR")) }
}

pub fn failed(reason: FailureReason) -> PaymentFailed {
    PaymentFailed { payment_id: "pay_1".to_owned(), reason: reason.into(), decline_code: None }
}

pub fn refunded(total_minor: i64) -> PaymentRefunded {
    PaymentRefunded {
        payment_id: "pay_1".to_owned(),
        refund_id: format!("ref_{}", Uuid::now_v7().simple()),
        amount: Some(Money::new(1, "EUR")),
        refunded_total: Some(Money::new(total_minor, "EUR")),
    }
}
