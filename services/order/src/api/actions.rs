//! Cancel, ship, deliver.

use actix_web::HttpResponse;
use actix_web::web::Data;
use proto_events::ids::ShipmentId;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::openapi::{BodyRefusals, CallerRefusals, IdempotencyHeader, Refusals};
use web::trace::TraceContext;
use web::{Admin, Caller, IdempotencyKey, OptionalBody, Path, Problem};

use crate::domain::{self, CancelRequested, CancelledBy, LineToShip, NewShipment};

use super::change::{Request, change};
use super::view::{OrderView, ShipmentItem};
use super::{App, Viewer, order_id};

/// Why an order is cancelled.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelOrder {
    /// In one's own words; the customer sees it.
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// What leaves the warehouse.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipOrder {
    #[schema(min_length = 1, max_length = 100)]
    carrier: Option<String>,
    #[schema(min_length = 1, max_length = 100)]
    tracking_number: Option<String>,
    /// Absent: all that is left.
    #[schema(min_items = 1, max_items = 50)]
    items: Option<Vec<ShipmentItem>>,
}

/// Nothing more is to be said.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliverOrder {}

/// Cancel an order
///
/// Stock and money go back by themselves. The owner may at any time before it is PAID and for 60 seconds after, an
/// administrator until something was shipped; then 409 `cancellation_window_closed`.
#[utoipa::path(
    post, path = "/api/v1/orders/{id}/cancel", operation_id = "cancelOrder", tag = "order",
    security(("bearer" = [])), params(("id" = String, Path), IdempotencyHeader), request_body = Option<CancelOrder>,
    responses((status = 200, description = "Cancelled", body = OrderView), CallerRefusals, BodyRefusals, Refusals)
)]
pub async fn cancel(
    caller: Caller,
    key: IdempotencyKey,
    body: OptionalBody<CancelOrder>,
    path: Path<String>,
    trace: TraceContext,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(caller.user_id(), body.fingerprint);
    let viewer = Viewer::of(&caller);
    let request = Request { claim, viewer, id: order_id(&path)?, trace };
    let note = body.into_inner().reason.unwrap_or_default();
    change(app.parts()?, request, |whole, now| {
        let by = if viewer.is_admin { CancelledBy::Admin } else { CancelledBy::Buyer };
        let request = CancelRequested { at: now, by, user_id: Some(viewer.user_id), note };
        let (order, events) = domain::cancel(whole.stored.order.clone(), request)?;
        whole.stored.order = order;
        Ok(events)
    })
    .await
}

/// Ship an order, or a part of it
#[utoipa::path(
    post, path = "/api/v1/orders/{id}/ship", operation_id = "shipOrder", tag = "order",
    security(("bearer" = [])), params(("id" = String, Path), IdempotencyHeader), request_body = Option<ShipOrder>,
    responses((status = 200, description = "Shipped", body = OrderView), CallerRefusals, BodyRefusals, Refusals)
)]
pub async fn ship(
    caller: Admin,
    key: IdempotencyKey,
    body: OptionalBody<ShipOrder>,
    path: Path<String>,
    trace: TraceContext,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(caller.user_id(), body.fingerprint);
    let viewer = Viewer::of(&caller);
    let request = Request { claim, viewer, id: order_id(&path)?, trace };
    let ShipOrder { carrier, tracking_number, items } = body.into_inner();
    let to_ship = |item: ShipmentItem| LineToShip { item_id: item.item_id, quantity: item.quantity };
    let items = items.map(|items| items.into_iter().map(to_ship).collect());
    let new = NewShipment { id: ShipmentId(Uuid::now_v7()), carrier, tracking_number, items, by: viewer.user_id };
    change(app.parts()?, request, |whole, now| {
        let order = whole.stored.order.clone();
        let (order, shipment, events) = domain::ship(order, &whole.lines, &whole.shipments, new, now)?;
        whole.stored.order = order;
        whole.shipments.push(shipment);
        Ok(events)
    })
    .await
}

/// Say that a shipped order arrived
#[utoipa::path(
    post, path = "/api/v1/orders/{id}/deliver", operation_id = "deliverOrder", tag = "order",
    security(("bearer" = [])), params(("id" = String, Path), IdempotencyHeader), request_body = Option<DeliverOrder>,
    responses((status = 200, description = "Delivered", body = OrderView), CallerRefusals, BodyRefusals, Refusals)
)]
pub async fn deliver(
    caller: Admin,
    key: IdempotencyKey,
    body: OptionalBody<DeliverOrder>,
    path: Path<String>,
    trace: TraceContext,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(caller.user_id(), body.fingerprint);
    let viewer = Viewer::of(&caller);
    let request = Request { claim, viewer, id: order_id(&path)?, trace };
    change(app.parts()?, request, |whole, now| {
        let (order, events) = domain::deliver(whole.stored.order.clone(), viewer.user_id, now)?;
        whole.stored.order = order;
        for shipment in &mut whole.shipments {
            shipment.delivered_at.get_or_insert(now);
        }
        Ok(events)
    })
    .await
}
