//! Object ids as Stripe's look: a prefix and random letters and digits.

use rand::Rng;
use rand::distr::Alphanumeric;

/// Random characters of an id: 62^24 leaves no room for a collision.
const RANDOM_CHARACTERS: usize = 24;

/// A new id: `pi_`, `ch_`, `re_`, `evt_` or `req_` and 24 random characters.
pub fn new(prefix: &str) -> String {
    let mut id = String::with_capacity(prefix.len() + RANDOM_CHARACTERS);
    id.push_str(prefix);
    id.extend(rand::rng().sample_iter(Alphanumeric).take(RANDOM_CHARACTERS).map(char::from));
    id
}

/// Now, in whole seconds since 1970, which is how Stripe writes every time.
pub fn now() -> i64 {
    chrono::Utc::now().timestamp()
}
