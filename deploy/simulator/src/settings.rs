//! What the simulator is told at its start.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

use crate::events::EventKind;

/// Threads that serve HTTP when nothing is said: one serves far more than a small machine can ask for.
const DEFAULT_WORKERS: usize = 1;
const MAX_WORKERS: usize = 64;

/// The simulator's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    pub http_addr: SocketAddr,
    pub http_workers: usize,
    /// The key that clients have to show.
    pub api_key: String,
    /// Signs the webhooks.
    pub webhook_secret: String,
    /// Where events are sent to; `None`: nowhere.
    pub webhook_url: Option<Url>,
    /// The events that are sent.
    pub webhook_events: Vec<EventKind>,
    /// The journal.
    pub books_file: PathBuf,
    pub pace: Pace,
}

/// How long things take. Tests shorten it.
#[derive(Debug, Clone)]
pub struct Pace {
    /// From the confirm of `pm_sim_slow` to its answer.
    pub slow: Duration,
    /// How long a connection is held whose answer must not come.
    pub held: Duration,
    /// How late a late webhook is.
    pub late: Duration,
    /// Between webhooks that are sent in the wrong order.
    pub gap: Duration,
    /// From a refund to the state that comes by itself.
    pub refund: Duration,
    /// Before a webhook is sent for the second time; doubled for each further try.
    pub retry: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            slow: Duration::from_secs(3),
            held: Duration::from_secs(60),
            late: Duration::from_secs(10),
            gap: Duration::from_secs(1),
            refund: Duration::from_secs(5),
            retry: Duration::from_secs(1),
        }
    }
}

/// Everything that is wrong with the environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<String>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration is wrong:")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  - {fault}"))
    }
}

impl Settings {
    /// Reads the settings from environment variables.
    ///
    /// # Errors
    /// All that is missing or wrong.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Faults> {
        let mut reader = Reader { variable, faults: Vec::new() };
        let settings = reader.settings();
        match settings {
            Some(settings) if reader.faults.is_empty() => Ok(settings),
            _ => Err(Faults(reader.faults)),
        }
    }
}

struct Reader<V> {
    variable: V,
    faults: Vec<String>,
}

impl<V: Fn(&str) -> Option<String>> Reader<V> {
    fn settings(&mut self) -> Option<Settings> {
        let http_addr = self.required("HTTP_ADDR").and_then(|text| self.parse("HTTP_ADDR", &text));
        let http_workers = self.workers();
        let api_key = self.required("STRIPE_API_KEY");
        let webhook_secret = self.required("STRIPE_WEBHOOK_SECRET");
        let webhook_url = self.webhook_url();
        let webhook_events = self.webhook_events();
        let books_file = self.required("BOOKS_FILE").map(PathBuf::from);
        Some(Settings {
            http_addr: http_addr?,
            http_workers: http_workers?,
            api_key: api_key?,
            webhook_secret: webhook_secret?,
            webhook_url,
            webhook_events,
            books_file: books_file?,
            pace: Pace::default(),
        })
    }

    fn workers(&mut self) -> Option<usize> {
        let Some(text) = self.optional("HTTP_WORKERS") else { return Some(DEFAULT_WORKERS) };
        let workers = self.parse("HTTP_WORKERS", &text)?;
        if (1..=MAX_WORKERS).contains(&workers) {
            return Some(workers);
        }
        self.faults.push(format!("HTTP_WORKERS: {workers} is not between 1 and {MAX_WORKERS}"));
        None
    }

    fn webhook_url(&mut self) -> Option<Url> {
        let text = self.optional("WEBHOOK_URL")?;
        let url: Url = self.parse("WEBHOOK_URL", &text)?;
        if matches!(url.scheme(), "http" | "https") && url.has_host() {
            return Some(url);
        }
        self.faults.push("WEBHOOK_URL: it has to begin with http:// or https://".to_owned());
        None
    }

    fn webhook_events(&mut self) -> Vec<EventKind> {
        let Some(text) = self.optional("WEBHOOK_EVENTS") else { return EventKind::ALL.to_vec() };
        let mut kinds = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match EventKind::ALL.iter().find(|kind| kind.as_str() == name) {
                Some(kind) => kinds.push(*kind),
                None => self.faults.push(format!("WEBHOOK_EVENTS: there is no event `{name}`")),
            }
        }
        kinds
    }

    fn optional(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    fn required(&mut self, name: &str) -> Option<String> {
        let value = self.optional(name);
        if value.is_none() {
            self.faults.push(format!("{name} is missing"));
        }
        value
    }

    fn parse<T: std::str::FromStr<Err: fmt::Display>>(&mut self, name: &str, text: &str) -> Option<T> {
        text.parse().map_err(|error| self.faults.push(format!("{name}: {error}"))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_listed() {
        let faults = Settings::read(|name| match name {
            "HTTP_ADDR" => Some("nowhere".to_owned()),
            "WEBHOOK_URL" => Some("ftp://x".to_owned()),
            "WEBHOOK_EVENTS" => Some("refund.created, refund.dreamt".to_owned()),
            "HTTP_WORKERS" => Some("0".to_owned()),
            _ => None,
        })
        .expect_err("the configuration is wrong");
        let names = ["HTTP_ADDR", "WEBHOOK_URL", "WEBHOOK_EVENTS", "HTTP_WORKERS", "STRIPE_API_KEY"];
        for name in names.into_iter().chain(["STRIPE_WEBHOOK_SECRET", "BOOKS_FILE"]) {
            assert!(faults.0.iter().any(|fault| fault.starts_with(name)), "{name} in {faults}");
        }
        assert_eq!(faults.0.len(), 7);
    }
}
