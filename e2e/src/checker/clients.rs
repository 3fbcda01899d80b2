//! What clients were told, and whether it is so.

use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;

use super::evidence::Evidence;
use super::invariant::{Invariant, When};
use crate::history::{self, Call, Outcome};

/// Calls that are inserted at once.
const BATCH: usize = 5000;

pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "every order that was acknowledged to a client exists, and is that client's",
        when: When::Always,
        sql: "SELECT format('%s, acknowledged to %s with key %s', c.order_key, c.user_key, c.key) AS what,
                o.id IS NOT NULL AND 'usr_' || replace(o.user_id::text, '-', '') = c.user_key AS ok
              FROM (SELECT DISTINCT order_key, user_key, key FROM client_call WHERE outcome = 'accepted') c
              LEFT JOIN orders o ON 'ord_' || replace(o.id::text, '-', '') = c.order_key",
    },
    Invariant {
        name: "one key of a client gets one order, however often it is sent",
        when: When::Always,
        sql: "SELECT format('%s of %s: %s', key, user_key, string_agg(DISTINCT order_key, ', ')) AS what,
                count(DISTINCT order_key) = 1 AS ok
              FROM client_call WHERE outcome = 'accepted' GROUP BY user_key, key",
    },
    Invariant {
        name: "one order answers one key",
        when: When::Always,
        sql: "SELECT format('%s: %s', order_key, string_agg(DISTINCT key, ', ')) AS what,
                count(DISTINCT (user_key, key)) = 1 AS ok
              FROM client_call WHERE outcome = 'accepted' AND order_key IS NOT NULL GROUP BY order_key",
    },
    Invariant {
        name: "a call that was refused, and nothing else, left no order",
        when: When::Always,
        sql: "SELECT format('%s of %s was refused, and made an order', c.key, c.user_key) AS what,
                NOT EXISTS (
                  SELECT FROM order_key k WHERE k.key = c.key AND k.scope LIKE c.user_key || ' POST %/orders' AND k.status = 201
                ) AS ok
              FROM (SELECT user_key, key FROM client_call GROUP BY user_key, key HAVING bool_and(outcome = 'refused')) c",
    },
    Invariant {
        name: "a client has no more orders than its calls can have made",
        when: When::Always,
        // Orders of the time before the history began are none of its calls'.
        sql: "WITH caller AS (
                SELECT user_key, min(at) AS since,
                  count(DISTINCT key) FILTER (WHERE outcome = 'unknown')
                    - count(DISTINCT key) FILTER (WHERE outcome = 'unknown' AND known) AS unclear
                FROM (
                  SELECT *, bool_or(outcome = 'accepted') OVER (PARTITION BY user_key, key) AS known FROM client_call
                ) c GROUP BY user_key
              )
              SELECT format('%s: %s orders that no answer named, %s calls without an answer', user_key, o.n, unclear) AS what,
                coalesce(o.n, 0) <= unclear AS ok
              FROM caller LEFT JOIN LATERAL (
                SELECT count(*) AS n FROM orders
                WHERE orders.user_id = substr(user_key, 5)::uuid AND orders.created_at > since
                  AND NOT EXISTS (
                    SELECT FROM client_call a
                    WHERE a.order_key = 'ord_' || replace(orders.id::text, '-', '') AND a.outcome = 'accepted')
              ) o ON true",
    },
];

/// Reads histories into `client_call`.
///
/// # Errors
/// When a file cannot be read or makes no sense; the database's.
pub async fn load(evidence: &mut Evidence, histories: &[PathBuf]) -> anyhow::Result<()> {
    for path in histories {
        load_one(evidence, path).await.with_context(|| path.display().to_string())?;
    }
    if !histories.is_empty() {
        evidence.run("CREATE INDEX ON client_call (order_key)").await?;
    }
    Ok(())
}

async fn load_one(evidence: &mut Evidence, path: &Path) -> anyhow::Result<()> {
    let mut batch = Vec::with_capacity(BATCH);
    for call in history::read(path)? {
        batch.push(call?);
        if batch.len() == BATCH {
            insert(evidence, std::mem::take(&mut batch)).await?;
        }
    }
    insert(evidence, batch).await
}

/// Adds calls to `client_call`.
///
/// # Errors
/// The database's.
pub async fn insert(evidence: &mut Evidence, calls: Vec<Call>) -> anyhow::Result<()> {
    let outcome = |call: &Call| match call.outcome {
        Outcome::Accepted => "accepted",
        Outcome::Refused => "refused",
        Outcome::Unknown => "unknown",
    };
    let times: Vec<DateTime<Utc>> = calls.iter().map(|call| call.at).collect();
    diesel::sql_query("INSERT INTO client_call SELECT * FROM unnest($1, $2, $3, $4, $5)")
        .bind::<Array<Timestamptz>, _>(times)
        .bind::<Array<Text>, _>(calls.iter().map(|call| call.key.clone()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(calls.iter().map(|call| call.user.clone()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(calls.iter().map(outcome).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(calls.iter().map(|call| call.order_id.clone()).collect::<Vec<_>>())
        .execute(evidence.conn())
        .await?;
    Ok(())
}
