//! The calls, by feature.

pub mod keys;
pub mod registration;
pub mod sessions;
pub mod users;

use chrono::{DateTime, Utc};
use proto_events::ids::{SellerId, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use web::token::Role;

use crate::store::UserRow;

/// Somebody who may sign in.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct User {
    #[schema(value_type = String, example = "usr_0198c1a0f00d7000a000000000c0ffee")]
    pub id: UserId,
    #[schema(format = "email")]
    pub email: String,
    pub name: String,
    pub roles: Vec<Role>,
    /// The seller for whom a SELLER acts.
    #[schema(value_type = Option<String>, example = "sel_0198c1a0f00d7000a000000000c0ffee")]
    pub seller_id: Option<SellerId>,
    pub email_verified: bool,
    /// The ETag without its quotes: what `If-Match` wants when roles change.
    pub version: i64,
    pub created_at: DateTime<Utc>,
}

impl From<&UserRow> for User {
    fn from(row: &UserRow) -> Self {
        let grant = row.grant();
        Self {
            id: row.user_id(),
            email: row.email.clone(),
            name: row.name.clone(),
            roles: grant.roles,
            seller_id: grant.seller_id,
            email_verified: row.email_verified,
            version: row.version,
            created_at: row.created_at,
        }
    }
}
