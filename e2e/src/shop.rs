//! Buyers and staff, over HTTP through the gateway.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Answer, Api, eventually};
use uuid::Uuid;

use crate::stack::Stack;

/// A client goes on trying for this long: a killed service is back within it.
const PATIENCE: Duration = Duration::from_secs(60);
const TRY_AGAIN: Duration = Duration::from_millis(200);
const DEMO_PASSWORD: &str = "waybill-demo";

/// The shop under test, with its staff signed in.
#[derive(Debug, Clone)]
pub struct Shop {
    pub stack: Stack,
    pub api: Api,
    pub admin: String,
}

/// Somebody with an account.
#[derive(Debug, Clone)]
pub struct Buyer {
    pub id: String,
    pub email: String,
    pub token: String,
}

impl Shop {
    /// Of every account that [`Shop::buyer`] opens.
    pub const BUYERS_PASSWORD: &str = "correct horse";

    /// # Panics
    /// When there is no running stack, or its demo accounts are not there.
    pub async fn open() -> Self {
        let stack = Stack::running().expect("a running stack");
        let api = Api::new(stack.url());
        let mut shop = Self { stack, api, admin: String::new() };
        shop.admin = shop.login("admin@waybill.test", DEMO_PASSWORD).await;
        shop
    }

    pub async fn login(&self, email: &str, password: &str) -> String {
        let body = json!({"email": email, "password": password});
        let answer = self.persist(|| self.api.post("/api/v1/auth/login").json(body.clone())).await;
        answer.expect(200)["access_token"].as_str().expect("a token").to_owned()
    }

    pub async fn buyer(&self) -> Buyer {
        let email = format!("{}@buyers.test", Uuid::new_v4().simple());
        let body = json!({"email": email, "password": Self::BUYERS_PASSWORD, "name": "Test Buyer"});
        let user = self.persist(|| self.api.post("/api/v1/auth/register").json(body.clone())).await.expect(201);
        let token = self.login(&email, Self::BUYERS_PASSWORD).await;
        Buyer { id: text(&user["id"]), email, token }
    }

    /// A new product with stock, known to every service. Returns its SKU.
    pub async fn product(&self, price_minor: i64, stock: i64) -> String {
        let sku = format!("T-{}", Uuid::new_v4().simple());
        let body = json!({
            "sku": sku, "name": "Test product", "status": "ACTIVE",
            "price": {"amount_minor": price_minor, "currency": "EUR"},
        });
        let key = Uuid::new_v4().to_string();
        let create = || self.api.post("/api/v1/products").bearer(&self.admin).key(&key).json(body.clone());
        self.persist(create).await.expect(201);
        self.set_stock(&sku, stock).await;
        self.wait_until_sold(&sku).await;
        sku
    }

    async fn set_stock(&self, sku: &str, on_hand: i64) {
        let path = format!("/api/v1/inventory/{sku}");
        let body = json!({"on_hand": on_hand, "reason": "test"});
        let put = || self.api.put(&path).bearer(&self.admin).header("If-None-Match", "*").json(body.clone());
        let answer = self.persist(put).await;
        // A repeat of a try whose answer was lost finds the row it made.
        assert!(matches!(answer.status.as_u16(), 200 | 201 | 412), "{}", answer.text);
    }

    /// The order service prices from its own projection, which follows the catalog by events: an order for a currency
    /// that nobody uses is refused for the SKU until then, and nothing is created.
    async fn wait_until_sold(&self, sku: &str) {
        let buyer = self.buyer().await;
        let wrong_total = json!({
            "items": [{"sku": sku, "quantity": 1}],
            "expected_total": {"amount_minor": 1, "currency": "EUR"},
        });
        eventually("the order service knows the product", async || {
            let call = self.api.post("/api/v1/orders").bearer(&buyer.token).new_key().json(wrong_total.clone());
            let answer = call.send().await;
            (answer.status.as_u16() == 409).then_some(())
        })
        .await;
    }

    /// Places an order, as often as needed with one key. Returns it as it was when created.
    pub async fn order(&self, buyer: &Buyer, items: &[(&str, u32)], payment_method: Option<&str>) -> Value {
        let items: Vec<Value> = items.iter().map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity})).collect();
        let mut body = json!({"items": items});
        if let Some(method) = payment_method {
            body["payment_method"] = json!(method);
        }
        let key = Uuid::new_v4().to_string();
        let post = || self.api.post("/api/v1/orders").bearer(&buyer.token).key(&key).json(body.clone());
        self.persist(post).await.expect(201)
    }

    /// One confirm, with the answer whatever it is; unclear answers are asked again with the same key.
    pub async fn confirm(&self, buyer: &Buyer, order: &str, method: &str) -> Answer {
        let body = json!({"order_id": order, "payment_method": method});
        self.post_as(&buyer.token, "/api/v1/payments/confirm", body).await
    }

    pub async fn cancel(&self, token: &str, order: &str) -> Answer {
        self.post_as(token, &format!("/api/v1/orders/{order}/cancel"), json!({"reason": "test"})).await
    }

    /// A POST with a new key, repeated with that key while the outcome is not known.
    pub async fn post_as(&self, token: &str, path: &str, body: Value) -> Answer {
        let key = Uuid::new_v4().to_string();
        self.persist(|| self.api.post(path).bearer(token).key(&key).json(body.clone())).await
    }

    pub async fn get_as(&self, token: &str, path: &str) -> Value {
        self.persist(|| self.api.get(path).bearer(token)).await.expect(200)
    }

    pub async fn order_now(&self, order: &str) -> Value {
        self.get_as(&self.admin, &format!("/api/v1/orders/{order}")).await
    }

    /// Waits until an order has this status, and returns it.
    pub async fn becomes(&self, order: &str, status: &str) -> Value {
        eventually(&format!("{order} becomes {status}"), async || {
            let now = self.order_now(order).await;
            (now["status"] == status).then_some(now)
        })
        .await
    }

    /// Waits until an order is cancelled, and checks the reason.
    pub async fn becomes_cancelled(&self, order: &str, reason: &str) -> Value {
        let now = self.becomes(order, "CANCELLED").await;
        assert_eq!(now["cancel_reason"], reason, "{now}");
        now
    }

    /// The payment of an order, once there is one.
    pub async fn payment(&self, order: &str) -> Value {
        eventually("a payment", async || {
            let found = self.get_as(&self.admin, &format!("/api/v1/payments?order_id={order}")).await;
            found["data"].as_array().and_then(|list| list.first().cloned())
        })
        .await
    }

    /// Sends a call until its outcome is known: not while nobody answers, the gateway has no service, a service has no
    /// database, or the first try still runs.
    pub async fn persist(&self, call: impl Fn() -> testkit::api::Call) -> Answer {
        let started = Instant::now();
        loop {
            let outcome = call().try_send().await;
            match outcome {
                Ok(answer) if !is_unclear(&answer) => return answer,
                Ok(answer) => assert!(started.elapsed() < PATIENCE, "in vain: {} {}", answer.status, answer.text),
                Err(error) => assert!(started.elapsed() < PATIENCE, "in vain: {error}"),
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }
}

fn is_unclear(answer: &Answer) -> bool {
    match answer.status.as_u16() {
        429 | 500 | 502 | 503 | 504 => true,
        409 => answer.json()["code"] == "idempotency_key_in_use",
        _ => false,
    }
}

/// The id of an order, payment …
///
/// # Panics
/// When it has none.
pub fn id(of: &Value) -> String {
    text(&of["id"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
