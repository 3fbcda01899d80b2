//! The calls, by feature.

pub mod browse;
pub mod manage;

use chrono::{DateTime, Utc};
use proto_events::ids::{ProductId, SellerId};
use serde::Serialize;
use utoipa::ToSchema;
use web::Money;

use crate::domain::{self, Status};

/// Something that is, was or will be for sale.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Product {
    #[schema(value_type = String, example = "prd_0198c1a0f00d7000a000000000c0ffee")]
    pub id: ProductId,
    #[schema(example = "COF-HOUSE-250")]
    pub sku: String,
    pub name: String,
    pub description: String,
    pub price: Money,
    pub status: Status,
    /// Null where the shop itself sells it.
    #[schema(value_type = Option<String>, example = "sel_0198c1a0f00d7000a000000000c0ffee")]
    pub seller_id: Option<SellerId>,
    /// The first is the one to show in lists.
    pub images: Vec<ProductImage>,
    /// URL of the first image, or a path on the shop.
    pub image_url: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A picture of a product.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProductImage {
    #[schema(example = "img_0198c1a0f00d7000a000000000c0ffee")]
    pub id: String,
    pub url: String,
    /// For those who do not see it.
    pub alt: String,
}

impl From<domain::Product> for Product {
    fn from(product: domain::Product) -> Self {
        let image = product.image_url.as_ref().map(|url| ProductImage {
            // There is one image per product, so the product's own number tells it from all others.
            id: format!("img_{}", product.id.0.simple()),
            url: url.clone(),
            alt: product.name.clone(),
        });
        Self {
            id: product.id,
            sku: product.sku,
            name: product.name,
            description: product.description,
            price: product.price,
            status: product.status,
            seller_id: product.seller_id,
            images: image.into_iter().collect(),
            image_url: product.image_url,
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}
