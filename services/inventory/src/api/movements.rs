//! The ledger of a SKU.

use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use proto_events::ids::{OrderId, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::openapi::{CallerRefusals, PageParams, Refusals};
use web::{List, Merchant, NoFilter, Page, Path, Problem};

use crate::schema::stock_movement::dsl;

use super::{App, shown, sku_of};

/// A change of what is on hand.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StockMovement {
    /// Opaque; grows with every movement of a SKU.
    pub id: String,
    pub at: DateTime<Utc>,
    /// Units that came (positive) or went (negative). All of a SKU's add up to `on_hand`.
    pub delta: i64,
    /// SALE, RETURN, COUNT or ADJUSTMENT.
    #[schema(example = "SALE")]
    pub kind: String,
    /// In the words of staff; empty for orders'.
    pub reason: String,
    /// The user who moved it; null where an order did.
    #[schema(value_type = Option<String>)]
    pub actor: Option<UserId>,
    /// The order that moved it; null where staff did.
    #[schema(value_type = Option<String>)]
    pub order_id: Option<OrderId>,
    pub on_hand_after: i64,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = crate::schema::stock_movement)]
struct Row {
    id: i64,
    kind: String,
    delta: i64,
    on_hand_after: i64,
    reason: String,
    actor: Option<Uuid>,
    order_id: Option<Uuid>,
    at: DateTime<Utc>,
}

impl From<Row> for StockMovement {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.to_string(),
            at: row.at,
            delta: row.delta,
            kind: row.kind,
            reason: row.reason,
            actor: row.actor.map(UserId),
            order_id: row.order_id.map(OrderId),
            on_hand_after: row.on_hand_after,
        }
    }
}

/// List a SKU's stock movements
///
/// The newest first. Holds are no movements.
#[utoipa::path(
    get, path = "/api/v1/inventory/{sku}/movements", operation_id = "listStockMovements", tag = "inventory",
    security(("bearer" = [])),
    params(("sku" = String, Path), PageParams),
    responses((status = 200, description = "A page", body = Page<StockMovement>), CallerRefusals, Refusals)
)]
pub async fn list(
    caller: Merchant,
    query: List<NoFilter>,
    path: Path<String>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let sku = sku_of(&path)?;
    let before: Option<i64> = query.page.after()?;
    let mut conn = app.parts()?.pool.get().await?;
    let known = shown::look(&mut conn, &sku).await?.ok_or_else(Problem::not_found)?;
    if !caller.may_touch(known.owner) {
        return Err(Problem::forbidden("Another seller's stock."));
    }
    let rows: Vec<Row> = dsl::stock_movement
        .filter(dsl::sku.eq(sku.as_str()).and(dsl::id.lt(before.unwrap_or(i64::MAX))))
        .order(dsl::id.desc())
        .limit(query.page.fetch())
        .select(Row::as_select())
        .load(&mut conn)
        .await?;
    Ok(HttpResponse::Ok().json(Page::build(&query.page, rows, |row| row.id, StockMovement::from)))
}
