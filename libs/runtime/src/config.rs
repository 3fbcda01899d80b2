//! Configuration from environment variables.

use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::str::FromStr;

/// Reads settings one by one and remembers every fault.
///
/// ```
/// # use runtime::config::{Env, read_from};
/// struct Config { retries: u32, name: String }
///
/// fn read(env: &mut Env) -> Option<Config> {
///     let retries = env.optional("RETRIES", 3);
///     let name = env.required("NAME");
///     Some(Config { retries: retries?, name: name? })
/// }
///
/// let faults = read_from([("RETRIES", "many")], read).err().unwrap();
/// assert_eq!(faults.0.len(), 2);
/// ```
#[derive(Debug)]
pub struct Env {
    variables: Vec<(String, String)>,
    faults: Vec<String>,
}

/// Everything that is wrong with the environment, one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<String>);

impl Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration is wrong:")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  - {fault}"))
    }
}

/// Reads a configuration from the process's environment.
///
/// # Errors
/// All that is missing or does not parse.
pub fn read<C>(reader: impl FnOnce(&mut Env) -> Option<C>) -> Result<C, Faults> {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    finish(Env { variables, faults: Vec::new() }, reader)
}

/// Like [`read`], from the given variables.
///
/// # Errors
/// All that is missing or does not parse.
pub fn read_from<C>(
    variables: impl IntoIterator<Item = (&'static str, &'static str)>,
    reader: impl FnOnce(&mut Env) -> Option<C>,
) -> Result<C, Faults> {
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    finish(Env { variables, faults: Vec::new() }, reader)
}

fn finish<C>(mut env: Env, reader: impl FnOnce(&mut Env) -> Option<C>) -> Result<C, Faults> {
    match reader(&mut env) {
        Some(config) if env.faults.is_empty() => Ok(config),
        _ => Err(Faults(env.faults)),
    }
}

impl Env {
    /// A setting that must be there.
    pub fn required<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let value = self.value(name);
        if value.is_none() {
            self.faults.push(format!("{name} is missing"));
        }
        self.parse(name, &value?)
    }

    /// A setting with a default.
    pub fn optional<T: FromStr<Err: Display>>(&mut self, name: &str, default: T) -> Option<T> {
        match self.value(name) {
            Some(value) => self.parse(name, &value),
            None => Some(default),
        }
    }

    /// A whole number within limits, with a default.
    pub fn number(&mut self, name: &str, default: u64, limits: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let number = self.optional(name, default)?;
        if limits.contains(&number) {
            return Some(number);
        }
        self.fault(name, format!("{number} is not between {} and {}", limits.start(), limits.end()));
        None
    }

    /// A comma-separated list; absent is empty.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let value = self.value(name).unwrap_or_default();
        value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    /// `on` or `off`.
    pub fn switch(&mut self, name: &str, default: bool) -> Option<bool> {
        match self.value(name).as_deref() {
            None => Some(default),
            Some("on") => Some(true),
            Some("off") => Some(false),
            Some(other) => {
                self.fault(name, format!("`{other}` is neither `on` nor `off`"));
                None
            }
        }
    }

    /// Notes a fault that the caller found in a value.
    pub fn fault(&mut self, name: &str, reason: impl Display) {
        self.faults.push(format!("{name}: {reason}"));
    }

    fn value(&self, name: &str) -> Option<String> {
        self.variables.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, value)| value.clone())
    }

    fn parse<T: FromStr<Err: Display>>(&mut self, name: &str, value: &str) -> Option<T> {
        value.parse().map_err(|error| self.fault(name, error)).ok()
    }
}

/// What every service is told.
#[derive(Debug, Clone)]
pub struct Common {
    pub http_addr: SocketAddr,
    pub ops_addr: SocketAddr,
    /// The service's own role; its `search_path` is the service's schema.
    pub database_url: String,
    /// Connections that requests may hold together.
    pub database_pool: usize,
    pub redis_url: String,
    pub kafka_brokers: String,
    /// Partitions of a topic that does not exist yet.
    pub kafka_partitions: i32,
    /// Replicas of a topic that does not exist yet: 1 on one machine, 3 in a cluster.
    pub kafka_replication: i32,
    /// Put before every topic's and consumer group's name: keeps stacks on one broker apart.
    pub topic_prefix: String,
    pub jwks_url: String,
    pub token_issuer: String,
    pub public_url: String,
    pub rate_limits: bool,
    pub cors_origins: Vec<String>,
    /// Threads that serve HTTP.
    pub http_workers: usize,
}

impl Common {
    pub fn read(env: &mut Env) -> Option<Self> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from) as u64;
        let http_addr = env.required("HTTP_ADDR");
        let ops_addr = env.required("OPS_ADDR");
        let database_url = env.required("DATABASE_URL");
        let database_pool = env.number("DB_POOL", 8, 1..=100);
        let redis_url = env.required("REDIS_URL");
        let kafka_brokers = env.required("KAFKA_BROKERS");
        let kafka_partitions = env.number("KAFKA_PARTITIONS", 2, 1..=1000);
        let kafka_replication = env.number("KAFKA_REPLICATION", 1, 1..=9);
        let topic_prefix = env.optional("TOPIC_PREFIX", String::new());
        let jwks_url = env.required("JWKS_URL");
        let token_issuer = env.optional("TOKEN_ISSUER", "waybill".to_owned());
        let public_url = env.optional("PUBLIC_URL", "http://localhost:8080".to_owned());
        let rate_limits = env.switch("RATE_LIMITS", true);
        let cors_origins = env.list("CORS_ORIGINS");
        let http_workers = env.number("HTTP_WORKERS", cores, 1..=256);
        Some(Self {
            http_addr: http_addr?,
            ops_addr: ops_addr?,
            database_url: database_url?,
            database_pool: usize::try_from(database_pool?).ok()?,
            redis_url: redis_url?,
            kafka_brokers: kafka_brokers?,
            kafka_partitions: i32::try_from(kafka_partitions?).ok()?,
            kafka_replication: i32::try_from(kafka_replication?).ok()?,
            topic_prefix: topic_prefix?,
            jwks_url: jwks_url?,
            token_issuer: token_issuer?,
            public_url: public_url?,
            rate_limits: rate_limits?,
            cors_origins,
            http_workers: usize::try_from(http_workers?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_listed_at_once() {
        let faults = read_from([("HTTP_ADDR", "nowhere"), ("RATE_LIMITS", "maybe"), ("DB_POOL", "0")], Common::read)
            .expect_err("the configuration is wrong");
        for name in ["HTTP_ADDR", "OPS_ADDR", "DATABASE_URL", "DB_POOL", "REDIS_URL", "KAFKA_BROKERS", "JWKS_URL"] {
            assert!(faults.0.iter().any(|fault| fault.starts_with(name)), "{name} in {faults}");
        }
    }
}
