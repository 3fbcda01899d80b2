//! Waybill as a whole: the only place that sees more than one service.
//!
//! # Layout
//!
//! - [`stack`]: the running stack: addresses, and starting, stopping and killing its parts.
//! - [`shop`]: buyers and staff over HTTP, with the retries that a real client would make.
//! - [`bench`]: `make bench`: how fast it is, and what an order costs.
//! - [`chaos`]: trade while everything that can go wrong does.
//! - [`books`]: what the services, the broker and the payment simulator have on record.
//! - [`history`]: what clients did and were told, as a file. [`checker`]: holds all that is on record against the invariants.
//! - [`twice`]: delivers every event once more.
//! - [`model`]: the saga as a state machine to explore, over the services' own `domain` functions.
//! - [`mutants`]: seeded bugs, and the test that catches each.

pub mod bench;
pub mod books;
pub mod chaos;
pub mod checker;
pub mod history;
pub mod model;
pub mod mutants;
pub mod shop;
pub mod stack;
pub mod twice;
