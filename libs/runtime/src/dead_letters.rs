//! What an admin may do with records that could not be applied.
//!
//! A trait with one implementation, on purpose: `web` serves it and `messaging` implements it, and neither may know the
//! other.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

/// A record that could not be applied, or waits behind one.
#[derive(Debug, Clone, Serialize)]
pub struct DeadLetter {
    /// `topic:partition:offset`.
    pub id: String,
    /// Order of arrival; lists page by it.
    #[serde(skip)]
    pub position: i64,
    pub topic: String,
    pub key: Option<String>,
    pub event_id: Option<Uuid>,
    pub event_type: Option<String>,
    /// `DEAD`, `WAITING` (behind a dead one of the same key) or `DONE` (applied by a replay).
    pub state: String,
    /// `UNDECODABLE`, `PERMANENT` or `PANIC`; none while waiting.
    pub error_class: Option<String>,
    pub error: Option<String>,
    pub attempts: i32,
    pub created_at: DateTime<Utc>,
    pub replayed_at: Option<DateTime<Utc>>,
    pub headers: Vec<(String, String)>,
    /// The payload as it came, in base 64.
    pub payload_base64: Option<String>,
    /// The payload in readable form, where it decodes.
    pub decoded: Option<String>,
}

/// Why a replay was not even tried.
#[derive(Debug, thiserror::Error)]
pub enum ReplayRefused {
    #[error("there is no such dead letter")]
    NotFound,
    /// It is not the first of its key: what is dead before it has to be replayed first.
    #[error("it waits behind {0}")]
    WaitsBehind(String),
    #[error(transparent)]
    Unavailable(#[from] anyhow::Error),
}

pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub trait DeadLetters: Send + Sync {
    /// The newest first, older than `before` (a position), at most `limit`.
    fn list(&self, before: Option<i64>, limit: i64) -> Answer<'_, anyhow::Result<Vec<DeadLetter>>>;

    /// Applies a dead letter and then what waits behind it. One that is done already is left alone. Returns it as it is
    /// afterwards: `DONE`, or `DEAD` with the error of this try.
    fn replay<'a>(&'a self, id: &'a str) -> Answer<'a, Result<DeadLetter, ReplayRefused>>;
}

/// Dead letters of a service that serves HTTP before its database is there. Cheap to clone.
#[derive(Clone, Default)]
pub struct Later(Arc<OnceLock<Arc<dyn DeadLetters>>>);

impl Later {
    /// To be called once; a second time changes nothing.
    pub fn set(&self, letters: Arc<dyn DeadLetters>) {
        let _ = self.0.set(letters);
    }

    fn get(&self) -> anyhow::Result<&Arc<dyn DeadLetters>> {
        self.0.get().ok_or_else(|| anyhow::anyhow!("the database is not there yet"))
    }
}

impl DeadLetters for Later {
    fn list(&self, before: Option<i64>, limit: i64) -> Answer<'_, anyhow::Result<Vec<DeadLetter>>> {
        Box::pin(async move { self.get()?.list(before, limit).await })
    }

    fn replay<'a>(&'a self, id: &'a str) -> Answer<'a, Result<DeadLetter, ReplayRefused>> {
        Box::pin(async move { self.get()?.replay(id).await })
    }
}
