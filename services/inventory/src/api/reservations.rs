//! Reserve, release and confirm by hand. Requests go through the same batches as events: what arrives while one
//! transaction runs is the next transaction.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::AsyncConnection;
use messaging::batcher::NoAnswer;
use messaging::{Batcher, Wake};
use proto_events::ids::{OrderId, ReservationId};
use proto_events::inventory::v1::ShortLine;
use runtime::Lifecycle;
use runtime::db::Pool;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use web::idempotency::{self, Begin, Claim};
use web::openapi::{BodyRefusals, CallerRefusals, IdempotencyHeader, Refusals};
use web::trace::TraceContext;
use web::{Admin, Answer, Body, IdempotencyKey, Problem};

use crate::batch::{self, Item, Lines, Outcome, Work};
use crate::domain::{Refused, Reservation, Sku, State};
use crate::retry::{Failure, Retries};

use super::App;

/// Under load a transaction begins no more often than this.
const BATCH_GAP: Duration = Duration::from_millis(5);

/// Stock to hold in an order's name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReserveRequest {
    /// Any well-formed order id.
    #[schema(value_type = String, pattern = "^ord_[0-9a-f]{32}$")]
    order_id: OrderId,
    #[schema(min_items = 1, max_items = 50)]
    items: Vec<ReservationItem>,
}

/// Units of a SKU. The same SKU in several items is added up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReservationItem {
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$", example = "MUG-BLUE")]
    sku: String,
    #[schema(minimum = 1, maximum = 1_000_000)]
    quantity: i64,
}

/// Names a reservation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReservationOfOrder {
    #[schema(value_type = String, pattern = "^ord_[0-9a-f]{32}$")]
    order_id: OrderId,
}

/// The stock of one order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reservation)]
pub struct ReservationView {
    #[schema(value_type = String)]
    id: ReservationId,
    #[schema(value_type = String)]
    order_id: OrderId,
    /// SAGA, or MANUAL: made here, which order and payment ignore.
    #[schema(example = "MANUAL")]
    origin: &'static str,
    /// HELD, COMMITTED, RELEASED, EXPIRED or RETURNED.
    #[schema(example = "HELD")]
    status: &'static str,
    /// From then on the hold may end; null where nothing was ever held.
    expires_at: Option<DateTime<Utc>>,
    items: Vec<ReservationItem>,
}

impl From<Reservation> for ReservationView {
    fn from(row: Reservation) -> Self {
        let item = |(sku, quantity): (Sku, i64)| ReservationItem { sku: sku.to_string(), quantity };
        Self {
            id: row.id,
            order_id: row.order_id,
            origin: row.origin.as_str(),
            status: row.state.as_str(),
            expires_at: row.expires_at,
            items: row.lines.into_iter().map(item).collect(),
        }
    }
}

/// Hold stock in an order's name
///
/// All items or none. 200 when the same is held already. Short items are refused with `out_of_stock` and `short_lines`.
#[utoipa::path(
    post, path = "/api/v1/inventory/reserve", operation_id = "reserveStock", tag = "inventory",
    security(("bearer" = [])), params(IdempotencyHeader), request_body = ReserveRequest,
    responses(
        (status = 201, description = "Held", body = ReservationView),
        (status = 200, description = "It was held already", body = ReservationView),
        CallerRefusals, BodyRefusals, Refusals
    )
)]
pub async fn reserve(
    caller: Admin,
    key: IdempotencyKey,
    body: Body<ReserveRequest>,
    trace: TraceContext,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(caller.user_id(), body.fingerprint);
    let mut lines = Lines::new();
    for item in &body.items {
        let sku = item.sku.parse().map_err(Problem::internal)?;
        *lines.entry(sku).or_default() += item.quantity;
    }
    let item = Item { order_id: body.order_id, work: Work::Reserve(lines), traceparent: Some(trace.to_string()) };
    app.parts()?.desk.ask(claim, item).await
}

/// Let go of what was reserved by hand
#[utoipa::path(
    post, path = "/api/v1/inventory/release", operation_id = "releaseStock", tag = "inventory",
    security(("bearer" = [])), params(IdempotencyHeader), request_body = ReservationOfOrder,
    responses(
        (status = 200, description = "Released, now or before", body = ReservationView),
        CallerRefusals, BodyRefusals, Refusals
    )
)]
pub async fn release(
    caller: Admin,
    key: IdempotencyKey,
    body: Body<ReservationOfOrder>,
    trace: TraceContext,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(caller.user_id(), body.fingerprint);
    let item = Item { order_id: body.order_id, work: Work::Release, traceparent: Some(trace.to_string()) };
    app.parts()?.desk.ask(claim, item).await
}

/// Sell what was reserved by hand
#[utoipa::path(
    post, path = "/api/v1/inventory/confirm", operation_id = "confirmStock", tag = "inventory",
    security(("bearer" = [])), params(IdempotencyHeader), request_body = ReservationOfOrder,
    responses(
        (status = 200, description = "Committed, now or before", body = ReservationView),
        CallerRefusals, BodyRefusals, Refusals
    )
)]
pub async fn confirm(
    caller: Admin,
    key: IdempotencyKey,
    body: Body<ReservationOfOrder>,
    trace: TraceContext,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(caller.user_id(), body.fingerprint);
    let item = Item { order_id: body.order_id, work: Work::Confirm, traceparent: Some(trace.to_string()) };
    app.parts()?.desk.ask(claim, item).await
}

/// Takes requests and answers them batch by batch. Cheap to clone.
#[derive(Clone)]
pub struct Desk(Batcher<Ask, Reply>);

#[derive(Debug)]
struct Ask {
    claim: Claim,
    item: Item,
}

/// How a request is answered: anew, or as its key says.
#[derive(Debug, Clone)]
enum Reply {
    Fresh(Result<Answer, Problem>),
    Kept(Answer),
}

impl Desk {
    pub fn start(lifecycle: &Lifecycle, pool: Pool, wake: Wake, ttl: TimeDelta) -> Self {
        Self(Batcher::start(lifecycle, "reservations by hand", BATCH_GAP, move |asks: Vec<Ask>| {
            let (pool, wake) = (pool.clone(), wake.clone());
            async move {
                let mut retries = Retries::new();
                let result = loop {
                    match work(&pool, ttl, &asks).await {
                        Err(failure) if retries.again_after(&failure).await => {}
                        result => break result,
                    }
                };
                match result {
                    Ok(replies) => {
                        wake.wake();
                        replies
                    }
                    Err(failure) => {
                        let problem = Problem::from(failure);
                        asks.iter().map(|_| Reply::Fresh(Err(problem.clone()))).collect()
                    }
                }
            }
        }))
    }

    async fn ask(&self, claim: Claim, item: Item) -> Result<HttpResponse, Problem> {
        match self.0.submit(Ask { claim, item }).await {
            Ok(Reply::Fresh(answer)) => answer.map(Answer::into_response),
            Ok(Reply::Kept(stored)) => idempotency::replay(stored),
            // What became of it is not known; the key makes it safe to ask again.
            Err(NoAnswer::Overloaded | NoAnswer::Unknown) => Err(Problem::unavailable()),
        }
    }
}

/// One batch, one transaction: the keys, the reservations, and the answers that the keys keep.
async fn work(pool: &Pool, ttl: TimeDelta, asks: &[Ask]) -> Result<Vec<Reply>, Failure> {
    let mut conn = pool.get().await?;
    conn.transaction(async |conn| {
        let claims: Vec<Claim> = asks.iter().map(|ask| ask.claim.clone()).collect();
        let begun = idempotency::begin(conn, &claims).await?;
        let fresh = asks.iter().zip(&begun).filter(|(_, begin)| **begin == Begin::Start);
        let items: Vec<Item> = fresh.map(|(ask, _)| ask.item.clone()).collect();
        let mut outcomes = batch::apply(conn, ttl, &items).await?.into_iter();
        let replies: Vec<Reply> = begun
            .into_iter()
            .map(|begin| match begin {
                Begin::Start => Reply::Fresh(answer(outcomes.next())),
                Begin::Replay(stored) => Reply::Kept(stored),
                Begin::Reused => Reply::Fresh(Err(idempotency::reused())),
                Begin::InUse => Reply::Fresh(Err(idempotency::in_use())),
            })
            .collect();
        let kept: Vec<(&Claim, Answer)> =
            asks.iter().zip(&replies).filter_map(|(ask, reply)| Some((&ask.claim, to_keep(reply)?))).collect();
        let kept: Vec<(&Claim, &Answer)> = kept.iter().map(|(claim, answer)| (*claim, answer)).collect();
        idempotency::finish(conn, &kept).await?;
        Ok(replies)
    })
    .await
}

/// What the key keeps: answers, and refusals that are decisions. Those about the key itself ask to wait or to use
/// another, and are none.
fn to_keep(reply: &Reply) -> Option<Answer> {
    match reply {
        Reply::Fresh(Ok(answer)) => Some(answer.clone()),
        Reply::Fresh(Err(problem)) => problem.is_final().then(|| Answer::from_problem(problem)),
        Reply::Kept(_) => None,
    }
}

fn answer(outcome: Option<Outcome>) -> Result<Answer, Problem> {
    match outcome {
        Some(Outcome::Done { reservation, created }) => {
            let status = if created { StatusCode::CREATED } else { StatusCode::OK };
            Answer::json(status, &ReservationView::from(reservation))
        }
        Some(Outcome::Refused(refused)) => Err(problem(refused)),
        Some(Outcome::Taken) | None => Err(Problem::internal("a command was left without an answer")),
    }
}

fn problem(refused: Refused) -> Problem {
    match refused {
        Refused::OutOfStock(short) => {
            let line =
                |line: ShortLine| json!({"sku": line.sku, "requested": line.requested, "available": line.available});
            Problem::conflict("out_of_stock", "There is not enough of every item; nothing is held.")
                .with("short_lines", short.into_iter().map(line).collect::<Vec<_>>())
        }
        Refused::SagaOwned => {
            Problem::conflict("saga_owned", "This reservation belongs to an order and follows it alone.")
        }
        Refused::InvalidTransition { from, allowed } => {
            let allowed: Vec<&str> = allowed.into_iter().map(State::as_str).collect();
            Problem::conflict("invalid_transition", "The reservation is not in a state that allows this.")
                .with("from", from.as_str())
                .with("allowed", allowed)
        }
        Refused::NotFound => Problem::not_found(),
    }
}
