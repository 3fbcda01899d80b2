//! What the parts of the stack use, from the kernel's and the database's own counters.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::Context;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;

use crate::stack::Stack;

/// The parts whose work an order costs.
pub const PARTS: [&str; 9] =
    ["gateway", "auth", "catalog", "inventory", "order", "payment", "postgres", "kafka", "redis"];
/// Of which these are the services.
pub const SERVICES: [&str; 5] = ["auth", "catalog", "inventory", "order", "payment"];
/// The payment gateway's stand-in, which a live shop does not run.
pub const APART: [&str; 1] = ["simulator"];
/// The load generator itself.
pub const LOAD: &str = "load";
/// What else the machine was busy with.
pub const OTHERS: &str = "others";

/// The kernel counts processor time in hundredths of a second on every Linux that this runs on (`USER_HZ`).
const MS_PER_TICK: f64 = 10.0;

/// Counters at one moment.
#[derive(Debug, Clone)]
pub struct Usage {
    /// Processor time of each part so far, children included, in milliseconds.
    pub cpu_ms: BTreeMap<&'static str, f64>,
    pub database: Database,
}

/// Counters of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Statements, BEGIN and COMMIT included.
    pub statements: i64,
    pub commits: i64,
    pub wal_bytes: i64,
}

/// What was used between two moments.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Used {
    pub cpu_ms: BTreeMap<&'static str, f64>,
    pub statements: f64,
    pub commits: f64,
    pub wal_bytes: f64,
}

impl Usage {
    /// Reads all counters.
    ///
    /// # Errors
    /// When a part does not run or the database does not answer.
    pub async fn now(stack: &Stack, conn: &mut AsyncPgConnection) -> anyhow::Result<Self> {
        let tree = processes()?;
        let mut cpu_ms = BTreeMap::new();
        for part in PARTS.into_iter().chain(APART) {
            cpu_ms.insert(part, tree_ms(&tree, pid_of(stack, part)?));
        }
        cpu_ms.insert(LOAD, tree_ms(&tree, std::process::id()));
        let known: f64 = cpu_ms.values().sum();
        cpu_ms.insert(OTHERS, machine_ms()? - known);
        Ok(Self { cpu_ms, database: database(conn).await? })
    }

    pub fn since(&self, before: &Self) -> Used {
        let cpu_ms = self.cpu_ms.iter().map(|(part, ms)| (*part, ms - before.cpu_ms.get(part).unwrap_or(&0.0)));
        Used {
            cpu_ms: cpu_ms.collect(),
            statements: (self.database.statements - before.database.statements) as f64,
            commits: (self.database.commits - before.database.commits) as f64,
            wal_bytes: (self.database.wal_bytes - before.database.wal_bytes) as f64,
        }
    }
}

impl Used {
    /// For each of `count` orders.
    pub fn per(mut self, count: f64) -> Self {
        let count = count.max(1.0);
        self.cpu_ms.values_mut().for_each(|ms| *ms /= count);
        Self {
            statements: self.statements / count,
            commits: self.commits / count,
            wal_bytes: self.wal_bytes / count,
            ..self
        }
    }

    /// Of all parts that count.
    pub fn total_ms(&self) -> f64 {
        PARTS.iter().filter_map(|part| self.cpu_ms.get(part)).sum()
    }
}

/// Memory of a part in MB (RSS).
///
/// # Errors
/// When it does not run.
pub fn rss_mb(stack: &Stack, part: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid_of(stack, part)?))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kb: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kb / 1024.0)
}

/// The process of a part, as the stack tool noted it.
///
/// # Errors
/// When it was never started.
pub fn pid_of(stack: &Stack, part: &str) -> anyhow::Result<u32> {
    let note = stack.folder().join("run").join(format!("{part}.pid"));
    let text = std::fs::read_to_string(&note).with_context(|| format!("{} is not there", note.display()))?;
    Ok(text.split_whitespace().next().context("an empty note")?.parse()?)
}

/// A process: its parent, its own ticks, and those of its children that have ended.
struct Process {
    parent: u32,
    own: f64,
    ended_children: f64,
}

fn processes() -> anyhow::Result<HashMap<u32, Process>> {
    let mut all = HashMap::new();
    for entry in std::fs::read_dir("/proc")? {
        let path = entry?.path();
        let Some(pid) = path.file_name().and_then(|name| name.to_str()?.parse().ok()) else { continue };
        // One that ended in the meantime is counted by its parent.
        if let Some(process) = read_process(&path) {
            all.insert(pid, process);
        }
    }
    Ok(all)
}

fn read_process(path: &Path) -> Option<Process> {
    let stat = std::fs::read_to_string(path.join("stat")).ok()?;
    // The command's name, in brackets, may hold spaces: count from behind it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some(Process {
        parent: fields.get(1)?.parse().ok()?,
        own: ticks(11)? + ticks(12)?,
        ended_children: ticks(13)? + ticks(14)?,
    })
}

fn tree_ms(all: &HashMap<u32, Process>, root: u32) -> f64 {
    let mut ticks = 0.0;
    let mut todo = vec![root];
    while let Some(pid) = todo.pop() {
        ticks += all.get(&pid).map_or(0.0, |process| process.own + process.ended_children);
        todo.extend(all.iter().filter(|(_, process)| process.parent == pid).map(|(child, _)| *child));
    }
    ticks * MS_PER_TICK
}

/// What the whole machine was busy for.
fn machine_ms() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().context("an empty /proc/stat")?;
    let ticks: Vec<f64> = line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    // user nice system idle iowait irq softirq
    let busy = [0, 1, 2, 5, 6].into_iter().filter_map(|index| ticks.get(index)).sum::<f64>();
    Ok(busy * MS_PER_TICK)
}

#[derive(diesel::QueryableByName)]
struct Counters {
    #[diesel(sql_type = BigInt)]
    statements: i64,
    #[diesel(sql_type = BigInt)]
    commits: i64,
    #[diesel(sql_type = BigInt)]
    wal_bytes: i64,
}

/// Statements of the services only: what the measuring itself asks is left out.
async fn database(conn: &mut AsyncPgConnection) -> anyhow::Result<Database> {
    let sql = "SELECT (SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid \
               WHERE r.rolname <> current_user) AS statements, \
               (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) AS commits, \
               pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS wal_bytes";
    let Counters { statements, commits, wal_bytes } = diesel::sql_query(sql).get_result(conn).await?;
    Ok(Database { statements, commits, wal_bytes })
}

/// A statement and what it cost between two looks.
#[derive(Debug, Clone, Serialize, diesel::QueryableByName)]
pub struct Statement {
    #[diesel(sql_type = Text)]
    pub role: String,
    #[diesel(sql_type = Text)]
    pub text: String,
    #[diesel(sql_type = BigInt)]
    pub calls: i64,
    #[diesel(sql_type = BigInt)]
    pub rows: i64,
    #[diesel(sql_type = diesel::sql_types::Double)]
    pub total_ms: f64,
}

/// The statements that took the most time since [`forget_statements`].
///
/// # Errors
/// The database's.
pub async fn costliest(conn: &mut AsyncPgConnection, most: i64) -> anyhow::Result<Vec<Statement>> {
    let sql = "SELECT r.rolname::text AS role, left(regexp_replace(query, '\\s+', ' ', 'g'), 120) AS text, \
               sum(calls)::bigint AS calls, sum(rows)::bigint AS rows, sum(total_exec_time) AS total_ms \
               FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname <> current_user \
               GROUP BY 1, 2 ORDER BY 5 DESC LIMIT $1";
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(most).load(conn).await?)
}

/// Sets the counters of statements to zero.
///
/// # Errors
/// The database's.
pub async fn forget_statements(conn: &mut AsyncPgConnection) -> anyhow::Result<()> {
    diesel::sql_query("SELECT pg_stat_statements_reset()").execute(conn).await?;
    Ok(())
}
