//! How load is made: at a rate, whatever the system does with it, or by so many clients at once.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Microseconds since 1970: what the clock of this machine says, and so those of broker and database.
pub fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Calls `send` at a constant rate, whether or not earlier calls were answered, and tells each when it was due
/// (microseconds since 1970): a call that is late because the system was slow is counted from then. Returns when all
/// are answered.
pub async fn at_rate<F>(rate: f64, span: Duration, mut send: impl FnMut(u64, i64) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (start, start_us) = (Instant::now(), now_us());
    let mut calls = JoinSet::new();
    let mut n = 0_u64;
    loop {
        let offset = Duration::from_secs_f64(n as f64 / rate);
        if offset >= span {
            break;
        }
        if start + offset > Instant::now() {
            sleep_until(start + offset).await;
        }
        calls.spawn(send(n, start_us + i64::try_from(offset.as_micros()).unwrap_or(i64::MAX)));
        while calls.try_join_next().is_some() {}
        n += 1;
    }
    while calls.join_next().await.is_some() {}
}

/// Calls `send` for 0 to `count` by so many clients at once, each of which waits for its answer; ends early at the
/// deadline, if there is one. Returns how many calls were made.
pub async fn by_clients<F>(
    clients: usize,
    count: u64,
    deadline: Option<Instant>,
    send: impl Fn(u64) -> F + Send + Sync + 'static,
) -> u64
where
    F: Future<Output = ()> + Send + 'static,
{
    let (next, send) = (Arc::new(AtomicU64::new(0)), Arc::new(send));
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let (next, send) = (Arc::clone(&next), Arc::clone(&send));
        tasks.spawn(async move {
            let mut made = 0_u64;
            while deadline.is_none_or(|deadline| Instant::now() < deadline) {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    break;
                }
                send(n).await;
                made += 1;
            }
            made
        });
    }
    tasks.join_all().await.into_iter().sum()
}

/// Latencies in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Latency {
    pub count: u64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub max_ms: f64,
}

impl Latency {
    /// Of these microseconds. All are kept, so the quantiles are exact.
    pub fn of(values_us: impl IntoIterator<Item = i64>) -> Self {
        let mut values: Vec<i64> = values_us.into_iter().collect();
        values.sort_unstable();
        let at = |quantile: f64| {
            let place = (values.len() as f64 * quantile).ceil() as usize;
            values.get(place.max(1) - 1).map_or(0.0, |us| *us as f64 / 1e3)
        };
        Self { count: values.len() as u64, p50_ms: at(0.5), p99_ms: at(0.99), p999_ms: at(0.999), max_ms: at(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_values() {
        let latency = Latency::of((1..=1000).map(|ms| ms * 1000));
        assert_eq!(latency.count, 1000);
        assert!((latency.p50_ms - 500.0).abs() < 2.0, "{latency:?}");
        assert!((latency.p99_ms - 990.0).abs() < 2.0, "{latency:?}");
        assert_eq!(Latency::of([]), Latency::default());
    }
}
