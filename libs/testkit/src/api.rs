//! A small HTTP client for tests.

use std::net::SocketAddr;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use crate::{Events, Token};

/// Calls to one server.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    client: reqwest::Client,
}

/// A request being put together; `send` ends it.
#[derive(Debug)]
pub struct Call {
    request: reqwest::RequestBuilder,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Api {
    /// `http://127.0.0.1:port`, with paths given from the root.
    pub fn at(addr: SocketAddr) -> Self {
        Self::new(format!("http://{addr}"))
    }

    pub fn new(base: impl Into<String>) -> Self {
        Self { base: base.into(), client: reqwest::Client::new() }
    }

    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    pub fn put(&self, path: &str) -> Call {
        self.call(Method::PUT, path)
    }

    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    pub fn call(&self, method: Method, path: &str) -> Call {
        Call { request: self.client.request(method, format!("{}{path}", self.base)) }
    }
}

impl Call {
    pub fn by(self, token: &Token) -> Self {
        Self { request: self.request.bearer_auth(&token.bearer) }
    }

    pub fn bearer(self, token: &str) -> Self {
        Self { request: self.request.bearer_auth(token) }
    }

    pub fn header(self, name: &str, value: impl AsRef<str>) -> Self {
        Self { request: self.request.header(name, value.as_ref()) }
    }

    /// A given idempotency key.
    pub fn key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key)
    }

    /// A new idempotency key.
    pub fn new_key(self) -> Self {
        self.key(&Uuid::new_v4().to_string())
    }

    pub fn json(self, body: Value) -> Self {
        Self { request: self.request.json(&body) }
    }

    /// A body as it is, with its content type.
    pub fn raw(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { request: self.request.header("content-type", content_type).body(body.into()) }
    }

    /// Opens a stream of server-sent events.
    ///
    /// # Panics
    /// When the answer is none.
    pub async fn open(self) -> Events {
        self.try_open().await.expect("the server answers with a stream")
    }

    /// # Errors
    /// When nobody answers, or not with a stream.
    pub async fn try_open(self) -> reqwest::Result<Events> {
        let response = self.request.send().await?.error_for_status()?;
        let stream = Events::of(response);
        assert_eq!(stream.header("content-type"), "text/event-stream");
        Ok(stream)
    }

    /// # Panics
    /// When nobody answers.
    pub async fn send(self) -> Answer {
        self.try_send().await.expect("the server answers")
    }

    /// # Errors
    /// When nobody answers, or not to the end.
    pub async fn try_send(self) -> reqwest::Result<Answer> {
        let response = self.request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }
}

impl Answer {
    /// # Panics
    /// When the body is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {}: {}", self.status, self.text))
    }

    /// The JSON body of an answer with this status.
    ///
    /// # Panics
    /// When the status is another.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The problem's body, after a look at its media type, status and code.
    ///
    /// # Panics
    /// When it is another answer.
    pub fn expect_problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(self.header("content-type").split(';').next(), Some("application/problem+json"), "{}", self.text);
        assert_eq!(problem["code"], code, "{}", self.text);
        assert_eq!(problem["status"], status, "{}", self.text);
        problem
    }

    /// A header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
