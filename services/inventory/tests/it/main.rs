//! Inventory as a whole, on a schema per test: its calls through a real server, events through a real inbox.

mod away;
mod expiry;
mod races;
mod reservations;
mod saga;
mod settings;
mod stock;
mod support;
