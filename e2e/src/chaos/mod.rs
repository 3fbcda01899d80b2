//! Trade while everything that can go wrong does, by a schedule that a seed reproduces; then a look at the books.
//!
//! # Layout
//!
//! - [`schedule`]: what goes wrong and when.
//! - [`faults`]: makes it so, by [`parts`] (signals, starting), [`network`] (connections through a [`proxy`] each), [`disk`]
//!   and [`records`].
//! - [`plans`]: what a buyer means to do; [`buyers`] do it, and count what they see in a [`tally`].
//! - [`dice`]: the numbers that a seed gives.
//! - [`report`]: what is printed at the end.

pub mod buyers;
pub mod dice;
pub mod disk;
pub mod faults;
pub mod network;
pub mod parts;
pub mod plans;
pub mod proxy;
pub mod records;
pub mod report;
pub mod schedule;
pub mod tally;

use std::sync::Arc;
use std::time::{Duration, Instant};

use buyers::Market;
use faults::{Site, tell};
use report::Report;
use schedule::Schedule;
use tokio::task::JoinSet;

use crate::checker;
use crate::history::Recorder;
use crate::stack::Stack;

/// From the last buyer's end until nothing is under way any more: webhooks, refunds, the consumers' last records.
const QUIET_WITHIN: Duration = Duration::from_secs(120);
/// How often a line tells how it goes.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

/// What one run is.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub seed: u64,
    /// How long buyers come.
    pub duration: Duration,
    /// How many of them come in a second.
    pub rate: f64,
}

/// Runs the schedule of a seed against the running stack.
///
/// # Errors
/// When the stack is not there, or a fault could not be made or healed: the run then proves nothing.
pub async fn run(options: Options) -> anyhow::Result<Report> {
    let stack = Stack::running()?;
    let history = stack.folder().join("run/history.jsonl");
    let recorder = Recorder::append_to(&history)?;
    let market = Market::open(options.seed, recorder.clone()).await;
    let site = Arc::new(Site::prepare(stack.clone()).await?);
    let schedule = Schedule::new(options.seed, options.duration, site.abilities());
    print!("{schedule}");
    println!("{} buyers a second, for {} s:", options.rate, options.duration.as_secs());

    let began = Instant::now();
    let progress = tokio::spawn(show_progress(market.clone(), began));
    // A fault that could not be made or healed ends the run at once.
    let trading = async { Ok(market.trade(options.duration, options.rate).await) };
    let (visits, over) = tokio::try_join!(trading, site.play(&schedule, began))?;
    site.ready().await?;
    market.healed();
    let healed = Instant::now();
    tell(began, "everything is healed; waiting for quiet");
    finish(visits).await;
    progress.abort();

    let settled = healed.elapsed();
    recorder.flush()?;
    let options =
        checker::Options { histories: vec![history], wait: Some(QUIET_WITHIN), ..checker::Options::default() };
    let checked = checker::check(&stack, &options).await?;
    let (counts, quiet) = (market.tally().counts(), healed.elapsed());
    Ok(Report { counts, over, settled, quiet, checked })
}

async fn finish(mut visits: JoinSet<()>) {
    // A visit that panics is a fault of this program.
    while let Some(visit) = visits.join_next().await {
        visit.expect("a visit ends");
    }
}

async fn show_progress(market: Market, began: Instant) {
    let mut ticks = tokio::time::interval(PROGRESS_INTERVAL);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let counts = market.tally().counts();
        let done = counts.paid + counts.cancelled_in_all() + counts.refused_in_all();
        let line = format!(
            "· wanted {}, accepted {}, paid {}, cancelled {}, on the way {}",
            counts.wanted,
            counts.accepted,
            counts.paid,
            counts.cancelled_in_all(),
            counts.wanted.saturating_sub(done)
        );
        tell(began, &line);
    }
}
