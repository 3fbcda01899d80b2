use std::sync::Arc;

use chrono::TimeDelta;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use inventory::Config;
use inventory::saga::Saga;
use proto_events::catalog::v1::{Product, ProductCreated, ProductStatus};
use proto_events::ids::{OrderId, ProductId, SellerId};
use proto_events::order::v1::{CancelledBy, OrderCancelled, OrderCreated, OrderLine};
use proto_events::payment::v1::{FailureReason, PaymentFailed, PaymentSuccess};
use proto_events::{Event, Money};
use runtime::Lifecycle;
use runtime::config::Common;
use runtime::db::Pool;
use testkit::{Api, Inbound, TestDb, Token, tokens};
use uuid::Uuid;

pub const TTL: TimeDelta = TimeDelta::minutes(15);

/// A database with events going in.
pub struct Books {
    pub db: TestDb,
}

impl Books {
    pub async fn open() -> Self {
        Self { db: TestDb::new(inventory::migrations()).await }
    }

    /// On a database whose clock can be put forward.
    pub async fn with_clock() -> Self {
        let mut books = Self::open().await;
        books.run_sql("CREATE TABLE clock (ahead interval NOT NULL)").await;
        books.run_sql("INSERT INTO clock VALUES ('0')").await;
        for function in ["now", "clock_timestamp"] {
            let sql = format!(
                "CREATE FUNCTION {function}() RETURNS timestamptz LANGUAGE plpgsql AS \
                 'BEGIN RETURN pg_catalog.{function}() + (SELECT ahead FROM clock); END'"
            );
            books.run_sql(&sql).await;
        }
        // Named after the schema, Postgres' own functions are found after the schema's.
        books.db.url.push_str(",pg_catalog");
        books.db.pool = runtime::db::pool(&books.db.url, 4).expect("a pool");
        books
    }

    /// Puts the clock of a database [`with_clock`](Self::with_clock) forward.
    pub async fn put_forward(&self, by: TimeDelta) {
        self.run_sql(&format!("UPDATE clock SET ahead = interval '{} seconds'", by.num_seconds())).await;
    }

    async fn run_sql(&self, sql: &str) {
        let mut conn = self.pool().get().await.expect("a connection");
        diesel::sql_query(sql).execute(&mut conn).await.expect(sql);
    }

    pub fn pool(&self) -> &Pool {
        &self.db.pool
    }

    pub fn inbound(&self) -> Inbound<Saga> {
        self.inbound_with(TTL)
    }

    /// With holds of another length.
    pub fn inbound_with(&self, ttl: TimeDelta) -> Inbound<Saga> {
        Inbound::new(inventory::NAME, &self.db, Arc::new(Saga { ttl }))
    }

    /// A SKU of which there are so many.
    pub async fn stocked(&self, sku: &str, on_hand: i64) {
        let sql = "WITH s AS (INSERT INTO stock (sku, on_hand, reserved, version, on_hand_at_version, low_announced, \
                   event_seq) VALUES ($1, $2, 0, 1, $2, false, 0)) \
                   INSERT INTO stock_movement (sku, kind, delta, on_hand_after, reason, at) \
                   SELECT $1, 'COUNT', $2, $2, 'first count', now() WHERE $2 > 0";
        let mut conn = self.pool().get().await.expect("a connection");
        let insert = diesel::sql_query(sql).bind::<Text, _>(sku).bind::<BigInt, _>(on_hand);
        insert.execute(&mut conn).await.expect("stock can be made");
    }

    /// On hand, reserved.
    pub async fn stock(&self, sku: &str) -> (i64, i64) {
        let stock = self.numbers("SELECT on_hand AS a, reserved AS b FROM stock WHERE sku = $1", sku).await;
        stock.expect("the SKU has stock")
    }

    pub async fn state(&self, order: OrderId) -> Option<String> {
        #[derive(diesel::QueryableByName)]
        struct State {
            #[diesel(sql_type = Text)]
            state: String,
        }
        let mut conn = self.pool().get().await.expect("a connection");
        let query = diesel::sql_query("SELECT state FROM reservation WHERE order_id = $1");
        let rows: Vec<State> = query.bind::<diesel::sql_types::Uuid, _>(order.0).load(&mut conn).await.expect("rows");
        rows.into_iter().next().map(|row| row.state)
    }

    /// What must hold after everything: the holds add up to what is reserved, and the ledger to what is on hand.
    pub async fn audit(&self, sku: &str) {
        let held = "SELECT s.reserved AS a, coalesce((SELECT sum((lines->>$1)::bigint) FROM reservation \
                    WHERE state = 'HELD' AND lines->>$1 IS NOT NULL), 0)::bigint AS b FROM stock s WHERE s.sku = $1";
        let (reserved, holds) = self.numbers(held, sku).await.expect("stock");
        assert_eq!(reserved, holds, "reserved and the holds of {sku}");
        let ledger = "SELECT s.on_hand AS a, coalesce((SELECT sum(delta) FROM stock_movement m WHERE m.sku = $1), \
                      0)::bigint AS b FROM stock s WHERE s.sku = $1";
        let (on_hand, moved) = self.numbers(ledger, sku).await.expect("stock");
        assert_eq!(on_hand, moved, "on hand and the ledger of {sku}");
    }

    async fn numbers(&self, sql: &str, sku: &str) -> Option<(i64, i64)> {
        #[derive(diesel::QueryableByName)]
        struct Two {
            #[diesel(sql_type = BigInt)]
            a: i64,
            #[diesel(sql_type = BigInt)]
            b: i64,
        }
        let mut conn = self.pool().get().await.expect("a connection");
        let rows: Vec<Two> = diesel::sql_query(sql).bind::<Text, _>(sku).load(&mut conn).await.expect("numbers");
        rows.into_iter().next().map(|two| (two.a, two.b))
    }

    /// What inventory said about an order or a SKU, by name.
    pub async fn said(&self, key: impl ToString) -> Vec<&'static str> {
        let events = testkit::events::emitted_about(self.pool(), &key.to_string()).await;
        events.iter().map(name).collect()
    }
}

/// The middle of `waybill.inventory.reserved.v1`.
pub fn name(event: &Event) -> &'static str {
    event.event_type().wire_name().split('.').nth(2).unwrap_or_default()
}

/// A served inventory.
pub struct Shop {
    pub api: Api,
    pub admin: Token,
    lifecycle: Lifecycle,
    pub books: Books,
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// With other settings.
    pub async fn open_with(change: impl FnOnce(&mut Common)) -> Self {
        let books = Books::open().await;
        let lifecycle = Lifecycle::new();
        let mut common = books.db.common();
        change(&mut common);
        let config = Config { common, reservation_ttl: TTL };
        let running = inventory::start(&lifecycle, config).await.expect("inventory starts");
        Self { api: Api::at(running.addr), admin: tokens::admin(), lifecycle, books }
    }

    /// The staff's view of a SKU.
    pub async fn figures(&self, sku: &str) -> serde_json::Value {
        self.api.get(&format!("/api/v1/inventory/{sku}")).by(&self.admin).send().await.expect(200)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}

pub fn an_order() -> OrderId {
    OrderId(Uuid::now_v7())
}

pub fn created(lines: &[(&str, u32)]) -> OrderCreated {
    let line = |(sku, quantity): &(&str, u32)| OrderLine {
        item_id: format!("itm_{}", Uuid::now_v7().simple()),
        sku: (*sku).to_owned(),
        product_id: ProductId(Uuid::now_v7()).to_string(),
        quantity: *quantity,
    };
    OrderCreated {
        user_id: format!("usr_{}", Uuid::now_v7().simple()),
        lines: lines.iter().map(line).collect(),
        total: Some(Money::new(1000, "EUR")),
        payment_method: None,
    }
}

pub fn cancelled() -> OrderCancelled {
    OrderCancelled { by: CancelledBy::Buyer.into(), reason: String::new() }
}

pub fn paid() -> PaymentSuccess {
    PaymentSuccess { payment_id: "pay_1".to_owned(), captured: Some(Money::new(1000, "EUR")) }
}

pub fn failed() -> PaymentFailed {
    PaymentFailed { payment_id: "pay_1".to_owned(), reason: FailureReason::Declined.into(), decline_code: None }
}

pub fn product(sku: &str, seller: Option<SellerId>, version: i64) -> ProductCreated {
    let product = Product {
        product_id: ProductId(Uuid::now_v7()).to_string(),
        sku: sku.to_owned(),
        name: "A product".to_owned(),
        price: Some(Money::new(1000, "EUR")),
        status: ProductStatus::Active.into(),
        seller_id: seller.map(|id| id.to_string()).unwrap_or_default(),
        version,
    };
    ProductCreated { product: Some(product) }
}
