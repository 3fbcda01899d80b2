//! Ids and numbers of new orders.

use chrono::{DateTime, Utc};
use proto_events::ids::OrderId;
use uuid::{ContextV7, Timestamp, Uuid};

/// Crockford's alphabet: no letter that is taken for a digit.
const ALPHABET: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Random digits of a number: 50 bits, so that nobody finds another's by trying, and two hardly ever meet.
const DIGITS: u32 = 10;

/// Makes order ids that grow, from the database's time: they sort the lists, and tell the watchdog an order's age.
#[derive(Debug)]
pub struct Minter {
    now: DateTime<Utc>,
    context: ContextV7,
}

impl Minter {
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { now, context: ContextV7::new() }
    }

    pub fn order_id(&self) -> OrderId {
        let seconds = u64::try_from(self.now.timestamp()).unwrap_or_default();
        let timestamp = Timestamp::from_unix(&self.context, seconds, self.now.timestamp_subsec_nanos());
        OrderId(Uuid::new_v7(timestamp))
    }
}

/// The smallest id of the millisecond of `time`.
pub fn first_at(time: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(time.timestamp_millis()).unwrap_or_default();
    // The first 48 bits of a UUIDv7 are its time.
    Uuid::from_u128(millis.min((1 << 48) - 1) << 80)
}

/// A number for people, such as `W-7K3M9-Q2XTB`.
pub fn number() -> String {
    let random = Uuid::new_v4().as_u128();
    let digit = |place: u32| {
        let index = (random >> (5 * place)) as usize % ALPHABET.len();
        char::from(ALPHABET.get(index).copied().unwrap_or(b'0'))
    };
    let (first, second): (String, String) =
        ((0..DIGITS / 2).map(digit).collect(), (DIGITS / 2..DIGITS).map(digit).collect());
    format!("W-{first}-{second}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_grow_and_tell_their_time() {
        let now = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        let minter = Minter::at(now);
        let ids: Vec<Uuid> = (0..1000).map(|_| minter.order_id().0).collect();
        assert!(ids.is_sorted());
        assert!(ids.iter().all(|id| first_at(now) <= *id));
        assert!(ids.iter().all(|id| *id < first_at(now + chrono::TimeDelta::milliseconds(1))));
        assert_eq!(first_at(DateTime::UNIX_EPOCH - chrono::TimeDelta::days(1)), Uuid::nil());
    }

    #[test]
    fn numbers_fit_and_differ() {
        let numbers: HashSet<String> = (0..1000).map(|_| number()).collect();
        assert_eq!(numbers.len(), 1000);
        assert!(numbers.iter().all(|number| number.len() <= 16 && !number.contains(['I', 'L', 'O', 'U'])));
    }
}
