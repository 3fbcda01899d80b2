//! A small HTTP client: cheap enough that it is not what is measured.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Longer than the services' own deadlines: who waited so long counts as an error.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connections to one server, used again and opened as needed: an open loop does not wait for a free one.
#[derive(Debug)]
pub struct Client {
    addr: SocketAddr,
    host: HeaderValue,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Client {
    /// For the server of a base URL such as `http://localhost:8080`.
    ///
    /// # Errors
    /// When it has no IPv4 address.
    pub async fn new(url: &str) -> anyhow::Result<Self> {
        let host = url.strip_prefix("http://").context("a base URL begins with http://")?;
        let addr = tokio::net::lookup_host(host).await?.find(SocketAddr::is_ipv4).context("no address")?;
        Ok(Self { addr, host: HeaderValue::from_str(host)?, idle: Mutex::default() })
    }

    /// Sends a request and reads its answer to the end.
    ///
    /// # Errors
    /// When nobody answers in time, or not to the end.
    pub async fn send(&self, mut request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
        request.headers_mut().insert(HOST, self.host.clone());
        let exchange = async {
            let mut connection = self.connection().await?;
            let (head, body) = connection.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            self.idle().push(connection);
            Ok(Answer { status: head.status, headers: head.headers, body })
        };
        tokio::time::timeout(PATIENCE, exchange).await.context("no answer in time")?
    }

    /// A GET without a token.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Request::builder().uri(path).body(Full::default())?).await
    }

    /// A JSON body with a token.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn send_json(
        &self,
        method: Method,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> anyhow::Result<Answer> {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("authorization", format!("Bearer {token}")).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Full::new(body))?).await
    }

    async fn connection(&self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        loop {
            let known = self.idle().pop();
            match known {
                Some(mut connection) => {
                    // The last answer's end may not have been noticed yet; a closed one is forgotten.
                    if connection.ready().await.is_ok() {
                        return Ok(connection);
                    }
                }
                None => break,
            }
        }
        let stream = TcpStream::connect(self.addr).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = handshake(TokioIo::new(stream)).await?;
        // Its end is noticed at the next use.
        tokio::spawn(driver);
        Ok(connection)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SendRequest<Full<Bytes>>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
