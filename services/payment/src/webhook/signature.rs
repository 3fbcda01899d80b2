//! `Stripe-Signature`: the time and HMAC-SHA256 signatures of time and raw body.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// An older signature may be a replay; Stripe's own libraries allow as much.
const TOLERANCE: TimeDelta = TimeDelta::seconds(300);

/// Whether the header holds a signature of `body` by `secret`, made not long before or after `now`. While a secret is
/// being replaced the header holds several; one that fits will do.
pub fn is_genuine(header: &str, body: &[u8], secret: &str, now: DateTime<Utc>) -> bool {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let Some((_, time)) = parts().find(|(name, _)| *name == "t") else { return false };
    let signed_at = time.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    if signed_at.is_none_or(|at| (now - at).abs() > TOLERANCE) {
        return false;
    }
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    let given = parts().filter(|(name, _)| *name == "v1").filter_map(|(_, signature)| hex::decode(signature).ok());
    // Compared in constant time.
    given.into_iter().any(|signature| mac.clone().verify_slice(&signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_test";

    fn sign(time: i64, body: &[u8], secret: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length will do");
        mac.update(format!("{time}.").as_bytes());
        mac.update(body);
        hex::encode(mac.finalize().into_bytes())
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    #[test]
    fn a_genuine_one_is_believed_also_beside_others() {
        let good = sign(1000, b"{}", SECRET);
        assert!(is_genuine(&format!("t=1000,v1={good}"), b"{}", SECRET, at(1300)));
        assert!(is_genuine(&format!("t=1000, v0=x, v1={}, v1={good}", "0".repeat(64)), b"{}", SECRET, at(700)));
    }

    #[test]
    fn another_body_secret_time_or_form_is_not() {
        let good = sign(1000, b"{}", SECRET);
        let header = format!("t=1000,v1={good}");
        assert!(!is_genuine(&header, b"{ }", SECRET, at(1000)));
        assert!(!is_genuine(&header, b"{}", "whsec_other", at(1000)));
        assert!(!is_genuine(&format!("t=1001,v1={good}"), b"{}", SECRET, at(1000)));
        assert!(!is_genuine(&header, b"{}", SECRET, at(1301)));
        assert!(!is_genuine(&header, b"{}", SECRET, at(699)));
        for header in ["", "t=1000", &format!("v1={good}"), "t=1000,v1=zz", "t=x,v1=00", &format!("t=1000,v0={good}")] {
            assert!(!is_genuine(header, b"{}", SECRET, at(1000)), "{header}");
        }
    }
}
