//! The HTTP side that all services share: problems, callers, bodies, lists, idempotency keys, entity tags, rate limits.
//!
//! ```no_run
//! use actix_web::http::StatusCode;
//! use actix_web::web::{Data, ServiceConfig};
//! use actix_web::{HttpRequest, HttpResponse, web as http};
//! use runtime::db::Pool;
//! use serde::{Deserialize, Serialize};
//! use utoipa::{IntoParams, ToSchema};
//! use web::{Answer, Body, Caller, IdempotencyKey, IfMatch, List, Merchant, Money, Page, Path, Problem, idempotency};
//!
//! /// What a field may hold is said here once: it is documented, and `Body` enforces it.
//! #[derive(Deserialize, ToSchema)]
//! #[serde(deny_unknown_fields)]
//! struct NewThing {
//!     #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$")]
//!     sku: String,
//!     #[schema(minimum = 1, maximum = 100)]
//!     quantity: i64,
//!     price: Option<Money>,
//!     #[schema(value_type = Option<String>, pattern = "^ord_[0-9a-f]{32}$")]
//!     order_id: Option<proto_events::ids::OrderId>,
//! }
//!
//! #[derive(Deserialize, ToSchema, IntoParams)]
//! #[into_params(parameter_in = Query)]
//! #[serde(deny_unknown_fields)]
//! struct Filter {
//!     status: Option<String>,
//! }
//!
//! #[derive(Serialize, ToSchema)]
//! struct Thing { id: i64, version: i64 }
//!
//! async fn list(_caller: Caller, query: List<Filter>) -> Result<http::Json<Page<Thing>>, Problem> {
//!     let after: Option<i64> = query.page.after()?;
//!     let rows = vec![(7, 1)]; // SELECT … WHERE id > $after ORDER BY id LIMIT query.page.fetch()
//!     # let _ = after;
//!     Ok(http::Json(Page::build(&query.page, rows, |row| row.0, |(id, version)| Thing { id, version })))
//! }
//!
//! // The arguments' order is the order of the checks: caller, key, body, path.
//! async fn create(
//!     caller: Merchant, key: IdempotencyKey, body: Body<NewThing>, pool: Data<Pool>,
//! ) -> Result<HttpResponse, Problem> {
//!     let claim = key.claim(caller.user_id(), body.fingerprint);
//!     idempotency::run(&pool, &claim, async |_conn| {
//!         let thing = Thing { id: 7, version: 1 }; // INSERT …, outbox::append(conn, …)
//!         Ok(Answer::json(StatusCode::CREATED, &thing)?.location("/api/v1/things/7").etag(thing.version))
//!     })
//!     .await
//! }
//!
//! async fn get(_caller: Caller, path: Path<i64>, req: HttpRequest) -> Result<HttpResponse, Problem> {
//!     let thing = Thing { id: *path, version: 1 }; // SELECT …, or Problem::not_found()
//!     web::versioned(&req, thing.version, &thing) // 200 or 304
//! }
//!
//! async fn put(
//!     _caller: Merchant, _body: Body<NewThing>, path: Path<i64>, if_match: IfMatch,
//! ) -> Result<Answer, Problem> {
//!     let thing = Thing { id: *path, version: 1 }; // SELECT … FOR UPDATE, or Problem::not_found()
//!     if_match.check(thing.version)?; // 428, 412
//!     Ok(Answer::json(StatusCode::OK, &thing)?.etag(thing.version + 1))
//! }
//!
//! fn routes(cfg: &mut ServiceConfig) {
//!     // One resource per path, so that other methods are 405 with `Allow`.
//!     cfg.service(http::resource("/api/v1/things").get(list).post(create))
//!         .service(http::resource("/api/v1/things/{id}").get(get).put(put));
//! }
//! ```
//!
//! # Layout
//!
//! - [`app`](app()): what surrounds the routes of a service.
//! - [`problem`], [`Faults`]: refusals. [`Answer`]: the other answers.
//! - [`Body`], [`OptionalBody`], [`Query`], [`List`], [`Page`], [`Path`]: what a request brings, checked.
//! - [`Caller`], [`MaybeCaller`], [`Admin`], [`Customer`], [`Merchant`]: who calls. [`token`]: what tokens say.
//! - [`dead_letters`]: the admin's calls on records that could not be applied.
//! - [`idempotency`], [`etag`], [`rate_limit`], [`trace`], [`money`], [`openapi`].

mod answer;
mod app;
mod body;
mod caller;
pub mod dead_letters;
mod edge;
pub mod etag;
mod faults;
pub mod idempotency;
mod jwks;
mod metrics;
pub mod money;
pub mod openapi;
mod path;
pub mod problem;
mod query;
pub mod rate_limit;
mod ready;
mod serve;
pub mod token;
pub mod trace;

pub use answer::{Answer, versioned};
pub use app::{Http, Settings, app};
pub use body::{Body, MAX_BODY, OptionalBody};
pub use caller::{Admin, Caller, Customer, MaybeCaller, Merchant, Unverified, Verifier};
pub use etag::{IfMatch, IfNoneMatch};
pub use faults::{Faults, MAX_FAULTS};
pub use idempotency::IdempotencyKey;
pub use money::{Currency, Money};
pub use path::Path;
pub use problem::{Fault, Problem};
pub use query::{DEFAULT_LIMIT, List, MAX_LIMIT, NoFilter, Page, PageRequest, Query};
pub use serve::serve;
