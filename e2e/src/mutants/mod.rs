//! `make mutants`: seeded bugs, each of which a test has to catch. A bug that none catches is a hole in the tests.
//!
//! The bugs stand in the sources behind `runtime::mutant!("name")`, and a process has one when `WAYBILL_MUTANT` names it.
//! So the ordinary test build serves: a test has to pass without the bug, and to fail with it, and for the right reason.
//!
//! # Layout
//!
//! - [`table`]: the bugs, each with the test that catches it. **A new one is one more there.**
//! - [`sources`]: holds the table against the sources.
//! - [`run`]: runs a test with and without its bug.
//! - [`report`]: what came of it, as a table.

pub mod report;
pub mod run;
pub mod sources;
pub mod table;

pub use table::{MUTANTS, Mutant, Test};
