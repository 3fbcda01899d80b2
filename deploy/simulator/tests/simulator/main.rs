//! The simulator over HTTP, on a real socket and with a real journal file.

mod books;
mod idempotency;
mod intents;
mod refunds;
mod support;
mod webhooks;
