//! What is ordered and by whom: products made for the bench, and buyers whose tokens were minted before, since a login
//! costs a quarter of a second on purpose.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use chrono::Utc;
use http_body_util::Full;
use hyper::Method;
use hyper::body::Bytes;
use proto_events::ids::UserId;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;
use web::token::{Claims, Role, Signer};

use super::client::{Answer, Client};
use crate::stack::Stack;

/// Longer than the longest bench.
const TOKEN_LIFETIME_S: i64 = 4 * 3600;
/// What every order pays with: charged at once.
const METHOD: &str = "pm_card_visa";
/// Of each product: never sold out.
const PLENTY: i64 = 1_000_000_000;
/// For inventory and order to hear of a new product.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Orders have one to three lines; by their number modulo this.
const LINES: [usize; 3] = [1, 2, 3];

/// The shop as the load generator uses it.
#[derive(Debug)]
pub struct Shop {
    pub client: Client,
    admin: String,
    buyers: Vec<String>,
    /// Ready to be sent, one per combination of lines.
    bodies: Vec<Bytes>,
    /// Ids of the products, for reads.
    pub products: Vec<String>,
}

impl Shop {
    /// Mints the tokens, makes `products` products with plenty of stock, and waits until all services know them.
    ///
    /// # Errors
    /// When the stack does not take them.
    pub async fn open(stack: &Stack, buyers: usize, products: usize) -> anyhow::Result<Arc<Self>> {
        let signer = signer(stack)?;
        let client = Client::new(stack.url()).await?;
        let admin = token(&signer, Role::Admin)?;
        let buyers = (0..buyers).map(|_| token(&signer, Role::Customer)).collect::<anyhow::Result<_>>()?;
        let mut shop = Self { client, admin, buyers, bodies: Vec::new(), products: Vec::new() };
        let mut skus = Vec::with_capacity(products);
        for _ in 0..products {
            let (sku, id) = shop.make_product(PLENTY).await?;
            skus.push(sku);
            shop.products.push(id);
        }
        for sku in &skus {
            shop.wait_until_sold(sku).await?;
        }
        let combination = |n: usize| {
            let chosen = (0..LINES[n % LINES.len()]).map(|line| &skus[(n + line * 7) % skus.len()]);
            order_body(chosen.map(String::as_str))
        };
        shop.bodies = (0..skus.len() * LINES.len()).map(combination).collect();
        Ok(Arc::new(shop))
    }

    /// Places the n-th order.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn order(&self, n: u64) -> anyhow::Result<Answer> {
        let body = self.bodies[usize::try_from(n)? % self.bodies.len()].clone();
        self.place(n, body).await
    }

    /// The n-th buyer places an order of this body.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn place(&self, n: u64, body: Bytes) -> anyhow::Result<Answer> {
        let buyer = &self.buyers[usize::try_from(n)? % self.buyers.len()];
        let key = Uuid::new_v4().simple().to_string();
        self.client.send_json(Method::POST, "/api/v1/orders", buyer, &[("idempotency-key", &key)], body).await
    }

    /// A new product with so much stock, which every service knows. Returns its SKU.
    ///
    /// # Errors
    /// When the stack does not take it.
    pub async fn product(&self, stock: i64) -> anyhow::Result<String> {
        let (sku, _) = self.make_product(stock).await?;
        self.wait_until_sold(&sku).await?;
        Ok(sku)
    }

    /// What staff see of a SKU.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn stock(&self, sku: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, &format!("/api/v1/inventory/{sku}"), &[], Value::Null).await
    }

    async fn make_product(&self, stock: i64) -> anyhow::Result<(String, String)> {
        let sku = format!("B-{}", Uuid::new_v4().simple());
        let key = Uuid::new_v4().to_string();
        let product = json!({
            "sku": sku, "name": format!("Bench product {sku}"), "status": "ACTIVE",
            "description": "Something to be ordered often.", "price": {"amount_minor": 1990, "currency": "EUR"},
        });
        let made = self.call(Method::POST, "/api/v1/products", &[("idempotency-key", &key)], product).await?;
        let count = json!({"on_hand": stock, "reason": "bench"});
        self.call(Method::PUT, &format!("/api/v1/inventory/{sku}"), &[("if-none-match", "*")], count).await?;
        Ok((sku, made["id"].as_str().context("a product has an id")?.to_owned()))
    }

    /// The order service prices from its own projection: an order for a wrong total is refused for its SKU until the
    /// product is there, and then for the total. Nothing is ordered.
    async fn wait_until_sold(&self, sku: &str) -> anyhow::Result<()> {
        let wrong = json!({
            "items": [{"sku": sku, "quantity": 1}], "expected_total": {"amount_minor": 1, "currency": "EUR"},
        });
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.place(0, Bytes::from(wrong.to_string())).await?;
            if answer.status == 409 {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "{sku} is not for sale: {}", String::from_utf8_lossy(&answer.body));
            sleep(LOOK_AGAIN).await;
        }
    }

    async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Value) -> anyhow::Result<Value> {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let answer = self.client.send_json(method.clone(), path, &self.admin, headers, body).await?;
        let text = String::from_utf8_lossy(&answer.body);
        ensure!(answer.status.is_success(), "{method} {path} answered {}: {text}", answer.status);
        Ok(serde_json::from_str(&text)?)
    }
}

/// An order of one unit of each of these SKUs, paid at once.
pub fn order_body<'a>(skus: impl Iterator<Item = &'a str>) -> Bytes {
    let items: Vec<Value> = skus.map(|sku| json!({"sku": sku, "quantity": 1})).collect();
    Bytes::from(json!({"items": items, "payment_method": METHOD}).to_string())
}

/// A read without a token.
///
/// # Errors
/// Never for a well-formed path.
pub fn read(path: &str) -> anyhow::Result<hyper::Request<Full<Bytes>>> {
    Ok(hyper::Request::builder().uri(path).body(Full::default())?)
}

fn signer(stack: &Stack) -> anyhow::Result<Signer> {
    let file = stack.value("TOKEN_KEY_FILE");
    let pem = std::fs::read(file).with_context(|| format!("the key of the tokens, {file}"))?;
    Signer::from_pem(&pem, "waybill")
}

fn token(signer: &Signer, role: Role) -> anyhow::Result<String> {
    let (user, now) = (UserId(Uuid::now_v7()), Utc::now().timestamp());
    signer.sign(&Claims {
        sub: user,
        email: format!("{user}@bench.test"),
        name: "Bench Buyer".to_owned(),
        roles: vec![role],
        seller_id: None,
        jti: Uuid::now_v7().to_string(),
        iat: now,
        nbf: now,
        exp: now + TOKEN_LIFETIME_S,
    })
}
