//! The service under test: things with a SKU.

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, ServiceConfig, resource};
use actix_web::{HttpRequest, HttpResponse, HttpServer};
use diesel_async::SimpleAsyncConnection;
use runtime::db::Pool;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use testkit::{Api, TestDb};
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use web::rate_limit::RateLimiter;
use web::trace::TraceContext;
use web::{
    Admin, Answer, Body, Caller, Customer, Faults, Http, IdempotencyKey, IfMatch, List, MaybeCaller, Merchant, Money,
    OptionalBody, Page, Path, Problem, Query, Settings, Verifier, idempotency,
};

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewThing {
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$")]
    pub sku: String,
    #[schema(min_length = 1, max_length = 10)]
    pub name: Option<String>,
    pub price: Option<Money>,
    #[schema(min_items = 1, max_items = 3)]
    pub items: Option<Vec<Item>>,
    pub kind: Option<Kind>,
    #[schema(value_type = Option<String>, pattern = "^usr_[0-9a-f]{32}$")]
    pub maker: Option<proto_events::ids::UserId>,
    pub count: Option<i64>,
    pub small: Option<i32>,
    #[schema(format = Email)]
    pub email: Option<String>,
    pub fragile: Option<bool>,
    pub weight: Option<f64>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    #[schema(minimum = 1, maximum = 100)]
    pub quantity: i64,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    Small,
    Large,
}

/// Forgot to deny unknown fields.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct Cancel {
    #[schema(max_length = 200)]
    pub reason: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    pub kind: Option<Kind>,
    #[schema(minimum = 1)]
    pub at_least: Option<i64>,
    pub fragile: Option<bool>,
}

/// How often work was done, and a gate that some of it waits at.
pub struct Works {
    pub done: AtomicUsize,
    pub entered: Semaphore,
    pub gate: Semaphore,
}

async fn echo(_caller: Caller, _key: IdempotencyKey, body: Body<NewThing>) -> Json<NewThing> {
    Json(body.into_inner())
}

async fn create(
    caller: Merchant,
    key: IdempotencyKey,
    body: Body<NewThing>,
    pool: Data<Pool>,
    works: Data<Works>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(caller.user_id(), body.fingerprint);
    idempotency::run(&pool, &claim, async |conn| {
        let sku = &body.sku;
        conn.batch_execute(&format!("INSERT INTO thing (sku) VALUES ('{sku}')")).await?;
        let count = works.done.fetch_add(1, Ordering::SeqCst);
        match sku.as_str() {
            "taken" => Err(Problem::conflict("sku_taken", "Another thing has this SKU.").with("sku", "taken")),
            "declined" => {
                Err(Problem::new(StatusCode::PAYMENT_REQUIRED, "card_declined", "No.").with("attempts_left", 2))
            }
            "unknown" => {
                let mut faults = Faults::new();
                faults.add("/sku", "unknown_sku", "There is no such SKU.");
                Err(faults.into_result().err().unwrap_or_else(Problem::not_found))
            }
            "broken" => Err(Problem::internal("the test wants it")),
            "later" => Answer::json(StatusCode::ACCEPTED, &json!({ "count": count })),
            "slow" => {
                works.entered.add_permits(1);
                works.gate.acquire().await.map_err(Problem::internal)?.forget();
                Answer::json(StatusCode::CREATED, &json!({ "count": count }))
            }
            _ => Ok(Answer::json(StatusCode::CREATED, &json!({ "count": count }))?
                .location("/things/1")
                .etag(1)
                .header("x-extra", "kept")),
        }
    })
    .await
}

async fn list(query: List<Filter>) -> Result<Json<Page<i64>>, Problem> {
    let after = query.page.after::<i64>()?.unwrap_or_default();
    let least = query.filter.at_least.unwrap_or(1).max(after + 1);
    let rows: Vec<i64> = (least..=45).take(usize::try_from(query.page.fetch()).unwrap_or_default()).collect();
    Ok(Json(Page::build(&query.page, rows, |row| *row, |row| row)))
}

async fn search(query: Query<Filter>) -> Json<Filter> {
    Json(query.0)
}

async fn get(path: Path<u32>, req: HttpRequest) -> Result<HttpResponse, Problem> {
    if *path == 404 {
        return Err(Problem::not_found());
    }
    web::versioned(&req, 7, &json!({ "id": *path }))
}

async fn put(_caller: Admin, _body: Body<Item>, path: Path<u32>, if_match: IfMatch) -> Result<Answer, Problem> {
    if *path == 404 {
        return Err(Problem::not_found());
    }
    if_match.check(7)?;
    Ok(Answer::json(StatusCode::OK, &json!({}))?.etag(8))
}

async fn cancel(body: OptionalBody<Cancel>) -> Json<Value> {
    Json(json!({ "reason": body.reason }))
}

async fn who(caller: MaybeCaller) -> Json<Value> {
    Json(json!({ "who": caller.0.map(|caller| caller.user_id()) }))
}

async fn maker(path: Path<proto_events::ids::UserId>) -> String {
    path.to_string()
}

async fn customers(_caller: Customer) -> HttpResponse {
    HttpResponse::NoContent().finish()
}

async fn trace(trace: TraceContext) -> String {
    trace.to_string()
}

async fn panics() -> HttpResponse {
    panic!("the test wants it")
}

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource("/things").get(list).post(create))
        .service(resource("/things/{id}").get(get).put(put))
        .service(resource("/echo").post(echo))
        .service(resource("/search").get(search))
        .service(resource("/cancel").post(cancel))
        .service(resource("/who").get(who))
        .service(resource("/customers").get(customers))
        .service(resource("/makers/{id}").get(maker))
        .service(resource("/trace").get(trace))
        .service(resource("/panic").get(panics));
}

pub struct Shop {
    pub api: Api,
    pub works: Data<Works>,
    pub db: Option<TestDb>,
}

/// What a test sets otherwise.
pub struct Setup {
    pub verifier: Verifier,
    pub limiter: RateLimiter,
    pub cors_origins: Vec<String>,
}

impl Default for Setup {
    fn default() -> Self {
        let keys = testkit::tokens::signer().jwks();
        Self {
            verifier: Verifier::with_keys(&keys, testkit::tokens::ISSUER),
            limiter: RateLimiter::off(),
            cors_origins: Vec::new(),
        }
    }
}

impl Setup {
    /// The service on a port of its own, without a database.
    pub fn start(self) -> Shop {
        self.serve(None)
    }

    /// The service on a schema of its own.
    pub async fn start_with_db(self) -> Shop {
        let db = TestDb::new(vec![idempotency::MIGRATIONS]).await;
        let mut conn = db.pool.get().await.expect("a connection");
        conn.batch_execute("CREATE TABLE thing (sku text NOT NULL)").await.expect("a table");
        drop(conn);
        self.serve(Some(db))
    }

    fn serve(self, db: Option<TestDb>) -> Shop {
        let Self { verifier, limiter, cors_origins } = self;
        let http = Http::with(Settings { verifier, limiter, cors_origins, trusted_proxies: Vec::new() });
        let works = Data::new(Works { done: AtomicUsize::new(0), entered: Semaphore::new(0), gate: Semaphore::new(0) });
        let (pool, shared) = (db.as_ref().map(|db| Data::new(db.pool.clone())), works.clone());
        let server = HttpServer::new(move || {
            let app = web::app(&http).app_data(shared.clone());
            match &pool {
                Some(pool) => app.app_data(pool.clone()),
                None => app,
            }
            .configure(routes)
        })
        .workers(2)
        .disable_signals()
        .bind("127.0.0.1:0")
        .expect("a port");
        let addr = server.addrs()[0];
        tokio::spawn(server.run());
        Shop { api: Api::at(addr), works, db }
    }
}
