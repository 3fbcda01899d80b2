//! Keys of work that goes over the network between two transactions.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::{Binary, Jsonb, SmallInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::statements::{self, headers_json, judge, status_number};
use super::{Begin, Claim};
use crate::Answer;

runtime::statement! {
    /// Owns a key that is new, or whose owner was not heard of in time. No row: someone else has it.
    struct Own { scope: String as Text, key: String as Text, fingerprint: Vec<u8> as Binary }
    "INSERT INTO idempotency_key AS k (scope, key, fingerprint, locked_until) \
     VALUES (?, ?, ?, now() + interval '20 seconds') \
     ON CONFLICT (scope, key) DO UPDATE SET locked_until = excluded.locked_until \
     WHERE k.status IS NULL AND k.locked_until < now() AND k.fingerprint = excluded.fingerprint \
     RETURNING k.locked_until" -> Timestamptz
}

runtime::statement! {
    struct Complete {
        status: i16 as SmallInt, headers: Value as Jsonb, body: Vec<u8> as Binary,
        scope: String as Text, key: String as Text, until: DateTime<Utc> as Timestamptz
    }
    "UPDATE idempotency_key SET status = ?, headers = ?, body = ?, locked_until = NULL \
     WHERE scope = ? AND key = ? AND locked_until = ? AND status IS NULL"
}

runtime::statement! {
    struct Abandon { scope: String as Text, key: String as Text, until: DateTime<Utc> as Timestamptz }
    "DELETE FROM idempotency_key WHERE scope = ? AND key = ? AND locked_until = ? AND status IS NULL"
}

/// A key that is owned while its work runs. A crash frees it after 20 seconds: longer than a caller is kept waiting, and not
/// so long that a buyer who tries again would lose what is held for the order.
#[derive(Debug, Clone)]
pub struct Running {
    claim: Claim,
    /// Also tells this run from a later one that took over.
    until: DateTime<Utc>,
}

/// Owns the key until [`complete`] or [`abandon`], or for 20 seconds. The work must bear being done twice, since a run
/// that was thought dead may still go on.
///
/// `Err` of the inner result is never [`Begin::Start`].
///
/// # Errors
/// Those of the database.
pub async fn claim_running(conn: &mut AsyncPgConnection, claim: Claim) -> QueryResult<Result<Running, Begin>> {
    let own = Own { scope: claim.scope.clone(), key: claim.key.clone(), fingerprint: claim.fingerprint.to_vec() };
    if let Some(until) = own.load::<DateTime<Utc>>(conn).await?.pop() {
        return Ok(Ok(Running { claim, until }));
    }
    let stored = statements::Stored { scopes: vec![claim.scope.clone()], keys: vec![claim.key.clone()] };
    let row = stored.load::<statements::StoredRow>(conn).await?.pop();
    Ok(Err(match row.map(|row| judge(&claim, false, row)) {
        Some(Begin::Start) | None => Begin::InUse,
        Some(other) => other,
    }))
}

/// Keeps the answer, in the transaction that ends the work. An answer that is not [final](Answer::is_final) frees the key.
///
/// # Errors
/// Those of the database.
pub async fn complete(conn: &mut AsyncPgConnection, running: Running, answer: &Answer) -> QueryResult<()> {
    if !answer.is_final() {
        return abandon(conn, running).await;
    }
    let Running { claim, until } = running;
    let complete = Complete {
        status: status_number(answer.status),
        headers: headers_json(answer)?,
        body: answer.body.clone(),
        scope: claim.scope,
        key: claim.key,
        until,
    };
    complete.execute(conn).await.map(drop)
}

/// Frees the key, so that a repeat does the work again.
///
/// # Errors
/// Those of the database.
pub async fn abandon(conn: &mut AsyncPgConnection, running: Running) -> QueryResult<()> {
    let Running { claim, until } = running;
    Abandon { scope: claim.scope, key: claim.key, until }.execute(conn).await.map(drop)
}
