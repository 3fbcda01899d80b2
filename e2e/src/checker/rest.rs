//! Whether the stack is at rest: all events are handled, and nobody but buyers has something to do.

use std::time::{Duration, Instant};

use diesel::sql_types::{BigInt, Text};

use super::evidence::Evidence;
use super::report::Line;
use super::topics::{Broker, Progress};

const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What can be under way, with how much of it there is. What waits for people (a capture that is not what was ordered,
/// an order of which something is in the dead letters) waits for no timer.
const UNREST: &str = "
    WITH parked AS (SELECT key FROM dead_letter WHERE state <> 'DONE')
    SELECT 'events in an outbox' AS what, count(*) AS n FROM outbox
    UNION ALL
    SELECT 'attempts without an outcome', count(*) FROM attempt JOIN payment USING (order_id)
      WHERE state IN ('OPEN', 'UNKNOWN') AND mismatch_minor IS NULL
    UNION ALL
    SELECT 'refunds under way', count(*) FROM refund WHERE state = 'PENDING'
    UNION ALL
    SELECT 'payments that are closing', count(*) FROM payment
      WHERE closed <> 'REJECTED' AND final_word IS NULL AND mismatch_minor IS NULL
    UNION ALL
    SELECT 'holds past their time', count(*) FROM reservation WHERE state = 'HELD' AND expires_at < clock_timestamp()
    UNION ALL
    SELECT 'orders that wait for a service', count(*) FROM orders
      WHERE (status = 'CREATED' OR (status = 'PAYMENT_PENDING' AND (paid_at IS NOT NULL OR committed_at IS NOT NULL)))
        AND NOT EXISTS (SELECT FROM parked WHERE key = 'ord_' || replace(id::text, '-', ''))";

#[derive(diesel::QueryableByName)]
struct Open {
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What is under way, in words; empty at rest.
///
/// # Errors
/// The database's.
pub async fn unrest(evidence: &mut Evidence, progress: &[Progress]) -> anyhow::Result<Vec<String>> {
    let lag: i64 = progress.iter().map(|progress| (progress.high - progress.applied_to).max(0)).sum();
    let open: Vec<Open> = evidence.rows(UNREST, "what is under way").await?;
    let records = Open { what: "records that a consumer has not taken".to_owned(), n: lag };
    let all = open.into_iter().chain([records]).filter(|open| open.n > 0);
    Ok(all.map(|open| format!("{} {}", open.n, open.what)).collect())
}

/// Waits until the stack is at rest, at most for `patience`; tells on standard error what is still under way.
///
/// # Errors
/// When the broker or the database does not answer.
pub async fn wait(evidence: &mut Evidence, broker: &Broker, patience: Duration) -> anyhow::Result<bool> {
    let began = Instant::now();
    let mut told = Vec::new();
    loop {
        let progress = broker.progress().await?;
        let unrest = unrest(evidence, &progress).await?;
        if unrest.is_empty() {
            return Ok(true);
        }
        if began.elapsed() >= patience {
            return Ok(false);
        }
        if unrest != told {
            eprintln!("  waiting since {} s: {}", began.elapsed().as_secs(), unrest.join(", "));
            told = unrest;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// That the stack came to rest, as a line of the report.
pub fn line(unrest: &[String]) -> Line {
    Line {
        name: "the stack comes to rest within the time given to it",
        covered: 1,
        violations: u64::from(!unrest.is_empty()),
        examples: unrest.to_vec(),
    }
}
