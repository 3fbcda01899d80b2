//! The program that would notice: reads what every part of a stack has on record, and holds it against the invariants.
//!
//! # Layout
//!
//! - here: [`check`], and in which order things are read so that a stack at work is judged fairly.
//! - [`evidence`]: all that is read stands in one database session: views over the services' schemas as one snapshot sees
//!   them, and temporary tables with what is outside. So an invariant is one query, and a test can plant a violation.
//! - [`topics`], [`gateway`], [`clients`]: fill those tables from the broker, the payment gateway's books, histories.
//! - [`stock`], [`money`], [`orders`], [`events`], [`clients`]: the invariants, by what they are about. **A new one is one
//!   more item there.** [`replay`]: those that fold an order's events through the services' own `domain`.
//! - [`rest`]: whether the stack is at rest, and waiting for it.
//! - [`report`]: the table that is printed.
//!
//! All schemas are in one database here, which the administrator reads; memory does not grow with the number of orders.

pub mod clients;
pub mod events;
pub mod evidence;
pub mod gateway;
pub mod invariant;
pub mod money;
pub mod orders;
pub mod replay;
pub mod report;
pub mod rest;
pub mod stock;
pub mod topics;

use std::path::PathBuf;
use std::time::Duration;

use crate::stack::Stack;
use evidence::Evidence;
pub use invariant::judge;
pub use report::{Line, Report};
use topics::Broker;

/// Name of a header that marks a record as put there to do harm: it is no event of anybody, and its dead letter is no
/// surprise.
pub const INJECTED: &str = "x-injected";

/// What to check.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Files that a [`Recorder`](crate::history::Recorder) wrote.
    pub histories: Vec<PathBuf>,
    /// Wait for so long until the stack is at rest. Without it, what holds at rest only is left out while it is not.
    pub wait: Option<Duration>,
    /// Records may wait in the dead letters.
    pub allow_dead_letters: bool,
    /// Look at these only.
    pub only: Option<Scope>,
}

/// A part of the shop: orders, and the SKUs that they and nobody else have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// `ord_…`
    pub orders: Vec<String>,
    pub skus: Vec<String>,
}

/// Checks everything that is on record in a stack, and tells on standard error how it goes.
///
/// # Errors
/// When something cannot be read. Violations are no error: they are in the report.
pub async fn check(stack: &Stack, options: &Options) -> anyhow::Result<Report> {
    let broker = Broker::new(stack.value("KAFKA_BROKERS"));
    let mut evidence = Evidence::open(stack.value("ADMIN_DATABASE_URL"), options.only.as_ref()).await?;
    let rested = match options.wait {
        Some(patience) => Some(rest::wait(&mut evidence, &broker, patience).await?),
        None => None,
    };
    // The order of reading is what makes it fair to a stack at work: how far the consumers say they are, then the
    // databases, then the gateway and the topics. What a later one has more of is merely newer.
    let progress = broker.progress().await?;
    evidence.snapshot().await?;
    topics::load_progress(&mut evidence, &progress).await?;
    let unrest = rest::unrest(&mut evidence, &progress).await?;
    gateway::load(&mut evidence, stack.value("STRIPE_API_BASE"), stack.value("STRIPE_API_KEY")).await?;
    topics::load(&mut evidence, &broker).await?;
    clients::load(&mut evidence, &options.histories).await?;
    evidence.derive().await?;
    let at_rest = unrest.is_empty();
    // Who waited wants to know all, most of all when it was in vain.
    let mut report = judge(&mut evidence, at_rest || rested.is_some(), options.allow_dead_letters).await?;
    report.lines.extend(rested.map(|_| rest::line(&unrest)));
    let state = if at_rest { "at rest".to_owned() } else { format!("at work: {}", unrest.join(", ")) };
    report.of = format!(
        "The invariants of the stack `{}` ({}), {state}",
        stack.value("WAYBILL_STACK"),
        stack.value("WAYBILL_URL")
    );
    Ok(report)
}
