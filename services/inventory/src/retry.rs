//! Trying again where two transactions got into each other's way.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::pooled_connection::deadpool::PoolError;
use runtime::backoff::Backoff;
use web::Problem;

/// Each try may wait two seconds for a lock; together they stay below the patience of whoever asked.
const TRIES: u32 = 3;
const WAIT_FIRST: Duration = Duration::from_millis(10);
const WAIT_LONGEST: Duration = Duration::from_millis(160);

/// Why a transaction did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Pool(#[from] PoolError),
    #[error(transparent)]
    Database(#[from] DieselError),
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Pool(error) => error.into(),
            Failure::Database(error) => error.into(),
        }
    }
}

/// Counts the tries of one transaction.
///
/// ```text
/// let mut retries = Retries::new();
/// let result = loop {
///     match transaction().await {
///         Err(failure) if retries.again_after(&failure).await => {}
///         result => break result,
///     }
/// };
/// ```
#[derive(Debug)]
pub struct Retries(Backoff);

impl Retries {
    pub fn new() -> Self {
        Self(Backoff::new(WAIT_FIRST, WAIT_LONGEST))
    }

    /// Whether the transaction lost a race that it may win the next time; then waits for a moment.
    pub async fn again_after(&mut self, failure: &Failure) -> bool {
        match failure {
            Failure::Database(error) if is_conflict(error) && self.0.tries() + 1 < TRIES => {
                tracing::info!(%error, "a transaction lost a race and is tried again");
                tokio::time::sleep(self.0.next_delay()).await;
                true
            }
            Failure::Database(_) | Failure::Pool(_) => false,
        }
    }
}

/// Nothing was written, and another transaction was the reason.
fn is_conflict(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        // Diesel knows no kind for these two.
        DieselError::DatabaseError(_, info) => {
            ["deadlock detected", "lock timeout"].iter().any(|text| info.message().contains(text))
        }
        _ => false,
    }
}
