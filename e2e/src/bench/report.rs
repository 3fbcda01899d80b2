//! What a run found: a table for people, a file for programs, curves to look at.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::catalog::Reads;
use super::door::Door;
use super::hot::Hot;
use super::orders::Step;
use super::svg::{Chart, Series};
use super::usage::{self, Statement};
use super::{done, load::Latency, progress};
use crate::checker;
use crate::stack::Stack;

/// For the stack to come to rest before it is checked.
const REST_PATIENCE: Duration = Duration::from_secs(60);
/// The rate at which an order's cost is told; see the names of the figures.
const USUAL: f64 = 1000.0;

/// Everything that was measured.
#[derive(Debug, Clone, Default)]
pub struct Report {
    machine: Value,
    pub list: Option<Reads>,
    pub detail: Option<Reads>,
    pub steps: Vec<Step>,
    pub half: Option<Step>,
    pub overload: Option<Step>,
    pub hot: Option<Hot>,
    pub door: Option<Door>,
    pub past_orders: u64,
    pub past: Vec<Step>,
    pub costliest: Vec<Statement>,
    /// RSS in MB by service, the largest seen.
    memory: std::collections::BTreeMap<String, f64>,
    /// What was found wrong, in words.
    pub violations: Vec<String>,
}

/// Where the files of a stack's runs are: `.local/bench/` whatever the stack is called.
pub fn folder(stack: &Stack) -> PathBuf {
    stack.root().join(".local/bench")
}

impl Report {
    pub fn of_machine() -> Self {
        let model = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = model.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let machine = json!({
            "cpu": model.trim_start_matches([' ', '\t', ':']), "cores": cores,
            "load_before": load.split_whitespace().next(), "at": chrono::Utc::now().to_rfc3339(),
            "build": if cfg!(debug_assertions) { "dev" } else { "release" },
        });
        Self { machine, ..Self::default() }
    }

    /// Notes how much memory the services have.
    ///
    /// # Errors
    /// When one of them does not run.
    pub fn memory(&mut self, stack: &Stack) -> anyhow::Result<()> {
        for service in usage::SERVICES {
            let (mb, most) = (usage::rss_mb(stack, service)?, self.memory.entry(service.to_owned()).or_default());
            *most = most.max(mb);
        }
        Ok(())
    }

    /// Holds all that the stack has on record against the invariants.
    ///
    /// # Errors
    /// When something cannot be read.
    pub async fn check(&mut self, stack: &Stack) -> anyhow::Result<()> {
        progress("the checker holds everything against the invariants");
        let options = checker::Options { wait: Some(REST_PATIENCE), ..checker::Options::default() };
        let checked = checker::check(stack, &options).await?;
        let violated = checked.lines.iter().filter(|line| line.violations > 0);
        self.violations.extend(violated.map(|line| format!("{}: {} times", line.name, line.violations)));
        Ok(())
    }

    /// What must hold at any speed: nothing that was accepted is lost, and as much is sold as there was.
    pub fn find_violations(&mut self) {
        let steps = self.steps.iter().chain(&self.half).chain(&self.overload).chain(&self.past);
        let lost = steps.filter(|step| step.unfinished > 0);
        let mut found: Vec<String> = lost
            .map(|step| format!("{} orders accepted at {:.0}/s were not PAID", step.unfinished, step.offered_per_s))
            .collect();
        if let Some(hot) = &self.hot {
            let sellable = hot.units.min(i64::try_from(hot.buyers).unwrap_or(i64::MAX));
            let sold = i64::try_from(hot.sold).unwrap_or(i64::MAX);
            if sold != sellable || hot.left != hot.units - sellable {
                found.push(format!("{sold} of {sellable} units were sold, and {} are left", hot.left));
            }
        }
        if let Some(door) = &self.door
            && door.reservations != door.events
        {
            found.push(format!("{} reservations were made for {} orders", door.reservations, door.events));
        }
        self.violations.extend(found);
    }

    fn best(&self) -> Option<&Step> {
        self.steps.iter().max_by(|a, b| a.paid_per_s.total_cmp(&b.paid_per_s))
    }

    /// Orders paid per second at most.
    pub fn most(&self) -> f64 {
        self.best().map_or(0.0, |step| step.paid_per_s)
    }

    /// What was offered when most was paid.
    pub fn most_offered(&self) -> f64 {
        self.best().map_or(0.0, |step| step.offered_per_s)
    }

    /// The step at 1,000/s, or the nearest to it.
    fn usual(&self) -> Option<&Step> {
        let far = |step: &&Step| (step.offered_per_s - USUAL).abs();
        self.steps.iter().min_by(|a, b| far(a).total_cmp(&far(b)))
    }

    pub fn to_json(&self) -> Value {
        let (usual, best) = (self.usual(), self.best());
        let reads = self.list.iter().chain(&self.detail).map(|reads| reads.reads_per_s).reduce(f64::min);
        let most_past = self.past.iter().map(|step| step.paid_per_s).reduce(f64::max);
        json!({
            "orders_paid_per_s": best.map(|step| step.paid_per_s),
            "cpu_ms_per_order_at_1000": usual.map(|step| step.cpu_ms_per_order),
            "cpu_ms_per_order_at_most": best.map(|step| step.cpu_ms_per_order),
            "statements_per_order": usual.map(|step| step.per_order.statements),
            "saga_p50_ms": usual.map(|step| step.saga.p50_ms),
            "saga_p99_ms": usual.map(|step| step.saga.p99_ms),
            "hot_sku_sold": self.hot.as_ref().map(|hot| hot.sold),
            "hot_sku_loser_p99_ms": self.hot.as_ref().map(|hot| hot.loser.p99_ms),
            "reservations_per_s": self.door.as_ref().map(|door| door.reservations_per_s),
            "catalog_reads_per_s": reads,
            "services_rss_mb": self.memory.values().sum::<f64>(),
            "orders_paid_per_s_at_1m": most_past,
            "violations": self.violations.len(),
            "detail": self.detail_json(),
        })
    }

    fn detail_json(&self) -> Value {
        json!({
            "machine": self.machine,
            "steps": self.steps,
            "half_of_the_most": self.half,
            "overload": self.overload,
            "hot_sku": self.hot,
            "reservations": self.door,
            "catalog_list": self.list,
            "catalog_detail": self.detail,
            "past_orders": self.past_orders,
            "with_past_orders": self.past,
            "services_rss_mb": self.memory,
            "costliest_statements": self.costliest,
            "violations": self.violations,
        })
    }

    /// Writes `latest.json` and the curves.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("latest.json"), serde_json::to_string_pretty(&self.to_json())?)?;
        std::fs::write(folder.join("latency.svg"), self.latency_chart().to_svg())?;
        std::fs::write(folder.join("cost.svg"), self.cost_chart().to_svg())?;
        for step in self.steps.iter().chain(&self.overload) {
            let file = folder.join(format!("time-{:.0}.svg", step.offered_per_s));
            std::fs::write(file, time_chart(step).to_svg())?;
        }
        Ok(())
    }

    fn latency_chart(&self) -> Chart {
        let of = |name: &str, value: fn(&Step) -> f64| Series {
            name: name.to_owned(),
            points: self.steps.iter().map(|step| (step.paid_per_s, value(step))).collect(),
        };
        Chart {
            title: "POST to PAID against throughput".to_owned(),
            x: "orders paid per second".to_owned(),
            y: "ms".to_owned(),
            series: vec![
                of("PAID p50", |step| step.saga.p50_ms),
                of("PAID p99", |step| step.saga.p99_ms),
                of("POST p50", |step| step.accept.p50_ms),
                of("POST p99", |step| step.accept.p99_ms),
            ],
        }
    }

    fn cost_chart(&self) -> Chart {
        let of = |name: &str, parts: &[&str]| {
            let cost = |step: &Step| parts.iter().filter_map(|part| step.per_order.cpu_ms.get(*part)).sum::<f64>();
            Series { name: name.to_owned(), points: self.steps.iter().map(|s| (s.paid_per_s, cost(s))).collect() }
        };
        Chart {
            title: "What an order costs".to_owned(),
            x: "orders paid per second".to_owned(),
            y: "CPU-ms per order".to_owned(),
            series: vec![
                of("all parts", &usage::PARTS),
                of("services", &usage::SERVICES),
                of("PostgreSQL", &["postgres"]),
                of("Kafka", &["kafka"]),
                of("gateway", &["gateway"]),
            ],
        }
    }

    pub fn catalog_line(&self) -> String {
        let one = |name: &str, reads: &Option<Reads>| {
            reads.as_ref().map_or(String::new(), |reads| {
                format!(
                    "{name} {:.0}/s (p50 {:.1} p99 {:.1} ms, {:.3} CPU-ms, {} errors)  ",
                    reads.reads_per_s,
                    reads.latency.p50_ms,
                    reads.latency.p99_ms,
                    reads.per_read.total_ms(),
                    reads.errors
                )
            })
        };
        format!("catalog: {}{}", one("list", &self.list), one("detail", &self.detail))
    }

    pub fn hot_line(&self) -> String {
        self.hot.as_ref().map_or(String::new(), |hot| {
            format!(
                "hot SKU: {} of {} units sold to {} buyers, {} left, {} untold; losers know after p50 {:.0} p99 {:.0} ms",
                hot.sold, hot.units, hot.buyers, hot.left, hot.untold, hot.loser.p50_ms, hot.loser.p99_ms
            )
        })
    }

    pub fn door_line(&self) -> String {
        self.door.as_ref().map_or(String::new(), |door| {
            format!(
                "reservations on one SKU: {:.0}/s ({} in {:.1} s)",
                door.reservations_per_s, door.events, door.seconds
            )
        })
    }

    /// The table at the end.
    pub fn print(&self) {
        done("");
        done(&format!(
            "{:>7} {:>7} {:>7} {:>6} | {:>6} {:>6} {:>6} | {:>6} {:>6} {:>6} | {:>5} {:>6} {:>6}",
            "offered",
            "taken",
            "paid",
            "shed",
            "POST50",
            "p99",
            "p99.9",
            "PAID50",
            "p99",
            "p99.9",
            "stmts",
            "WAL kB",
            "others"
        ));
        for step in self.steps.iter().chain(&self.half).chain(&self.overload).chain(&self.past) {
            done(&row(step));
        }
        done("");
        let parts = usage::PARTS.into_iter().chain(usage::APART).chain([usage::LOAD]);
        let head: Vec<String> = parts.clone().map(|part| format!("{part:>9}")).collect();
        done(&format!("CPU-ms per order  {:>6} {}", "total", head.join(" ")));
        for step in self.steps.iter().chain(&self.half).chain(&self.past) {
            let cost = |part: &str| step.per_order.cpu_ms.get(part).copied().unwrap_or_default();
            let costs: Vec<String> = parts.clone().map(|part| format!("{:>9.3}", cost(part))).collect();
            done(&format!("{:>14.0}/s  {:>6.3} {}", step.offered_per_s, step.cpu_ms_per_order, costs.join(" ")));
        }
        done("");
        for line in [self.catalog_line(), self.hot_line(), self.door_line()] {
            done(&line);
        }
        let memory: Vec<String> = self.memory.iter().map(|(service, mb)| format!("{service} {mb:.0}")).collect();
        done(&format!("memory: {:.0} MB ({})", self.memory.values().sum::<f64>(), memory.join(", ")));
        for violation in &self.violations {
            done(&format!("VIOLATION {violation}"));
        }
    }
}

fn row(step: &Step) -> String {
    let three = |latency: &Latency| format!("{:>6.0} {:>6.0} {:>6.0}", latency.p50_ms, latency.p99_ms, latency.p999_ms);
    format!(
        "{:>7.0} {:>7.0} {:>7.0} {:>6.0} | {} | {} | {:>5.1} {:>6.1} {:>6.2}",
        step.offered_per_s,
        step.accepted_per_s,
        step.paid_per_s,
        step.shed_per_s,
        three(&step.accept),
        three(&step.saga),
        step.per_order.statements,
        step.per_order.wal_bytes / 1024.0,
        step.other_cores
    )
}

fn time_chart(step: &Step) -> Chart {
    let of = |name: &str, value: fn(&super::orders::Second) -> f64| Series {
        name: name.to_owned(),
        points: step.seconds.iter().map(|second| (second.at_s as f64, value(second))).collect(),
    };
    Chart {
        title: format!("{:.0} orders/s offered, over time", step.offered_per_s),
        x: "seconds".to_owned(),
        y: "orders/s, ms".to_owned(),
        series: vec![
            of("accepted/s", |second| second.accepted as f64),
            of("paid/s", |second| second.paid as f64),
            of("PAID p50 ms", |second| second.saga.p50_ms),
            of("PAID p99 ms", |second| second.saga.p99_ms),
        ],
    }
}
