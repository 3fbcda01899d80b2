//! The calls, by feature.

mod change;
pub mod display;
pub mod movements;
pub mod reservations;
pub mod shown;
pub mod stock;

use std::sync::OnceLock;

use messaging::Wake;
use runtime::db::Pool;
use web::Problem;

use crate::domain::Sku;

use display::Display;
use reservations::Desk;

/// What the handlers share. HTTP is served before the database is there, so that callers are told to wait instead of
/// finding nobody.
#[derive(Default)]
pub struct App(pub OnceLock<Parts>);

/// See [`App`].
pub struct Parts {
    pub pool: Pool,
    pub wake: Wake,
    pub display: Display,
    pub desk: Desk,
}

impl App {
    /// # Errors
    /// 503 before the database was there for the first time.
    pub fn parts(&self) -> Result<&Parts, Problem> {
        self.0.get().ok_or_else(Problem::unavailable)
    }
}

/// A path's SKU. A text that is none names nothing.
fn sku_of(text: &str) -> Result<Sku, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}
