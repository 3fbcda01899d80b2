//! Placing an order.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::{BodyRefusals, CallerRefusals, IdempotencyHeader, Refusals};
use web::trace::TraceContext;
use web::{Body, Customer, IdempotencyKey, Money, Problem};

use crate::admission::RETRY_AFTER_S;
use crate::intake::Ask;
use crate::metrics;

use super::view::{Address, OrderView};
use super::{App, Viewer};

/// What somebody wants to buy. Prices are the catalog's at this moment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// The same SKU in two items makes two lines.
    #[schema(min_items = 1, max_items = 50)]
    pub items: Vec<NewOrderItem>,
    /// Charged as soon as the stock is held: an order in one call.
    #[schema(min_length = 1, max_length = 100, pattern = "^[A-Za-z0-9_-]+$", example = "pm_card_visa")]
    pub payment_method: Option<String>,
    /// What the buyer was shown: the order is refused with `price_changed` when it is another.
    pub expected_total: Option<Money>,
    pub shipping_address: Option<Address>,
    pub billing_address: Option<Address>,
}

/// Some of a SKU.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrderItem {
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$", example = "MUG-BLUE")]
    pub sku: String,
    #[schema(minimum = 1, maximum = 100)]
    pub quantity: u32,
}

/// Place an order
///
/// Never refused for stock: whether there is enough is heard a moment later, by the order's status.
#[utoipa::path(
    post, path = "/api/v1/orders", operation_id = "placeOrder", tag = "order",
    security(("bearer" = [])), params(IdempotencyHeader), request_body = NewOrder,
    responses(
        (status = 201, description = "Taken", body = OrderView, headers(("Location" = String, description = "Its path"))),
        CallerRefusals, BodyRefusals, Refusals
    )
)]
pub async fn place(
    caller: Customer,
    key: IdempotencyKey,
    body: Body<NewOrder>,
    trace: TraceContext,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let app = app.parts()?;
    if app.admission.is_closed() {
        metrics::OVERLOADED.inc();
        return Err(too_much());
    }
    let ask = Ask {
        claim: key.claim(caller.user_id(), body.fingerprint),
        viewer: Viewer::of(&caller),
        email: caller.email.clone(),
        name: caller.name.clone(),
        traceparent: trace.to_string(),
        wanted: body.into_inner(),
    };
    app.intake.ask(ask).await
}

fn too_much() -> Problem {
    let detail = "More orders are waiting than can be handled soon. Nothing was ordered: try again in a moment.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).retry_after(RETRY_AFTER_S)
}
