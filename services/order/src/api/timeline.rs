//! The facts of an order, for people.

use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use web::openapi::{CallerRefusals, Refusals};
use web::{Caller, Path, Problem};

use crate::domain::{self, Actor, Detail, Entry, ShortLine};
use crate::store;

use super::{App, Viewer, order_id};

/// All that happened to an order, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderTimeline {
    pub data: Vec<OrderFact>,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderFact {
    pub at: DateTime<Utc>,
    /// A stable name; the first is `created`.
    #[schema(example = "stock_reserved")]
    pub fact: &'static str,
    /// The service that knew it first.
    #[schema(example = "inventory")]
    pub service: &'static str,
    pub actor: OrderActor,
    /// What else is known of it, by fact.
    #[schema(value_type = Object)]
    pub detail: Map<String, Value>,
}

/// Who made it happen.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderActor {
    /// USER, SERVICE or SYSTEM.
    #[schema(example = "USER")]
    pub r#type: &'static str,
    /// Of a user or a service; null for the system.
    pub id: Option<String>,
}

/// Get an order's timeline
#[utoipa::path(
    get, path = "/api/v1/orders/{id}/timeline", operation_id = "getOrderTimeline", tag = "order",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, description = "All facts", body = OrderTimeline), CallerRefusals, Refusals)
)]
pub async fn show(caller: Caller, path: Path<String>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let (id, viewer) = (order_id(&path)?, Viewer::of(&caller));
    let found = store::find(&mut *app.parts()?.pool.get().await?, id).await?;
    let (whole, _) = found.filter(|(whole, _)| viewer.may_see(&whole.stored.order)).ok_or_else(Problem::not_found)?;
    let order = &whole.stored.order;
    let entries = domain::timeline(order, &whole.shipments);
    let data = entries.into_iter().map(|entry| fact(entry, &order.currency)).collect();
    Ok(HttpResponse::Ok().json(OrderTimeline { data }))
}

fn fact(entry: Entry, currency: &str) -> OrderFact {
    let (kind, id) = match entry.actor {
        Actor::User(user) => ("USER", Some(user.to_string())),
        Actor::Service(service) => ("SERVICE", Some(service.as_str().to_owned())),
        Actor::System => ("SYSTEM", None),
    };
    let detail = entry.detail.into_iter().map(|(name, detail)| (name.to_owned(), value(detail, currency)));
    OrderFact {
        at: entry.at,
        fact: entry.fact,
        service: entry.service.as_str(),
        actor: OrderActor { r#type: kind, id },
        detail: detail.collect(),
    }
}

fn value(detail: Detail, currency: &str) -> Value {
    let short = |line: ShortLine| json!({"sku": line.sku, "requested": line.requested, "available": line.available});
    match detail {
        Detail::Text(text) => text.into(),
        Detail::Number(number) => number.into(),
        Detail::Time(time) => time.to_rfc3339_opts(SecondsFormat::AutoSi, true).into(),
        Detail::Amount(minor) => json!({"amount_minor": minor, "currency": currency}),
        Detail::ShortLines(lines) => lines.into_iter().map(short).collect(),
    }
}
