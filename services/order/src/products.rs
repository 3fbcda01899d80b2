//! What is sold and for how much: a projection of the catalog's events.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;
use proto_events::catalog::v1::{Product as WireProduct, ProductStatus};
use proto_events::ids::{MalformedId, OrderId, ProductId, SellerId};
use proto_events::{Event, EventType};
use uuid::Uuid;
use web::Currency;

use crate::store::Clock;

/// The events that make the projection.
pub const TYPES: [EventType; 3] = [EventType::ProductCreated, EventType::ProductUpdated, EventType::ProductArchived];

/// A product that can be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    pub id: ProductId,
    pub seller_id: Option<SellerId>,
    pub name: String,
    pub price_minor: i64,
    /// ISO 4217.
    pub currency: String,
}

/// A product as an event tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    sku: String,
    product: Product,
    status: &'static str,
    version: i64,
}

/// A product event whose values make no sense.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MalformedProduct {
    #[error("the event has no {0}")]
    Missing(&'static str),
    #[error(transparent)]
    Id(#[from] MalformedId),
    #[error("price: {0}")]
    Currency(#[from] web::money::UnknownCurrency),
}

impl Told {
    /// Reads a product event; `None` for any other.
    ///
    /// # Errors
    /// When a value is missing or malformed.
    pub fn read(event: &Event) -> Result<Option<Self>, MalformedProduct> {
        let product = match event {
            Event::ProductCreated(e) => &e.product,
            Event::ProductUpdated(e) => &e.product,
            Event::ProductArchived(e) => &e.product,
            _ => return Ok(None),
        };
        let wire = product.as_ref().ok_or(MalformedProduct::Missing("product"))?;
        if wire.sku.is_empty() {
            return Err(MalformedProduct::Missing("sku"));
        }
        Ok(Some(Self {
            sku: wire.sku.clone(),
            product: read_product(wire)?,
            status: match wire.status() {
                ProductStatus::Draft => "DRAFT",
                ProductStatus::Active => "ACTIVE",
                ProductStatus::Archived => "ARCHIVED",
                ProductStatus::Unspecified => return Err(MalformedProduct::Missing("status")),
            },
            version: wire.version,
        }))
    }
}

fn read_product(wire: &WireProduct) -> Result<Product, MalformedProduct> {
    let price = wire.price.as_ref().ok_or(MalformedProduct::Missing("price"))?;
    let currency: Currency = price.currency.parse()?;
    let seller = Some(&wire.seller_id).filter(|id| !id.is_empty());
    Ok(Product {
        id: wire.product_id.parse()?,
        seller_id: seller.map(|id| id.parse()).transpose()?,
        name: wire.name.clone(),
        price_minor: price.amount_minor,
        currency: currency.code().to_owned(),
    })
}

runtime::statement! {
    struct Remember {
        skus: Vec<String> as Array<Text>,
        ids: Vec<Uuid> as Array<SqlUuid>,
        sellers: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
        names: Vec<String> as Array<Text>,
        prices: Vec<i64> as Array<BigInt>,
        currencies: Vec<String> as Array<Text>,
        statuses: Vec<String> as Array<Text>,
        versions: Vec<i64> as Array<BigInt>,
    }
    "INSERT INTO product AS known (sku, product_id, seller_id, name, price_minor, currency, status, version) \
     SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT (sku) DO UPDATE SET product_id = excluded.product_id, seller_id = excluded.seller_id, \
     name = excluded.name, price_minor = excluded.price_minor, currency = excluded.currency, \
     status = excluded.status, version = excluded.version WHERE known.version < excluded.version"
}

runtime::statement! {
    struct Sold { skus: Vec<String> as Array<Text> }
    "SELECT sku, product_id, seller_id, name, price_minor, currency FROM product \
     WHERE sku = ANY(?) AND status = 'ACTIVE'"
    -> (Text, SqlUuid, Nullable<SqlUuid>, Text, BigInt, Text)
}

type SoldRow = (String, Uuid, Option<Uuid>, String, i64, String);

runtime::statement! {
    struct Reprice { orders: Vec<Uuid> as Array<SqlUuid> }
    "UPDATE orders SET total_minor = (SELECT sum(known.price_minor * (line ->> 'quantity')::bigint)::bigint \
     FROM jsonb_array_elements(lines) AS line JOIN product AS known ON known.sku = line ->> 'sku') WHERE id = ANY(?)"
}

/// A seeded bug: an order costs what its products cost when stock and money are heard of, not what they did when it
/// was placed.
///
/// # Errors
/// The database's.
pub async fn reprice(conn: &mut AsyncPgConnection, orders: &BTreeSet<OrderId>) -> QueryResult<()> {
    Reprice { orders: orders.iter().map(|order| order.0).collect() }.execute(conn).await.map(drop)
}

/// Applies products that are newer than what is known.
///
/// # Errors
/// The database's.
pub async fn remember(conn: &mut AsyncPgConnection, told: Vec<Told>) -> QueryResult<()> {
    // One row per SKU and statement, sorted so that two processes cannot deadlock.
    let mut newest: BTreeMap<String, Told> = BTreeMap::new();
    for told in told {
        if newest.get(&told.sku).is_none_or(|known| known.version < told.version) {
            newest.insert(told.sku.clone(), told);
        }
    }
    if newest.is_empty() {
        return Ok(());
    }
    let all = || newest.values();
    let statement = Remember {
        skus: all().map(|told| told.sku.clone()).collect(),
        ids: all().map(|told| told.product.id.0).collect(),
        sellers: all().map(|told| told.product.seller_id.map(|id| id.0)).collect(),
        names: all().map(|told| told.product.name.clone()).collect(),
        prices: all().map(|told| told.product.price_minor).collect(),
        currencies: all().map(|told| told.product.currency.clone()).collect(),
        statuses: all().map(|told| told.status.to_owned()).collect(),
        versions: all().map(|told| told.version).collect(),
    };
    statement.execute(conn).await.map(drop)
}

/// Of these SKUs, those that can be ordered, and the database's clock, in one round trip.
///
/// # Errors
/// The database's.
pub async fn sold(
    conn: &AsyncPgConnection,
    skus: BTreeSet<&str>,
) -> QueryResult<(HashMap<String, Product>, DateTime<Utc>)> {
    let statement = Sold { skus: skus.into_iter().map(str::to_owned).collect() };
    let clock = Clock {};
    let (mut first, mut second) = (conn, conn);
    let (rows, now) = try_join!(statement.load::<SoldRow>(&mut first), clock.get_result(&mut second))?;
    let product = |(sku, id, seller, name, price_minor, currency): SoldRow| {
        (sku, Product { id: ProductId(id), seller_id: seller.map(SellerId), name, price_minor, currency })
    };
    Ok((rows.into_iter().map(product).collect(), now))
}
