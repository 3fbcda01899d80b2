//! Stripe's error object.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::intents::json::{IntentView, MethodView};
use crate::intents::state::Intent;

type Text = Cow<'static, str>;

/// The `type` of an error: decides which exception a client library raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    #[serde(rename = "api_error")]
    Api,
    #[serde(rename = "card_error")]
    Card,
    #[serde(rename = "idempotency_error")]
    Idempotency,
    #[serde(rename = "invalid_request_error")]
    InvalidRequest,
}

/// A refusal. Also what an idempotency key keeps of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    pub kind: Kind,
    pub message: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub param: Option<Text>,
    /// The id of the intent that the error shows as it is at that moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Box<str>>,
}

impl ApiError {
    fn new(status: u16, kind: Kind, message: impl Into<Text>) -> Self {
        Self { status, kind, message: message.into(), code: None, decline_code: None, param: None, intent: None }
    }

    /// A request that cannot be served as it is: 400.
    pub fn invalid(message: impl Into<Text>) -> Self {
        Self::new(400, Kind::InvalidRequest, message)
    }

    /// A bad value of a parameter: 400.
    pub fn parameter(param: impl Into<Text>, code: &'static str, message: impl Into<Text>) -> Self {
        Self::invalid(message).param(param).code(code)
    }

    /// An object that is not there: 404.
    pub fn missing(object: &str, id: &str, param: &'static str) -> Self {
        let mut error =
            Self::invalid(format!("No such {object}: '{}'", shown(id))).param(param).code("resource_missing");
        error.status = 404;
        error
    }

    /// A wrong or absent key: 401.
    pub fn unauthenticated(message: impl Into<Text>) -> Self {
        Self::new(401, Kind::InvalidRequest, message)
    }

    /// An address that is not served: 404.
    pub fn unknown_address(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {}).", shown(path));
        Self::new(404, Kind::InvalidRequest, message)
    }

    /// A body over the limit: 413.
    pub fn too_large() -> Self {
        Self::new(413, Kind::InvalidRequest, "The request body is too large.")
    }

    /// A key that was used with other parameters: 400.
    pub fn key_reused(key: &str) -> Self {
        Self::new(
            400,
            Kind::Idempotency,
            format!(
                "Keys for idempotent requests can only be used with the same endpoint and parameters they were first \
                 used with. Use a key other than '{}' for a different request.",
                shown(key)
            ),
        )
    }

    /// A key whose first request is still running: 409.
    pub fn key_in_use(key: &str) -> Self {
        let message = format!("A request with the idempotency key '{}' is still in progress. Try again.", shown(key));
        Self::new(409, Kind::Idempotency, message).code("idempotency_key_in_use")
    }

    /// Something went wrong on this side: 500.
    pub fn internal(message: impl Into<Text>) -> Self {
        Self::new(500, Kind::Api, message)
    }

    /// A card that does not pay: 402.
    pub fn card(code: &'static str, decline_code: &'static str, message: &'static str) -> Self {
        let mut error = Self::new(402, Kind::Card, message).code(code);
        error.decline_code = Some(decline_code.into());
        error
    }

    pub fn code(mut self, code: impl Into<Text>) -> Self {
        self.code = Some(code.into());
        self
    }

    pub fn param(mut self, param: impl Into<Text>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Shows the intent in the error.
    pub fn intent(mut self, id: &str) -> Self {
        self.intent = Some(id.into());
        self
    }

    /// The answer's body.
    pub fn to_json(&self, intent: Option<&Intent>) -> Vec<u8> {
        let failed = intent.and_then(|intent| intent.failure.as_ref()).filter(|_| self.kind == Kind::Card);
        let body = Body {
            error: View {
                charge: failed.map(|failure| failure.charge.as_str()),
                code: self.code.as_deref(),
                decline_code: self.decline_code.as_deref(),
                doc_url: self.code.as_deref().map(doc_url),
                message: &self.message,
                param: self.param.as_deref(),
                payment_intent: intent.map(|intent| IntentView::new(intent, None)),
                payment_method: failed.map(|failure| MethodView::new(failure.method, failure.at)),
                r#type: self.kind,
            },
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

/// Where Stripe explains an error code.
pub fn doc_url(code: &str) -> String {
    format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-"))
}

/// What a client sent, cut short so that an answer never grows with it.
pub fn shown(text: &str) -> String {
    const SHOWN_CHARACTERS: usize = 100;
    text.chars().take(SHOWN_CHARACTERS).collect()
}

#[derive(Serialize)]
struct Body<'a> {
    error: View<'a>,
}

#[derive(Serialize)]
struct View<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    charge: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decline_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc_url: Option<String>,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_intent: Option<IntentView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_method: Option<MethodView>,
    r#type: Kind,
}
