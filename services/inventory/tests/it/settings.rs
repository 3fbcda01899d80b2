//! The settings that are inventory's own.

use chrono::TimeDelta;
use inventory::Config;
use runtime::config::read_from;

const COMMON: [(&str, &str); 6] = [
    ("HTTP_ADDR", "127.0.0.1:0"),
    ("OPS_ADDR", "127.0.0.1:0"),
    ("DATABASE_URL", "postgres://localhost/x"),
    ("REDIS_URL", "redis://localhost"),
    ("KAFKA_BROKERS", "localhost:9"),
    ("JWKS_URL", "http://localhost/jwks.json"),
];

#[test]
fn a_hold_takes_fifteen_minutes_unless_told_otherwise() {
    let ttl = |value: Option<&'static str>| {
        let own = value.map(|value| ("RESERVATION_TTL_SECONDS", value));
        read_from(COMMON.into_iter().chain(own), Config::read).map(|config| config.reservation_ttl)
    };
    assert_eq!(ttl(None), Ok(TimeDelta::minutes(15)));
    assert_eq!(ttl(Some("20")), Ok(TimeDelta::seconds(20)));
    for wrong in ["0", "-1", "86401", "long"] {
        let faults = ttl(Some(wrong)).expect_err("refused");
        assert!(faults.0.iter().all(|fault| fault.starts_with("RESERVATION_TTL_SECONDS")), "{faults}");
    }
}
