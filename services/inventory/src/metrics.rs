//! What is counted. Labels are few and known: never SKUs or ids.

use std::collections::HashMap;
use std::sync::LazyLock;

use prometheus::{IntCounterVec, IntGauge, register_int_counter_vec, register_int_gauge};

use crate::batch::Outcome;
use crate::domain::{Refused, State};

/// Registration fails only for a name that is used twice, which every start would show.
macro_rules! metric {
    ($registration:expr) => {
        LazyLock::new(|| match $registration {
            Ok(metric) => metric,
            Err(error) => unreachable!("a metric's name is used twice: {error}"),
        })
    };
}

static RESERVATIONS: LazyLock<IntCounterVec> = metric!(register_int_counter_vec!(
    "inventory_reservations_total",
    "Reservations by the state that they went to; rejected ones were sold out",
    &["outcome"]
));
pub(crate) static HELD: LazyLock<IntGauge> =
    metric!(register_int_gauge!("inventory_holds_active", "Reservations that are held"));

/// What happened in a batch, counted once the batch was written.
#[derive(Debug, Default)]
pub(crate) struct Tally(HashMap<&'static str, u64>);

impl Tally {
    /// Counts one item: the state before it and after it.
    pub(crate) fn count(&mut self, was: Option<State>, is: Option<State>, outcome: &Outcome) {
        let name = match outcome {
            Outcome::Refused(Refused::OutOfStock(_)) => Some("rejected"),
            _ => is.filter(|_| was != is).map(|state| match state {
                State::Held => "held",
                State::Committed => "committed",
                State::Released => "released",
                State::Expired => "expired",
                State::Returned => "returned",
                State::Rejected => "rejected",
            }),
        };
        if let Some(name) = name {
            *self.0.entry(name).or_default() += 1;
        }
    }

    pub(crate) fn report(self) {
        for (name, count) in self.0 {
            RESERVATIONS.with_label_values(&[name]).inc_by(count);
        }
    }
}
