//! The stock of a SKU: shown to anyone, changed by its staff.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use diesel::QueryResult;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use web::etag::{IfMatch, IfNoneMatch};
use web::openapi::{
    BodyRefusals, CallerRefusals, IdempotencyHeader, IfNoneMatchHeader, PageParams, PreconditionRefusals, Refusals,
};
use web::token::Role;
use web::trace::TraceContext;
use web::{Answer, Body, Faults, IdempotencyKey, List, MaybeCaller, Merchant, NoFilter, Page, Path, Problem};

use super::change::{self, Kind, Wanted};
use super::shown::{self, Known, PublicStock, StaffStock};
use super::{App, sku_of};
use crate::store::{self, Look};

/// What was counted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StockCount)]
pub struct Count {
    /// Units on the shelf, counted against what the caller was last shown at the version in `If-Match`.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    on_hand: i64,
    #[schema(min_length = 1, max_length = 200, example = "yearly count")]
    reason: String,
}

/// Units that came or went.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StockAdjustment)]
pub struct Adjustment {
    /// Not 0.
    #[schema(minimum = -1_000_000_000, maximum = 1_000_000_000, example = 24)]
    delta: i64,
    #[schema(min_length = 1, max_length = 200, example = "delivery 4711")]
    reason: String,
}

/// Show a SKU's stock
///
/// Anyone sees the availability, up to two seconds old, with an ETag that moves with it. Staff see the figures as they are,
/// with the version as ETag, which moves with staff's changes only.
#[utoipa::path(
    get, path = "/api/v1/inventory/{sku}", operation_id = "getStock", tag = "inventory",
    security((), ("bearer" = [])), params(("sku" = String, Path), IfNoneMatchHeader),
    responses(
        (status = 200, description = "For staff; others see its first three fields", body = StaffStock),
        (status = 304, description = "As `If-None-Match` has it"),
        (status = 404, description = "Neither stock nor product is known (`not_found`)"),
        Refusals
    )
)]
pub async fn show(
    caller: MaybeCaller,
    path: Path<String>,
    req: HttpRequest,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let (sku, app) = (sku_of(&path)?, app.parts()?);
    let may_be_staff = caller.0.as_ref().is_some_and(|caller| caller.has(Role::Admin) || caller.has(Role::Seller));
    let mut response = if may_be_staff {
        let mut conn = app.pool.get().await?;
        let known = shown::look(&mut conn, &sku).await?.ok_or_else(Problem::not_found)?;
        let staff = caller.0.as_ref().filter(|caller| caller.may_touch(known.owner));
        if let Some(staff) = staff {
            let stock = StaffStock::new(sku.to_string(), &known);
            store::remember(&mut conn, staff.user_id(), &[stock.look()]).await?;
            for_staff(&req, &stock)?
        } else {
            for_public(&req, &PublicStock::new(sku.to_string(), known.on_hand - known.reserved))?
        }
    } else {
        for_public(&req, &PublicStock::new(sku.to_string(), app.display.available(&sku).await?))?
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Authorization"));
    Ok(response)
}

fn for_staff(req: &HttpRequest, stock: &StaffStock) -> Result<HttpResponse, Problem> {
    let mut response = web::versioned(req, stock.version, stock)?;
    // Not kept by browsers: sales move the figures and not the ETag, so a browser would show old ones after a 304.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn for_public(req: &HttpRequest, stock: &PublicStock) -> Result<HttpResponse, Problem> {
    let etag = stock.etag();
    let given = req.headers().get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    let fresh = given.flat_map(|tags| tags.split(',')).map(str::trim).any(|tag| {
        // Weakly compared, as RFC 9110 wants it for reads.
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
    });
    let answer = if fresh {
        Answer { status: StatusCode::NOT_MODIFIED, headers: Vec::new(), body: Vec::new() }
    } else {
        Answer::json(StatusCode::OK, stock)?
    };
    Ok(answer.header("etag", etag).header("cache-control", "no-cache").into_response())
}

/// List the stock of all SKUs
///
/// Those of the caller's products; for administrators all. By SKU.
#[utoipa::path(
    get, path = "/api/v1/inventory", operation_id = "listStock", tag = "inventory", security(("bearer" = [])),
    params(PageParams),
    responses((status = 200, description = "A page", body = Page<StaffStock>), CallerRefusals, Refusals)
)]
pub async fn list(caller: Merchant, query: List<NoFilter>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let after: String = query.page.after()?.unwrap_or_default();
    let mut conn = app.parts()?.pool.get().await?;
    let rows = match caller.seller_id {
        _ if caller.has(Role::Admin) => all(&mut conn, after, query.page.fetch()).await?,
        Some(seller) => of_seller(&mut conn, seller.0, after, query.page.fetch()).await?,
        None => Vec::new(),
    };
    let page = Page::build(&query.page, rows, |row| row.0.clone(), staff_stock);
    let looks: Vec<Look> = page.data.iter().map(StaffStock::look).collect();
    store::remember(&mut conn, caller.user_id(), &looks).await?;
    Ok(HttpResponse::Ok().json(page))
}

/// SKU, on hand, reserved, version, on hand at version.
type ListRow = (String, i64, i64, i64, i64);

fn staff_stock((sku, on_hand, reserved, version, on_hand_at_version): ListRow) -> StaffStock {
    StaffStock::new(sku, &Known { owner: None, on_hand, reserved, version, on_hand_at_version })
}

runtime::statement! {
    /// SKUs with stock and products without, each read by its key as far as the page needs it.
    struct All { after: String as Text, most: i64 as BigInt, after_again: String as Text, most_again: i64 as BigInt, page: i64 as BigInt }
    "SELECT k.sku, coalesce(s.on_hand, 0), coalesce(s.reserved, 0), coalesce(s.version, 0), coalesce(s.on_hand_at_version, 0) \
     FROM ((SELECT sku FROM stock WHERE sku > ? ORDER BY sku LIMIT ?) \
     UNION (SELECT sku FROM product_owner WHERE sku > ? ORDER BY sku LIMIT ?)) k \
     LEFT JOIN stock s ON s.sku = k.sku ORDER BY k.sku LIMIT ?"
    -> (Text, BigInt, BigInt, BigInt, BigInt)
}

async fn all(conn: &mut AsyncPgConnection, after: String, most: i64) -> QueryResult<Vec<ListRow>> {
    All { after: after.clone(), most, after_again: after, most_again: most, page: most }.load(conn).await
}

runtime::statement! {
    struct OfSeller { seller: Uuid as SqlUuid, after: String as Text, most: i64 as BigInt }
    "SELECT p.sku, coalesce(s.on_hand, 0), coalesce(s.reserved, 0), coalesce(s.version, 0), coalesce(s.on_hand_at_version, 0) \
     FROM product_owner p LEFT JOIN stock s ON s.sku = p.sku \
     WHERE p.seller_id = ? AND p.sku > ? ORDER BY p.sku LIMIT ?"
    -> (Text, BigInt, BigInt, BigInt, BigInt)
}

async fn of_seller(conn: &mut AsyncPgConnection, seller: Uuid, after: String, most: i64) -> QueryResult<Vec<ListRow>> {
    OfSeller { seller, after, most }.load(conn).await
}

/// Book a count
///
/// The difference between the count and what the caller was last shown at the version in `If-Match` goes to the ledger, so
/// that what was sold since then stays sold. The first count of a SKU comes with `If-None-Match: *`.
#[utoipa::path(
    put, path = "/api/v1/inventory/{sku}", operation_id = "countStock", tag = "inventory", security(("bearer" = [])),
    params(
        ("sku" = String, Path), ("If-Match" = Option<String>, Header), ("If-None-Match" = Option<String>, Header)
    ),
    request_body = Count,
    responses(
        (status = 200, description = "Booked", body = StaffStock),
        CallerRefusals, BodyRefusals, PreconditionRefusals, Refusals
    )
)]
pub async fn count(
    caller: Merchant,
    body: Body<Count>,
    path: Path<String>,
    if_match: IfMatch,
    if_none_match: IfNoneMatch,
    trace: TraceContext,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let Count { on_hand, reason } = body.into_inner();
    let kind = Kind::Count { on_hand, if_match, if_none_match };
    let wanted = Wanted { caller: &caller, sku: sku_of(&path)?, kind, reason, traceparent: trace.to_string() };
    change::change(app.parts()?, &wanted, None).await
}

/// Add or take away stock
///
/// Counts as a staff's change: the version moves.
#[utoipa::path(
    post, path = "/api/v1/inventory/{sku}/adjustments", operation_id = "adjustStock", tag = "inventory",
    security(("bearer" = [])), params(("sku" = String, Path), IdempotencyHeader),
    request_body = Adjustment,
    responses(
        (status = 201, description = "Booked; the stock as it is now", body = StaffStock),
        CallerRefusals, BodyRefusals, Refusals
    )
)]
pub async fn adjust(
    caller: Merchant,
    key: IdempotencyKey,
    body: Body<Adjustment>,
    path: Path<String>,
    trace: TraceContext,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let claim = key.claim(caller.user_id(), body.fingerprint);
    let Adjustment { delta, reason } = body.into_inner();
    if delta == 0 {
        let mut faults = Faults::new();
        faults.add("/delta", "out_of_range", "Must not be 0.");
        faults.into_result()?;
    }
    let kind = Kind::Adjust { delta };
    let wanted = Wanted { caller: &caller, sku: sku_of(&path)?, kind, reason, traceparent: trace.to_string() };
    change::change(app.parts()?, &wanted, Some(&claim)).await
}
