//! One attempt to charge. It goes over the network between two transactions, so its key is owned meanwhile, and the
//! attempt remembers which request asked for it: a repeat finds it, however far it got.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use proto_events::ids::{AttemptId, OrderId};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;
use web::idempotency::{self, Begin, Claim};
use web::openapi::{BodyRefusals, CallerRefusals, Refusals};
use web::trace::TraceContext;
use web::{Answer, Body, Caller, IdempotencyKey, Problem};

use super::views::PaymentView;
use super::{LOOK_AGAIN, check_owner, hear_of, not_heard_of, problem};
use crate::domain::{AttemptState, ClosedReason, Payment, Refused};
use crate::schema::attempt;
use crate::store::{Batch, Stored};
use crate::worker::{Taken, take_one};
use crate::{Service, domain, store};

/// How long a buyer is kept waiting for the gateway. Most answers take a second, slow banks some more; after this they
/// are told that it is being worked on.
const OUTCOME_PATIENCE: Duration = Duration::from_secs(6);

/// What to charge.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmPayment {
    #[schema(value_type = String, pattern = "^ord_[0-9a-f]{32}$")]
    order_id: OrderId,
    /// The gateway's name of the card or account.
    #[schema(min_length = 1, max_length = 100, pattern = "^[A-Za-z0-9_-]+$", example = "pm_card_visa")]
    payment_method: String,
}

/// Pay an order
///
/// One of three attempts. A decline (402 `card_declined`) says how many are left. 202 means that the gateway's answer is not
/// known yet: the payment settles by itself, and a repeat with the same key tells how.
#[utoipa::path(
    post, path = "/api/v1/payments/confirm", operation_id = "confirmPayment", tag = "payment",
    security(("bearer" = [])), params(("Idempotency-Key" = String, Header)), request_body = ConfirmPayment,
    responses(
        (status = 200, description = "Paid", body = PaymentView),
        (status = 202, description = "Being worked on; see `Location`", body = PaymentView),
        (status = 402, description = "The card does not pay (`card_declined`, with `decline_code` and `attempts_left`)"),
        CallerRefusals, BodyRefusals, Refusals
    )
)]
pub async fn confirm(
    caller: Caller,
    key: IdempotencyKey,
    body: Body<ConfirmPayment>,
    trace: TraceContext,
    service: Data<Service>,
) -> Result<HttpResponse, Problem> {
    service.ready()?;
    let claim = key.claim(caller.user_id(), body.fingerprint);
    let request = Request { caller, claim, body: body.into_inner(), traceparent: trace.to_string() };
    let service = service.into_inner();
    // A task of its own: a buyer who hangs up must not leave the key owned and the outcome unread.
    let answered = tokio::spawn(async move { once(&service, request).await });
    match answered.await.map_err(Problem::internal)?? {
        Given::Now(answer) => Ok(answer.into_response()),
        Given::Before(answer) => idempotency::replay(answer),
    }
}

struct Request {
    caller: Caller,
    claim: Claim,
    body: ConfirmPayment,
    traceparent: String,
}

impl Request {
    /// Names the request by who asked and with which key.
    fn digest(&self) -> Vec<u8> {
        Sha256::new()
            .chain_update(&self.claim.scope)
            .chain_update([0])
            .chain_update(&self.claim.key)
            .finalize()
            .to_vec()
    }
}

enum Given {
    Now(Answer),
    Before(Answer),
}

/// Does the work once per key.
async fn once(service: &Service, request: Request) -> Result<Given, Problem> {
    let mut conn = service.pool.get().await?;
    let running = match idempotency::claim_running(&mut conn, request.claim.clone()).await? {
        Ok(running) => running,
        Err(Begin::Replay(answer)) => return Ok(Given::Before(answer)),
        Err(Begin::Reused) => return Err(idempotency::reused()),
        Err(Begin::InUse | Begin::Start) => return Err(idempotency::in_use()),
    };
    drop(conn);
    let result = pay(service, &request).await;
    let mut conn = service.pool.get().await?;
    match &result {
        Ok(answer) => idempotency::complete(&mut conn, running, answer).await?,
        Err(problem) if problem.is_final() => {
            idempotency::complete(&mut conn, running, &Answer::from_problem(problem)).await?;
        }
        Err(_) => idempotency::abandon(&mut conn, running).await?,
    }
    result.map(Given::Now)
}

async fn pay(service: &Service, request: &Request) -> Result<Answer, Problem> {
    let order_id = request.body.order_id;
    let over = |payment: &Payment| payment.closed.is_some() || payment.final_word.is_some();
    hear_of(&service.pool, order_id, |payment| {
        payment.ordered.is_some() && (payment.deadline.is_some() || over(payment))
    })
    .await?;
    let (attempt_id, taken) = start(service, request).await?;
    let stored = outcome(service, order_id, attempt_id, taken).await?;
    answer(&stored, attempt_id)
}

runtime::statement! {
    struct Remember {
        request: Vec<u8> as Binary,
        fingerprint: Vec<u8> as Binary,
        attempt: Uuid as SqlUuid,
    }
    "UPDATE attempt SET request = ?, request_sha256 = ? WHERE id = ?"
}

/// Writes the attempt and takes its first step, or finds the attempt that this request made before.
async fn start(service: &Service, request: &Request) -> Result<(AttemptId, Option<Taken>), Problem> {
    let mut conn = service.pool.get().await?;
    let (started, batch) = conn
        .transaction::<_, Problem, _>(async |conn| {
            let order_id = request.body.order_id;
            let mut batch = Batch::lock(conn, [order_id]).await?;
            let (context, next) = (batch.context(), batch.context());
            let entry = batch.get(order_id).ok_or_else(|| not_heard_of(order_id))?;
            check_owner(&entry.payment, &request.caller)?;
            if let Some(attempt_id) = made_before(conn, request).await? {
                return Ok(((attempt_id, None), None));
            }
            let entry = entry.traced(Some(&request.traceparent));
            let method = request.body.payment_method.clone();
            entry.put(domain::confirm(entry.payment.clone(), method, &context).map_err(problem)?);
            let made = entry.payment.attempts.last().map(|attempt| attempt.id);
            let attempt_id = made.ok_or_else(|| Problem::internal("an attempt was made and is not there"))?;
            // Not due: the intent is being made for this payment already, and whoever is at it goes on.
            let due = entry.payment.due_at.is_some_and(|due| due <= context.now);
            let taken = if due { take_one(entry, &next) } else { None };
            batch.save(conn).await?;
            let fingerprint = request.claim.fingerprint.to_vec();
            Remember { request: request.digest(), fingerprint, attempt: attempt_id.0 }.execute(conn).await?;
            Ok(((attempt_id, taken), Some(batch)))
        })
        .await?;
    if let Some(batch) = batch {
        batch.count();
    }
    service.ready()?.relay.wake();
    Ok(started)
}

/// The attempt that this request made before, as far as keys are remembered.
async fn made_before(conn: &mut AsyncPgConnection, request: &Request) -> Result<Option<AttemptId>, Problem> {
    let made: Option<(Uuid, Option<Vec<u8>>)> = attempt::table
        .filter(attempt::request.eq(request.digest()))
        .filter(attempt::started_at.gt(diesel::dsl::sql::<Timestamptz>("now() - interval '24 hours'")))
        .order(attempt::started_at.desc())
        .select((attempt::id, attempt::request_sha256))
        .first(conn)
        .await
        .optional()?;
    match made {
        Some((id, Some(fingerprint))) if fingerprint == request.claim.fingerprint => Ok(Some(AttemptId(id))),
        Some(_) => Err(idempotency::reused()),
        None => Ok(None),
    }
}

/// Performs the step and waits for the attempt's outcome, but not for long.
async fn outcome(
    service: &Service,
    order_id: OrderId,
    attempt_id: AttemptId,
    taken: Option<Taken>,
) -> Result<Stored, Problem> {
    let patience = Instant::now() + OUTCOME_PATIENCE;
    if let Some(taken) = taken {
        let performed = service.ready()?.worker.perform(taken);
        // Whatever came of it stands in the database, and it goes on if it takes longer.
        tokio::time::timeout_at(patience, performed).await.ok();
    }
    loop {
        let mut conn = service.pool.get().await?;
        let stored = store::read(&mut conn, vec![order_id]).await?.pop().ok_or_else(Problem::not_found)?;
        drop(conn);
        let open = state_of(&stored.payment, attempt_id) == Some(AttemptState::Open);
        if !open || Instant::now() >= patience {
            return Ok(stored);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn state_of(payment: &Payment, id: AttemptId) -> Option<AttemptState> {
    payment.attempts.iter().find(|attempt| attempt.id == id).map(|attempt| attempt.state)
}

fn answer(stored: &Stored, attempt_id: AttemptId) -> Result<Answer, Problem> {
    let payment = &stored.payment;
    let attempt = payment.attempts.iter().find(|attempt| attempt.id == attempt_id).ok_or_else(Problem::not_found)?;
    let shown = |status| Answer::json(status, &PaymentView::of(stored)?);
    match attempt.state {
        AttemptState::Succeeded => shown(StatusCode::OK),
        AttemptState::Open | AttemptState::Unknown => {
            Ok(shown(StatusCode::ACCEPTED)?.location(format!("/api/v1/payments/{}", payment.id)))
        }
        AttemptState::Declined => {
            let detail = "The card was declined.";
            Err(Problem::new(StatusCode::PAYMENT_REQUIRED, "card_declined", detail)
                .with("decline_code", attempt.decline_code.clone())
                .with("attempts_left", payment.attempts_left()))
        }
        AttemptState::Cancelled => {
            let reason = domain::closed_reason(payment).unwrap_or(ClosedReason::PaymentFailed);
            Err(problem(Refused::PaymentClosed(reason)))
        }
    }
}
