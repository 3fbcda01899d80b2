//! What tests of the services share. A dev-dependency only.
//!
//! # Layout
//!
//! - [`db`]: a Postgres schema per test, dropped at its end.
//! - [`tokens`]: access tokens of any role, and the key set that verifies them.
//! - [`api`]: a small HTTP client that reads like the test's story.
//! - [`stream`]: server-sent events.
//! - [`events`]: events in without Kafka, and the outbox read back.
//! - [`free_addr`]: an address to name before anything listens there.
//! - [`eventually`]: waits for a condition; tests never sleep for a guess.
//!
//! Tests need `TEST_DATABASE_URL` and `TEST_REDIS_URL` and fail without them.

pub mod api;
pub mod db;
pub mod events;
mod ports;
pub mod stream;
pub mod tokens;
mod wait;

pub use api::{Answer, Api};
pub use db::TestDb;
pub use events::{Emitted, Inbound};
pub use ports::free_addr;
pub use stream::Events;
pub use tokens::Token;
pub use wait::eventually;

/// An environment variable that `make test` sets.
pub fn required_env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests by `make test`, which provides it"))
}
