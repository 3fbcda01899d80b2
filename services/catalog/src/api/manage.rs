//! Changing what is for sale.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use diesel_async::AsyncConnection;
use proto_events::ids::{ProductId, SellerId};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use uuid::Uuid;
use web::token::Role;
use web::trace::TraceContext;
use web::{Answer, Body, Currency, IdempotencyKey, IfMatch, Merchant, Money, Path, Problem, idempotency};

use super::Product;
use crate::Catalog;
use crate::domain::{self, Change, Status, Viewer};
use crate::store::{self, NewRow};

/// What a product costs: more than nothing.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Whole minor units: cents where the currency has them.
    #[schema(minimum = 1, maximum = 9_999_999_999_i64, example = 1999)]
    amount_minor: i64,
    currency: Currency,
}

impl From<Price> for Money {
    fn from(price: Price) -> Self {
        Money::new(price.amount_minor, price.currency)
    }
}

/// A product to be created.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    /// Unique over the shop, never changed, never used again.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$", example = "COF-HOUSE-250")]
    sku: String,
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    name: String,
    #[schema(max_length = 5000)]
    description: Option<String>,
    price: Price,
    /// DRAFT if it is left out.
    status: Option<Status>,
    /// An http(s) URL, or a path on the shop.
    #[schema(
        max_length = 2000,
        pattern = r#"^(https?://[^\s/?#\\"<>]+([/?#][^\s\\"<>]*)?|/([^\s/\\"<>][^\s\\"<>]*)?)$"#
    )]
    image_url: Option<String>,
}

/// What is to be different about a product; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductChange {
    #[schema(nullable = false, min_length = 1, max_length = 200, pattern = r"\S")]
    name: Option<String>,
    #[schema(nullable = false, max_length = 5000)]
    description: Option<String>,
    #[schema(nullable = false)]
    price: Option<Price>,
    #[schema(nullable = false)]
    status: Option<Status>,
    /// An http(s) URL, or a path on the shop. Null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 2000, pattern = r#"^(https?://[^\s/?#\\"<>]+([/?#][^\s\\"<>]*)?|/([^\s/\\"<>][^\s\\"<>]*)?)$"#)]
    image_url: Option<Option<String>>,
}

/// Tells null from absent.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl From<ProductChange> for Change {
    fn from(change: ProductChange) -> Self {
        Self {
            name: change.name,
            description: change.description,
            price: change.price.map(Money::from),
            status: change.status,
            image_url: change.image_url,
        }
    }
}

/// Create a product
///
/// It belongs to the seller who creates it, or to the shop when an admin does.
#[utoipa::path(post, path = "/api/v1/products", operation_id = "createProduct", tag = "catalog",
    security(("bearer" = [])), params(("Idempotency-Key" = String, Header)), request_body = NewProduct,
    responses((status = 201, description = "Created", body = Product), web::openapi::CallerRefusals,
        web::openapi::BodyRefusals, web::openapi::Refusals))]
pub async fn create(
    merchant: Merchant,
    key: IdempotencyKey,
    body: Body<NewProduct>,
    trace: TraceContext,
    catalog: Data<Catalog>,
) -> Result<HttpResponse, Problem> {
    let seller_id = owner(&merchant)?;
    let claim = key.claim(merchant.user_id(), body.fingerprint);
    let new = new_row(body.into_inner(), seller_id);
    let database = catalog.database()?;
    let traceparent = trace.to_string();
    let created = idempotency::run(&database.pool, &claim, async move |conn| {
        let product = store::create(conn, new, &traceparent).await?;
        let (path, version) = (format!("/api/v1/products/{}", product.id), product.version);
        Ok(Answer::json(StatusCode::CREATED, &Product::from(product))?.location(path).etag(version))
    });
    let answer = created.await?;
    catalog.changed();
    Ok(answer)
}

/// Change a product
#[utoipa::path(put, path = "/api/v1/products/{id}", operation_id = "putProduct", tag = "catalog",
    security(("bearer" = [])), params(("id" = String, Path), ("If-Match" = String, Header)),
    request_body = ProductChange,
    responses((status = 200, description = "As it is now", body = Product), web::openapi::CallerRefusals,
        web::openapi::BodyRefusals, web::openapi::PreconditionRefusals, web::openapi::Refusals))]
pub async fn put(
    merchant: Merchant,
    body: Body<ProductChange>,
    id: Path<ProductId>,
    if_match: IfMatch,
    trace: TraceContext,
    catalog: Data<Catalog>,
) -> Result<Answer, Problem> {
    let product = change(&catalog, &merchant, *id, &if_match, &trace, body.into_inner().into()).await?;
    let version = product.version;
    Ok(Answer::json(StatusCode::OK, &Product::from(product))?.etag(version))
}

/// Archive a product
///
/// It is no longer for sale, and stays for the orders that name it. `PUT` with another status brings it back.
#[utoipa::path(delete, path = "/api/v1/products/{id}", operation_id = "archiveProduct", tag = "catalog",
    security(("bearer" = [])), params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 204, description = "Archived"), web::openapi::CallerRefusals,
        web::openapi::PreconditionRefusals, web::openapi::Refusals))]
pub async fn archive(
    merchant: Merchant,
    id: Path<ProductId>,
    if_match: IfMatch,
    trace: TraceContext,
    catalog: Data<Catalog>,
) -> Result<Answer, Problem> {
    change(&catalog, &merchant, *id, &if_match, &trace, Change::archive()).await?;
    Ok(Answer::no_content())
}

/// The one way in which a product changes: seen, owned, and in the version that the caller knows.
async fn change(
    catalog: &Catalog,
    merchant: &Merchant,
    id: ProductId,
    if_match: &IfMatch,
    trace: &TraceContext,
    change: Change,
) -> Result<domain::Product, Problem> {
    let viewer = Viewer::of(Some(merchant));
    let traceparent = trace.to_string();
    let mut conn = catalog.database()?.connection().await?;
    let changed = conn.transaction::<_, Problem, _>(async |conn| {
        let product = store::lock(conn, id).await?.filter(|product| viewer.sees(product));
        let product = product.ok_or_else(Problem::not_found)?;
        if !viewer.may_change(&product) {
            return Err(Problem::forbidden("This product belongs to somebody else."));
        }
        if_match.check(product.version)?;
        match change.apply(&product) {
            Some(changed) => store::save(conn, viewer, &product, &changed, &traceparent).await,
            None => Ok(product),
        }
    });
    let product = changed.await?;
    catalog.changed();
    Ok(product)
}

/// Whose product it is that they create.
fn owner(merchant: &Merchant) -> Result<Option<SellerId>, Problem> {
    match merchant.seller_id {
        Some(seller_id) if merchant.has(Role::Seller) => Ok(Some(seller_id)),
        _ if merchant.has(Role::Admin) => Ok(None),
        _ => Err(Problem::forbidden("This seller has no seller id.")),
    }
}

fn new_row(new: NewProduct, seller_id: Option<SellerId>) -> NewRow {
    NewRow {
        id: Uuid::now_v7(),
        sku: new.sku,
        name: new.name,
        description: new.description.unwrap_or_default(),
        amount_minor: new.price.amount_minor,
        currency: new.price.currency.code(),
        status: new.status.unwrap_or(Status::Draft).name(),
        seller_id: seller_id.map(|seller| seller.0),
        image_url: new.image_url,
    }
}
