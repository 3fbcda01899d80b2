//! The proxies between the parts, and how the parts are told to use them.
//!
//! The services know nothing of it: the stack's `overrides/` give each other addresses of what it stands on, and Kafka has
//! a listener for each service, advertised at that service's proxy. Towards the gateway a proxy takes the service's place,
//! and the service moves to a port beside.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use reqwest::Url;

use crate::chaos::parts;
use crate::chaos::proxy::{Proxy, Weather};
use crate::chaos::schedule::{Link, SERVICES};
use crate::stack::Stack;

/// Where a service listens instead of its own port; the ports of a stack leave these free.
const SERVICE_PORT_SHIFT: u16 = 10;
/// Where Kafka listens for the first service, from its own port on: the next one is the controller's.
const KAFKA_PORT_SHIFT: u16 = 2;

/// All connections that can be disturbed.
#[derive(Debug)]
pub struct Network {
    proxies: HashMap<Link, Proxy>,
    overrides: HashMap<&'static str, String>,
}

impl Network {
    /// Puts the proxies between the parts of a running stack, and restarts what has to hear of it.
    ///
    /// # Errors
    /// When a port is taken or a part does not start.
    pub async fn lay(stack: &Stack) -> anyhow::Result<Self> {
        let mut network = Self { proxies: HashMap::new(), overrides: HashMap::new() };
        let kafka = port(stack.value("KAFKA_BROKERS"))?;
        let mut listeners = Vec::new();
        for (n, service) in (0..).zip(SERVICES) {
            let mut lines = Vec::new();
            let database = network.connect(service, "postgres", url_port(stack.database_url(service))?).await?;
            lines.push(format!("DATABASE_URL={}", at_port(stack.database_url(service), database)?));
            let redis = network.connect(service, "redis", url_port(stack.value("REDIS_URL"))?).await?;
            lines.push(format!("REDIS_URL={}", at_port(stack.value("REDIS_URL"), redis)?));
            let listener = kafka + KAFKA_PORT_SHIFT + n;
            let advertised = network.connect(service, "kafka", listener).await?;
            lines.push(format!("KAFKA_BROKERS=127.0.0.1:{advertised}"));
            listeners.push((service, listener, advertised));
            let public = url_port(stack.value(&format!("{}_URL", service.to_uppercase())))?;
            lines.push(format!("HTTP_ADDR=127.0.0.1:{}", public + SERVICE_PORT_SHIFT));
            if service == "payment" {
                let gateway = stack.value("STRIPE_API_BASE");
                let simulator = network.connect(service, "simulator", url_port(gateway)?).await?;
                lines.push(format!("STRIPE_API_BASE=http://127.0.0.1:{simulator}"));
            }
            network.overrides.insert(service, lines.join("\n") + "\n");
        }
        std::fs::write(stack.overrides("kafka"), kafka_settings(kafka, &listeners))?;
        stack.control("restart", "kafka").await?;
        // Not on the file system that gets full: the payment gateway is somebody else's.
        let books = stack.folder().join("run/books.jsonl");
        std::fs::write(stack.overrides("simulator"), format!("BOOKS_FILE={}\n", books.display()))?;
        stack.control("restart", "simulator").await?;
        for service in SERVICES {
            network.tell(stack, service, &[])?;
            parts::stop(stack, service).await?;
            // Its port is free now.
            network.take_the_place_of(stack, service).await?;
            parts::start(stack, service).await?;
        }
        Ok(network)
    }

    /// The weather on one connection.
    pub fn set(&self, link: Link, weather: Weather) {
        if let Some(proxy) = self.proxies.get(&link) {
            proxy.set(weather);
        }
    }

    pub fn heal(&self) {
        self.proxies.values().for_each(|proxy| proxy.set(Weather::Fair));
    }

    /// Writes a service's overrides: its addresses, and `more`. It hears of them at its next start.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn tell(&self, stack: &Stack, service: &'static str, more: &[String]) -> anyhow::Result<()> {
        let mut text = self.overrides.get(service).cloned().unwrap_or_default();
        text.extend(more.iter().map(|line| format!("{line}\n")));
        Ok(std::fs::write(stack.overrides(service), text)?)
    }

    async fn connect(&mut self, from: &'static str, to: &'static str, port: u16) -> anyhow::Result<u16> {
        let proxy = Proxy::start(local(0), local(port)).await?;
        let at = proxy.addr().port();
        self.proxies.insert(Link { from, to }, proxy);
        Ok(at)
    }

    async fn take_the_place_of(&mut self, stack: &Stack, service: &'static str) -> anyhow::Result<()> {
        let public = url_port(stack.value(&format!("{}_URL", service.to_uppercase())))?;
        let proxy = Proxy::start(local(public), local(public + SERVICE_PORT_SHIFT)).await?;
        self.proxies.insert(Link { from: "gateway", to: service }, proxy);
        Ok(())
    }
}

/// A listener for each service beside the broker's own. The stack's tool fills in the controller's port.
fn kafka_settings(port: u16, listeners: &[(&str, u16, u16)]) -> String {
    let list = |address: fn(&(&str, u16, u16)) -> u16| {
        let own = format!("PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:@CONTROLLER_PORT@");
        listeners
            .iter()
            .fold(own, |all, listener| format!("{all},{}://127.0.0.1:{}", listener.0.to_uppercase(), address(listener)))
    };
    let protocols =
        listeners.iter().fold("PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT".to_owned(), |all, (service, ..)| {
            format!("{all},{}:PLAINTEXT", service.to_uppercase())
        });
    format!(
        "listeners={}\nadvertised.listeners={}\nlistener.security.protocol.map={protocols}\n",
        list(|listener| listener.1),
        list(|listener| listener.2),
    )
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn port(address: &str) -> anyhow::Result<u16> {
    let (_, port) = address.rsplit_once(':').context("host:port")?;
    Ok(port.parse()?)
}

fn url_port(url: &str) -> anyhow::Result<u16> {
    Url::parse(url)?.port().with_context(|| format!("no port in {url}"))
}

fn at_port(url: &str, port: u16) -> anyhow::Result<String> {
    let mut url = Url::parse(url)?;
    let changed = url.set_port(Some(port));
    anyhow::ensure!(changed.is_ok(), "{url} cannot have a port");
    Ok(url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_everything_but_its_port() {
        let moved = at_port("postgres://order:secret@127.0.0.1:8132/waybill", 9).expect("a URL");
        assert_eq!(moved, "postgres://order:secret@127.0.0.1:9/waybill");
        assert_eq!(at_port("redis://:secret@127.0.0.1:8179/0", 9).expect("a URL"), "redis://:secret@127.0.0.1:9/0");
    }

    #[test]
    fn kafka_advertises_each_service_its_own_proxy() {
        let settings = kafka_settings(8192, &[("auth", 8194, 40001), ("order", 8195, 40002)]);
        assert!(settings.contains("AUTH://127.0.0.1:8194,ORDER://127.0.0.1:8195\nadvertised"), "{settings}");
        assert!(settings.contains("AUTH://127.0.0.1:40001,ORDER://127.0.0.1:40002\nlistener"), "{settings}");
    }
}
