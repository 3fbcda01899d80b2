//! What is counted. Labels are few and known: never ids.

use std::sync::LazyLock;

use prometheus::{
    HistogramVec, IntCounterVec, IntGauge, register_histogram_vec, register_int_counter_vec, register_int_gauge,
};

/// Registration fails only for a name that is used twice, which every start would show.
macro_rules! metric {
    ($registration:expr) => {
        LazyLock::new(|| match $registration {
            Ok(metric) => metric,
            Err(error) => unreachable!("a metric's name is used twice: {error}"),
        })
    };
}

pub(crate) static ATTEMPTS: LazyLock<IntCounterVec> =
    metric!(register_int_counter_vec!("payment_attempts_total", "Attempts to charge, by outcome", &["outcome"]));
pub(crate) static REFUNDS: LazyLock<IntCounterVec> =
    metric!(register_int_counter_vec!("payment_refunds_total", "Refunds, by outcome", &["outcome"]));
pub(crate) static FINAL_WORDS: LazyLock<IntCounterVec> =
    metric!(register_int_counter_vec!("payment_final_words_total", "How payments ended", &["word"]));
pub(crate) static WEBHOOKS: LazyLock<IntCounterVec> =
    metric!(register_int_counter_vec!("payment_webhooks_total", "Webhooks, by what came of them", &["outcome"]));
pub(crate) static UNKNOWN_OPEN: LazyLock<IntGauge> =
    metric!(register_int_gauge!("payment_attempts_unknown", "Attempts whose outcome the gateway has not told yet"));
pub(crate) static NEED_PEOPLE: LazyLock<IntGauge> = metric!(register_int_gauge!(
    "payment_need_people",
    "Payments that people have to look at: a wrong amount was captured, or a refund was finally refused"
));
pub(crate) static GATEWAY_SECONDS: LazyLock<HistogramVec> = metric!(register_histogram_vec!(
    "payment_gateway_seconds",
    "Time of calls to the payment gateway",
    &["call"],
    vec![0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]
));
