//! What is counted. Labels are few and known: never ids.

use std::sync::LazyLock;

use prometheus::{IntCounter, IntCounterVec, register_int_counter, register_int_counter_vec};

/// Registration fails only for a name that is used twice, which every start would show.
macro_rules! metric {
    ($registration:expr) => {
        LazyLock::new(|| match $registration {
            Ok(metric) => metric,
            Err(error) => unreachable!("a metric's name is used twice: {error}"),
        })
    };
}

static LOGINS: LazyLock<IntCounterVec> =
    metric!(register_int_counter_vec!("auth_logins_total", "Logins", &["outcome"]));
pub(crate) static REFRESH_REUSED: LazyLock<IntCounter> = metric!(register_int_counter!(
    "auth_refresh_reused_total",
    "Refresh tokens that came back after they were exchanged: each ended a sign-in"
));

/// Counts a login: `succeeded`, `failed` or `limited`.
pub(crate) fn login(outcome: &'static str) {
    LOGINS.with_label_values(&[outcome]).inc();
}
