//! What the gateway tells by itself. It signs its events, sends them again until they are taken, and keeps no order.
//!
//! An event is noted by its id and acts in the same transaction, before it is answered; what arrives while one transaction
//! runs shares the next.

pub mod signature;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, BytesMut, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use diesel::QueryResult;
use diesel::sql_types::{Array, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use futures_util::StreamExt;
use messaging::{Batcher, Wake};
use proto_events::ids::{AttemptId, OrderId, RefundId};
use runtime::Lifecycle;
use runtime::db::Pool;
use serde::Deserialize;
use serde_json::Value;
use web::Problem;

use crate::Service;
use crate::domain::{GatewayFact, Payment, on_gateway};
use crate::gateway::{end_of, refund_fact};
use crate::handover::WakeWorker;
use crate::metrics;
use crate::store::{self, Batch};
use crate::stripe::{IntentObject, RefundObject};

/// Under load a transaction begins no more often than this. Nobody waits for it: mostly what it tells was said in the
/// answer to a call.
const BATCH_GAP: Duration = Duration::from_millis(50);

/// An event about something that may concern a payment.
#[derive(Debug, Clone)]
pub struct Notice {
    id: String,
    intent_id: String,
    fact: GatewayFact,
    /// The whole event, for the case that its payment is not known here.
    event: Bytes,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It told something new.
    Acted,
    /// What it told was known.
    Known,
    /// The same event came before.
    Repeated,
    /// It is about a payment that is not known here.
    Stray,
}

/// Hands events to the transactions. Cheap to clone.
pub type Notices = Batcher<Notice, Option<Taken>>;

/// Starts the batches. An answer of `None` says that the event could not be written.
pub fn start(lifecycle: &Lifecycle, pool: Pool, relay: Wake, worker: WakeWorker) -> Notices {
    Batcher::start(lifecycle, "webhooks", BATCH_GAP, move |notices: Vec<Notice>| {
        let (pool, relay, worker) = (pool.clone(), relay.clone(), worker.clone());
        async move {
            let taken = take_all(&pool, &notices).await;
            // Most tell what is known, which makes nothing to do.
            if taken.contains(&Some(Taken::Acted)) {
                relay.wake();
                worker.wake();
            }
            taken
        }
    })
}

/// Takes an event of the gateway. It answers 2xx once the event is in the database, and only then.
#[utoipa::path(
    post, path = "/api/v1/payments/webhook", operation_id = "receivePaymentWebhook", tag = "payment",
    summary = "Takes an event of the payment gateway, signed in `Stripe-Signature`",
    request_body(content = Object, content_type = "application/json", description = "A Stripe event"),
    responses(
        (status = 200, description = "Taken; also when it came before or concerns nothing here"),
        (status = 400, description = "The signature is missing, false or old (`invalid_signature`)"),
        (status = 413, description = "More than 64 KiB (`body_too_large`)"),
        web::openapi::Refusals
    )
)]
pub async fn receive(req: HttpRequest, payload: Payload, service: Data<Service>) -> Result<HttpResponse, Problem> {
    let body = read_body(payload).await?;
    let header = req.headers().get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    // This process's clock: the gateway's is another anyway, and the tolerance is wide.
    if !signature::is_genuine(header, &body, service.webhook_secret(), Utc::now()) {
        metrics::WEBHOOKS.with_label_values(&["forged"]).inc();
        tracing::warn!("a webhook without a valid signature was refused");
        return Err(refused("invalid_signature", "The signature is missing, false or old."));
    }
    let Some(notice) = read(body).map_err(|_| refused("malformed_json", "The body is not an event."))? else {
        metrics::WEBHOOKS.with_label_values(&["ignored"]).inc();
        return Ok(HttpResponse::Ok().finish());
    };
    let taken = service.ready()?.notices.submit(notice).await;
    let Ok(Some(taken)) = taken else { return Err(Problem::unavailable()) };
    metrics::WEBHOOKS.with_label_values(&[taken.as_str()]).inc();
    Ok(HttpResponse::Ok().finish())
}

fn refused(code: &'static str, detail: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, detail)
}

async fn read_body(mut payload: Payload) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| refused("malformed_json", "The body ended early."))?;
        if body.len() + chunk.len() > web::MAX_BODY {
            let detail = "A body may have at most 64 KiB.";
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The part of an event that tells how to read the rest.
#[derive(Deserialize)]
struct EventKind {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct EventObject<T> {
    id: String,
    data: EventData<T>,
    request: Option<EventRequest>,
}

#[derive(Deserialize)]
struct EventData<T> {
    object: T,
}

#[derive(Deserialize)]
struct EventRequest {
    idempotency_key: Option<String>,
}

/// Reads an event; `None` for a kind that tells a payment nothing.
fn read(body: Bytes) -> serde_json::Result<Option<Notice>> {
    let told = match serde_json::from_slice::<EventKind>(&body)?.kind.as_str() {
        "payment_intent.succeeded" | "payment_intent.canceled" => {
            let EventObject::<IntentObject> { id, data, .. } = serde_json::from_slice(&body)?;
            end_of(&data.object).map(|fact| (id, data.object.id, fact))
        }
        "payment_intent.payment_failed" => {
            let EventObject::<IntentObject> { id, data, request } = serde_json::from_slice(&body)?;
            let fact = declined(&data.object, request);
            Some((id, data.object.id, fact))
        }
        "refund.created" | "refund.updated" | "refund.failed" => {
            let EventObject::<RefundObject> { id, data, .. } = serde_json::from_slice(&body)?;
            let refund = data.object;
            let ours = refund.metadata.refund_id.as_deref().and_then(|id| id.parse::<RefundId>().ok());
            let told = ours.map(|id| refund_fact(id, &refund)).filter(|fact| *fact != GatewayFact::NoNews);
            refund.payment_intent.zip(told).map(|(intent_id, fact)| (id, intent_id, fact))
        }
        _ => None,
    };
    Ok(told.map(|(id, intent_id, fact)| Notice { id, intent_id, fact, event: body }))
}

/// The key of the confirm that was declined is its attempt's id. Without it, the gateway has to be asked which it was.
fn declined(intent: &IntentObject, request: Option<EventRequest>) -> GatewayFact {
    let attempt = request.and_then(|request| request.idempotency_key?.parse::<AttemptId>().ok());
    let code = intent.last_payment_error.as_ref().and_then(|error| error.most_specific_code());
    match (attempt, code) {
        (Some(attempt_id), Some(code)) => GatewayFact::Declined { attempt_id, code: code.to_owned() },
        _ => GatewayFact::Hint,
    }
}

impl Taken {
    fn as_str(self) -> &'static str {
        match self {
            Taken::Acted => "acted",
            Taken::Known => "known",
            Taken::Repeated => "repeated",
            Taken::Stray => "stray",
        }
    }
}

runtime::statement! {
    /// Notes events; those that came before are not among the rows.
    struct Note { ids: Vec<String> as Array<Text>, payloads: Vec<Option<Value>> as Array<Nullable<Jsonb>> }
    "INSERT INTO webhook_event (id, payload) SELECT * FROM unnest(?, ?) ON CONFLICT DO NOTHING RETURNING id" -> Text
}

runtime::statement! {
    /// What the gateway tells after the fact of a refund that it had reported as done.
    struct BouncedRefunds { ids: Vec<uuid::Uuid> as Array<SqlUuid> }
    "SELECT id FROM refund WHERE id = ANY(?) AND state = 'SUCCEEDED'" -> SqlUuid
}

/// When a batch fails, its events are taken one by one, so that none suffers for another.
async fn take_all(pool: &Pool, notices: &[Notice]) -> Vec<Option<Taken>> {
    match take(pool, notices).await {
        Ok(taken) => taken.into_iter().map(Some).collect(),
        Err(error) if notices.len() == 1 => {
            tracing::warn!(error = format!("{error:#}"), "a webhook was not taken; the gateway sends it again");
            vec![None]
        }
        Err(_) => {
            let mut all = Vec::with_capacity(notices.len());
            for notice in notices {
                let taken = take(pool, std::slice::from_ref(notice)).await.ok();
                all.push(taken.and_then(|taken| taken.into_iter().next()));
            }
            all
        }
    }
}

async fn take(pool: &Pool, notices: &[Notice]) -> anyhow::Result<Vec<Taken>> {
    let mut conn = pool.get().await?;
    let orders = store::orders_of_intents(&mut conn, notices.iter().map(|n| n.intent_id.as_str()).collect()).await?;
    let news = news(&mut conn, notices, &orders).await?;
    let (batch, taken) = conn
        .transaction::<_, diesel::result::Error, _>(async |conn| {
            let acted = act(conn, notices, &orders, &news).await?;
            runtime::crash_point!("webhook.after_insert");
            Ok(acted)
        })
        .await?;
    if let Some(batch) = batch {
        batch.count();
    }
    Ok(taken)
}

/// The orders to which an event tells something new. Looked at without locks: what is known stays known.
async fn news(
    conn: &mut AsyncPgConnection,
    notices: &[Notice],
    orders: &BTreeMap<String, OrderId>,
) -> QueryResult<BTreeSet<OrderId>> {
    let stored = store::read(conn, orders.values().copied().collect()).await?;
    let payments: BTreeMap<OrderId, Payment> =
        stored.into_iter().map(|stored| (stored.payment.order_id, stored.payment)).collect();
    let context = crate::domain::Context { now: Utc::now(), fresh_id: uuid::Uuid::now_v7() };
    let is_news = |notice: &Notice| {
        let order_id = *orders.get(&notice.intent_id)?;
        let before = payments.get(&order_id)?;
        let (after, _) = on_gateway(before.clone(), &notice.fact, &context);
        (after != *before).then_some(order_id)
    };
    Ok(notices.iter().filter_map(is_news).collect())
}

async fn act(
    conn: &mut AsyncPgConnection,
    notices: &[Notice],
    orders: &BTreeMap<String, OrderId>,
    news: &BTreeSet<OrderId>,
) -> QueryResult<(Option<Batch>, Vec<Taken>)> {
    // Sorted, so that two replicas with the same events wait for each other instead of deadlocking.
    let mut sorted: Vec<&Notice> = notices.iter().collect();
    sorted.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    let is_stray = |notice: &Notice| !orders.contains_key(&notice.intent_id);
    let note = Note {
        ids: sorted.iter().map(|notice| notice.id.clone()).collect(),
        // It was read before, so it is JSON.
        payloads: sorted
            .iter()
            .map(|n| is_stray(n).then(|| serde_json::from_slice(&n.event)).and_then(Result::ok))
            .collect(),
    };
    let mut fresh: HashSet<String> = note.load::<String>(conn).await?.into_iter().collect();
    let mut batch = None;
    if !news.is_empty() {
        batch = Some(Batch::lock(conn, news.iter().copied()).await?);
    }
    let mut taken = Vec::with_capacity(notices.len());
    for notice in notices {
        taken.push(if fresh.remove(&notice.id) { act_on(notice, orders, &mut batch) } else { Taken::Repeated });
    }
    if let Some(batch) = &batch {
        batch.save(conn).await?;
    }
    warn_of_bounced_refunds(conn, notices).await?;
    Ok((batch, taken))
}

fn act_on(notice: &Notice, orders: &BTreeMap<String, OrderId>, batch: &mut Option<Batch>) -> Taken {
    let Some(order_id) = orders.get(&notice.intent_id) else {
        tracing::warn!(
            event = notice.id,
            intent = notice.intent_id,
            "a webhook about a payment that is not known here"
        );
        return Taken::Stray;
    };
    let Some(batch) = batch else { return Taken::Known };
    let context = batch.context();
    let Some(entry) = batch.get(*order_id) else { return Taken::Known };
    let before = entry.payment.clone();
    entry.put(on_gateway(before.clone(), &notice.fact, &context));
    if entry.payment == before { Taken::Known } else { Taken::Acted }
}

/// A refund may still fail days after it was done. It is not undone here: people have to pay the buyer another way.
async fn warn_of_bounced_refunds(conn: &mut AsyncPgConnection, notices: &[Notice]) -> QueryResult<()> {
    let refused = |notice: &Notice| match notice.fact {
        GatewayFact::RefundRefused { refund_id, .. } => Some(refund_id.0),
        _ => None,
    };
    let ids: Vec<uuid::Uuid> = notices.iter().filter_map(refused).collect();
    if ids.is_empty() {
        return Ok(());
    }
    for id in (BouncedRefunds { ids }).load::<uuid::Uuid>(conn).await? {
        tracing::error!(refund = %RefundId(id), "a refund that was done has failed later: people have to look at it");
    }
    Ok(())
}
