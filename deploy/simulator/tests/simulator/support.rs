//! A simulator on a free port, a client for it, and an endpoint for its webhooks.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use reqwest::{Client, Response};
use serde_json::Value;
use simulator::events::EventKind;
use simulator::settings::{Pace, Settings};
use simulator::{Running, ids};

pub const API_KEY: &str = "sk_test_tests";
pub const WEBHOOK_SECRET: &str = "whsec_tests";
/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);

/// A file that goes with the test.
pub struct BooksFile(pub PathBuf);

impl BooksFile {
    pub fn new() -> Self {
        Self(std::env::temp_dir().join(ids::new("simulator-books-")))
    }
}

impl Drop for BooksFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

pub fn pace() -> Pace {
    Pace {
        slow: Duration::from_millis(200),
        held: Duration::from_millis(300),
        late: Duration::from_millis(300),
        gap: Duration::from_millis(100),
        refund: Duration::from_millis(100),
        retry: Duration::from_millis(20),
    }
}

pub fn settings(file: &BooksFile) -> Settings {
    Settings {
        http_addr: ([127, 0, 0, 1], 0).into(),
        http_workers: 2,
        api_key: API_KEY.to_owned(),
        webhook_secret: WEBHOOK_SECRET.to_owned(),
        webhook_url: None,
        webhook_events: EventKind::ALL.to_vec(),
        books_file: file.0.clone(),
        pace: pace(),
    }
}

/// An answer: its status, its headers that matter, its body.
#[derive(Debug, Clone, PartialEq)]
pub struct Got {
    pub status: u16,
    pub replayed: bool,
    pub json: Value,
}

impl Got {
    pub async fn read(response: Response) -> Self {
        let status = response.status().as_u16();
        let replayed = response.headers().get("Idempotent-Replayed").is_some();
        let json = response.json().await.expect("a JSON body");
        Self { status, replayed, json }
    }

    pub fn text(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {}", self.json))
    }

    pub fn id(&self) -> String {
        self.text("/id").to_owned()
    }

    pub fn number(&self, pointer: &str) -> i64 {
        self.json.pointer(pointer).and_then(Value::as_i64).unwrap_or_else(|| panic!("no {pointer} in {}", self.json))
    }

    /// Status, type, code and parameter of an error.
    pub fn error(&self) -> (u16, &str, Option<&str>, Option<&str>) {
        let field = |name: &str| self.json["error"][name].as_str();
        (self.status, field("type").unwrap_or_default(), field("code"), field("param"))
    }
}

/// A client with the right key.
#[derive(Clone)]
pub struct Shop {
    pub base: String,
    pub http: Client,
}

impl Shop {
    pub fn new(base: String) -> Self {
        Self { base, http: Client::builder().no_proxy().build().expect("a client") }
    }

    pub async fn get(&self, path: &str) -> Got {
        let request = self.http.get(format!("{}{path}", self.base)).bearer_auth(API_KEY);
        Got::read(request.send().await.expect("an answer")).await
    }

    pub fn request(&self, path: &str, form: &[(&str, &str)]) -> reqwest::RequestBuilder {
        self.http.post(format!("{}{path}", self.base)).bearer_auth(API_KEY).form(form)
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Got {
        Got::read(self.request(path, form).send().await.expect("an answer")).await
    }

    pub async fn post_with_key(&self, key: &str, path: &str, form: &[(&str, &str)]) -> Got {
        let request = self.request(path, form).header("Idempotency-Key", key);
        Got::read(request.send().await.expect("an answer")).await
    }

    /// A new intent over 20.00 EUR.
    pub async fn intent(&self) -> String {
        let got = self.post("/v1/payment_intents", &[("amount", "2000"), ("currency", "eur")]).await;
        assert_eq!(got.status, 200, "{got:?}");
        got.id()
    }

    pub async fn confirm(&self, intent: &str, method: &str) -> Got {
        self.post(&format!("/v1/payment_intents/{intent}/confirm"), &[("payment_method", method)]).await
    }

    pub async fn cancel(&self, intent: &str) -> Got {
        self.post(&format!("/v1/payment_intents/{intent}/cancel"), &[]).await
    }

    /// An intent that was paid with this method.
    pub async fn paid(&self, method: &str) -> String {
        let intent = self.intent().await;
        let got = self.confirm(&intent, method).await;
        assert_eq!(got.text("/status"), "succeeded");
        intent
    }

    pub async fn refund(&self, intent: &str, more: &[(&str, &str)]) -> Got {
        self.post("/v1/refunds", &[&[("payment_intent", intent)], more].concat()).await
    }

    /// Reads until the object has this status.
    pub async fn until(&self, path: &str, status: &str) -> Got {
        let wait = async {
            loop {
                let got = self.get(path).await;
                if got.text("/status") == status {
                    return got;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{path} did not become {status}"))
    }

    pub async fn until_intent(&self, intent: &str, status: &str) -> Got {
        self.until(&format!("/v1/payment_intents/{intent}"), status).await
    }
}

/// A running simulator with its file and a client.
pub struct Sim {
    pub file: BooksFile,
    pub shop: Shop,
    running: Running,
}

impl Sim {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings than the usual ones.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::on(BooksFile::new(), change).await
    }

    /// On books that are there already.
    pub async fn on(file: BooksFile, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = settings(&file);
        change(&mut settings);
        let running = simulator::start(settings).expect("a simulator");
        let shop = Shop::new(format!("http://{}", running.addr));
        Self { file, shop, running }
    }

    /// Stops and leaves the books.
    pub async fn stop(self) -> BooksFile {
        self.running.stop().await.expect("a clean end");
        self.file
    }
}

/// A webhook that arrived.
#[derive(Debug, Clone)]
pub struct Hook {
    pub signature: String,
    pub body: Vec<u8>,
    pub event: Value,
}

impl Hook {
    pub fn kind(&self) -> &str {
        self.event["type"].as_str().expect("an event has a type")
    }

    pub fn id(&self) -> &str {
        self.event["id"].as_str().expect("an event has an id")
    }

    /// Checks the signature the way a shop does.
    pub fn is_genuine(&self) -> bool {
        let time = self.signature.split(',').find_map(|part| part.strip_prefix("t=")).and_then(|t| t.parse().ok());
        let time: i64 = time.expect("a signature has a time");
        (ids::now() - time).abs() <= 300
            && simulator::webhooks::signature(WEBHOOK_SECRET, time, &self.body) == self.signature
    }
}

/// An endpoint for webhooks.
#[derive(Clone)]
pub struct Endpoint {
    pub url: String,
    hooks: Arc<Mutex<Vec<Hook>>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

impl Endpoint {
    /// Answers with these statuses first, and with 200 from then on.
    pub fn start(statuses: &[u16]) -> Self {
        let mut endpoint = Self {
            url: String::new(),
            hooks: Arc::default(),
            statuses: Arc::new(Mutex::new(statuses.iter().copied().collect())),
        };
        let data = web::Data::new(endpoint.clone());
        let server = HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(take)))
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .expect("a free port");
        endpoint.url = format!("http://{}/hook", server.addrs()[0]);
        tokio::spawn(server.run());
        endpoint
    }

    pub fn hooks(&self) -> Vec<Hook> {
        self.hooks.lock().expect("no panic").clone()
    }

    /// Waits until as many webhooks have arrived that fit.
    pub async fn until(&self, count: usize, fits: impl Fn(&Hook) -> bool) -> Vec<Hook> {
        let wait = async {
            loop {
                let hooks: Vec<_> = self.hooks().into_iter().filter(&fits).collect();
                if hooks.len() >= count {
                    return hooks;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        let result = tokio::time::timeout(PATIENCE, wait).await;
        result.unwrap_or_else(|_| panic!("not {count} webhooks in {:?}", self.hooks()))
    }
}

async fn take(endpoint: web::Data<Endpoint>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let signature = request.headers().get("Stripe-Signature").and_then(|value| value.to_str().ok());
    let hook = Hook {
        signature: signature.unwrap_or_default().to_owned(),
        body: body.to_vec(),
        event: serde_json::from_slice(&body).unwrap_or_default(),
    };
    endpoint.hooks.lock().expect("no panic").push(hook);
    let status = endpoint.statuses.lock().expect("no panic").pop_front().unwrap_or(200);
    let status = actix_web::http::StatusCode::from_u16(status).expect("a status");
    HttpResponse::build(status).insert_header(("Location", "/elsewhere")).finish()
}
