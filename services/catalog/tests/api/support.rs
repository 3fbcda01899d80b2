//! A running catalog on a schema of its own, and the steps that tests share.

use catalog::Running;
use runtime::Lifecycle;
use runtime::config::Common;
use serde_json::{Value, json};
use testkit::{Answer, Api, TestDb, Token};

pub struct Stage {
    pub db: TestDb,
    pub api: Api,
    lifecycle: Lifecycle,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}

impl Stage {
    pub async fn new() -> Self {
        let db = TestDb::new(catalog::migrations()).await;
        let lifecycle = Lifecycle::new();
        let api = start(&lifecycle, db.common()).await;
        Self { db, api, lifecycle }
    }

    /// Another process on the same database.
    pub async fn replica(&self) -> Api {
        start(&self.lifecycle, self.db.common()).await
    }

    pub async fn try_create(&self, token: &Token, body: Value) -> Answer {
        self.api.post("/api/v1/products").by(token).new_key().json(body).send().await
    }

    /// A product of this status with a SKU of its own.
    pub async fn create(&self, token: &Token, status: &str) -> Value {
        let mut body = mug();
        body["status"] = status.into();
        self.try_create(token, body).await.expect(201)
    }

    pub async fn put(&self, token: &Token, product: &Value, etag: &str, body: Value) -> Answer {
        self.api.put(&path(product)).by(token).header("if-match", etag).json(body).send().await
    }
}

async fn start(lifecycle: &Lifecycle, common: Common) -> Api {
    let Running { addr } = catalog::start(lifecycle, common).await.expect("catalog starts");
    Api::at(addr)
}

/// A product that fits, with a SKU of its own.
pub fn mug() -> Value {
    let sku = format!("MUG-{}", uuid::Uuid::new_v4().simple());
    json!({"sku": sku, "name": "Stoneware mug", "price": {"amount_minor": 1600, "currency": "EUR"}})
}

pub fn path(product: &Value) -> String {
    format!("/api/v1/products/{}", product["id"].as_str().expect("an id"))
}
