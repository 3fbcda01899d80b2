//! What staff were shown, so that a count of theirs can be booked as a difference to it.
//!
//! A version does not tell it: it moves with staff's changes and not with sales, so that two people with the same version
//! may have seen different figures.

use diesel::sql_types::{Array, BigInt, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use proto_events::ids::UserId;
use uuid::Uuid;

use crate::domain::Sku;

/// A SKU's figures as they are shown: version and on hand.
#[derive(Debug, Clone)]
pub struct Look {
    pub sku: String,
    pub version: i64,
    pub on_hand: i64,
}

runtime::statement! {
    struct Remember {
        skus: Vec<String> as Array<Text>, user: Uuid as SqlUuid, versions: Vec<i64> as Array<BigInt>,
        on_hands: Vec<i64> as Array<BigInt>,
    }
    "INSERT INTO stock_look (sku, user_id, version, on_hand) \
     SELECT sku, user_id, version, on_hand \
     FROM (SELECT unnest(?) AS sku, ?::uuid AS user_id, unnest(?) AS version, unnest(?) AS on_hand) looked ORDER BY sku \
     ON CONFLICT (user_id, sku) DO UPDATE SET version = excluded.version, on_hand = excluded.on_hand"
}

runtime::statement! {
    struct Recall { user: Uuid as SqlUuid, sku: String as Text, version: i64 as BigInt }
    "SELECT on_hand FROM stock_look WHERE user_id = ? AND sku = ? AND version = ?" -> BigInt
}

/// Remembers what `user` is being shown.
///
/// # Errors
/// The database's.
pub async fn remember(conn: &mut AsyncPgConnection, user: UserId, looks: &[Look]) -> QueryResult<()> {
    if looks.is_empty() {
        return Ok(());
    }
    let remember = Remember {
        skus: looks.iter().map(|look| look.sku.clone()).collect(),
        user: user.0,
        versions: looks.iter().map(|look| look.version).collect(),
        on_hands: looks.iter().map(|look| look.on_hand).collect(),
    };
    remember.execute(conn).await?;
    Ok(())
}

/// What `user` last saw on hand at this version, if they looked.
///
/// # Errors
/// The database's.
pub async fn recall(conn: &mut AsyncPgConnection, user: UserId, sku: &Sku, version: i64) -> QueryResult<Option<i64>> {
    Recall { user: user.0, sku: sku.as_str().to_owned(), version }.get_result(conn).await.optional()
}
