//! What a process says of itself to whoever runs it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

/// How a part of the process is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", content = "reason", rename_all = "lowercase")]
pub enum Check {
    Up,
    /// Requests can be served, and what waits goes on by itself once this is mended (a broker that is away).
    Degraded(String),
    /// No request can be served.
    Down(String),
    /// Makes no progress although it could: the process should be restarted.
    Stuck(String),
}

/// The state of all parts, shared by those who report and those who ask.
#[derive(Debug, Clone, Default)]
pub struct Health {
    checks: Arc<Mutex<BTreeMap<&'static str, Check>>>,
}

impl Health {
    /// Reports on one part; the newest report stands.
    pub fn report(&self, part: &'static str, check: Check) {
        let previous = self.lock().insert(part, check.clone());
        if previous.as_ref() != Some(&check) {
            match &check {
                Check::Up => tracing::info!(part, "part is up"),
                Check::Degraded(reason) | Check::Down(reason) | Check::Stuck(reason) => {
                    tracing::warn!(part, reason, "part is not up");
                }
            }
        }
    }

    pub fn checks(&self) -> BTreeMap<&'static str, Check> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Check>> {
        // A report is one insert, so a panic elsewhere cannot leave the map half written.
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
