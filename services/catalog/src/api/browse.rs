//! Looking at products.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use proto_events::ids::ProductId;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use web::{IfNoneMatch, List, MaybeCaller, Page, Path, Problem, etag};

use super::Product;
use crate::Catalog;
use crate::cache::{Asked, Kept};
use crate::domain::{self, Status, Viewer};
use crate::store::{self, Wanted};

/// Anyone may keep what anyone may see, for as long as the cache here does.
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=1");
/// What a caller may see may be kept by the caller, who asks each time whether it is still so.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Which products are asked for.
#[derive(Debug, Default, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProductFilter {
    /// Only those in this status. Others than ACTIVE are seen by those who may change them.
    status: Option<Status>,
    /// The one with this SKU.
    #[schema(max_length = 64)]
    #[param(max_length = 64)]
    sku: Option<String>,
    /// Only those that the caller may change.
    mine: Option<bool>,
}

/// List products, the newest first
///
/// Anyone sees what is for sale; a seller also their own products, and an admin all, in any status.
#[utoipa::path(get, path = "/api/v1/products", operation_id = "listProducts", tag = "catalog",
    security((), ("bearer" = [])),
    params(ProductFilter, ("limit" = Option<i64>, Query, minimum = 1, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, description = "A page", body = Page<Product>), (status = 304, description = "Unchanged"),
        web::openapi::Refusals))]
pub async fn list(
    caller: MaybeCaller,
    query: List<ProductFilter>,
    catalog: Data<Catalog>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let viewer = Viewer::of(caller.0.as_deref());
    let List { filter, page } = query;
    let before = page.after::<ProductId>()?;
    let wanted = Wanted {
        viewer,
        mine: filter.mine.unwrap_or_default(),
        status: filter.status,
        sku: filter.sku,
        before,
        limit: page.fetch(),
    };
    let load = async {
        let products = store::list(&mut *catalog.database()?.connection().await?, &wanted).await?;
        let page = Page::build(&page, products, |product| product.id, Product::from);
        let body = Bytes::from(serde_json::to_vec(&page).map_err(Problem::internal)?);
        Ok(Some(Kept { version: digest(&body), body }))
    };
    let whole_shop =
        !wanted.mine && wanted.status.is_none_or(|status| status == Status::Active) && wanted.sku.is_none();
    let kept = if viewer == Viewer::Public && whole_shop {
        catalog.public_reads.get(Asked::Page { before, limit: page.limit }, load).await?
    } else {
        load.await?
    };
    let kept = kept.ok_or_else(|| Problem::internal("a page is always there"))?;
    Ok(answer(&req, &kept, caller.0.is_none()))
}

/// Show a product
#[utoipa::path(get, path = "/api/v1/products/{id}", operation_id = "getProduct", tag = "catalog",
    security((), ("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, description = "The product", body = Product), (status = 304, description = "Unchanged"),
        (status = 404, description = "Not there, or not for this caller (`not_found`)", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        web::openapi::Refusals))]
pub async fn get(
    caller: MaybeCaller,
    id: Path<ProductId>,
    catalog: Data<Catalog>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let viewer = Viewer::of(caller.0.as_deref());
    let load = async {
        let product = store::find(&mut *catalog.database()?.connection().await?, *id).await?;
        product.filter(|product| viewer.sees(product)).map(keep).transpose()
    };
    let kept = match viewer {
        Viewer::Public => catalog.public_reads.get(Asked::Product(*id), load).await?,
        Viewer::Seller(_) | Viewer::Admin => load.await?,
    };
    Ok(answer(&req, &kept.ok_or_else(Problem::not_found)?, caller.0.is_none()))
}

fn keep(product: domain::Product) -> Result<Kept, Problem> {
    let version = product.version;
    let body = serde_json::to_vec(&Product::from(product)).map_err(Problem::internal)?;
    Ok(Kept { body: body.into(), version })
}

/// A page has no version of its own: its bytes tell it from another.
fn digest(body: &[u8]) -> i64 {
    let hash = Sha256::digest(body);
    hash.iter().take(8).fold(0, |number: i64, byte| number << 8 | i64::from(*byte))
}

fn answer(req: &HttpRequest, kept: &Kept, anyone: bool) -> HttpResponse {
    let mut response = if IfNoneMatch::of(req).matches(kept.version) {
        HttpResponse::NotModified().finish()
    } else {
        HttpResponse::Ok().content_type("application/json").body(kept.body.clone())
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag::header(kept.version));
    headers.insert(header::CACHE_CONTROL, if anyone { PUBLIC } else { PRIVATE });
    headers.insert(header::VARY, HeaderValue::from_static("Authorization"));
    response
}
