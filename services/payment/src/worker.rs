//! The calls to the gateway. Which are to be made follows from the payments' state alone, so that a process may die at any
//! line: whoever finds a payment due takes its next step, under the same key as before.
//!
//! Steps are taken and their outcomes written in batches, a transaction for each batch. No connection and no lock is held
//! during a call.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use messaging::{Batcher, Wake};
use proto_events::ids::OrderId;
use runtime::Lifecycle;
use runtime::backoff::Backoff;
use runtime::db::Pool;
use runtime::health::Check;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::domain::work::STEP_LEASE;
use crate::domain::{Context, GatewayFact, Payment, Step, on_gateway, take_step};
use crate::gateway::{Answer, Gateway};
use crate::handover::WakeWorker;
use crate::store::{Batch, Entry};
use crate::stripe::CALL_TIMEOUT;

/// Calls to the gateway at once: what one process may ask of it without being told to slow down.
const CALLS_AT_ONCE: usize = 32;
/// Steps under way, those included that wait for their turn to call and whose outcomes are being written: half a second's
/// work. Those beyond it wait in the table, where finding them again costs a transaction more.
const UNDER_WAY_MAX: usize = 1024;
/// Under load outcomes are written no more often than this.
const OUTCOMES_GAP: Duration = Duration::from_millis(8);
/// Places that have to be free before due payments are looked for.
const WORTH_LOOKING: u32 = 64;
/// Under load due payments are looked for no more often than this, so that there are many at once.
const TAKE_GAP: Duration = Duration::from_millis(10);
/// How long a payment may be due without anybody being woken: another replica's, or one whose time has come.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// Tries of an outcome that could not be written. Should they all fail, the step's lease ends and it is taken again.
const WRITE_TRIES: u32 = 5;

/// A step that this process has the lease of.
#[derive(Debug, Clone)]
pub struct Taken {
    pub order_id: OrderId,
    pub step: Step,
    /// When it was taken, by this process's clock.
    since: Instant,
}

/// What the gateway said of a step, on its way into the database.
#[derive(Debug)]
struct Outcome {
    order_id: OrderId,
    answer: Answer,
}

/// The next step after an outcome, where there is one to be made at once.
type Written = Result<Option<Taken>, NotWritten>;

/// The outcome of a step could not be written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
struct NotWritten(String);

/// Performs steps. Cheap to clone.
pub struct Worker<G> {
    shared: Arc<Shared<G>>,
}

impl<G> Clone for Worker<G> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

struct Shared<G> {
    gateway: G,
    pool: Pool,
    lifecycle: Lifecycle,
    wake: WakeWorker,
    outcomes: Batcher<Outcome, Written>,
    calls: Semaphore,
}

impl<G: Gateway> Worker<G> {
    /// Starts to look for due payments.
    pub fn start(lifecycle: &Lifecycle, pool: Pool, gateway: G, relay: Wake, wake: WakeWorker) -> Self {
        let writing = pool.clone();
        let outcomes = Batcher::start(lifecycle, "gateway outcomes", OUTCOMES_GAP, move |outcomes: Vec<Outcome>| {
            let (pool, relay) = (writing.clone(), relay.clone());
            async move {
                let answers = write_all(&pool, &outcomes).await;
                relay.wake();
                answers
            }
        });
        let worker = Self {
            shared: Arc::new(Shared {
                gateway,
                pool,
                lifecycle: lifecycle.clone(),
                wake,
                outcomes,
                calls: Semaphore::new(CALLS_AT_ONCE),
            }),
        };
        if let Some(mut handed_over) = worker.shared.wake.open(UNDER_WAY_MAX) {
            let performing = worker.clone();
            lifecycle.spawn("handed over steps", async move {
                loop {
                    tokio::select! {
                        () = performing.shared.lifecycle.stopping() => return Ok(()),
                        Some(placed) = handed_over.recv() => drop(performing.spawn(placed.taken, Some(placed.place))),
                    }
                }
            });
        }
        let looking = worker.clone();
        lifecycle.keep_running("payment worker", move || {
            let worker = looking.clone();
            async move { worker.look_for_due().await }
        });
        worker
    }

    async fn look_for_due(&self) -> anyhow::Result<()> {
        let shared = &self.shared;
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        while !shared.lifecycle.is_stopping() {
            let started = Instant::now();
            let room = shared.wake.room().available_permits();
            match take_due(&shared.pool, room).await {
                Ok(taken) if taken.is_empty() => {
                    shared.wake.set_behind(false);
                    backoff.reset();
                    shared.lifecycle.health().report("payment worker", Check::Up);
                    tokio::select! {
                        () = shared.lifecycle.stopping() => {}
                        () = shared.wake.woken() => {}
                        () = tokio::time::sleep(POLL_INTERVAL) => {}
                    }
                }
                Ok(taken) => {
                    shared.wake.set_behind(taken.len() == room);
                    for taken in taken {
                        self.spawn(taken, shared.wake.place());
                    }
                    tokio::time::sleep(TAKE_GAP.saturating_sub(started.elapsed())).await;
                }
                Err(error) => {
                    let reason = format!("due payments wait for the database: {error:#}");
                    shared.lifecycle.health().report("payment worker", Check::Degraded(reason));
                    tokio::time::sleep(backoff.next_delay()).await;
                }
            }
            // Without room there is no use in looking; for one or two a transaction is too dear.
            drop(shared.wake.room().acquire_many(WORTH_LOOKING).await);
        }
        Ok(())
    }

    /// Performs a step that the caller has taken and committed, and those that follow from it at once. It goes on when
    /// the caller does not wait: a buyer who hangs up does not stop a charge half way.
    pub fn perform(&self, taken: Taken) -> JoinHandle<()> {
        self.spawn(taken, None)
    }

    fn spawn(&self, taken: Taken, place: Option<OwnedSemaphorePermit>) -> JoinHandle<()> {
        let worker = self.clone();
        tokio::spawn(async move {
            let _place = place;
            let mut next = Some(taken);
            while let Some(taken) = next.take() {
                next = worker.step(taken).await;
            }
        })
    }

    /// Makes a call and writes its outcome; returns the next step, where there is one to be made at once.
    async fn step(&self, taken: Taken) -> Option<Taken> {
        let shared = &self.shared;
        let answer = {
            let _turn = shared.calls.acquire().await.ok()?;
            // It waited so long for its turn that the call might outlive the lease: somebody will find it due again.
            let lease = STEP_LEASE.to_std().unwrap_or_default();
            if taken.since.elapsed() > lease.saturating_sub(CALL_TIMEOUT) {
                return None;
            }
            crash_before(&taken.step);
            shared.gateway.perform(taken.order_id, &taken.step).await
        };
        crash_after(&taken.step);
        self.write(taken.order_id, answer).await
    }

    async fn write(&self, order_id: OrderId, answer: Answer) -> Option<Taken> {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));
        while backoff.tries() < WRITE_TRIES {
            match self.shared.outcomes.submit(Outcome { order_id, answer: answer.clone() }).await {
                Ok(Ok(next)) => return next,
                Ok(Err(error)) => tracing::warn!(%order_id, %error, "the gateway's answer is not written yet"),
                Err(error) => tracing::warn!(%order_id, %error, "the gateway's answer is not written yet"),
            }
            tokio::time::sleep(backoff.next_delay()).await;
        }
        tracing::error!(%order_id, "the gateway's answer was not written; the gateway will be asked again");
        None
    }
}

/// The attempt or refund is in the database, and the gateway does not know of it yet.
fn crash_before(step: &Step) {
    match step {
        Step::Refund { .. } => runtime::crash_point!("payment.before_refund"),
        Step::Confirm { .. } => runtime::crash_point!("payment.before_charge"),
        Step::CreateIntent { .. } | Step::Retrieve { .. } | Step::CancelIntent { .. } => {}
    }
}

/// The gateway has done it, and the database does not know.
fn crash_after(step: &Step) {
    match step {
        Step::Refund { .. } => runtime::crash_point!("payment.after_refund"),
        Step::Confirm { .. } => runtime::crash_point!("payment.after_charge"),
        Step::CreateIntent { .. } | Step::Retrieve { .. } | Step::CancelIntent { .. } => {}
    }
}

/// Takes the steps of due payments: what has to be in the database before a call is, when this returns.
async fn take_due(pool: &Pool, room: usize) -> anyhow::Result<Vec<Taken>> {
    let limit = i64::try_from(room)?;
    let mut conn = pool.get().await?;
    let (batch, taken) = conn
        .transaction::<_, diesel::result::Error, _>(async |conn| {
            let mut batch = Batch::lock_due(conn, limit).await?;
            let now = batch.now;
            let fresh = || Context { now, fresh_id: Uuid::now_v7() };
            let taken = batch.entries().filter_map(|entry| take_one(entry, &fresh())).collect();
            batch.save(conn).await?;
            Ok((batch, taken))
        })
        .await?;
    batch.count();
    Ok(taken)
}

/// Takes the next step of a locked payment, where it has one; it is the caller's once the transaction is committed.
pub fn take_one(entry: &mut Entry, context: &Context) -> Option<Taken> {
    let (payment, events, step) = take_step(entry.payment.clone(), context);
    entry.put((payment, events));
    step.map(|step| Taken { order_id: entry.payment.order_id, step, since: Instant::now() })
}

/// Writes what the gateway said. When a batch fails, its outcomes are written one by one, so that none suffers for another.
async fn write_all(pool: &Pool, outcomes: &[Outcome]) -> Vec<Written> {
    match write(pool, outcomes).await {
        Ok(written) => written.into_iter().map(Ok).collect(),
        Err(error) if outcomes.len() == 1 => vec![Err(NotWritten(format!("{error:#}")))],
        Err(_) => {
            let mut all = Vec::with_capacity(outcomes.len());
            for outcome in outcomes {
                let written = write(pool, std::slice::from_ref(outcome)).await;
                let first = written.map(|written| written.into_iter().next().unwrap_or_default());
                all.push(first.map_err(|error| NotWritten(format!("{error:#}"))));
            }
            all
        }
    }
}

async fn write(pool: &Pool, outcomes: &[Outcome]) -> anyhow::Result<Vec<Option<Taken>>> {
    let mut conn = pool.get().await?;
    let (batch, written) =
        conn.transaction::<_, diesel::result::Error, _>(async |conn| apply(conn, outcomes).await).await?;
    batch.count();
    Ok(written)
}

async fn apply(conn: &mut AsyncPgConnection, outcomes: &[Outcome]) -> QueryResult<(Batch, Vec<Option<Taken>>)> {
    let orders: BTreeSet<OrderId> = outcomes.iter().map(|outcome| outcome.order_id).collect();
    let mut batch = Batch::lock(conn, orders).await?;
    let now = batch.now;
    let mut written = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        let (context, next) = (batch.context(), batch.context());
        let Some(entry) = batch.get(outcome.order_id) else {
            written.push(None);
            continue;
        };
        let fact = fact_of(&outcome.answer, &entry.payment);
        entry.put(on_gateway(entry.payment.clone(), &fact, &context));
        // What follows is done at once by whoever is at it, without looking for it again.
        let due = entry.payment.due_at.is_some_and(|due| due <= now);
        written.push(if due { take_one(entry, &next) } else { None });
    }
    batch.save(conn).await?;
    Ok((batch, written))
}

/// An intent that the gateway never makes declines the attempt that wanted it: nothing was sent.
fn fact_of(answer: &Answer, payment: &Payment) -> GatewayFact {
    match answer {
        Answer::Said(fact) => fact.clone(),
        Answer::IntentRefused { code } => payment.open_attempt().map_or(GatewayFact::NoNews, |attempt| {
            GatewayFact::Declined { attempt_id: attempt.id, code: code.clone() }
        }),
    }
}
