//! Order as a whole, on a schema per test: its calls through a real server, events through a real inbox.

mod actions;
mod events;
mod intake;
mod limits;
mod place;
mod process;
mod read;
mod saga;
mod summary;
mod support;
mod watchdog;
