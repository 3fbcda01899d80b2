//! What is shown of a SKU, to buyers and to staff.

use diesel::QueryResult;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use proto_events::ids::SellerId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::{self, Availability, Sku, Stock};
use crate::products::Owner;
use crate::store::Look;

/// What a buyer sees of a SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PublicStock)]
pub struct PublicStock {
    #[schema(example = "MUG-BLUE")]
    pub sku: String,
    /// IN_STOCK, LOW_STOCK or OUT_OF_STOCK.
    #[schema(example = "LOW_STOCK")]
    pub availability: &'static str,
    /// How many can be had, when 5 or fewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 3)]
    pub left: Option<i64>,
}

/// What staff see of a SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Stock)]
pub struct StaffStock {
    #[serde(flatten)]
    pub public: PublicStock,
    /// Units on the shelf.
    pub on_hand: i64,
    /// Of those, units held for orders that are not paid yet.
    pub reserved: i64,
    /// `on_hand` − `reserved`.
    pub available: i64,
    /// Moves with staff's changes only, never with sales; the ETag. 0 before the first count.
    pub version: i64,
    /// What was on hand when `version` was made. A count is booked as the difference to what its caller was last shown at
    /// its version, or to this where they were shown nothing.
    pub on_hand_at_version: i64,
}

/// What the database knows of a SKU. Without a stock row there are none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Known {
    pub owner: Owner,
    pub on_hand: i64,
    pub reserved: i64,
    pub version: i64,
    pub on_hand_at_version: i64,
}

runtime::statement! {
    struct Ask { sku: String as Text }
    "SELECT p.sku IS NOT NULL OR s.sku IS NOT NULL, p.seller_id, coalesce(s.on_hand, 0), coalesce(s.reserved, 0), \
     coalesce(s.version, 0), coalesce(s.on_hand_at_version, 0) \
     FROM (SELECT ? AS sku) asked LEFT JOIN product_owner p ON p.sku = asked.sku LEFT JOIN stock s ON s.sku = asked.sku"
    -> (Bool, Nullable<SqlUuid>, BigInt, BigInt, BigInt, BigInt)
}

/// What is known of a SKU; `None` when neither stock nor product is.
///
/// # Errors
/// The database's.
pub async fn look(conn: &mut AsyncPgConnection, sku: &Sku) -> QueryResult<Option<Known>> {
    let ask = Ask { sku: sku.as_str().to_owned() };
    let (known, seller, on_hand, reserved, version, on_hand_at_version): (bool, Option<Uuid>, i64, i64, i64, i64) =
        ask.get_result(conn).await?;
    let owner = seller.map(SellerId);
    Ok(known.then_some(Known { owner, on_hand, reserved, version, on_hand_at_version }))
}

impl PublicStock {
    pub fn new(sku: String, available: i64) -> Self {
        let availability = domain::availability(available);
        let left = match availability {
            Availability::InStock => None,
            Availability::LowStock { left } => Some(left),
            Availability::OutOfStock => Some(0),
        };
        Self { sku, availability: availability.as_str(), left }
    }

    /// Tells two contents apart: it moves when what a buyer sees does.
    pub fn etag(&self) -> String {
        match self.left {
            Some(left) => format!("\"{}-{left}\"", self.availability),
            None => format!("\"{}\"", self.availability),
        }
    }
}

impl StaffStock {
    pub fn new(sku: String, known: &Known) -> Self {
        let available = known.on_hand - known.reserved;
        Self {
            public: PublicStock::new(sku, available),
            on_hand: known.on_hand,
            reserved: known.reserved,
            available,
            version: known.version,
            on_hand_at_version: known.on_hand_at_version,
        }
    }

    /// What whoever sees this has seen.
    pub fn look(&self) -> Look {
        Look { sku: self.public.sku.clone(), version: self.version, on_hand: self.on_hand }
    }

    /// As it stands right after staff changed it.
    pub fn changed(stock: &Stock) -> Self {
        let known = Known {
            owner: None,
            on_hand: stock.on_hand,
            reserved: stock.reserved,
            version: stock.version,
            on_hand_at_version: stock.on_hand,
        };
        Self::new(stock.sku.as_str().to_owned(), &known)
    }
}
