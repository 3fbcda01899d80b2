//! Places where a test kills the process, to show that dying there loses and doubles nothing.

/// Kills this process with SIGKILL when the environment variable `WAYBILL_CRASH_AT` names this place.
///
/// Only builds with debug assertions contain it; a release build has nothing here.
#[macro_export]
macro_rules! crash_point {
    ($place:literal) => {
        if cfg!(debug_assertions) {
            $crate::crash::reached($place);
        }
    };
}

/// See [`crash_point!`].
pub fn reached(place: &str) {
    use std::sync::OnceLock;
    static CRASH_AT: OnceLock<Option<String>> = OnceLock::new();
    if CRASH_AT.get_or_init(|| std::env::var("WAYBILL_CRASH_AT").ok()).as_deref() == Some(place) {
        // The same end as by an operator's kill -9: no destructor runs, nothing is flushed.
        let pid = std::process::id().to_string();
        let _ = std::process::Command::new("kill").args(["-9", &pid]).status();
        std::process::abort();
    }
}
