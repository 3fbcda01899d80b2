//! Request bodies: JSON, bounded, and checked as a whole against the schema that their type publishes.

mod parse;
pub(crate) mod schema;

use std::cell::Cell;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::Problem;

/// Bytes of the largest body. Orders of fifty lines need a tenth of it.
pub const MAX_BODY: usize = 64 * 1024;

/// The fingerprint of a request without a body.
const NO_BODY: [u8; 32] = [0; 32];

/// A JSON body that fits `T`: its types, its ranges, and nothing beside its fields.
///
/// What a field may hold is said once, in `T`'s schema attributes (`minimum`, `max_length`, `pattern`, …), which the API
/// document shows and this extractor enforces. `T` needs `#[serde(deny_unknown_fields)]`.
///
/// Refusals: 415 `unsupported_media_type`, 413 `body_too_large`, 400 `malformed_json`, and 422 `validation_failed` with
/// **all** faults. Declare it after the caller and the idempotency key, and before the path.
#[derive(Debug)]
pub struct Body<T> {
    value: T,
    /// SHA-256 of the canonical JSON, so that neither blanks nor the order of names make another body.
    pub fingerprint: [u8; 32],
}

impl<T> Body<T> {
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Body<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A body whose fields are all optional: no body at all means `T::default()`.
#[derive(Debug)]
pub struct OptionalBody<T> {
    value: T,
    /// As [`Body::fingerprint`].
    pub fingerprint: [u8; 32],
}

impl<T> OptionalBody<T> {
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for OptionalBody<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let reading = read_json(req, payload.take());
        Box::pin(async move {
            let (bytes, _pending) = reading.await?;
            let (value, fingerprint) = check(&bytes)?;
            Ok(Self { value, fingerprint })
        })
    }
}

impl<T: DeserializeOwned + Default + ToSchema + 'static> FromRequest for OptionalBody<T> {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let empty = !req.headers().contains_key(header::TRANSFER_ENCODING)
            && req.headers().get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
        if empty {
            return Box::pin(async { Ok(Self { value: T::default(), fingerprint: NO_BODY }) });
        }
        let reading = read_json(req, payload.take());
        Box::pin(async move {
            let (bytes, _pending) = reading.await?;
            let (value, fingerprint) = check(&bytes)?;
            Ok(Self { value, fingerprint })
        })
    }
}

/// Whether a body of this request is still being read; a later extractor holds its refusal back until then.
#[derive(Clone, Default)]
struct Reading(Rc<Cell<bool>>);

/// Ends the reading when dropped, however the extraction ends.
struct Pending(Reading);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.0.set(false);
    }
}

pub(crate) fn is_being_read(req: &HttpRequest) -> bool {
    req.extensions().get::<Reading>().is_some_and(|reading| reading.0.get())
}

fn read_json(
    req: &HttpRequest,
    mut payload: dev::Payload,
) -> impl Future<Output = Result<(BytesMut, Pending), Problem>> + use<> {
    let reading = Reading::default();
    reading.0.set(true);
    req.extensions_mut().insert(reading.clone());
    let (refused, length) = (refuse_head(req), announced(req));
    async move {
        let pending = Pending(reading);
        if let Some(problem) = refused {
            return Err(problem);
        }
        let mut bytes = BytesMut::with_capacity(length.min(MAX_BODY));
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| malformed("The body ended early."))?;
            if bytes.len() + chunk.len() > MAX_BODY {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok((bytes, pending))
    }
}

/// What the headers alone give away.
fn refuse_head(req: &HttpRequest) -> Option<Problem> {
    let plain = req.headers().get(header::CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
    if !plain || !req.content_type().eq_ignore_ascii_case("application/json") {
        return Some(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body must be application/json, without a content encoding.",
        ));
    }
    let length =
        req.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    length.filter(|length| *length > MAX_BODY).map(|_| too_large())
}

/// The length that the caller promises; 0 where they do not.
fn announced(req: &HttpRequest) -> usize {
    let length = req.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    length.unwrap_or_default()
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is larger than 64 KiB.")
}

fn malformed(detail: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed_json", detail)
}

fn check<T: DeserializeOwned + ToSchema + 'static>(bytes: &[u8]) -> Result<(T, [u8; 32]), Problem> {
    let value =
        parse::parse(bytes).map_err(|_| malformed("The body is not JSON, or gives one name twice in an object."))?;
    let typed = schema::of::<T>()?.read(&value).map_err(|faults| Problem::validation(faults.into_vec()))?;
    Ok((typed, fingerprint(&value)))
}

/// SHA-256 of a value's canonical form: names sorted, no blanks.
fn fingerprint(value: &serde_json::Value) -> [u8; 32] {
    let mut hash = Sha256::new();
    // Writing into a hash does not fail, and objects are maps sorted by name.
    let _ = serde_json::to_writer(&mut hash, value);
    hash.finalize().into()
}
