//! The checker finds nothing wrong with a small shop that is well, and names each wrong that is done to it.

mod plants;
mod scratch;
mod seed;
mod well;
