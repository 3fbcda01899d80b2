//! Watching orders: server-sent events.

mod stream;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::openapi::{CallerRefusals, Refusals};
use web::{Admin, Caller, Path, Problem, Query};

use crate::feed::{Refused, Subscription};
use crate::store;

use super::{App, Parts, Viewer, order_id};
use stream::Stream;

/// When to come again, in seconds: streams end by the minute.
const RETRY_AFTER_S: u32 = 10;
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Where to go on.
#[derive(Debug, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// For clients that cannot send the header `Last-Event-ID`, which goes before it.
    #[schema(max_length = 40)]
    last_event_id: Option<String>,
}

/// The header that browsers send by themselves.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "only its description is used")]
pub struct LastEventId {
    /// The id of the last event that was received: everything after it follows.
    #[param(rename = "Last-Event-ID", max_length = 40)]
    last_event_id: Option<String>,
}

/// The data of an event named `order`: something that happened to an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderEvent {
    #[schema(example = "ord_01900000000070008000000000000001")]
    pub order_id: String,
    /// Where the order stands since.
    #[schema(example = "PAID")]
    pub status: String,
    /// As in the timeline.
    #[schema(example = "payment_captured")]
    pub fact: String,
    pub at: DateTime<Utc>,
}

/// Watch an order
///
/// Server-sent events. `order` tells a fact as it happens. `reset` says to read the order anew and then to go on: it
/// begins a stream without `Last-Event-ID`, and one whose id is older than half an hour or unknown. `end` says why the
/// stream ends (`token_expired`, `stopping`, `unavailable`): connect again with the last id and nothing is lost.
#[utoipa::path(
    get, path = "/api/v1/orders/{id}/events", operation_id = "watchOrder", tag = "order",
    security(("bearer" = [])), params(("id" = String, Path), Resume, LastEventId),
    responses(
        (status = 200, description = "A stream", content_type = "text/event-stream", body = OrderEvent),
        CallerRefusals, Refusals
    )
)]
pub async fn of_order(
    caller: Caller,
    query: Query<Resume>,
    path: Path<String>,
    app: Data<App>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (id, viewer, parts) = (order_id(&path)?, Viewer::of(&caller), app.parts()?);
    let found = store::find(&mut *parts.pool.get().await?, id).await?;
    found.filter(|(whole, _)| viewer.may_see(&whole.stored.order)).ok_or_else(Problem::not_found)?;
    let subscription = parts.feed.subscribe(viewer.user_id, Some(id)).map_err(refused)?;
    Ok(answer(parts, subscription, &caller, &req, &query))
}

/// Watch all orders
///
/// As watching one order.
#[utoipa::path(
    get, path = "/api/v1/orders/events", operation_id = "watchOrders", tag = "order",
    security(("bearer" = [])), params(Resume, LastEventId),
    responses(
        (status = 200, description = "A stream", content_type = "text/event-stream", body = OrderEvent),
        CallerRefusals, Refusals
    )
)]
pub async fn of_all(
    caller: Admin,
    query: Query<Resume>,
    app: Data<App>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let parts = app.parts()?;
    let subscription = parts.feed.subscribe(caller.user_id(), None).map_err(refused)?;
    Ok(answer(parts, subscription, &caller, &req, &query))
}

fn refused(refused: Refused) -> Problem {
    let (status, code, detail) = match refused {
        Refused::User => (StatusCode::TOO_MANY_REQUESTS, "rate_limited", "You have too many event streams open."),
        Refused::Process => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Too many event streams are open."),
    };
    Problem::new(status, code, detail).retry_after(RETRY_AFTER_S)
}

fn answer(
    parts: &Parts,
    subscription: Subscription,
    caller: &Caller,
    req: &HttpRequest,
    query: &Resume,
) -> HttpResponse {
    let header = req.headers().get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or_default());
    let last_event_id = header.or(query.last_event_id.as_deref());
    let stream = Stream::new(parts, subscription, caller.exp, last_event_id);
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((ACCEL_BUFFERING, "no"))
        .streaming(stream.into_chunks())
}
