//! What a check found, as a table.

use std::fmt;

/// Violations that are named, of each invariant.
pub const EXAMPLES_MAX: usize = 5;

/// What a check found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Which stack, and in which state it was.
    pub of: String,
    pub lines: Vec<Line>,
    /// Invariants that hold at rest only, and were not looked at because the stack was not.
    pub skipped: Vec<&'static str>,
    /// What is no violation and worth knowing.
    pub notes: Vec<String>,
}

/// One invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub name: &'static str,
    /// How many things it was checked of.
    pub covered: u64,
    pub violations: u64,
    /// Some of those that violate it, with their ids.
    pub examples: Vec<String>,
}

impl Report {
    /// How many violations there are in all.
    pub fn violations(&self) -> u64 {
        self.lines.iter().map(|line| line.violations).sum()
    }

    /// The names of the invariants that are violated.
    pub fn violated(&self) -> Vec<&'static str> {
        self.lines.iter().filter(|line| line.violations > 0).map(|line| line.name).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.of)?;
        writeln!(f, "{:>12}  {:>10}", "covered", "violated")?;
        for line in &self.lines {
            let mark = if line.violations == 0 { '✓' } else { '✗' };
            writeln!(f, "{:>12}  {:>10}  {mark} {}", grouped(line.covered), grouped(line.violations), line.name)?;
            for example in &line.examples {
                writeln!(f, "{:>12}  {:>10}      {example}", "", "")?;
            }
        }
        for name in &self.skipped {
            writeln!(f, "{:>12}  {:>10}  · {name} (only at rest: not looked at)", "", "")?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        match self.violations() {
            0 => write!(f, "{} invariants hold", self.lines.len()),
            all => write!(f, "{} violations of {} invariants", grouped(all), self.violated().len()),
        }
    }
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
