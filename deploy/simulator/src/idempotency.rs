//! Idempotency keys: the first answer is given again to whoever repeats the request.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::answers::Answer;
use crate::form::Fingerprint;

/// Seconds for which a key is kept, as Stripe does.
const KEPT_SECONDS: i64 = 24 * 60 * 60;
/// Keys kept at once, so that memory has a limit: the oldest go first. Five minutes at 3,000 payments per second.
const MAX_KEYS: usize = 2_000_000;
/// The longest key that Stripe takes.
pub const MAX_KEY_BYTES: usize = 255;

/// The keys of the last day.
#[derive(Debug, Default)]
pub struct Keys {
    by_name: HashMap<Arc<str>, Kept>,
    /// Oldest first.
    order: VecDeque<Arc<str>>,
}

#[derive(Debug)]
struct Kept {
    at: i64,
    fingerprint: Fingerprint,
    /// `None` while the first request is running.
    answer: Option<Answer>,
}

/// What a key says about a request.
#[derive(Debug)]
pub enum Claim {
    /// Never seen: go on.
    New,
    Answered(Answer),
    Running,
    /// Used with another request.
    Other,
}

impl Keys {
    pub fn claim(&self, name: &str, fingerprint: Fingerprint, now: i64) -> Claim {
        match self.by_name.get(name) {
            Some(kept) if kept.at + KEPT_SECONDS < now => Claim::New,
            Some(kept) if kept.fingerprint != fingerprint => Claim::Other,
            Some(Kept { answer: Some(answer), .. }) => Claim::Answered(answer.clone()),
            Some(Kept { answer: None, .. }) => Claim::Running,
            None => Claim::New,
        }
    }

    /// Keeps a key that was used at `at`; without an answer its request is running.
    pub fn keep(&mut self, name: &str, fingerprint: Fingerprint, at: i64, answer: Option<Answer>) {
        let kept = Kept { at, fingerprint, answer };
        if let Some(present) = self.by_name.get_mut(name) {
            *present = kept;
            return;
        }
        let name: Arc<str> = Arc::from(name);
        self.by_name.insert(Arc::clone(&name), kept);
        self.order.push_back(name);
        self.forget_old(at);
    }

    fn forget_old(&mut self, now: i64) {
        while let Some(oldest) = self.order.front() {
            let expired = self.by_name.get(oldest).is_none_or(|kept| kept.at + KEPT_SECONDS < now);
            if !expired && self.order.len() <= MAX_KEYS {
                return;
            }
            self.by_name.remove(oldest);
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_lives_for_a_day() {
        let mut keys = Keys::default();
        keys.keep("a", 1, 1000, None);
        assert!(matches!(keys.claim("a", 1, 1001), Claim::Running));
        assert!(matches!(keys.claim("a", 2, 1001), Claim::Other));
        assert!(matches!(keys.claim("a", 2, 1001 + KEPT_SECONDS), Claim::New));
        keys.keep("b", 1, 1001 + KEPT_SECONDS, None);
        assert_eq!(keys.order.len(), 1, "the old key went");
    }
}
