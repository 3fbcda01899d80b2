//! Which failures pass by themselves.

use diesel::result::{DatabaseErrorKind, Error};

/// What went wrong while events were applied.
#[derive(Debug, thiserror::Error)]
pub enum ReactionError {
    #[error(transparent)]
    Database(#[from] Error),
    /// The event can never be applied here: it contradicts what is known.
    #[error("{0}")]
    Permanent(String),
    /// The code panicked on it.
    #[error("panic: {0}")]
    Panic(String),
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The database is away or busy: the same again, for as long as it takes. Never a dead letter.
    Transient,
    /// A few tries, then a dead letter.
    Permanent,
    /// A database error that may be either. Tried long enough to outlive a passing trouble, then a dead letter, so that
    /// it cannot block its partition for ever.
    Unclear,
}

/// Parts of Postgres' messages for states that pass by themselves. diesel gives no SQLSTATE (its issue 1612), so the
/// English text has to tell.
const TRANSIENT_TEXTS: [&str; 16] = [
    "deadlock detected",
    "lock timeout",
    "statement timeout",
    "idle-in-transaction timeout",
    "could not obtain lock",
    "terminating connection",
    "shutting down",
    "starting up",
    "in recovery mode",
    "too many clients",
    "remaining connection slots",
    "no space left",
    "out of memory",
    "out of shared memory",
    "connection closed",
    "could not serialize",
];

impl ReactionError {
    pub fn class(&self) -> Class {
        match self {
            ReactionError::Database(error) => classify(error),
            ReactionError::Permanent(_) | ReactionError::Panic(_) => Class::Permanent,
        }
    }

    /// The name under which a dead letter is counted.
    pub fn name(&self) -> &'static str {
        match self {
            ReactionError::Database(_) | ReactionError::Permanent(_) => "PERMANENT",
            ReactionError::Panic(_) => "PANIC",
        }
    }
}

/// Tells whether a database error passes by itself.
pub fn classify(error: &Error) -> Class {
    match error {
        Error::DatabaseError(kind, information) => match kind {
            DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ReadOnlyTransaction
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ClosedConnection => Class::Transient,
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::RestrictViolation
            | DatabaseErrorKind::ExclusionViolation => Class::Permanent,
            _ => {
                let message = information.message().to_lowercase();
                if TRANSIENT_TEXTS.iter().any(|text| message.contains(text)) {
                    Class::Transient
                } else {
                    Class::Unclear
                }
            }
        },
        Error::BrokenTransactionManager | Error::AlreadyInTransaction => Class::Transient,
        Error::RollbackErrorOnCommit { commit_error, .. } => classify(commit_error),
        Error::NotFound | Error::SerializationError(_) | Error::DeserializationError(_) => Class::Permanent,
        _ => Class::Unclear,
    }
}
