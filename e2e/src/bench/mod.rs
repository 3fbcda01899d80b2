//! `make bench`: how fast a running stack is, and what an order costs it.
//!
//! # Method
//! Load comes at a rate, whatever the system does with it, and latency counts from when a call was due: a system that
//! falls behind cannot hide it. Warm-up is apart. That an order is PAID is heard from `order.events`. Processor time is
//! the kernel's count for each part, children included; load generator and payment simulator are shown apart. The checker
//! holds everything against the invariants afterwards, and a run with a violation has no figure.
//!
//! # Layout
//!
//! - [`run()`](run()): the scenarios in order. [`Scale`]: how much of each.
//! - [`load`], [`client`]: making calls. [`shop`]: what is ordered and by whom. [`paid`]: hearing what became of it.
//! - [`orders`], [`hot`], [`door`], [`catalog`], [`seed`]: the scenarios.
//! - [`usage`]: processor time, memory, statements. [`profile`], [`flame`]: flame graphs.
//! - [`report`], [`svg`]: the table, the JSON file, the curves.

pub mod catalog;
pub mod client;
pub mod door;
pub mod flame;
pub mod hot;
pub mod load;
pub mod orders;
pub mod paid;
pub mod profile;
pub mod report;
pub mod seed;
pub mod shop;
pub mod svg;
pub mod usage;

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use diesel_async::{AsyncConnection, AsyncPgConnection};

use crate::stack::Stack;
use catalog::What;
use orders::{Plan, Step, offer};
use paid::Listener;
use report::Report;
use shop::Shop;

/// Clients that read the catalog at once.
const READERS: usize = 48;
/// A rate is kept when this much of it is paid within the measured time.
const KEPT: f64 = 0.95;

/// How much of everything.
#[derive(Debug, Clone)]
pub struct Scale {
    pub products: usize,
    pub buyers: usize,
    pub warm_up: Plan,
    /// Orders per second, rising. The last that is kept tells the most; then those after it are left out.
    pub rates: Vec<f64>,
    /// The rate at which an order's cost and latency are told.
    pub usual: f64,
    pub settle: Duration,
    pub measure: Duration,
    pub hot_units: i64,
    pub hot_buyers: u64,
    pub hot_at_once: usize,
    pub door_events: usize,
    pub catalog: Duration,
    /// Orders in the tables before the last part.
    pub past_orders: u64,
}

impl Scale {
    /// What the figures are taken with.
    pub fn full() -> Self {
        let seconds = Duration::from_secs;
        Self {
            products: 100,
            buyers: 2_000,
            warm_up: Plan { rate: 400.0, warm_up: seconds(15), measure: seconds(20) },
            rates: vec![250.0, 500.0, 750.0, 1000.0, 1250.0, 1500.0, 2000.0, 2500.0, 3000.0],
            usual: 1000.0,
            settle: seconds(5),
            measure: seconds(20),
            hot_units: 500,
            hot_buyers: 2_000,
            hot_at_once: 64,
            door_events: 100_000,
            catalog: seconds(10),
            past_orders: 1_000_000,
        }
    }

    /// What shows in a minute or two that everything works, on any machine.
    pub fn quick() -> Self {
        let seconds = Duration::from_secs;
        Self {
            products: 6,
            buyers: 200,
            warm_up: Plan { rate: 20.0, warm_up: seconds(1), measure: seconds(3) },
            rates: vec![20.0, 50.0],
            usual: 50.0,
            settle: seconds(1),
            measure: seconds(4),
            hot_units: 25,
            hot_buyers: 100,
            hot_at_once: 64,
            door_events: 2_000,
            catalog: seconds(2),
            past_orders: 1_000,
        }
    }
}

/// Which scenarios run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    Orders,
    Overload,
    Hot,
    Door,
    Catalog,
    Past,
}

impl Part {
    pub const ALL: [Part; 6] = [Part::Catalog, Part::Orders, Part::Overload, Part::Hot, Part::Door, Part::Past];
}

/// What the scenarios share.
pub struct Bench {
    pub stack: Stack,
    /// The administrator's, for counters.
    pub conn: AsyncPgConnection,
    pub shop: Arc<Shop>,
    pub paid: Arc<Listener>,
}

impl Bench {
    /// Makes ready: products, buyers, and an ear for what becomes of orders.
    ///
    /// # Errors
    /// When the stack does not run.
    pub async fn on(stack: Stack, scale: &Scale) -> anyhow::Result<Self> {
        progress("products are made, tokens are minted");
        let conn = AsyncPgConnection::establish(stack.value("ADMIN_DATABASE_URL")).await?;
        let shop = Shop::open(&stack, scale.buyers, scale.products).await?;
        let paid = Arc::new(Listener::of_paid(stack.value("KAFKA_BROKERS"))?);
        Ok(Self { stack, conn, shop, paid })
    }
}

/// Runs the scenarios in order. A profile of the orders' steps is left in the stack's folder if wanted.
///
/// # Errors
/// When the stack does not run, or loses orders.
pub async fn run(stack: Stack, scale: &Scale, parts: &[Part], with_profile: bool) -> anyhow::Result<Report> {
    let mut bench = Bench::on(stack, scale).await?;
    let wanted = |part| parts.contains(&part);
    let mut report = Report::of_machine();
    done(&format!("warm-up: {}", line(&offer(&mut bench, scale.warm_up).await?)));
    if wanted(Part::Catalog) {
        report.list = Some(catalog::read(&mut bench, What::List, READERS, scale.catalog).await?);
        report.detail = Some(catalog::read(&mut bench, What::Detail, READERS, scale.catalog).await?);
        done(&report.catalog_line());
    }
    if wanted(Part::Orders) {
        report.memory(&bench.stack)?;
        report.steps = climb(&mut bench, scale, with_profile, &mut report.costliest).await?;
        report.half = Some(offer(&mut bench, scale.plan(report.most() / 2.0)).await?);
    }
    if wanted(Part::Overload) && !report.steps.is_empty() {
        let step = offer(&mut bench, scale.plan(report.most() * 2.0)).await?;
        done(&format!("overload: {}", line(&step)));
        report.overload = Some(step);
    }
    if wanted(Part::Hot) {
        report.hot = Some(hot::sell(&mut bench, scale.hot_units, scale.hot_buyers, scale.hot_at_once).await?);
        done(&report.hot_line());
    }
    if wanted(Part::Door) {
        report.door = Some(door::knock(&mut bench, scale.door_events).await?);
        done(&report.door_line());
    }
    report.memory(&bench.stack)?;
    // Before orders of the past are added: no event tells of those.
    report.check(&bench.stack).await?;
    if wanted(Part::Past) {
        seed::past_orders(&mut bench, scale.past_orders).await?;
        report.past_orders = scale.past_orders;
        let at_most = if report.steps.is_empty() { scale.usual * 2.0 } else { report.most_offered() };
        for rate in [scale.usual, at_most] {
            let step = offer(&mut bench, scale.plan(rate)).await?;
            done(&format!("with {} past orders: {}", scale.past_orders, line(&step)));
            report.past.push(step);
        }
    }
    report.find_violations();
    Ok(report)
}

impl Scale {
    fn plan(&self, rate: f64) -> Plan {
        Plan { rate, warm_up: self.settle, measure: self.measure }
    }
}

/// Offers more and more until it is not kept.
async fn climb(
    bench: &mut Bench,
    scale: &Scale,
    with_profile: bool,
    costliest: &mut Vec<usage::Statement>,
) -> anyhow::Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    for rate in &scale.rates {
        let plan = scale.plan(*rate);
        let usual = (*rate - scale.usual).abs() < 1.0;
        if usual {
            usage::forget_statements(&mut bench.conn).await?;
        }
        let profile = if with_profile { Some(profile::start(&bench.stack, plan)?) } else { None };
        let step = offer(bench, plan).await?;
        if usual {
            *costliest = usage::costliest(&mut bench.conn, 40).await?;
        }
        if let Some(profile) = profile {
            profile.draw(&bench.stack, *rate).await?;
        }
        ensure!(step.unfinished == 0, "{} accepted orders were not PAID at {rate}/s", step.unfinished);
        done(&line(&step));
        let kept = step.paid_per_s >= KEPT * rate;
        steps.push(step);
        if !kept {
            break;
        }
    }
    Ok(steps)
}

fn line(step: &Step) -> String {
    format!(
        "{:>5.0}/s offered  {:>5.0} accepted  {:>5.0} paid  {:>4.0} shed  {} errors  PAID p50 {:>5.0} p99 {:>5.0} ms  \
         {:.2} CPU-ms  {:.1} statements per order",
        step.offered_per_s,
        step.accepted_per_s,
        step.paid_per_s,
        step.shed_per_s,
        step.errors,
        step.saga.p50_ms,
        step.saga.p99_ms,
        step.cpu_ms_per_order,
        step.per_order.statements
    )
}

/// Says what is going on, on a line that the next one replaces; nothing where nobody looks.
pub fn progress(text: &str) {
    let mut out = std::io::stdout();
    if out.is_terminal() {
        let _ = write!(out, "\r\x1b[K  … {text}");
        let _ = out.flush();
    }
}

/// Says what is done.
pub fn done(text: &str) {
    let clear = if std::io::stdout().is_terminal() { "\r\x1b[K" } else { "" };
    println!("{clear}  {text}");
}
