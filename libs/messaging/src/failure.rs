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
    if runtime::db::is_transient(error) {
        return Class::Transient;
    }
    match error {
        Error::DatabaseError(
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::RestrictViolation
            | DatabaseErrorKind::ExclusionViolation,
            _,
        )
        | Error::NotFound
        | Error::SerializationError(_)
        | Error::DeserializationError(_) => Class::Permanent,
        Error::RollbackErrorOnCommit { commit_error, .. } => classify(commit_error),
        _ => Class::Unclear,
    }
}
