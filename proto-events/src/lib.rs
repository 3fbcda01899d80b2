#![doc = include_str!("../README.md")]
//!
//! # Layout
//!
//! - [`event`]: the table of all events, their wire names and topics. **A new event is one line there and one message in
//!   `proto/`.**
//! - [`envelope`]: the record around an event: CloudEvents headers in binary mode, key, payload.
//! - [`topic`]: the topics with their retention, and the names of dead-letter topics.
//! - [`ids`] and [`money`]: the values that several services speak of.
//!
//! Changes are additive only: a field may be added, none may change its number, type or meaning. A golden fixture per
//! event type (`fixtures/`) has to keep parsing. This crate does no IO.

pub mod envelope;
pub mod event;
pub mod ids;
pub mod money;
pub mod topic;

/// The messages, generated from `proto/`.
mod generated {
    include!(concat!(env!("OUT_DIR"), "/waybill.rs"));
}

pub use envelope::{Decoded, Envelope, Record, Undecodable, decode};
pub use event::{Event, EventType};
pub use generated::waybill::{auth, catalog, inventory, order, payment};
pub use money::Money;
pub use topic::Topic;
