//! What the buyers saw, counted.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Complaints that are told in full; the rest is counted.
const COMPLAINTS_TOLD: usize = 20;

/// Counts, filled by all buyers at once.
#[derive(Debug, Default)]
pub struct Tally {
    counts: Mutex<Counts>,
}

/// What was counted so far.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Orders that buyers wanted.
    pub wanted: u64,
    /// Answered with 201.
    pub accepted: u64,
    pub paid: u64,
    /// By reason.
    pub cancelled: BTreeMap<String, u64>,
    /// By status and code.
    pub refused: BTreeMap<String, u64>,
    /// Nobody ever said what became of the order that was asked for.
    pub unknown: u64,
    /// Accepted, and neither paid nor cancelled in the end.
    pub unsettled: u64,
    /// Answers that a buyer did not take for the last word, by status and code.
    pub tried_again: BTreeMap<String, u64>,
    /// What must never happen.
    pub complaints: Vec<String>,
    /// When orders that were paid were asked for, and seen paid.
    paid_at: Vec<(Instant, Instant)>,
}

impl Tally {
    pub fn note(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    pub fn complain(&self, complaint: String) {
        self.note(|counts| counts.complaints.push(complaint));
    }

    pub fn counts(&self) -> Counts {
        self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Counts {
    pub fn cancelled_in_all(&self) -> u64 {
        self.cancelled.values().sum()
    }

    pub fn refused_in_all(&self) -> u64 {
        self.refused.values().sum()
    }

    pub fn paid(&mut self, asked_at: Instant) {
        self.paid += 1;
        self.paid_at.push((asked_at, Instant::now()));
    }

    /// How long after `healed` the first order was paid that was asked for after it; `None` when none was.
    pub fn recovery(&self, healed: Instant) -> Option<Duration> {
        let after = self.paid_at.iter().filter(|(asked, _)| *asked >= healed);
        after.map(|(_, paid)| paid.saturating_duration_since(healed)).min()
    }

    /// The first of what must never happen, one line each.
    pub fn violations(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.complaints.iter().take(COMPLAINTS_TOLD).cloned().collect();
        if self.complaints.len() > COMPLAINTS_TOLD {
            lines.push(format!("and {} more like these", self.complaints.len() - COMPLAINTS_TOLD));
        }
        if self.unsettled > 0 {
            lines.push(format!("{} accepted orders were neither paid nor cancelled in the end", self.unsettled));
        }
        if self.unknown > 0 {
            lines.push(format!("{} requests for an order never got an answer", self.unknown));
        }
        lines
    }
}

impl Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  wanted {}, accepted {}, paid {}", self.wanted, self.accepted, self.paid)?;
        writeln!(f, "  cancelled {}{}", self.cancelled_in_all(), listed(&self.cancelled))?;
        writeln!(f, "  refused {}{}", self.refused_in_all(), listed(&self.refused))?;
        writeln!(f, "  unknown {}, unsettled {}", self.unknown, self.unsettled)?;
        let tried_again: u64 = self.tried_again.values().sum();
        write!(f, "  tried again {tried_again}{}", listed(&self.tried_again))
    }
}

fn listed(counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return String::new();
    }
    let each: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    format!(": {}", each.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_counts_only_orders_asked_for_after_the_fault() {
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        let counts = Counts { paid_at: vec![(at(1), at(6)), (at(7), at(9)), (at(6), at(10))], ..Counts::default() };
        assert_eq!(counts.recovery(at(5)), Some(Duration::from_secs(4)));
        assert_eq!(counts.recovery(at(8)), None);
    }

    #[test]
    fn what_must_not_be_is_told_and_what_may_be_is_not() {
        let mut counts = Counts { accepted: 5, paid: 5, ..Counts::default() };
        assert_eq!(counts.violations(), Vec::<String>::new());
        counts.unsettled = 1;
        counts.complaints = (0..COMPLAINTS_TOLD + 2).map(|n| n.to_string()).collect();
        let lines = counts.violations();
        assert_eq!(lines.len(), COMPLAINTS_TOLD + 2, "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("2 more")), "{lines:?}");
    }
}
