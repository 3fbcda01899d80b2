//! Makes what is scheduled go wrong, and right again.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::process::Command;
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinSet;

use crate::chaos::disk::Disk;
use crate::chaos::network::Network;
use crate::chaos::parts;
use crate::chaos::proxy::Weather;
use crate::chaos::records::Records;
use crate::chaos::schedule::{Abilities, Fault, Kind, SERVICES, Schedule};
use crate::stack::Stack;

/// Where `deploy/local/chaos` says that libfaketime is.
const FAKETIME: &str = "WAYBILL_FAKETIME";
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// All parts run again after the last fault within this, a cold start of Kafka and a recovery of PostgreSQL included.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// The stack with everything by which it can be disturbed.
pub struct Site {
    pub stack: Stack,
    pub network: Network,
    pub records: Records,
    disk: Option<Disk>,
    faketime: Option<PathBuf>,
    /// What a fault is at, by its name.
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// A fault that is over.
#[derive(Debug, Clone, Copy)]
pub struct Over {
    pub fault: Fault,
    pub healed: Instant,
}

impl Site {
    /// # Errors
    /// When the proxies cannot be put between the parts.
    pub async fn prepare(stack: Stack) -> anyhow::Result<Self> {
        let disk = Disk::of_environment();
        let network = Network::lay(&stack).await?;
        let records = Records::new(&stack)?;
        let faketime = std::env::var_os(FAKETIME).filter(|path| !path.is_empty()).map(PathBuf::from);
        let site = Self { stack, network, records, disk, faketime, turns: Mutex::default() };
        site.ready().await?;
        Ok(site)
    }

    pub fn abilities(&self) -> Abilities {
        Abilities { full_disk: self.disk.is_some(), skew: self.faketime.is_some() }
    }

    /// Plays a whole schedule, counted from `began`. Returns the faults in the order in which they were over.
    ///
    /// # Errors
    /// When a fault could not be made or healed: the run then proves nothing.
    pub async fn play(self: &Arc<Self>, schedule: &Schedule, began: Instant) -> anyhow::Result<Vec<Over>> {
        let mut playing = JoinSet::new();
        for fault in schedule.faults.clone() {
            let site = self.clone();
            playing.spawn(async move { site.play_one(fault, began).await });
        }
        let mut over = Vec::new();
        while let Some(played) = playing.join_next().await {
            over.extend(played??);
        }
        Ok(over)
    }

    /// `None` for a fault that was left out.
    async fn play_one(&self, fault: Fault, began: Instant) -> anyhow::Result<Option<Over>> {
        tokio::time::sleep_until((began + fault.at).into()).await;
        let Some(_turns) = self.take_turns(&fault.kind) else {
            tell(began, &format!("left out, another is not healed yet: {}", fault.kind));
            return Ok(None);
        };
        tell(began, &format!("{}", fault.kind));
        if let Some(part) = fault.kind.needs_running()
            && !parts::is_running(&self.stack, part)
        {
            // A machine that is slow to start it again: there is nothing to be killed yet.
            tell(began, &format!("left out, {part} does not run: {}", fault.kind));
            return Ok(None);
        }
        self.begin(&fault.kind).await.with_context(|| format!("{} could not be done", fault.kind))?;
        if !fault.lasts.is_zero() {
            tokio::time::sleep(fault.lasts).await;
            self.end(&fault.kind).await.with_context(|| format!("{} could not be healed", fault.kind))?;
            tell(began, &format!("healed: {}", fault.kind));
        }
        Ok(Some(Over { fault, healed: Instant::now() }))
    }

    /// `None` while another fault is at what this one is about. The schedule sees to it, but not to how long a part takes to
    /// start again; and a Kafka that starts on a full disk takes its metadata for corrupt and forgets its topics.
    fn take_turns(&self, kind: &Kind) -> Option<Vec<OwnedMutexGuard<()>>> {
        let mut all = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        kind.targets().into_iter().map(|target| all.entry(target).or_default().clone().try_lock_owned().ok()).collect()
    }

    async fn begin(&self, kind: &Kind) -> anyhow::Result<()> {
        match *kind {
            Kind::Kill(part) => parts::kill(&self.stack, part).await,
            Kind::Freeze(part) => parts::freeze(&self.stack, part).await,
            Kind::Restart(part) => parts::stop(&self.stack, part).await,
            Kind::FlushRedis => flush_redis(&self.stack).await,
            Kind::Cut(link) => {
                self.network.set(link, Weather::Cut);
                Ok(())
            }
            Kind::Stall(link) => {
                self.network.set(link, Weather::Stalled);
                Ok(())
            }
            Kind::Slow(link, ms) => {
                self.network.set(link, Weather::Slow(Duration::from_millis(ms)));
                Ok(())
            }
            Kind::Skew(service, seconds) => self.skew(service, seconds).await,
            Kind::FullDisk => self.disk.as_ref().context("no disk of limited size")?.fill(),
            Kind::Repeat => self.records.repeat().await,
            Kind::Corrupt => self.records.corrupt().await,
            Kind::UnknownVersion => self.records.unknown_version().await,
        }
    }

    async fn end(&self, kind: &Kind) -> anyhow::Result<()> {
        match *kind {
            Kind::Kill(part) | Kind::Restart(part) => parts::start(&self.stack, part).await,
            Kind::Freeze(part) => parts::thaw(&self.stack, part).await,
            Kind::Cut(link) | Kind::Stall(link) | Kind::Slow(link, _) => {
                self.network.set(link, Weather::Fair);
                Ok(())
            }
            Kind::Skew(service, _) => {
                self.network.tell(&self.stack, service, &[])?;
                self.start_anew(service).await
            }
            Kind::FullDisk => {
                self.disk.as_ref().context("no disk of limited size")?.free()?;
                // Either may have ended itself, rightly: it could not write down what it promised. Kafka gives up a log
                // first and ends a while after, so that one which seems to run is no sign; and asked to end, it waits for
                // a controller that cannot write either.
                parts::kill(&self.stack, "kafka").await?;
                for part in ["postgres", "kafka"] {
                    parts::start(&self.stack, part).await?;
                }
                Ok(())
            }
            Kind::FlushRedis | Kind::Repeat | Kind::Corrupt | Kind::UnknownVersion => Ok(()),
        }
    }

    /// Only the time of day is another one: waiting goes by the monotonic clock, which stays.
    async fn skew(&self, service: &'static str, seconds: i64) -> anyhow::Result<()> {
        let library = self.faketime.as_ref().context("libfaketime is not here")?;
        let lines = [
            format!("LD_PRELOAD={}", library.display()),
            format!("FAKETIME={seconds:+}"),
            "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
        ];
        self.network.tell(&self.stack, service, &lines)?;
        self.start_anew(service).await
    }

    async fn start_anew(&self, service: &'static str) -> anyhow::Result<()> {
        parts::stop(&self.stack, service).await?;
        parts::start(&self.stack, service).await
    }

    /// Waits until every service says that it is ready.
    ///
    /// # Errors
    /// When one does not.
    pub async fn ready(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        for service in SERVICES {
            let url = format!("{}/readyz", self.stack.ops_url(service));
            while !reqwest::get(&url).await.is_ok_and(|answer| answer.status() == 200) {
                anyhow::ensure!(began.elapsed() < READY_WITHIN, "{service} does not get ready");
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
        Ok(())
    }
}

/// Through Debian's own client, which comes with the server.
async fn flush_redis(stack: &Stack) -> anyhow::Result<()> {
    let run =
        Command::new("redis-cli").args(["-u", stack.value("REDIS_URL"), "--no-auth-warning", "FLUSHALL"]).output();
    let output = run.await.context("redis-cli")?;
    let said = String::from_utf8_lossy(&output.stdout);
    // A Redis that is away has forgotten everything as well.
    anyhow::ensure!(output.status.success() || said.is_empty(), "redis-cli: {said}");
    Ok(())
}

/// A line on what happens, with the seconds since the start of the load.
pub fn tell(began: Instant, what: &str) {
    println!("  {:>6.1} s  {what}", began.elapsed().as_secs_f64());
}
