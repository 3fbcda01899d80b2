//! Rate, errors and duration of every route, in the process' default Prometheus registry.

use std::sync::LazyLock;
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts};

/// The label of requests that no route took: their paths are the callers' own, and without end.
pub(crate) const UNMATCHED: &str = "unmatched";

/// Seconds; the saga's own targets lie between 5 ms and 0.25 s.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

static REQUESTS: LazyLock<Option<IntCounterVec>> = LazyLock::new(|| {
    let opts = Opts::new("http_requests_total", "Requests that were answered");
    registered(IntCounterVec::new(opts, &["method", "route", "status"]))
});

static DURATION: LazyLock<Option<HistogramVec>> = LazyLock::new(|| {
    let opts = HistogramOpts::new("http_request_duration_seconds", "Time from a request's head to its answer's head")
        .buckets(BUCKETS.to_vec());
    registered(HistogramVec::new(opts, &["method", "route"]))
});

/// Serving goes on without a metric that cannot be registered.
fn registered<M: Collector + Clone + 'static>(metric: prometheus::Result<M>) -> Option<M> {
    let registered = metric.and_then(|metric| prometheus::register(Box::new(metric.clone())).map(|()| metric));
    registered.inspect_err(|error| tracing::error!(%error, "a metric is missing")).ok()
}

pub(crate) fn observe(method: &str, route: &str, status: &str, took: Duration) {
    if let Some(requests) = &*REQUESTS {
        requests.with_label_values(&[method, route, status]).inc();
    }
    if let Some(duration) = &*DURATION {
        duration.with_label_values(&[method, route]).observe(took.as_secs_f64());
    }
}
