//! What a run found.

use std::fmt::{self, Display};
use std::time::Duration;

use crate::chaos::faults::Over;
use crate::chaos::tally::Counts;
use crate::checker;

#[derive(Debug)]
pub struct Report {
    pub counts: Counts,
    /// In the order in which they were over.
    pub over: Vec<Over>,
    /// From the last heal until every buyer knew what became of the order.
    pub settled: Duration,
    /// From the last heal until nothing was under way any more and everything was checked.
    pub quiet: Duration,
    /// What is on record.
    pub checked: checker::Report,
}

impl Report {
    /// What must not be; none is what one wants.
    pub fn violations(&self) -> Vec<String> {
        let mut all = self.counts.violations();
        all.extend(self.checked.violated().into_iter().map(|name| format!("not true: {name}")));
        all
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "recovery, from the end of a fault to the first order that was asked for after it and paid:")?;
        for over in &self.over {
            let recovery = self.counts.recovery(over.healed);
            let recovery = recovery.map_or("none came".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()));
            writeln!(f, "  {recovery:>9}  {}", over.fault.kind)?;
        }
        writeln!(f, "orders:\n{}", self.counts)?;
        let (settled, quiet) = (self.settled.as_secs_f64(), self.quiet.as_secs_f64());
        writeln!(f, "after the last heal: every order settled in {settled:.1} s, quiet and checked in {quiet:.1} s")?;
        writeln!(f, "{}", self.checked)?;
        let violations = self.violations();
        if violations.is_empty() {
            return writeln!(f, "no violation");
        }
        writeln!(f, "{} violations:", violations.len())?;
        violations.iter().try_for_each(|violation| writeln!(f, "  - {violation}"))
    }
}
