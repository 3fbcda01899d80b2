//! What the public reads, kept for a moment as the bytes that are sent.
//!
//! Those who change products do not read from here, so they see their own changes on every replica. After a change this
//! process forgets everything at once; other replicas show it when their entries expire.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::web::Bytes;
use moka::future::Cache;
use proto_events::ids::ProductId;
use web::Problem;

/// How long an answer may be old on another replica than the one that made the change.
const LIFETIME: Duration = Duration::from_secs(1);
/// Bytes that the answers may take together: some hundred pages, or ten thousand products.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes that an entry takes beside its answer, roughly.
const OVERHEAD: usize = 256;

/// An answer to a read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub body: Bytes,
    /// What its ETag is made from.
    pub version: i64,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    Product(ProductId),
    Page { before: Option<ProductId>, limit: i64 },
}

/// The answers that are kept. `None` is kept too: there is no such product.
#[derive(Debug)]
pub struct PublicReads {
    entries: Cache<(u64, Asked), Option<Kept>>,
    /// Part of every key, and counted up by a change: what was read from the database before it, even if it arrives
    /// after it, is then under a key that nobody asks for.
    generation: AtomicU64,
}

impl Default for PublicReads {
    fn default() -> Self {
        let weight = |_: &(u64, Asked), kept: &Option<Kept>| {
            let bytes = OVERHEAD + kept.as_ref().map_or(0, |kept| kept.body.len());
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let entries = Cache::builder().time_to_live(LIFETIME).max_capacity(MAX_BYTES).weigher(weight).build();
        Self { entries, generation: AtomicU64::new(0) }
    }
}

impl PublicReads {
    /// The kept answer, or the one that `load` gives; of many who ask at once, one loads.
    ///
    /// # Errors
    /// Those of `load`; they are not kept.
    pub async fn get<F>(&self, asked: Asked, load: F) -> Result<Option<Kept>, Problem>
    where
        F: Future<Output = Result<Option<Kept>, Problem>>,
    {
        let key = (self.generation.load(Ordering::Acquire), asked);
        self.entries.try_get_with(key, load).await.map_err(|problem: Arc<Problem>| (*problem).clone())
    }

    /// To be called after the commit of a change, and before its answer.
    pub fn forget(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Asked = Asked::Page { before: None, limit: 20 };

    fn kept(version: i64) -> Option<Kept> {
        Some(Kept { body: Bytes::from_static(b"{}"), version })
    }

    #[tokio::test]
    async fn an_answer_is_kept_until_a_change() {
        let reads = PublicReads::default();
        let get = async |version| reads.get(PAGE, async move { Ok(kept(version)) }).await.ok().flatten();
        assert_eq!(get(1).await, kept(1));
        assert_eq!(get(2).await, kept(1));
        reads.forget();
        assert_eq!(get(3).await, kept(3));
    }

    #[tokio::test]
    async fn what_was_read_before_a_change_is_not_kept_after_it() {
        let reads = PublicReads::default();
        let old = reads.get(PAGE, async {
            reads.forget();
            Ok(kept(1))
        });
        assert_eq!(old.await.ok().flatten(), kept(1));
        assert_eq!(reads.get(PAGE, async { Ok(kept(2)) }).await.ok().flatten(), kept(2));
    }

    #[tokio::test]
    async fn failures_are_not_kept() {
        let reads = PublicReads::default();
        assert!(reads.get(PAGE, async { Err(Problem::unavailable()) }).await.is_err());
        assert_eq!(reads.get(PAGE, async { Ok(kept(1)) }).await.ok().flatten(), kept(1));
    }
}
