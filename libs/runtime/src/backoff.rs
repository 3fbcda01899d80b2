//! Waiting between tries.

use std::time::Duration;

use uuid::Uuid;

/// Exponential backoff with full jitter: the n-th wait is anywhere between nothing and `first · 2ⁿ`, at most `longest`.
///
/// Full jitter spreads many waiting clients evenly, see "Exponential Backoff and Jitter" of the AWS architecture blog.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    tries: u32,
}

impl Backoff {
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, tries: 0 }
    }

    /// The next wait.
    pub fn next_delay(&mut self) -> Duration {
        let ceiling = self.first.saturating_mul(2_u32.saturating_pow(self.tries)).min(self.longest);
        self.tries = self.tries.saturating_add(1);
        ceiling.mul_f64(unit_interval(Uuid::new_v4()))
    }

    /// How often it waited since the last success.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// After a success.
    pub fn reset(&mut self) {
        self.tries = 0;
    }
}

/// A number in [0, 1) from the random bits of an id.
fn unit_interval(id: Uuid) -> f64 {
    const BITS: u32 = 53;
    let (high, _) = id.as_u64_pair();
    (high >> (u64::BITS - BITS)) as f64 / (1_u64 << BITS) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_ceiling_and_no_further() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        for n in 0..100 {
            let ceiling =
                Duration::from_millis(100).saturating_mul(2_u32.saturating_pow(n)).min(Duration::from_secs(1));
            assert!(backoff.next_delay() <= ceiling);
        }
        backoff.reset();
        assert!(backoff.next_delay() <= Duration::from_millis(100));
    }
}
