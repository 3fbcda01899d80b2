//! Looking at payments.

use actix_web::HttpResponse;
use actix_web::web::Data;
use proto_events::ids::{OrderId, PaymentId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::openapi::{CallerRefusals, Refusals};
use web::{Caller, List, Page, Path, Problem};

use super::may_see;
use super::views::PaymentView;
use crate::{Service, store};

/// Which payments are listed.
#[derive(Debug, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PaymentFilter {
    /// The order whose payment is looked for.
    #[schema(value_type = String, pattern = "^ord_[0-9a-f]{32}$")]
    #[param(value_type = String, pattern = "^ord_[0-9a-f]{32}$")]
    order_id: OrderId,
}

/// The payment of an order
#[utoipa::path(
    get, path = "/api/v1/payments", operation_id = "listPayments", tag = "payment",
    security(("bearer" = [])),
    params(PaymentFilter, ("limit" = Option<i64>, Query, minimum = 1, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, description = "None or one payment", body = Page<PaymentView>), CallerRefusals, Refusals)
)]
pub async fn list(caller: Caller, query: List<PaymentFilter>, service: Data<Service>) -> Result<HttpResponse, Problem> {
    service.ready()?;
    let mut conn = service.pool.get().await?;
    let mut stored = store::read(&mut conn, vec![query.filter.order_id]).await?;
    stored.retain(|stored| may_see(&stored.payment, &caller));
    let views = stored.iter().map(PaymentView::of).collect::<Result<Vec<_>, _>>()?;
    Ok(HttpResponse::Ok().json(Page { data: views, has_more: false, next_cursor: None }))
}

/// One payment
#[utoipa::path(
    get, path = "/api/v1/payments/{id}", operation_id = "getPayment", tag = "payment",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, description = "The payment", body = PaymentView), CallerRefusals, Refusals)
)]
pub async fn show(caller: Caller, id: Path<PaymentId>, service: Data<Service>) -> Result<HttpResponse, Problem> {
    service.ready()?;
    let mut conn = service.pool.get().await?;
    let order_id = store::order_of(&mut conn, *id).await?.ok_or_else(Problem::not_found)?;
    let stored = store::read(&mut conn, vec![order_id]).await?;
    let visible = stored.iter().find(|stored| may_see(&stored.payment, &caller)).ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(PaymentView::of(visible)?))
}
