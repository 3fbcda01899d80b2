//! A small service on a real server, and every refusal and answer of this crate as its callers see them.

mod bodies;
mod callers;
mod database;
mod edge;
mod etags;
mod idempotency;
mod keys;
mod limits;
mod lists;
mod shop;
