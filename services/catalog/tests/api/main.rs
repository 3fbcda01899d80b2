//! Each call of catalog and each of its refusals, through a real server on a schema of its own.

mod browse;
mod manage;
mod process;
mod support;
