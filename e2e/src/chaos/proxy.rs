//! A TCP proxy for one connection of the stack, which can be cut, stalled and slowed while it runs.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Bytes that are read at once. A delay is paid once for each.
const CHUNK: usize = 64 * 1024;
/// What listens behind is on this machine: it answers at once or is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Between two tries to take a connection, after one failed (too many open files).
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// How a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    Fair,
    /// What is open breaks, what is new is refused.
    Cut,
    /// What is open stays open, what is new is taken, and nothing passes. It passes later.
    Stalled,
    /// Every chunk waits for so long, in both directions; a small answer to a small question is late by twice that.
    Slow(Duration),
}

/// Passes connections on until it is dropped, and breaks them then.
#[derive(Debug)]
pub struct Proxy {
    addr: SocketAddr,
    weather: watch::Sender<Weather>,
}

impl Proxy {
    /// Listens on `listen` (port 0: any) for connections to `target`, which need not be there yet.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn start(listen: SocketAddr, target: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(listen).await.with_context(|| format!("a proxy on {listen}"))?;
        let addr = listener.local_addr()?;
        let (weather, watched) = watch::channel(Weather::Fair);
        tokio::spawn(accept(listener, target, watched));
        Ok(Self { addr, weather })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Changes the weather, for what is open as well.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, mut weather: watch::Receiver<Weather>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = gone(&mut weather) => return,
        };
        match accepted {
            // Dropping it at once is what a client sees of a refusal behind a load balancer.
            Ok(_) if *weather.borrow() == Weather::Cut => {}
            Ok((client, _)) => {
                tokio::spawn(pass_on(client, target, weather.clone()));
            }
            Err(_) => tokio::time::sleep(ACCEPT_AGAIN).await,
        }
    }
}

/// Ends when the proxy is dropped.
async fn gone(weather: &mut watch::Receiver<Weather>) {
    while weather.changed().await.is_ok() {}
}

/// Ends when the connections are to break: cut, or the proxy is dropped.
async fn broken(mut weather: watch::Receiver<Weather>) {
    let _ = weather.wait_for(|weather| *weather == Weather::Cut).await;
}

async fn pass_on(client: TcpStream, target: SocketAddr, weather: watch::Receiver<Weather>) {
    let Ok(Ok(server)) = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(target)).await else {
        return;
    };
    // The ends switch off Nagle's algorithm where they want to; here it would only add delays of its own.
    if client.set_nodelay(true).is_err() || server.set_nodelay(true).is_err() {
        return;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let both = async {
        tokio::join!(pump(from_client, to_server, weather.clone()), pump(from_server, to_client, weather.clone()))
    };
    tokio::select! {
        _ = both => {}
        () = broken(weather.clone()) => {}
    }
}

/// Copies one direction until its end, which is passed on as well.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut weather: watch::Receiver<Weather>) {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = from.read(&mut chunk).await;
        let now = *weather.borrow();
        if let Weather::Slow(delay) = now {
            tokio::time::sleep(delay).await;
        }
        if weather.wait_for(|weather| *weather != Weather::Stalled).await.is_err() {
            return;
        }
        match read {
            Ok(0) | Err(_) => break,
            Ok(n) => {
                if to.write_all(&chunk[..n]).await.is_err() {
                    break;
                }
            }
        }
    }
    let _ = to.shutdown().await;
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Instant;

    use super::*;

    const ANY: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);
    /// Far longer than anything takes here, for what must come.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// A server that sends back what it gets.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind(ANY).await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = client.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        addr
    }

    async fn proxied() -> (Proxy, TcpStream) {
        let proxy = Proxy::start(ANY.into(), echo().await).await.expect("a proxy");
        let client = TcpStream::connect(proxy.addr()).await.expect("a connection");
        (proxy, client)
    }

    async fn answer(client: &mut TcpStream, question: &[u8]) -> std::io::Result<Vec<u8>> {
        client.write_all(question).await?;
        read(client, question.len()).await
    }

    async fn read(client: &mut TcpStream, bytes: usize) -> std::io::Result<Vec<u8>> {
        let mut answer = vec![0; bytes];
        tokio::time::timeout(PATIENCE, client.read_exact(&mut answer)).await.expect("an answer in time")?;
        Ok(answer)
    }

    #[tokio::test]
    async fn in_fair_weather_everything_passes_and_so_does_the_end() {
        let (_proxy, mut client) = proxied().await;
        let long = vec![7; 3 * CHUNK + 1];
        let (mut from, mut to) = client.split();
        let mut back = vec![0; long.len()];
        let (written, got) = tokio::join!(to.write_all(&long), from.read_exact(&mut back));
        written.expect("written");
        got.expect("read");
        assert_eq!(back, long);
        client.shutdown().await.expect("ended");
        assert_eq!(tokio::time::timeout(PATIENCE, client.read(&mut [0])).await.expect("an end").expect("read"), 0);
    }

    #[tokio::test]
    async fn a_cut_breaks_what_is_open_and_refuses_what_is_new_until_it_is_over() {
        let (proxy, mut client) = proxied().await;
        assert_eq!(answer(&mut client, b"one").await.expect("an answer"), b"one");
        proxy.set(Weather::Cut);
        assert!(!matches!(tokio::time::timeout(PATIENCE, client.read(&mut [0])).await.expect("a break"), Ok(1..)));
        let mut second = TcpStream::connect(proxy.addr()).await.expect("taken, to be dropped");
        assert!(answer(&mut second, b"two").await.is_err());
        proxy.set(Weather::Fair);
        let mut third = TcpStream::connect(proxy.addr()).await.expect("a connection");
        assert_eq!(answer(&mut third, b"three").await.expect("an answer"), b"three");
    }

    #[tokio::test]
    async fn nothing_passes_while_it_is_stalled_and_all_of_it_later() {
        let (proxy, mut client) = proxied().await;
        assert_eq!(answer(&mut client, b"one").await.expect("an answer"), b"one");
        proxy.set(Weather::Stalled);
        client.write_all(b"two").await.expect("written");
        let early = tokio::time::timeout(Duration::from_millis(100), client.read(&mut [0])).await;
        assert!(early.is_err(), "{early:?}");
        proxy.set(Weather::Fair);
        assert_eq!(read(&mut client, 3).await.expect("an answer"), b"two");
    }

    #[tokio::test]
    async fn slowness_delays_both_directions() {
        let (proxy, mut client) = proxied().await;
        let delay = Duration::from_millis(60);
        proxy.set(Weather::Slow(delay));
        let asked = Instant::now();
        assert_eq!(answer(&mut client, b"one").await.expect("an answer"), b"one");
        assert!(asked.elapsed() >= 2 * delay);
    }

    #[tokio::test]
    async fn a_target_that_is_not_there_ends_the_connection() {
        let nobody = testkit::free_addr();
        let proxy = Proxy::start(ANY.into(), nobody).await.expect("a proxy");
        let mut client = TcpStream::connect(proxy.addr()).await.expect("taken");
        assert!(answer(&mut client, b"one").await.is_err());
    }

    #[tokio::test]
    async fn a_dropped_proxy_breaks_its_connections() {
        let (proxy, mut client) = proxied().await;
        assert_eq!(answer(&mut client, b"one").await.expect("an answer"), b"one");
        drop(proxy);
        assert!(answer(&mut client, b"two").await.is_err());
    }
}
