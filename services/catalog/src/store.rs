//! The rows of products.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use messaging::{Outgoing, outbox};
use proto_events::ids::{ProductId, SellerId};
use uuid::Uuid;
use web::{Money, Problem};

use crate::domain::{Product, Status, Viewer, event};
use crate::schema::product::{self, dsl};

/// A product as stored.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = product, check_for_backend(diesel::pg::Pg))]
pub struct ProductRow {
    id: Uuid,
    sku: String,
    name: String,
    description: String,
    amount_minor: i64,
    currency: String,
    status: String,
    seller_id: Option<Uuid>,
    image_url: Option<String>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// Only this service writes the table, so a row that makes no product is our fault.
impl TryFrom<ProductRow> for Product {
    type Error = Problem;

    fn try_from(row: ProductRow) -> Result<Self, Problem> {
        let currency = row.currency.parse().map_err(Problem::internal)?;
        let status = Status::named(&row.status).ok_or_else(|| Problem::internal("a product of unknown status"))?;
        Ok(Self {
            id: ProductId(row.id),
            sku: row.sku,
            name: row.name,
            description: row.description,
            price: Money::new(row.amount_minor, currency),
            status,
            seller_id: row.seller_id.map(SellerId),
            image_url: row.image_url,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// A product to be inserted.
#[derive(Debug, Insertable)]
#[diesel(table_name = product)]
pub struct NewRow {
    pub id: Uuid,
    pub sku: String,
    pub name: String,
    pub description: String,
    pub amount_minor: i64,
    pub currency: &'static str,
    pub status: &'static str,
    pub seller_id: Option<Uuid>,
    pub image_url: Option<String>,
}

/// The name of the unique constraint on SKUs.
const SKU_TAKEN: &str = "product_sku_key";

/// Which products a page is of.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub viewer: Viewer,
    /// Only those that the viewer may change.
    pub mine: bool,
    pub status: Option<Status>,
    pub sku: Option<String>,
    /// Only those created before this one.
    pub before: Option<ProductId>,
    pub limit: i64,
}

/// The products that are wanted and seen, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(conn: &mut AsyncPgConnection, wanted: &Wanted) -> Result<Vec<Product>, Problem> {
    let mut query = dsl::product.select(ProductRow::as_select()).order(dsl::id.desc()).limit(wanted.limit).into_boxed();
    query = match (wanted.viewer, wanted.mine) {
        (Viewer::Admin, _) => query,
        (Viewer::Seller(seller_id), true) => query.filter(dsl::seller_id.eq(seller_id.0)),
        // Written out, because a plan for any status could not use the index of the active ones.
        (Viewer::Seller(seller_id), false) => query.filter(
            sql::<Bool>("(status = 'ACTIVE' OR seller_id = ").bind::<diesel::sql_types::Uuid, _>(seller_id.0).sql(")"),
        ),
        (Viewer::Public, false) => query.filter(sql::<Bool>("status = 'ACTIVE'")),
        (Viewer::Public, true) => return Ok(Vec::new()),
    };
    if let Some(before) = wanted.before {
        query = query.filter(dsl::id.lt(before.0));
    }
    if let Some(status) = wanted.status {
        query = query.filter(dsl::status.eq(status.name()));
    }
    if let Some(sku) = &wanted.sku {
        query = query.filter(dsl::sku.eq(sku));
    }
    let rows: Vec<ProductRow> = query.load(conn).await?;
    rows.into_iter().map(Product::try_from).collect()
}

/// # Errors
/// Those of the database.
pub async fn find(conn: &mut AsyncPgConnection, id: ProductId) -> Result<Option<Product>, Problem> {
    let row: Option<ProductRow> =
        dsl::product.find(id.0).select(ProductRow::as_select()).first(conn).await.optional()?;
    row.map(Product::try_from).transpose()
}

/// The product, locked against other changes until the transaction ends.
///
/// # Errors
/// Those of the database.
pub async fn lock(conn: &mut AsyncPgConnection, id: ProductId) -> Result<Option<Product>, Problem> {
    let row = dsl::product.find(id.0).select(ProductRow::as_select()).for_no_key_update();
    let row: Option<ProductRow> = row.first(conn).await.optional()?;
    row.map(Product::try_from).transpose()
}

/// Inserts a product and, in the same transaction, the event that tells of it.
///
/// # Errors
/// 409 `sku_taken`; those of the database.
pub async fn create(conn: &mut AsyncPgConnection, new: NewRow, traceparent: &str) -> Result<Product, Problem> {
    let inserted = diesel::insert_into(dsl::product).values(new).returning(ProductRow::as_returning());
    let row: ProductRow =
        inserted.get_result(conn).await.map_err(|error| match web::problem::violates(&error, SKU_TAKEN) {
            true => Problem::conflict("sku_taken", "A product has or had this SKU."),
            false => error.into(),
        })?;
    let product = Product::try_from(row)?;
    tell(conn, None, &product, traceparent).await?;
    Ok(product)
}

/// Writes a product that is locked as `before` and, in the same transaction, the event that tells of it. The viewer's
/// right is asked for again in SQL: a seller's statement cannot touch what is not theirs.
///
/// # Errors
/// Those of the database.
pub async fn save(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    before: &Product,
    after: &Product,
    traceparent: &str,
) -> Result<Product, Problem> {
    let (admin, own) = match viewer {
        Viewer::Admin => (true, None),
        Viewer::Seller(seller_id) => (false, Some(seller_id.0)),
        Viewer::Public => return Err(Problem::internal("the public changes nothing")),
    };
    let changes = (
        dsl::name.eq(&after.name),
        dsl::description.eq(&after.description),
        dsl::amount_minor.eq(after.price.amount_minor),
        dsl::currency.eq(after.price.currency.code()),
        dsl::status.eq(after.status.name()),
        dsl::image_url.eq(&after.image_url),
        dsl::version.eq(after.version),
        dsl::updated_at.eq(diesel::dsl::now),
    );
    let owned = admin.into_sql::<Bool>().or(dsl::seller_id.is_not_distinct_from(own));
    let target = dsl::product.filter(dsl::id.eq(before.id.0)).filter(dsl::version.eq(before.version)).filter(owned);
    let row: ProductRow =
        diesel::update(target).set(changes).returning(ProductRow::as_returning()).get_result(conn).await?;
    let saved = Product::try_from(row)?;
    tell(conn, Some(before), &saved, traceparent).await?;
    Ok(saved)
}

async fn tell(
    conn: &mut AsyncPgConnection,
    before: Option<&Product>,
    after: &Product,
    traceparent: &str,
) -> Result<(), Problem> {
    let told = Outgoing {
        id: Uuid::now_v7(),
        key: after.id.to_string(),
        aggregate_seq: after.version,
        traceparent: Some(traceparent.to_owned()),
        event: event(before, after),
    };
    Ok(outbox::append(conn, &[told]).await?)
}
