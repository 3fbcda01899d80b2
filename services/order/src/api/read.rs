//! Looking at orders.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use proto_events::ids::UserId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use web::openapi::{CallerRefusals, IfNoneMatchHeader, PageParams, Refusals};
use web::{Caller, List, NoFilter, Page, PageRequest, Path, Problem};

use crate::domain::Status;
use crate::store::{self, Filter, Listed};

use super::view::OrderView;
use super::{App, Viewer, order_id};

/// Get an order
#[utoipa::path(
    get, path = "/api/v1/orders/{id}", operation_id = "getOrder", tag = "order",
    security(("bearer" = [])), params(("id" = String, Path), IfNoneMatchHeader),
    responses(
        (status = 200, description = "The order", body = OrderView, headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "Unchanged"), CallerRefusals, Refusals
    )
)]
pub async fn show(
    caller: Caller,
    path: Path<String>,
    app: Data<App>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (id, viewer) = (order_id(&path)?, Viewer::of(&caller));
    let found = store::find(&mut *app.parts()?.pool.get().await?, id).await?;
    let (whole, now) = found.filter(|(whole, _)| viewer.may_see(&whole.stored.order)).ok_or_else(Problem::not_found)?;
    let view = OrderView::of(&whole, viewer, now)?;
    web::versioned(&req, view.etag(), &view)
}

/// Which orders to list.
#[derive(Debug, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OrderFilter {
    #[param(inline)]
    #[schema(inline)]
    status: Option<OrderStatus>,
    /// The number that people use.
    #[schema(min_length = 1, max_length = 16)]
    number: Option<String>,
    created_after: Option<DateTime<Utc>>,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderStatus {
    Created,
    PaymentPending,
    Paid,
    Shipped,
    Delivered,
    Cancelled,
}

impl From<OrderStatus> for Status {
    fn from(status: OrderStatus) -> Self {
        match status {
            OrderStatus::Created => Status::Created,
            OrderStatus::PaymentPending => Status::PaymentPending,
            OrderStatus::Paid => Status::Paid,
            OrderStatus::Shipped => Status::Shipped,
            OrderStatus::Delivered => Status::Delivered,
            OrderStatus::Cancelled => Status::Cancelled,
        }
    }
}

/// List orders
///
/// The newest first: a customer's own, an administrator's all. With `status`, a page may hold fewer than `limit` and still
/// have a next one.
#[utoipa::path(
    get, path = "/api/v1/orders", operation_id = "listOrders", tag = "order",
    security(("bearer" = [])), params(OrderFilter, PageParams),
    responses((status = 200, description = "A page", body = Page<OrderView>), CallerRefusals, Refusals)
)]
pub async fn list(caller: Caller, query: List<OrderFilter>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let viewer = Viewer::of(&caller);
    let filter = Filter {
        user_id: (!viewer.is_admin).then_some(viewer.user_id),
        status: query.filter.status.map(Status::from),
        number: query.filter.number.clone(),
        created_after: query.filter.created_after,
        before: query.page.after()?,
    };
    page(&app, viewer, &filter, &query.page).await
}

/// List a user's orders
///
/// The newest first; one's own, or anybody's for an administrator.
#[utoipa::path(
    get, path = "/api/v1/orders/user/{userId}", operation_id = "listOrdersOfUser", tag = "order",
    security(("bearer" = [])), params(("userId" = String, Path), PageParams),
    responses((status = 200, description = "A page", body = Page<OrderView>), CallerRefusals, Refusals)
)]
pub async fn list_of_user(
    caller: Caller,
    query: List<NoFilter>,
    path: Path<String>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let viewer = Viewer::of(&caller);
    let user_id: UserId = path.parse().map_err(|_| Problem::not_found())?;
    if !viewer.is_admin && viewer.user_id != user_id {
        return Err(Problem::not_found());
    }
    let filter = Filter { user_id: Some(user_id), before: query.page.after()?, ..Filter::default() };
    page(&app, viewer, &filter, &query.page).await
}

async fn page(app: &App, viewer: Viewer, filter: &Filter, request: &PageRequest) -> Result<HttpResponse, Problem> {
    let mut conn = app.parts()?.pool.get().await?;
    let Listed { orders, go_on_at, now } = store::list(&mut conn, filter, request.fetch()).await?;
    drop(conn);
    let views: Vec<OrderView> =
        orders.iter().map(|whole| OrderView::of(whole, viewer, now)).collect::<Result<_, _>>()?;
    let page: Page<OrderView> = match go_on_at {
        Some(last) => Page::ended_early(views, last),
        None => Page::build(request, views, |view| -> Uuid { view.id.0 }, |view| view),
    };
    Ok(HttpResponse::Ok().json(page))
}
