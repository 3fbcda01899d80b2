//! The SQL of idempotency keys. All of it takes arrays: one request and two hundred go the same way.

use actix_web::http::StatusCode;
use diesel::result::Error as DieselError;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Jsonb, Nullable, SmallInt, Text};
use serde_json::Value;

use super::{Begin, Claim};
use crate::Answer;

runtime::statement! {
    /// Tries to take the claims' locks until the end of the transaction; false where another holds one.
    pub(super) struct Lock { locks: Vec<i64> as Array<BigInt> }
    "SELECT pg_try_advisory_xact_lock(lock) FROM unnest(?) WITH ORDINALITY AS asked(lock, n) ORDER BY n" -> Bool
}

runtime::statement! {
    /// What is kept for each claim, in the order of the claims: fingerprint, status, headers, body, and whether a running
    /// request still owns it.
    pub(super) struct Stored { scopes: Vec<String> as Array<Text>, keys: Vec<String> as Array<Text> }
    "SELECT k.fingerprint, k.status, k.headers, k.body, coalesce(k.locked_until > now(), false) \
     FROM unnest(?, ?) WITH ORDINALITY AS asked(scope, key, n) \
     LEFT JOIN idempotency_key k ON k.scope = asked.scope AND k.key = asked.key ORDER BY n"
    -> (Nullable<Binary>, Nullable<SmallInt>, Nullable<Jsonb>, Nullable<Binary>, Bool)
}

pub(super) type StoredRow = (Option<Vec<u8>>, Option<i16>, Option<Value>, Option<Vec<u8>>, bool);

runtime::statement! {
    /// Keeps answers.
    pub(super) struct Keep {
        scopes: Vec<String> as Array<Text>,
        keys: Vec<String> as Array<Text>,
        fingerprints: Vec<Vec<u8>> as Array<Binary>,
        statuses: Vec<i16> as Array<SmallInt>,
        headers: Vec<Value> as Array<Jsonb>,
        bodies: Vec<Vec<u8>> as Array<Binary>,
    }
    "INSERT INTO idempotency_key AS k (scope, key, fingerprint, status, headers, body) \
     SELECT * FROM unnest(?, ?, ?, ?, ?, ?) \
     ON CONFLICT (scope, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status, \
     headers = excluded.headers, body = excluded.body, locked_until = NULL WHERE k.status IS NULL"
}

runtime::statement! {
    /// Deletes the oldest keys that have had their day.
    pub(super) struct Purge { most: i64 as BigInt }
    "DELETE FROM idempotency_key WHERE (scope, key) IN \
     (SELECT scope, key FROM idempotency_key WHERE created_at < now() - interval '24 hours' \
     ORDER BY created_at LIMIT ? FOR UPDATE SKIP LOCKED)"
}

impl Keep {
    pub(super) fn of<'a>(answers: impl Iterator<Item = &'a (&'a Claim, &'a Answer)>) -> Result<Self, DieselError> {
        let mut kept = Self {
            scopes: Vec::new(),
            keys: Vec::new(),
            fingerprints: Vec::new(),
            statuses: Vec::new(),
            headers: Vec::new(),
            bodies: Vec::new(),
        };
        for (claim, answer) in answers {
            kept.scopes.push(claim.scope.clone());
            kept.keys.push(claim.key.clone());
            kept.fingerprints.push(claim.fingerprint.to_vec());
            kept.statuses.push(status_number(answer.status));
            kept.headers.push(headers_json(answer)?);
            kept.bodies.push(answer.body.clone());
        }
        Ok(kept)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// An HTTP status fits: it is below 1000.
pub(super) fn status_number(status: StatusCode) -> i16 {
    i16::try_from(status.as_u16()).unwrap_or(i16::MAX)
}

pub(super) fn headers_json(answer: &Answer) -> Result<Value, DieselError> {
    serde_json::to_value(&answer.headers).map_err(|error| DieselError::SerializationError(error.into()))
}

/// What a claim meets: the lock, and what is kept.
pub(super) fn judge(claim: &Claim, locked: bool, (fingerprint, status, headers, body, owned): StoredRow) -> Begin {
    let Some(fingerprint) = fingerprint else {
        return if locked { Begin::Start } else { Begin::InUse };
    };
    if fingerprint != claim.fingerprint {
        return Begin::Reused;
    }
    match status.and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok()) {
        Some(status) => {
            let headers = headers.and_then(|headers| serde_json::from_value(headers).ok()).unwrap_or_default();
            Begin::Replay(Answer { status, headers, body: body.unwrap_or_default() })
        }
        None if owned || !locked => Begin::InUse,
        None => Begin::Start,
    }
}
