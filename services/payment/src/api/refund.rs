//! Giving money back by hand.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use diesel_async::AsyncPgConnection;
use proto_events::ids::PaymentId;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::{BodyRefusals, CallerRefusals, Refusals};
use web::trace::TraceContext;
use web::{Admin, Answer, Body, Faults, IdempotencyKey, Money, Problem, idempotency};

use super::problem;
use super::views::{RefundView, currency_of};
use crate::store::Batch;
use crate::{Service, domain, store};

/// What to give back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundRequest {
    #[schema(value_type = String, pattern = "^pay_[0-9a-f]{32}$")]
    payment_id: PaymentId,
    /// All that is left when absent.
    #[schema(nullable = false)]
    amount: Option<Money>,
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Give money back
///
/// It is PENDING until the gateway has done it. All of an order of which nothing was shipped is refused with
/// `cancel_instead`.
#[utoipa::path(
    post, path = "/api/v1/payments/refund", operation_id = "refundPayment", tag = "payment",
    security(("bearer" = [])), params(("Idempotency-Key" = String, Header)), request_body = RefundRequest,
    responses(
        (status = 201, description = "Will be given back", body = RefundView),
        CallerRefusals, BodyRefusals, Refusals
    )
)]
pub async fn refund(
    caller: Admin,
    key: IdempotencyKey,
    body: Body<RefundRequest>,
    trace: TraceContext,
    service: Data<Service>,
) -> Result<HttpResponse, Problem> {
    let parts = service.ready()?;
    let claim = key.claim(caller.user_id(), body.fingerprint);
    let trace = trace.to_string();
    let response = idempotency::run(&service.pool, &claim, async |conn| give_back(conn, &body, &trace).await).await?;
    parts.relay.wake();
    parts.wake_worker.wake();
    Ok(response)
}

async fn give_back(conn: &mut AsyncPgConnection, request: &RefundRequest, trace: &str) -> Result<Answer, Problem> {
    let order_id = store::order_of(conn, request.payment_id).await?.ok_or_else(Problem::not_found)?;
    let mut batch = Batch::lock(conn, [order_id]).await?;
    let context = batch.context();
    let entry = batch.get(order_id).ok_or_else(Problem::not_found)?.traced(Some(trace));
    let currency =
        if entry.payment.ordered.is_some() { currency_of(&entry.payment)? } else { return Err(Problem::not_found()) };
    let mut faults = Faults::new();
    if let Some(amount) = request.amount {
        if amount.currency != currency {
            faults.add("/amount/currency", "currency_mismatch", format!("The payment is in {currency}."));
        }
        if amount.amount_minor < 1 {
            faults.add("/amount/amount_minor", "out_of_range", "Must be at least 1.");
        }
    }
    faults.into_result()?;
    let amount_minor = request.amount.map(|amount| amount.amount_minor);
    let reason = request.reason.clone();
    entry.put(domain::refund(entry.payment.clone(), amount_minor, reason, &context).map_err(problem)?);
    let made = entry.payment.refunds.last().ok_or_else(|| Problem::internal("a refund was made and is not there"))?;
    let answer = Answer::json(StatusCode::CREATED, &RefundView::of(&entry.payment, made, currency))?;
    batch.save(conn).await?;
    batch.count();
    Ok(answer)
}
