//! A finished answer: what a handler gives, and what an idempotency key keeps.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, Responder};
use serde::Serialize;

use crate::{Problem, etag, problem};

const JSON: &str = "application/json";

/// Tells a caller that an answer was given before.
const REPLAYED: &str = "idempotent-replayed";

/// A status, some headers and a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    /// As stored: names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// # Errors
    /// 500 when the value has no JSON form.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value).map_err(Problem::internal)?;
        Ok(Self { status, headers: vec![("content-type".to_owned(), JSON.to_owned())], body })
    }

    /// 204.
    pub fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, headers: Vec::new(), body: Vec::new() }
    }

    /// Names where the created thing is.
    #[must_use]
    pub fn location(self, path: impl Into<String>) -> Self {
        self.header("location", path)
    }

    /// The strong `ETag` of this version.
    #[must_use]
    pub fn etag(self, version: i64) -> Self {
        self.header("etag", etag::strong(version))
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Whether an idempotency key keeps it: 202 says "not yet", and 5xx "try again".
    pub fn is_final(&self) -> bool {
        self.status != StatusCode::ACCEPTED && !self.status.is_server_error()
    }

    /// A problem as it is kept: its instance and trace id belong to the request and are left out.
    pub fn from_problem(problem: &Problem) -> Self {
        let mut headers = vec![("content-type".to_owned(), problem::CONTENT_TYPE.to_owned())];
        let known = problem
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
        headers.extend(known);
        Self { status: problem.status, headers, body: problem.to_json(None, None) }
    }

    /// The answer again, marked as a repeat. A problem comes back as one, so that it gets this request's trace id.
    pub(crate) fn replay(self) -> Result<HttpResponse, Problem> {
        let is_problem =
            self.headers.iter().any(|(name, value)| name == "content-type" && value == problem::CONTENT_TYPE);
        let marked = self.header(REPLAYED, "true");
        if !is_problem {
            return Ok(marked.into_response());
        }
        let mut problem = Problem::from_json(marked.status, &marked.body)
            .ok_or_else(|| Problem::internal("a stored problem does not parse"))?;
        let others = marked.headers.iter().filter(|(name, _)| name != "content-type");
        problem.headers = others.filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?))).collect();
        Err(problem)
    }

    pub fn into_response(self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status);
        for (name, value) in &self.headers {
            // A header that does not parse is dropped: it cannot have been sent before either.
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
                response.insert_header((name, value));
            }
        }
        if self.body.is_empty() { response.finish() } else { response.body(self.body) }
    }
}

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.into_response()
    }
}

impl From<Answer> for HttpResponse {
    fn from(answer: Answer) -> Self {
        answer.into_response()
    }
}

/// 200 with a body and its version: answers 304 when the caller has that version already.
///
/// # Errors
/// 500 when the value has no JSON form.
pub fn versioned(req: &HttpRequest, version: i64, value: &impl Serialize) -> Result<HttpResponse, Problem> {
    let mut response = if etag::IfNoneMatch::of(req).matches(version) {
        HttpResponse::NotModified().finish()
    } else {
        Answer::json(StatusCode::OK, value)?.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag::header(version));
    // It may be kept, but only by the caller, and is asked for again each time: that is what the ETag is for.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}
