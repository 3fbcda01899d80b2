//! Seeded bugs, to show that the tests notice them: `make mutants` runs each against the test that has to fail.

/// Whether this process has the seeded bug of this name, because the environment variable `WAYBILL_MUTANT` says so.
///
/// Only builds with debug assertions can have one; in a release build this is `false`, and the bug is not compiled in.
#[macro_export]
macro_rules! mutant {
    ($name:literal) => {
        cfg!(debug_assertions) && $crate::mutants::is_on($name)
    };
}

/// See [`mutant!`].
pub fn is_on(name: &str) -> bool {
    use std::sync::OnceLock;
    static MUTANT: OnceLock<Option<String>> = OnceLock::new();
    let on = MUTANT.get_or_init(|| {
        let named = std::env::var("WAYBILL_MUTANT").ok();
        if let Some(named) = &named {
            tracing::warn!(named, "this process has a seeded bug");
        }
        named
    });
    on.as_deref() == Some(name)
}
