//! What every service process needs before and after its own work: configuration, logs and traces, the database pool and
//! its migrations, background tasks, health, and a graceful stop.
//!
//! # Layout
//!
//! - [`config`]: environment variables into one struct, with **all** faults reported at once.
//! - [`telemetry`]: JSON logs, and OTLP traces where a collector is named.
//! - [`db`]: the Postgres pool, migrations under a lock, and [`statement!`] for SQL that is prepared once.
//! - [`process`]: `main`, background tasks, the stop signal.
//! - [`health`]: what `/livez` and `/readyz` say.
//! - [`ops`]: the second port: `/metrics`, `/livez`, `/readyz`.
//! - [`dead_letters`]: what an admin may do with records that could not be applied.
//! - [`backoff`]: exponential backoff with full jitter.
//! - [`crash_point!`]: places where tests kill a process. [`mutant!`]: bugs that tests have to notice.

pub mod backoff;
pub mod config;
pub mod crash;
pub mod db;
pub mod dead_letters;
pub mod health;
pub mod mutants;
pub mod ops;
pub mod process;
pub mod telemetry;

pub use process::{Boot, Command, Lifecycle, run};

// `statement!` names diesel through this crate, so that its users do not have to import what it expands to.
#[doc(hidden)]
pub use diesel;
