//! `make demo`: walks an order through the running stack, the happy way and the unhappy ones, as a client would.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use e2e::stack::Stack;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const PASSWORD: &str = "waybill-demo";
/// The slowest arm waits for a gateway that never answers.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

struct Demo {
    url: String,
    http: reqwest::Client,
    admin: String,
    buyer: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut demo = Demo {
        url: Stack::running()?.url().to_owned(),
        http: reqwest::Client::new(),
        admin: String::new(),
        buyer: String::new(),
    };
    println!("Waybill demo against {}\n", demo.url);
    let sku = demo.prepare().await?;
    demo.two_calls(&sku).await?;
    demo.one_call(&sku).await?;
    demo.out_of_stock(&sku).await?;
    demo.declined(&sku).await?;
    demo.cancelled(&sku).await?;
    demo.unclear(&sku).await?;
    let order = demo.shipped(&sku).await?;
    demo.timeline(&order).await
}

impl Demo {
    /// Accounts, and a product of the demo's own, so that the seeded shop stays as it is.
    async fn prepare(&mut self) -> anyhow::Result<String> {
        println!("Getting ready");
        let email = format!("{}@demo.test", Uuid::new_v4().simple());
        let account = json!({"email": email, "password": PASSWORD, "name": "Demo Buyer"});
        self.step("register", "", "/auth/register", account, 201).await?;
        self.buyer = self.login("log in", &email).await?;
        self.admin = self.login("log in as admin", "admin@waybill.test").await?;
        let products = self.get("list products", "", "/products?limit=5").await?;
        let count = products["data"].as_array().map_or(0, Vec::len);
        println!("      {count} products on the first page");
        let sku = format!("DEMO-{}", Uuid::new_v4().simple());
        let product = json!({
            "sku": sku, "name": "Demo mug", "status": "ACTIVE", "price": {"amount_minor": 1290, "currency": "EUR"},
        });
        let admin = self.admin.clone();
        self.step("create a product", &admin, "/products", product, 201).await?;
        self.put_stock(&sku, 20).await?;
        self.wait_until_sold(&sku).await?;
        Ok(sku)
    }

    async fn two_calls(&self, sku: &str) -> anyhow::Result<()> {
        println!("\nAn order in two calls: place, then pay");
        let order = self.place(sku, 2, None).await?;
        self.becomes(&order, "PAYMENT_PENDING").await?;
        self.confirm(&order, "pm_card_visa", 200).await?;
        self.becomes(&order, "PAID").await
    }

    async fn one_call(&self, sku: &str) -> anyhow::Result<()> {
        println!("\nAn order in one call, with its payment method");
        let order = self.place(sku, 1, Some("pm_card_visa")).await?;
        self.becomes(&order, "PAID").await
    }

    async fn out_of_stock(&self, sku: &str) -> anyhow::Result<()> {
        println!("\nMore than there is");
        let order = self.place(sku, 99, Some("pm_card_visa")).await?;
        self.becomes(&order, "CANCELLED").await
    }

    async fn declined(&self, sku: &str) -> anyhow::Result<()> {
        println!("\nA declined card, then a good one");
        let order = self.place(sku, 1, None).await?;
        self.becomes(&order, "PAYMENT_PENDING").await?;
        self.confirm(&order, "pm_card_chargeDeclinedInsufficientFunds", 402).await?;
        self.confirm(&order, "pm_card_visa", 200).await?;
        self.becomes(&order, "PAID").await?;
        println!("\nThree declined cards");
        let order = self.place(sku, 1, None).await?;
        self.becomes(&order, "PAYMENT_PENDING").await?;
        for _ in 0..3 {
            self.confirm(&order, "pm_card_chargeDeclined", 402).await?;
        }
        self.becomes(&order, "CANCELLED").await
    }

    async fn cancelled(&self, sku: &str) -> anyhow::Result<()> {
        println!("\nPaid, then cancelled within the minute: stock and money come back");
        let order = self.place(sku, 1, Some("pm_card_visa")).await?;
        self.becomes(&order, "PAID").await?;
        let path = format!("/orders/{order}/cancel");
        self.step("cancel", &self.buyer, &path, json!({"reason": "changed my mind"}), 200).await?;
        self.becomes(&order, "CANCELLED").await?;
        self.until("the money is back", async || {
            Ok(self.read(&self.admin, &format!("/orders/{order}")).await?["payment_status"] == "REFUNDED")
        })
        .await
    }

    async fn unclear(&self, sku: &str) -> anyhow::Result<()> {
        println!("\nThe gateway charges and answers 500: resolved to one charge");
        let order = self.place(sku, 1, Some("pm_sim_error_after_charge")).await?;
        self.becomes(&order, "PAID").await
    }

    async fn shipped(&self, sku: &str) -> anyhow::Result<String> {
        println!("\nPaid, shipped, delivered");
        let order = self.place(sku, 1, Some("pm_card_mastercard")).await?;
        self.becomes(&order, "PAID").await?;
        let ship = json!({"carrier": "DHL", "tracking_number": "00340434161094000001"});
        self.step("ship", &self.admin, &format!("/orders/{order}/ship"), ship, 200).await?;
        self.step("deliver", &self.admin, &format!("/orders/{order}/deliver"), json!({}), 200).await?;
        self.becomes(&order, "DELIVERED").await?;
        Ok(order)
    }

    async fn timeline(&self, order: &str) -> anyhow::Result<()> {
        println!("\nThe timeline of {order}");
        let timeline = self.read(&self.buyer, &format!("/orders/{order}/timeline")).await?;
        for entry in timeline["data"].as_array().context("facts")? {
            let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            let actor = entry["actor"]["type"].as_str().unwrap_or_default();
            println!("  {}  {:<18} {:<10} {actor}", text("at"), text("fact"), text("service"));
        }
        Ok(())
    }

    async fn login(&self, name: &str, email: &str) -> anyhow::Result<String> {
        let body = json!({"email": email, "password": PASSWORD});
        let answer = self.step(name, "", "/auth/login", body, 200).await?;
        Ok(answer["access_token"].as_str().context("a token")?.to_owned())
    }

    async fn place(&self, sku: &str, quantity: u32, method: Option<&str>) -> anyhow::Result<String> {
        let mut body = json!({"items": [{"sku": sku, "quantity": quantity}]});
        if let Some(method) = method {
            body["payment_method"] = json!(method);
        }
        let order = self.step("place the order", &self.buyer, "/orders", body, 201).await?;
        Ok(order["id"].as_str().context("an id")?.to_owned())
    }

    async fn confirm(&self, order: &str, method: &str, status: u16) -> anyhow::Result<()> {
        let body = json!({"order_id": order, "payment_method": method});
        let answer = self.step(&format!("pay with {method}"), &self.buyer, "/payments/confirm", body, status).await?;
        if status == 402 {
            println!("      {}, {} attempts left", answer["decline_code"], answer["attempts_left"]);
        }
        Ok(())
    }

    async fn put_stock(&self, sku: &str, on_hand: i64) -> anyhow::Result<()> {
        let request = self.request(Method::PUT, &self.admin, &format!("/inventory/{sku}"));
        let request = request.header("If-None-Match", "*").json(&json!({"on_hand": on_hand, "reason": "demo"}));
        self.timed("put 20 pieces on the shelf", request, &[200, 201]).await?;
        Ok(())
    }

    /// The order service hears of the product by an event; an order at a wrong price is refused once it has.
    async fn wait_until_sold(&self, sku: &str) -> anyhow::Result<()> {
        let body = json!({
            "items": [{"sku": sku, "quantity": 1}], "expected_total": {"amount_minor": 1, "currency": "EUR"},
        });
        self.until("the order service knows the product", async || {
            let request = self.request(Method::POST, &self.buyer, "/orders").header("Idempotency-Key", key());
            Ok(request.json(&body).send().await?.status().as_u16() == 409)
        })
        .await
    }

    async fn becomes(&self, order: &str, status: &str) -> anyhow::Result<()> {
        let mut reason = Value::Null;
        self.until(status, async || {
            let now = self.read(&self.buyer, &format!("/orders/{order}")).await?;
            reason = now["cancel_reason"].clone();
            Ok(now["status"] == status)
        })
        .await?;
        if let Some(reason) = reason.as_str() {
            println!("      because of {reason}");
        }
        Ok(())
    }

    async fn until(&self, what: &str, mut there: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
        let started = Instant::now();
        while !there().await? {
            ensure!(started.elapsed() < PATIENCE, "waited in vain: {what}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        println!("  {:>7.1} ms  → {what}", started.elapsed().as_secs_f64() * 1000.0);
        Ok(())
    }

    async fn get(&self, name: &str, token: &str, path: &str) -> anyhow::Result<Value> {
        self.timed(name, self.request(Method::GET, token, path), &[200]).await
    }

    async fn read(&self, token: &str, path: &str) -> anyhow::Result<Value> {
        Ok(self.request(Method::GET, token, path).send().await?.error_for_status()?.json().await?)
    }

    async fn step(&self, name: &str, token: &str, path: &str, body: Value, status: u16) -> anyhow::Result<Value> {
        let request = self.request(Method::POST, token, path).header("Idempotency-Key", key()).json(&body);
        self.timed(name, request, &[status]).await
    }

    async fn timed(&self, name: &str, request: reqwest::RequestBuilder, expected: &[u16]) -> anyhow::Result<Value> {
        let started = Instant::now();
        let response = request.send().await.with_context(|| name.to_owned())?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        println!("  {:>7.1} ms  {status}  {name}", started.elapsed().as_secs_f64() * 1000.0);
        if !expected.contains(&status) {
            bail!("{name}: expected {expected:?}, got {status}: {text}");
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    fn request(&self, method: Method, token: &str, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}/api/v1{path}", self.url));
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }
}

fn key() -> String {
    Uuid::new_v4().to_string()
}
