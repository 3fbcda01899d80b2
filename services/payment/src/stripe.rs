//! The gateway's HTTP API: the PaymentIntents subset of Stripe's, form-encoded, with its idempotency keys and errors.

use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The gateway is one network hop away; a connection that takes longer will not come.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// For a whole call. A card's bank may take seconds to answer; a step's lease has to be longer than this.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that was not used for so long is not trusted to be still there.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of the largest answer that is read; a full page of refunds stays far below it.
const MAX_ANSWER: usize = 1024 * 1024;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A client of the API. Cheap to clone.
#[derive(Clone)]
pub struct Stripe {
    http: reqwest::Client,
    base: Url,
    key: String,
}

impl std::fmt::Debug for Stripe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stripe").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// What the API says of a payment intent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct IntentObject {
    pub id: String,
    pub status: String,
    /// Minor units that were captured.
    #[serde(default)]
    pub amount_received: i64,
    /// ISO 4217 in lower case.
    pub currency: String,
    #[serde(default)]
    pub last_payment_error: Option<Box<ErrorObject>>,
}

/// What the API says of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RefundObject {
    pub payment_intent: Option<String>,
    /// `pending`, `requires_action`, `succeeded`, `failed` or `canceled`.
    pub status: Option<String>,
    #[serde(default)]
    pub failure_reason: Option<String>,
    #[serde(default)]
    pub metadata: RefundMetadata,
}

/// What we wrote on a refund.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct RefundMetadata {
    #[serde(default)]
    pub refund_id: Option<String>,
}

/// The API's error, also the last one of an intent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct ErrorObject {
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub code: Option<String>,
    #[serde(default)]
    pub decline_code: Option<String>,
    #[serde(default)]
    pub param: Option<String>,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub payment_intent: Option<IntentObject>,
}

impl ErrorObject {
    /// The code that says most.
    pub fn most_specific_code(&self) -> Option<&str> {
        self.decline_code.as_deref().or(self.code.as_deref())
    }
}

/// Why a call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The card does not pay.
    #[error("declined: {}", .0.most_specific_code().unwrap_or("no code"))]
    Declined(Box<ErrorObject>),
    /// The request cannot be served as it is, now or later.
    #[error("refused: {}", .0.message.as_deref().unwrap_or("no message"))]
    Refused(Box<ErrorObject>),
    /// Nothing was done: no connection, too many calls, or our key is not accepted. The same call may be made again.
    #[error("not done: {0}")]
    NotDone(String),
    /// It may have been done: no answer in time, or an error of the gateway's own.
    #[error("unknown: {0}")]
    Unknown(String),
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorObject,
}

#[derive(Deserialize)]
struct ListBody<T> {
    data: Vec<T>,
}

impl Stripe {
    /// A client for the API at `base` (`https://api.stripe.com`), with a secret key.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(base: Url, key: String) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_nodelay(true)
            // A key must not be taken elsewhere by a redirect.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, base, key })
    }

    /// Makes an intent. `metadata` is for people who look at it there.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn create_intent(
        &self,
        key: &str,
        amount_minor: i64,
        currency: &str,
        metadata: &[(&str, &str)],
    ) -> Result<IntentObject, Failure> {
        let mut form = vec![
            ("amount".to_owned(), amount_minor.to_string()),
            ("currency".to_owned(), currency.to_ascii_lowercase()),
            ("automatic_payment_methods[enabled]".to_owned(), "true".to_owned()),
            // A redirect would need the buyer in front of a browser, and the saga charges without.
            ("automatic_payment_methods[allow_redirects]".to_owned(), "never".to_owned()),
        ];
        form.extend(metadata.iter().map(|(name, value)| (format!("metadata[{name}]"), (*value).to_owned())));
        self.post(&["payment_intents"], Some(key), &form).await
    }

    /// Charges `method`.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn confirm_intent(&self, key: &str, id: &str, method: &str) -> Result<IntentObject, Failure> {
        let form = [
            ("payment_method".to_owned(), method.to_owned()),
            // A card that wants the buyer's approval is declined: nobody is there to give it.
            ("error_on_requires_action".to_owned(), "true".to_owned()),
        ];
        self.post(&["payment_intents", id, "confirm"], Some(key), &form).await
    }

    /// Cancels an intent. Needs no key: what is cancelled cannot be cancelled twice.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn cancel_intent(&self, id: &str) -> Result<IntentObject, Failure> {
        self.post(&["payment_intents", id, "cancel"], None, &[]).await
    }

    /// # Errors
    /// See [`Failure`].
    pub async fn retrieve_intent(&self, id: &str) -> Result<IntentObject, Failure> {
        self.send(self.request(Method::GET, &["payment_intents", id])?).await
    }

    /// Gives money back. The key is written on the refund, so that it can be found again.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn create_refund(&self, key: &str, intent_id: &str, amount_minor: i64) -> Result<RefundObject, Failure> {
        let form = [
            ("payment_intent".to_owned(), intent_id.to_owned()),
            ("amount".to_owned(), amount_minor.to_string()),
            ("metadata[refund_id]".to_owned(), key.to_owned()),
        ];
        self.post(&["refunds"], Some(key), &form).await
    }

    /// The newest hundred refunds of an intent.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn refunds_of(&self, intent_id: &str) -> Result<Vec<RefundObject>, Failure> {
        let request = self.request(Method::GET, &["refunds"])?;
        let list: ListBody<RefundObject> =
            self.send(request.query(&[("payment_intent", intent_id), ("limit", "100")])).await?;
        Ok(list.data)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        key: Option<&str>,
        form: &[(String, String)],
    ) -> Result<T, Failure> {
        let mut request = self.request(Method::POST, path)?.form(form);
        if let Some(key) = key {
            let key = HeaderValue::from_str(key).map_err(|error| Failure::NotDone(error.to_string()))?;
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        self.send(request).await
    }

    /// Segments are encoded, so that an id can never name another resource.
    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Failure> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Failure::NotDone("the base URL cannot have a path".to_owned()))?
            .pop_if_empty()
            .push("v1")
            .extend(path);
        Ok(self.http.request(method, url).bearer_auth(&self.key))
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let mut response = request.send().await.map_err(|error| {
            if error.is_connect() { Failure::NotDone(error.to_string()) } else { Failure::Unknown(error.to_string()) }
        })?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Failure::Unknown(error.to_string()))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(Failure::Unknown("the answer is too large".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|error| Failure::Unknown(error.to_string()));
        }
        Err(failure(status, &body))
    }
}

fn failure(status: StatusCode, body: &[u8]) -> Failure {
    let error = serde_json::from_slice::<ErrorBody>(body).map(|body| body.error).ok();
    let text = || format!("{status} {}", error.as_ref().and_then(|e| e.message.as_deref()).unwrap_or_default());
    match (status, &error) {
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS, _) => {
            Failure::NotDone(text())
        }
        // The first call with this key is still being worked on.
        (StatusCode::CONFLICT, _) => Failure::Unknown(text()),
        (status, Some(error)) if status.is_client_error() && error.kind == "card_error" => {
            Failure::Declined(Box::new(error.clone()))
        }
        (status, Some(error)) if status.is_client_error() => Failure::Refused(Box::new(error.clone())),
        // Something in between answered, which cannot know what the gateway did.
        _ => Failure::Unknown(text()),
    }
}
