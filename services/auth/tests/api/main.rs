//! Each call of auth and each of its refusals, through a real server on a schema of its own.

mod process;
mod registration;
mod sessions;
mod support;
mod users;
