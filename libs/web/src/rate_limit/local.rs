//! Budgets in this process, for the time that Redis is away. Looser than Redis by the number of replicas, never open.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::{Asked, State};

/// Budgets that are remembered; past this, those that are whole again are forgotten.
const MAX_KEYS: usize = 100_000;

pub(super) struct Local {
    started: Instant,
    /// For each key when its budget is whole again, in µs since `started`.
    free_at: Mutex<HashMap<String, i64>>,
}

impl Default for Local {
    fn default() -> Self {
        Self { started: Instant::now(), free_at: Mutex::default() }
    }
}

impl Local {
    pub(super) fn ask(&self, asked: &[Asked]) -> Vec<State> {
        let now = i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX);
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        if free_at.len() >= MAX_KEYS {
            free_at.retain(|_, at| *at > now);
            // All of them busy at once is an attack with as many addresses; forgetting is the lesser harm.
            if free_at.len() >= MAX_KEYS {
                free_at.clear();
            }
        }
        let judged = asked.iter().map(|asked| {
            let busy = free_at.get(&asked.key).map_or(0, |at| at - now);
            State::of(asked.policy, busy, asked.cost)
        });
        let judged: Vec<(State, i64)> = judged.collect();
        if judged.iter().any(|(state, _)| !state.allowed) {
            return judged.into_iter().map(|(state, _)| state).filter(|state| !state.allowed).collect();
        }
        for (asked, (_, after)) in asked.iter().zip(&judged).filter(|(asked, _)| asked.cost > 0) {
            free_at.insert(asked.key.clone(), now + after);
        }
        judged.into_iter().map(|(state, _)| state).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Policy;
    use super::*;

    fn asked(name: &'static str, requests: u32) -> Asked {
        Asked { policy: Policy::per_minute(name, requests), key: name.to_owned(), cost: 1 }
    }

    #[test]
    fn the_budget_ends() {
        let local = Local::default();
        for _ in 0..3 {
            assert!(local.ask(&[asked("a", 3)])[0].allowed);
        }
        assert!(!local.ask(&[asked("a", 3)])[0].allowed);
        assert!(local.ask(&[asked("b", 3)])[0].allowed);
    }

    #[test]
    fn an_empty_budget_keeps_the_others_whole() {
        let local = Local::default();
        assert!(local.ask(&[asked("wide", 2), asked("narrow", 1)]).iter().all(|state| state.allowed));
        assert!(!local.ask(&[asked("wide", 2), asked("narrow", 1)])[0].allowed);
        assert!(local.ask(&[asked("wide", 2)])[0].allowed);
    }
}
