//! Answers that say what went wrong (RFC 9457), and how faults of the database become one.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use diesel::result::Error as DieselError;
use diesel_async::pooled_connection::deadpool::PoolError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How long a caller should wait where a short wait will do, in seconds.
pub const SHORT_WAIT: u32 = 1;

pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

/// One fault of a request: where it is and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Fault {
    /// A JSON pointer into the body, in the form of a URI fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "#/items/0/quantity")]
    pub pointer: Option<String>,
    /// The name of a query parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What is wrong, for programs.
    #[schema(example = "out_of_range")]
    pub code: Cow<'static, str>,
    /// What is wrong, for people.
    pub detail: String,
}

/// An error as callers see it. Return it from a handler; `instance` and `trace_id` are filled in on the way out.
///
/// ```
/// use actix_web::http::StatusCode;
/// use web::Problem;
///
/// let problem = Problem::new(StatusCode::CONFLICT, "invalid_transition", "A delivered order cannot be shipped.")
///     .with("from", "DELIVERED")
///     .with("allowed", Vec::<String>::new());
/// ```
#[derive(Debug, Clone)]
pub struct Problem {
    pub status: StatusCode,
    pub code: Cow<'static, str>,
    pub detail: Cow<'static, str>,
    pub errors: Vec<Fault>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Members beyond the standard ones, such as `decline_code`. Boxed, since few have any and every `Result` of a handler
    /// makes room for them.
    extensions: Option<Box<Map<String, Value>>>,
}

impl Problem {
    /// A problem with a stable `code` for programs and a `detail` for people, which must hold nothing internal.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        let headers = match status {
            StatusCode::UNAUTHORIZED => vec![(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))],
            _ => Vec::new(),
        };
        let (code, detail) = (Cow::Borrowed(code), detail.into());
        Self { status, code, detail, errors: Vec::new(), headers, extensions: None }
    }

    /// 409 with a code of the caller's choice.
    pub fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 404; also for what the caller may not see, so that ids cannot be probed.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here.")
    }

    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This resource does not know that method.")
    }

    /// 401: no token, or one that is not valid.
    pub fn unauthenticated(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
    }

    /// 403: known, but not allowed.
    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 422 with all faults of the request.
    pub fn validation(errors: Vec<Fault>) -> Self {
        let problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "validation_failed",
            "The request does not fit; `errors` says where.",
        );
        Self { errors, ..problem }
    }

    /// 503: something that this service needs is away for the moment.
    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The service cannot answer at the moment.")
            .retry_after(SHORT_WAIT)
    }

    /// 500. `cause` is logged once, here, and never shown.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(error = %cause, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side.")
    }

    /// Adds an extension member.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.extensions.get_or_insert_default().insert(key.to_owned(), value.into());
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Asks the caller to wait for so many seconds, at least one.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    /// Whether an idempotency key keeps it: a decision about the state of things (402, 409, 410). Faults of the request
    /// itself, 404, 5xx and what only asks to wait may be answered otherwise the next time.
    pub fn is_final(&self) -> bool {
        matches!(self.status, StatusCode::PAYMENT_REQUIRED | StatusCode::CONFLICT | StatusCode::GONE)
            && !self.headers.iter().any(|(name, _)| name == header::RETRY_AFTER)
    }

    /// The members as JSON. Without a request there is no `instance` and no `trace_id`.
    pub(crate) fn to_json(&self, instance: Option<&str>, trace_id: Option<&str>) -> Vec<u8> {
        let mut members = self.extensions.as_deref().cloned().unwrap_or_default();
        members.insert("type".into(), format!("/problems/{}", self.code).into());
        members.insert("title".into(), self.status.canonical_reason().unwrap_or("Error").into());
        members.insert("status".into(), self.status.as_u16().into());
        members.insert("detail".into(), self.detail.as_ref().into());
        members.insert("code".into(), self.code.as_ref().into());
        if let Some(instance) = instance {
            members.insert("instance".into(), instance.into());
        }
        if let Some(trace_id) = trace_id {
            members.insert("trace_id".into(), trace_id.into());
        }
        if !self.errors.is_empty() {
            members.insert("errors".into(), serde_json::to_value(&self.errors).unwrap_or_default());
        }
        Value::Object(members).to_string().into_bytes()
    }

    /// Reads back what [`Problem::to_json`] wrote.
    pub(crate) fn from_json(status: StatusCode, body: &[u8]) -> Option<Self> {
        let Ok(Value::Object(mut members)) = serde_json::from_slice(body) else { return None };
        let mut text = |name: &str| members.remove(name)?.as_str().map(str::to_owned);
        let (code, detail) = (text("code")?, text("detail")?);
        let errors =
            members.remove("errors").and_then(|errors| serde_json::from_value(errors).ok()).unwrap_or_default();
        for standard in ["type", "title", "status", "instance", "trace_id"] {
            members.remove(standard);
        }
        Some(Self {
            status,
            code: code.into(),
            detail: detail.into(),
            errors,
            headers: Vec::new(),
            extensions: Some(Box::new(members)),
        })
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.code, self.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status);
        response.content_type(CONTENT_TYPE);
        for header in &self.headers {
            response.append_header(header.clone());
        }
        response.body(self.to_json(None, None))
    }
}

/// A database that is away, busy or rolled us back is 503 with `Retry-After`; all else is our fault, 500.
/// A violated constraint is not taken for the caller's fault: handlers ask [`violates`] where it is.
impl From<DieselError> for Problem {
    fn from(error: DieselError) -> Self {
        if runtime::db::is_transient(&error) {
            tracing::warn!(%error, "the database could not serve a request");
            return Self::unavailable();
        }
        Self::internal(error)
    }
}

/// No connection in time, or none at all, is 503 with `Retry-After`.
impl From<PoolError> for Problem {
    fn from(error: PoolError) -> Self {
        tracing::warn!(%error, "no database connection for a request");
        Self::unavailable()
    }
}

/// Whether `error` is the violation of this constraint or unique index.
///
/// ```no_run
/// # use web::Problem;
/// # fn insert() -> diesel::QueryResult<usize> { Ok(1) }
/// # fn handler() -> Result<(), Problem> {
/// insert().map_err(|error| match web::problem::violates(&error, "product_sku_key") {
///     true => Problem::conflict("sku_taken", "Another product has this SKU."),
///     false => error.into(),
/// })?;
/// # Ok(()) }
/// ```
pub fn violates(error: &DieselError, constraint: &str) -> bool {
    matches!(error, DieselError::DatabaseError(_, info) if info.constraint_name() == Some(constraint))
}

#[cfg(test)]
mod tests {
    use diesel::result::DatabaseErrorKind;

    use super::*;

    #[test]
    fn a_full_disk_and_a_recovering_database_are_503() {
        let said = |message: &str| {
            let information: Box<String> = Box::new(message.to_owned());
            Problem::from(DieselError::DatabaseError(DatabaseErrorKind::Unknown, information)).status
        };
        let full = said("could not extend file \"base/16384/16873\": No space left on device");
        assert_eq!(full, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(said("the database system is in recovery mode"), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(said("relation \"orders\" does not exist"), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn a_problem_reads_back_as_written() {
        let problem =
            Problem::conflict("invalid_transition", "Not now.").with("from", "PAID").with("allowed", vec!["SHIPPED"]);
        let written = problem.to_json(None, None);
        let read = Problem::from_json(problem.status, &written).map(|read| read.to_json(None, None));
        assert_eq!(read, Some(written));
    }

    #[test]
    fn refusals_do_not_burden_the_results_of_handlers() {
        assert!(size_of::<Problem>() < 128, "{}", size_of::<Problem>());
    }
}
