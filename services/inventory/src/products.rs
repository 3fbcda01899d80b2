//! Whose SKUs are whose: a projection of the catalog's events.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::QueryResult;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use proto_events::ids::{MalformedId, SellerId};
use proto_events::{Event, EventType};
use runtime::db::Pool;
use uuid::Uuid;
use web::Problem;

use crate::domain::{MalformedSku, Sku};

/// The events that make the projection.
pub const TYPES: [EventType; 3] = [EventType::ProductCreated, EventType::ProductUpdated, EventType::ProductArchived];

/// How long a seller's call waits for a product that was made a moment ago and whose event is still on its way.
const ON_ITS_WAY: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A product as far as stock is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    pub sku: Sku,
    pub owner: Owner,
    pub version: i64,
}

/// Who sells a product; `None` is the shop itself.
pub type Owner = Option<SellerId>;

/// A product event whose values make no sense.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MalformedProduct {
    #[error("the event has no product")]
    Missing,
    #[error(transparent)]
    Sku(#[from] MalformedSku),
    #[error("seller: {0}")]
    Seller(#[from] MalformedId),
}

impl Owned {
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
        let product = product.as_ref().ok_or(MalformedProduct::Missing)?;
        let seller = Some(&product.seller_id).filter(|id| !id.is_empty());
        Ok(Some(Self {
            sku: product.sku.parse()?,
            owner: seller.map(|id| id.parse()).transpose()?,
            version: product.version,
        }))
    }
}

runtime::statement! {
    struct Remember {
        skus: Vec<String> as Array<Text>,
        sellers: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
        versions: Vec<i64> as Array<BigInt>,
    }
    "INSERT INTO product_owner AS known (sku, seller_id, version) SELECT * FROM unnest(?, ?, ?) \
     ON CONFLICT (sku) DO UPDATE SET seller_id = excluded.seller_id, version = excluded.version \
     WHERE known.version < excluded.version"
}

runtime::statement! {
    struct OwnerOf { sku: String as Text }
    "SELECT seller_id FROM product_owner WHERE sku = ?" -> Nullable<SqlUuid>
}

/// Applies products that are newer than what is known.
///
/// # Errors
/// The database's.
pub async fn remember(conn: &mut AsyncPgConnection, owned: Vec<Owned>) -> QueryResult<()> {
    // One row per SKU and statement, sorted so that two processes cannot deadlock.
    let mut newest: BTreeMap<Sku, Owned> = BTreeMap::new();
    for owned in owned {
        let newer = newest.get(&owned.sku).is_none_or(|known| known.version < owned.version);
        if newer {
            newest.insert(owned.sku.clone(), owned);
        }
    }
    if newest.is_empty() {
        return Ok(());
    }
    let statement = Remember {
        skus: newest.keys().map(|sku| sku.as_str().to_owned()).collect(),
        sellers: newest.values().map(|owned| owned.owner.map(|seller| seller.0)).collect(),
        versions: newest.values().map(|owned| owned.version).collect(),
    };
    statement.execute(conn).await.map(drop)
}

/// Who sells this SKU; `None` when no such product is known.
///
/// # Errors
/// The database's.
pub async fn owner(conn: &mut AsyncPgConnection, sku: &Sku) -> QueryResult<Option<Owner>> {
    let rows: Vec<Option<Uuid>> = OwnerOf { sku: sku.as_str().to_owned() }.load(conn).await?;
    Ok(rows.into_iter().next().map(|seller| seller.map(SellerId)))
}

/// As [`owner`], but gives a product that is not known yet some time to arrive.
///
/// # Errors
/// 503 when the database is away.
pub async fn owner_soon(pool: &Pool, sku: &Sku) -> Result<Option<Owner>, Problem> {
    let started = tokio::time::Instant::now();
    loop {
        // No connection is held between two looks.
        let found = owner(&mut *pool.get().await?, sku).await?;
        if found.is_some() || started.elapsed() >= ON_ITS_WAY {
            return Ok(found);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
