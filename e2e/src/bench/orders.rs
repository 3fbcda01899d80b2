//! Orders at a rate, from POST to PAID.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::StatusCode;
use proto_events::ids::OrderId;
use serde::Serialize;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use super::load::{self, Latency, now_us};
use super::paid::Listener;
use super::shop::Shop;
use super::usage::{Usage, Used};
use super::{Bench, progress};

/// After a step, for the orders that are still on their way.
const DRAIN_PATIENCE: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
const SECOND_US: i64 = 1_000_000;

/// How a rate is offered.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Orders per second.
    pub rate: f64,
    pub warm_up: Duration,
    pub measure: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub offered_per_s: f64,
    pub accepted_per_s: f64,
    /// Orders that became PAID within the measured time.
    pub paid_per_s: f64,
    /// Answered 429 or 503 with `Retry-After`: told to come again.
    pub shed_per_s: f64,
    /// 429 or 503 without `Retry-After`: none should be.
    pub shed_rudely: u64,
    /// Every other answer, and none at all.
    pub errors: u64,
    /// Accepted and not PAID long after the end.
    pub unfinished: u64,
    /// POST to its answer, of those accepted, from when it was due.
    pub accept: Latency,
    /// POST to PAID, from when it was due.
    pub saga: Latency,
    /// For each PAID order.
    pub per_order: Used,
    pub cpu_ms_per_order: f64,
    /// Cores that something else on this machine was using.
    pub other_cores: f64,
    pub seconds: Vec<Second>,
}

/// One second of a step.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Second {
    pub at_s: i64,
    pub accepted: u64,
    pub paid: u64,
    /// Of the orders that were due in this second.
    pub saga: Latency,
}

/// One POST.
#[derive(Debug, Clone, Copy)]
struct Sample {
    due_us: i64,
    answered_us: i64,
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Accepted(Uuid),
    Shed,
    ShedRudely,
    Error,
}

type Samples = Arc<Mutex<Vec<Sample>>>;

/// Offers orders as planned, and waits until all that were accepted are PAID.
///
/// # Errors
/// When the counters cannot be read.
pub async fn offer(bench: &mut Bench, plan: Plan) -> anyhow::Result<Step> {
    let samples = Samples::default();
    let load = tokio::spawn({
        let (shop, samples) = (Arc::clone(&bench.shop), Arc::clone(&samples));
        async move { send(shop, samples, plan).await }
    });
    let (began, began_us) = (Instant::now(), now_us());
    let (before, from_us) = snapshot(bench, began + plan.warm_up).await?;
    let watching = watch(bench, &samples, plan, began);
    let (after, to_us) = snapshot(bench, began + plan.warm_up + plan.measure).await?;
    watching.abort();
    load.await?;
    let samples = std::mem::take(&mut *samples.lock().unwrap_or_else(PoisonError::into_inner));
    drain(&bench.paid, &samples).await;
    let window = Window { began_us, from_us, to_us };
    Ok(sum_up(plan, &samples, &bench.paid, window, after.since(&before)))
}

async fn snapshot(bench: &mut Bench, at: Instant) -> anyhow::Result<(Usage, i64)> {
    sleep_until(at).await;
    let usage = Usage::now(&bench.stack, &mut bench.conn).await?;
    Ok((usage, now_us()))
}

/// Shows what is going on, once a second.
fn watch(bench: &Bench, samples: &Samples, plan: Plan, began: Instant) -> tokio::task::JoinHandle<()> {
    let (samples, paid) = (Arc::clone(samples), Arc::clone(&bench.paid));
    let at_first = paid.heard().len();
    tokio::spawn(async move {
        loop {
            sleep(Duration::from_secs(1)).await;
            let accepted = {
                let samples = samples.lock().unwrap_or_else(PoisonError::into_inner);
                samples.iter().filter(|sample| matches!(sample.outcome, Outcome::Accepted(_))).count()
            };
            let paid = paid.heard().len() - at_first;
            progress(&format!(
                "{:>6.0}/s  {:>3} s  {accepted} accepted, {paid} paid",
                plan.rate,
                began.elapsed().as_secs()
            ));
        }
    })
}

async fn send(shop: Arc<Shop>, samples: Samples, plan: Plan) {
    load::at_rate(plan.rate, plan.warm_up + plan.measure, |n, due_us| {
        let (shop, samples) = (Arc::clone(&shop), Arc::clone(&samples));
        async move {
            let outcome = match shop.order(n).await {
                Ok(answer) => judge(&answer),
                Err(_) => Outcome::Error,
            };
            let sample = Sample { due_us, answered_us: now_us(), outcome };
            samples.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
        }
    })
    .await;
}

fn judge(answer: &super::client::Answer) -> Outcome {
    match answer.status {
        StatusCode::CREATED => order_in(answer).map_or(Outcome::Error, Outcome::Accepted),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            if answer.headers.contains_key("retry-after") { Outcome::Shed } else { Outcome::ShedRudely }
        }
        _ => Outcome::Error,
    }
}

/// The order's id, from the header `Location`.
pub fn order_in(answer: &super::client::Answer) -> Option<Uuid> {
    let location = answer.headers.get("location")?.to_str().ok()?;
    location.rsplit('/').next()?.parse::<OrderId>().ok().map(|id| id.0)
}

/// Waits until every accepted order is PAID.
async fn drain(paid: &Listener, samples: &[Sample]) {
    let mut open: Vec<Uuid> = samples.iter().filter_map(Sample::order).collect();
    let deadline = Instant::now() + DRAIN_PATIENCE;
    while Instant::now() < deadline {
        {
            let heard = paid.heard();
            open.retain(|order| !heard.contains_key(order));
        }
        if open.is_empty() {
            return;
        }
        progress(&format!("waiting for {} orders", open.len()));
        sleep(LOOK_AGAIN).await;
    }
}

impl Sample {
    fn order(&self) -> Option<Uuid> {
        match self.outcome {
            Outcome::Accepted(order) => Some(order),
            Outcome::Shed | Outcome::ShedRudely | Outcome::Error => None,
        }
    }
}

/// The measured time, in microseconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Window {
    began_us: i64,
    from_us: i64,
    to_us: i64,
}

impl Window {
    fn holds(self, at_us: i64) -> bool {
        (self.from_us..self.to_us).contains(&at_us)
    }

    fn seconds(self) -> f64 {
        (self.to_us - self.from_us) as f64 / SECOND_US as f64
    }
}

fn sum_up(plan: Plan, samples: &[Sample], paid: &Listener, window: Window, used: Used) -> Step {
    let heard = paid.heard();
    let paid_at = |sample: &Sample| sample.order().and_then(|order| heard.get(&order).copied());
    let due: Vec<&Sample> = samples.iter().filter(|sample| window.holds(sample.due_us)).collect();
    let answered = |wanted: &dyn Fn(&Sample) -> bool| {
        samples.iter().filter(|sample| window.holds(sample.answered_us) && wanted(sample)).count() as f64
            / window.seconds()
    };
    let count = |wanted: Outcome| samples.iter().filter(|sample| sample.outcome == wanted).count() as u64;
    let paid_within = samples.iter().filter_map(paid_at).filter(|at| window.holds(*at)).count() as f64;
    let accepted = due.iter().filter(|sample| sample.order().is_some());
    let others_ms = used.cpu_ms.get(super::usage::OTHERS).copied().unwrap_or_default();
    let per_order = used.per(paid_within);
    Step {
        offered_per_s: plan.rate,
        accepted_per_s: answered(&|sample: &Sample| sample.order().is_some()),
        paid_per_s: paid_within / window.seconds(),
        shed_per_s: answered(&|sample: &Sample| sample.outcome == Outcome::Shed),
        shed_rudely: count(Outcome::ShedRudely),
        errors: count(Outcome::Error),
        unfinished: samples.iter().filter(|sample| sample.order().is_some() && paid_at(sample).is_none()).count()
            as u64,
        accept: Latency::of(accepted.map(|sample| sample.answered_us - sample.due_us)),
        saga: Latency::of(due.iter().filter_map(|sample| Some(paid_at(sample)? - sample.due_us))),
        cpu_ms_per_order: per_order.total_ms(),
        per_order,
        other_cores: others_ms / 1e3 / window.seconds(),
        seconds: seconds(samples, &paid_at, window),
    }
}

fn seconds(samples: &[Sample], paid_at: &dyn Fn(&Sample) -> Option<i64>, window: Window) -> Vec<Second> {
    let of = |at_us: i64| (at_us - window.began_us).div_euclid(SECOND_US);
    let last = of(window.to_us);
    let within = |at_s: i64| {
        let due = samples.iter().filter(|sample| of(sample.due_us) == at_s);
        Second {
            at_s,
            accepted: samples.iter().filter(|s| s.order().is_some() && of(s.answered_us) == at_s).count() as u64,
            paid: samples.iter().filter_map(paid_at).filter(|at| of(*at) == at_s).count() as u64,
            saga: Latency::of(due.filter_map(|sample| Some(paid_at(sample)? - sample.due_us))),
        }
    };
    (0..last).map(within).collect()
}
