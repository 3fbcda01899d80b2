//! Amounts of money on the wire: integer minor units and an ISO 4217 code.

pub use crate::generated::waybill::v1::Money;

impl Money {
    /// `amount_minor` in the minor units of `currency` (ISO 4217, upper case).
    pub fn new(amount_minor: i64, currency: impl Into<String>) -> Self {
        Self { amount_minor, currency: currency.into() }
    }
}
