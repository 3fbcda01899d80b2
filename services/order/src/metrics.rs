//! What is counted. Labels are few and known: never ids.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use prometheus::{
    Histogram, IntCounter, IntCounterVec, IntGauge, register_histogram, register_int_counter, register_int_counter_vec,
    register_int_gauge,
};

use crate::domain::{self, CancelReason, Order, Status};

/// Registration fails only for a name that is used twice, which every start would show.
macro_rules! metric {
    ($registration:expr) => {
        LazyLock::new(|| match $registration {
            Ok(metric) => metric,
            Err(error) => unreachable!("a metric's name is used twice: {error}"),
        })
    };
}

/// Seconds: around the saga's own aims (60 ms and 150 ms), and up to a buyer who takes 15 minutes to pay.
const TO_PAID_BUCKETS: [f64; 14] = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0, 900.0];

pub(crate) static CREATED: LazyLock<IntCounter> =
    metric!(register_int_counter!("orders_created_total", "Orders that were taken"));
pub(crate) static OVERLOADED: LazyLock<IntCounter> = metric!(register_int_counter!(
    "orders_refused_overload_total",
    "Orders that were refused because too many wait for the saga"
));
pub(crate) static WAITING: LazyLock<IntGauge> = metric!(register_int_gauge!(
    "orders_waiting",
    "Of the newest orders that are older than three seconds, those that are on their way still"
));
pub(crate) static STREAMS: LazyLock<IntGauge> =
    metric!(register_int_gauge!("order_streams_open", "Event streams that are open"));
static OUTCOMES: LazyLock<IntCounterVec> = metric!(register_int_counter_vec!(
    "order_saga_outcomes_total",
    "Orders that became PAID or CANCELLED, and why",
    &["status", "reason"]
));
static TO_PAID: LazyLock<Histogram> = metric!(register_histogram!(
    "order_created_to_paid_seconds",
    "Time from an order's creation until it was PAID",
    TO_PAID_BUCKETS.to_vec()
));

/// Counts an order that came to an end of its saga: PAID, or CANCELLED before or after.
pub(crate) fn moved(was: Option<&Order>, is: &Order, now: DateTime<Utc>) {
    let status = domain::status(is);
    if was.map(domain::status) == Some(status) {
        return;
    }
    match status {
        Status::Paid => {
            OUTCOMES.with_label_values(&[status.as_str(), ""]).inc();
            let took = (now - is.created_at).to_std().unwrap_or_default();
            TO_PAID.observe(took.as_secs_f64());
        }
        Status::Cancelled => {
            let reason = domain::cancel_reason(is).map_or("", CancelReason::as_str);
            OUTCOMES.with_label_values(&[status.as_str(), reason]).inc();
        }
        Status::Created | Status::PaymentPending | Status::Shipped | Status::Delivered => {}
    }
}
