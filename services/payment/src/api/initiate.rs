//! Somebody starts to pay.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use diesel_async::AsyncPgConnection;
use proto_events::ids::OrderId;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::{BodyRefusals, CallerRefusals, Refusals};
use web::trace::TraceContext;
use web::{Answer, Body, Caller, IdempotencyKey, Problem, idempotency};

use super::views::PaymentView;
use super::{check_owner, hear_of, not_heard_of, problem};
use crate::store::Batch;
use crate::{Service, domain, store};

/// The order to pay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InitiatePayment {
    #[schema(value_type = String, pattern = "^ord_[0-9a-f]{32}$")]
    order_id: OrderId,
}

/// Start to pay an order
///
/// Optional: it prepares the payment at the gateway, so that confirming takes less time. 200 where it was done before.
#[utoipa::path(
    post, path = "/api/v1/payments/initiate", operation_id = "initiatePayment", tag = "payment",
    security(("bearer" = [])), params(("Idempotency-Key" = String, Header)), request_body = InitiatePayment,
    responses(
        (status = 201, description = "Begun", body = PaymentView),
        (status = 200, description = "It stands already", body = PaymentView),
        CallerRefusals, BodyRefusals, Refusals
    )
)]
pub async fn initiate(
    caller: Caller,
    key: IdempotencyKey,
    body: Body<InitiatePayment>,
    trace: TraceContext,
    service: Data<Service>,
) -> Result<HttpResponse, Problem> {
    let parts = service.ready()?;
    let claim = key.claim(caller.user_id(), body.fingerprint);
    hear_of(&service.pool, body.order_id, |payment| payment.ordered.is_some()).await?;
    let trace = trace.to_string();
    let response =
        idempotency::run(&service.pool, &claim, async |conn| begin(conn, &caller, body.order_id, &trace).await).await?;
    parts.relay.wake();
    parts.wake_worker.wake();
    Ok(response)
}

async fn begin(
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    order_id: OrderId,
    trace: &str,
) -> Result<Answer, Problem> {
    let mut batch = Batch::lock(conn, [order_id]).await?;
    let context = batch.context();
    let entry = batch.get(order_id).ok_or_else(|| not_heard_of(order_id))?;
    check_owner(&entry.payment, caller)?;
    let stood = entry.payment.initiated;
    let entry = entry.traced(Some(trace));
    entry.put(domain::initiate(entry.payment.clone(), &context).map_err(problem)?);
    let begun = entry.payment.initiated && !stood;
    let id = entry.payment.id;
    batch.save(conn).await?;
    batch.count();
    let stored = store::read(conn, vec![order_id]).await?;
    let view = PaymentView::of(stored.first().ok_or_else(Problem::not_found)?)?;
    let status = if begun { StatusCode::CREATED } else { StatusCode::OK };
    Ok(Answer::json(status, &view)?.location(format!("/api/v1/payments/{id}")))
}
