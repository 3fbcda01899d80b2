//! What an invariant is, and how it is looked at.

use std::time::Instant;

use diesel::sql_types::{Array, BigInt, Text};

use super::evidence::Evidence;
use super::report::{EXAMPLES_MAX, Line, Report};
use super::{clients, events, money, orders, replay, stock};

/// Something that always has to hold, as a query over the [`evidence`](super::evidence).
#[derive(Debug, Clone, Copy)]
pub struct Invariant {
    pub name: &'static str,
    pub when: When,
    /// One row for each thing that it covers: `what` (a text with its id and its numbers) and `ok` (null is no).
    pub sql: &'static str,
}

/// When an invariant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Always,
    /// When all events are handled and nobody is at work on an order: one service may know what another has not heard.
    AtRest,
}

#[derive(Debug, diesel::QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    covered: i64,
    #[diesel(sql_type = BigInt)]
    violations: i64,
    #[diesel(sql_type = Array<Text>)]
    examples: Vec<String>,
}

/// All invariants that are queries, in the order in which they are printed.
pub fn all() -> impl Iterator<Item = &'static Invariant> {
    [stock::INVARIANTS, money::INVARIANTS, orders::INVARIANTS, events::INVARIANTS, clients::INVARIANTS]
        .into_iter()
        .flatten()
}

/// Looks at every invariant, those that hold at rest only when `at_rest`.
///
/// # Errors
/// The database's.
pub async fn judge(evidence: &mut Evidence, at_rest: bool, allow_dead_letters: bool) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let verbose = std::env::var_os("CHECK_VERBOSE").is_some();
    for invariant in all() {
        if invariant.when == When::AtRest && !at_rest {
            report.skipped.push(invariant.name);
            continue;
        }
        if allow_dead_letters && invariant.name == events::NOTHING_IS_DEAD {
            continue;
        }
        let began = Instant::now();
        report.lines.push(look_at(evidence, invariant).await?);
        if verbose {
            eprintln!("{:6} ms  {}", began.elapsed().as_millis(), invariant.name);
        }
    }
    if at_rest {
        report.lines.extend(replay::replay(evidence).await?);
    } else {
        report.skipped.extend(replay::NAMES);
    }
    report.notes = events::notes(evidence).await?;
    report.notes.extend(money::notes(evidence).await?);
    Ok(report)
}

async fn look_at(evidence: &mut Evidence, invariant: &Invariant) -> anyhow::Result<Line> {
    let sql = format!(
        "WITH item AS MATERIALIZED (SELECT ok, CASE WHEN ok IS NOT TRUE THEN what END AS what FROM ({}) item), bad AS (SELECT what FROM item WHERE ok IS NOT TRUE ORDER BY what LIMIT {EXAMPLES_MAX}) \
         SELECT count(*) AS covered, count(*) FILTER (WHERE ok IS NOT TRUE) AS violations, \
         ARRAY(SELECT coalesce(what, '?') FROM bad) AS examples FROM item",
        invariant.sql
    );
    let mut found: Vec<Found> = evidence.rows(&sql, invariant.name).await?;
    let found = found.pop().ok_or_else(|| anyhow::anyhow!("{}: no answer", invariant.name))?;
    Ok(Line {
        name: invariant.name,
        covered: u64::try_from(found.covered)?,
        violations: u64::try_from(found.violations)?,
        examples: found.examples,
    })
}
