//! What came of the runs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Mutant;
use super::run::Verdict;

/// A bug with what became of its two runs.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub mutant: Mutant,
    /// Of the test with the bug.
    pub caught: Verdict,
    /// Of the same test without.
    pub clean: Verdict,
}

/// All of them.
#[derive(Debug)]
pub struct Report {
    pub outcomes: Vec<Outcome>,
    pub took: Duration,
}

impl Outcome {
    /// Whether the bug was caught, and by a test that passes without it.
    pub fn is_well(&self) -> bool {
        self.caught.is_ok() && self.clean.is_ok()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mark, name) = (if self.is_well() { "✓" } else { "✗" }, self.mutant.name);
        match (&self.caught, &self.clean) {
            (Ok(caught), Ok(clean)) => {
                let (caught, said, clean) = (seconds(caught.after), &caught.said, seconds(clean.after));
                write!(f, "{mark} {name:<30} {caught:>5} s, without it {clean:>5} s: {said}")
            }
            (Err(why), _) | (_, Err(why)) => write!(f, "{mark} {name:<30} {why}\n  the test: {}", self.mutant.test),
        }
    }
}

impl Report {
    pub fn is_well(&self) -> bool {
        self.outcomes.iter().all(Outcome::is_well)
    }

    /// Writes the table to `.local/mutants/latest.md`, and says where that is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, root: &Path) -> anyhow::Result<PathBuf> {
        let file = root.join(".local/mutants/latest.md");
        std::fs::create_dir_all(root.join(".local/mutants"))?;
        std::fs::write(&file, self.to_string())?;
        Ok(file)
    }
}

/// The table, and a line that counts.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| mutant | what is wrong | caught by | after | clean run |\n|---|---|---|---|---|")?;
        for Outcome { mutant, caught, clean } in &self.outcomes {
            let cell = |verdict: &Verdict| match verdict {
                Ok(ended) => format!("{} s", seconds(ended.after)),
                Err(_) => "**no**".to_owned(),
            };
            let (name, wrong, test) = (mutant.name, mutant.wrong, mutant.test);
            let clean = if clean.is_ok() { format!("passes in {}", cell(clean)) } else { cell(clean) };
            writeln!(f, "| `{name}` | {wrong} | `{test}` | {} | {clean} |", cell(caught))?;
        }
        let caught = self.outcomes.iter().filter(|outcome| outcome.is_well()).count();
        let (all, took) = (self.outcomes.len(), self.took.as_secs());
        writeln!(f, "\n{caught} of {all} seeded bugs caught by tests that pass without them, in {took} s")
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64())
}
