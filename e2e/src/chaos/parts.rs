//! What is done to a part of the stack: signals to its processes, and starting it again.
//!
//! Signals do not go through the stack's tool: it works on one part at a time, and faults overlap.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::process::Command;

use crate::chaos::schedule::SERVICES;
use crate::stack::Stack;

const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// A service ends its requests and leaves its groups within this, or is killed, as by the stack's tool.
const STOP_PATIENCE: Duration = Duration::from_secs(30);
/// A killed process is gone when the kernel has freed its memory.
const DEATH_PATIENCE: Duration = Duration::from_secs(20);
/// PostgreSQL does not start while a session of its killed predecessor still lives, nor on a full disk.
const START_PATIENCE: Duration = Duration::from_secs(120);
const START_AGAIN: Duration = Duration::from_millis(500);

/// SIGKILL, and waits until it is dead. One that has ended itself is as good.
pub async fn kill(stack: &Stack, part: &str) -> anyhow::Result<()> {
    let Ok(pid) = pid_of(stack, part) else { return Ok(()) };
    let sent = signal("KILL", &[pid]).await;
    ensure!(is_gone_within(pid, DEATH_PATIENCE).await, "{part} (pid {pid}) survived SIGKILL: {sent:?}");
    Ok(())
}

/// Asks it to end as a deployment would, and waits.
pub async fn stop(stack: &Stack, part: &str) -> anyhow::Result<()> {
    let Ok(pid) = pid_of(stack, part) else { return Ok(()) };
    // PostgreSQL's fast shutdown; TERM would wait for its clients to go.
    signal(if part == "postgres" { "INT" } else { "TERM" }, &[pid]).await?;
    if !is_gone_within(pid, STOP_PATIENCE).await {
        kill(stack, part).await?;
    }
    Ok(())
}

/// Whether its process lives.
pub fn is_running(stack: &Stack, part: &str) -> bool {
    pid_of(stack, part).is_ok()
}

/// Stops all its processes in their tracks. Its connections stay open, and nobody answers.
pub async fn freeze(stack: &Stack, part: &str) -> anyhow::Result<()> {
    signal("STOP", &with_children(pid_of(stack, part)?)).await
}

pub async fn thaw(stack: &Stack, part: &str) -> anyhow::Result<()> {
    signal("CONT", &with_children(pid_of(stack, part)?)).await
}

/// Starts it where it does not run. A service need not get ready: what it needs may be away as well.
pub async fn start(stack: &Stack, part: &str) -> anyhow::Result<()> {
    let command = if SERVICES.contains(&part) { "launch" } else { "start" };
    let began = Instant::now();
    while let Err(error) = stack.control(command, part).await {
        if began.elapsed() > START_PATIENCE {
            return Err(error);
        }
        tokio::time::sleep(START_AGAIN).await;
    }
    Ok(())
}

fn pid_of(stack: &Stack, part: &str) -> anyhow::Result<u32> {
    let file = stack.folder().join("run").join(format!("{part}.pid"));
    let text = std::fs::read_to_string(&file).with_context(|| format!("{part} was not started"))?;
    let pid =
        text.split_whitespace().next().and_then(|pid| pid.parse().ok()).context("a pid file begins with a pid")?;
    if !is_alive(pid) {
        bail!("{part} does not run");
    }
    Ok(pid)
}

/// A zombie is dead: it only waits for its parent to hear of it.
fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

async fn is_gone_within(pid: u32, patience: Duration) -> bool {
    let began = Instant::now();
    while is_alive(pid) {
        if began.elapsed() > patience {
            return false;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    true
}

/// The process and all below it, parents first, so that none has another child behind our back.
fn with_children(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut next = 0;
    while let Some(parent) = all.get(next) {
        let file = format!("/proc/{parent}/task/{parent}/children");
        let children = std::fs::read_to_string(Path::new(&file)).unwrap_or_default();
        all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        next += 1;
    }
    all
}

async fn signal(name: &str, pids: &[u32]) -> anyhow::Result<()> {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    let output = Command::new("kill").arg(format!("-{name}")).args(&pids).output().await?;
    // A session of PostgreSQL may end between our look and the signal.
    ensure!(output.status.success() || pids.len() > 1, "kill -{name}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
