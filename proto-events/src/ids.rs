//! Ids as people and services see them: a prefix that tells what is meant, and a UUIDv7 in 32 lower-case hex digits.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a well-formed id: expected {prefix} and 32 lower-case hex digits")]
pub struct MalformedId {
    pub prefix: &'static str,
}

fn parse(text: &str, prefix: &'static str) -> Result<Uuid, MalformedId> {
    let malformed = MalformedId { prefix };
    let digits = text.strip_prefix(prefix).ok_or(malformed.clone())?;
    let lower_hex = digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !lower_hex {
        return Err(malformed);
    }
    Uuid::try_parse(digits).map_err(|_| malformed)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;

            fn from_str(text: &str) -> Result<Self, MalformedId> {
                parse(text, $prefix).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    UserId = "usr_";
    SellerId = "sel_";
    ProductId = "prd_";
    OrderId = "ord_";
    /// A line of an order.
    ItemId = "itm_";
    PaymentId = "pay_";
    /// One try to charge; also the idempotency key that the gateway sees.
    AttemptId = "att_";
    RefundId = "ref_";
    ReservationId = "rsv_";
    ShipmentId = "shp_";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_written() {
        let id = OrderId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
        assert_eq!(id.to_string(), "ord_01900000000070008000000000000001");
        assert_eq!(id.to_string().parse::<OrderId>(), Ok(id));
    }

    #[test]
    fn other_prefixes_lengths_and_alphabets_are_refused() {
        for text in [
            "",
            "ord_",
            "pay_01900000000070008000000000000001",
            "ord_0190000000007000800000000000001",
            "ord_0190000000007000800000000000000A",
            "ord_01900000-0000-7000-8000-000000000001",
        ] {
            assert_eq!(text.parse::<OrderId>(), Err(MalformedId { prefix: "ord_" }), "{text}");
        }
    }
}
