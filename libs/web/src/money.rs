//! Money as the API shows it: whole minor units and a currency.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// The largest amount, in minor units: 99,999,999.99 of a currency with cents. Sums of prices stay far below 2⁶³.
pub const MAX_AMOUNT_MINOR: i64 = 9_999_999_999;

/// The currencies that are sold in, with the digits of their minor unit (ISO 4217).
const CURRENCIES: [(&str, u32); 34] = [
    ("AED", 2),
    ("AUD", 2),
    ("BGN", 2),
    ("BRL", 2),
    ("CAD", 2),
    ("CHF", 2),
    ("CLP", 0),
    ("CNY", 2),
    ("CZK", 2),
    ("DKK", 2),
    ("EUR", 2),
    ("GBP", 2),
    ("HKD", 2),
    ("HUF", 2),
    ("ILS", 2),
    ("INR", 2),
    ("ISK", 0),
    ("JPY", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("MXN", 2),
    ("NOK", 2),
    ("NZD", 2),
    ("PLN", 2),
    ("RON", 2),
    ("SAR", 2),
    ("SEK", 2),
    ("SGD", 2),
    ("THB", 2),
    ("TRY", 2),
    ("UAH", 2),
    ("USD", 2),
    ("VND", 0),
    ("ZAR", 2),
];

/// An ISO 4217 code of a currency that is sold in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(&'static str, u32);

impl Currency {
    pub fn code(self) -> &'static str {
        self.0
    }

    /// Digits of the minor unit: 2 for EUR, 0 for JPY.
    pub fn exponent(self) -> u32 {
        self.1
    }
}

/// Not the code of a currency that is sold in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a currency that is sold in")]
pub struct UnknownCurrency;

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        let at = CURRENCIES.binary_search_by_key(&code, |(known, _)| known).map_err(|_| UnknownCurrency)?;
        CURRENCIES.get(at).map(|(code, exponent)| Self(code, *exponent)).ok_or(UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for Currency {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some("An ISO 4217 code."))
            .enum_values(Some(CURRENCIES.map(|(code, _)| code)))
            .into()
    }
}

impl ToSchema for Currency {}

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In minor units, 0 to [`MAX_AMOUNT_MINOR`].
    pub amount_minor: i64,
    pub currency: Currency,
}

impl Money {
    pub fn new(amount_minor: i64, currency: Currency) -> Self {
        Self { amount_minor, currency }
    }

    /// So many of it; `None` above [`MAX_AMOUNT_MINOR`].
    pub fn times(self, quantity: i64) -> Option<Self> {
        self.amount_minor.checked_mul(quantity).and_then(|amount| self.with(amount))
    }

    /// Both together; `None` above [`MAX_AMOUNT_MINOR`] or when the currencies differ.
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        self.amount_minor.checked_add(other.amount_minor).and_then(|amount| self.with(amount))
    }

    fn with(self, amount_minor: i64) -> Option<Self> {
        (0..=MAX_AMOUNT_MINOR).contains(&amount_minor).then_some(Self { amount_minor, ..self })
    }
}

impl PartialSchema for Money {
    fn schema() -> RefOr<Schema> {
        let amount = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::Integer))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .description(Some("Whole minor units: cents where the currency has them."))
            .minimum(Some(0))
            .maximum(Some(MAX_AMOUNT_MINOR))
            .examples([1999]);
        ObjectBuilder::new()
            .description(Some("An amount of money."))
            .property("amount_minor", amount)
            .required("amount_minor")
            .property("currency", Currency::schema())
            .required("currency")
            .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(false)))
            .into()
    }
}

impl ToSchema for Money {}
