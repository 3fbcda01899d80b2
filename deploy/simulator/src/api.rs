//! What every call has in common: the key, the headers, the form, the answer.

use std::net::Shutdown;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::answers::Answer;
use crate::books::Books;
use crate::errors::ApiError;
use crate::events::{API_VERSION, Origin};
use crate::form::Form;
use crate::gateway::{Call, Command, Gateway, Performed};
use crate::idempotency::MAX_KEY_BYTES;
use crate::ids;

/// The largest body that is read.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// A body, or that it is too large.
pub type Body = Result<web::Bytes, actix_web::Error>;

/// A client's socket, beside the one that the server writes to.
#[derive(Debug, Clone)]
pub struct Peer(pub Arc<std::net::TcpStream>);

/// Answers a call that changes nothing.
pub fn read(
    gateway: &Gateway,
    request: &HttpRequest,
    find: impl FnOnce(&mut Form, &Books) -> Result<Answer, ApiError>,
) -> HttpResponse {
    let reply = Reply::new(request);
    let form = authenticate(gateway, request).and_then(|()| Form::parse(request.query_string()));
    let answer = {
        let books = gateway.books();
        form.and_then(|mut form| find(&mut form, &books)).unwrap_or_else(|error| Answer::refused(error, &books))
    };
    reply.send(&answer, false)
}

/// Answers a call that changes something, once per idempotency key.
pub async fn write(
    gateway: &web::Data<Gateway>,
    request: &HttpRequest,
    body: Body,
    read: impl FnOnce(&mut Form) -> Result<Command, ApiError>,
) -> HttpResponse {
    let reply = Reply::new(request);
    let (call, command) = match prepare(gateway, request, &reply, body, read) {
        Ok(prepared) => prepared,
        Err(error) => return reply.send(&Answer::Error(Box::new(error), None), false),
    };
    let gateway = Arc::clone(gateway);
    match gateway.perform(&call, &command) {
        Performed::Answered { answer, replayed } => reply.send(&answer, replayed),
        Performed::Unanswered => {
            tokio::time::sleep(gateway.settings.pace.held).await;
            close(request);
            reply.send(&stopped(), false)
        }
        Performed::Processing { intent } => {
            // A task of its own, so that the charge comes to its end when the client goes away.
            let settled = tokio::spawn(async move {
                tokio::time::sleep(gateway.settings.pace.slow).await;
                gateway.settle(&intent)
            });
            match settled.await {
                Ok(Some(answer)) => reply.send(&answer, false),
                Ok(None) | Err(_) => reply.send(&stopped(), false),
            }
        }
    }
}

/// Answers an address that is not served.
pub async fn unknown(request: HttpRequest) -> HttpResponse {
    let error = ApiError::unknown_address(request.method().as_str(), request.path());
    Reply::new(&request).send(&Answer::Error(Box::new(error), None), false)
}

/// Whether the request shows the key, as a bearer token or as the user of basic authentication.
///
/// # Errors
/// It does not.
pub fn authenticate(gateway: &Gateway, request: &HttpRequest) -> Result<(), ApiError> {
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(api_key);
    match given {
        Some(key) if key == gateway.settings.api_key => Ok(()),
        Some(key) => Err(ApiError::unauthenticated(format!("Invalid API Key provided: {}", masked(&key)))),
        None => Err(ApiError::unauthenticated(
            "You did not provide an API key. Provide it in the Authorization header, as a bearer token or as the \
             user of basic authentication.",
        )),
    }
}

fn api_key(header: &str) -> Option<String> {
    let (scheme, value) = header.split_once(' ')?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(value).ok()?).ok()?;
    Some(decoded.split_once(':').map_or(decoded.as_str(), |(user, _)| user).to_owned())
}

/// The end of a key: enough to recognise it.
fn masked(key: &str) -> String {
    let shown: String = key.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    format!("****{shown}")
}

fn prepare(
    gateway: &Gateway,
    request: &HttpRequest,
    reply: &Reply,
    body: Body,
    read: impl FnOnce(&mut Form) -> Result<Command, ApiError>,
) -> Result<(Call, Command), ApiError> {
    authenticate(gateway, request)?;
    let body = body.map_err(|_| ApiError::too_large())?;
    let is_form = match request.headers().get(CONTENT_TYPE).map(|value| value.to_str()) {
        Some(Ok(kind)) => kind.starts_with("application/x-www-form-urlencoded"),
        Some(Err(_)) => false,
        None => true,
    };
    if !body.is_empty() && !is_form {
        return Err(ApiError::invalid("The body has to be of the type application/x-www-form-urlencoded."));
    }
    let text = std::str::from_utf8(&body).map_err(|_| ApiError::invalid("The body is not form-encoded."))?;
    check_key(request, reply.key.as_deref())?;
    let mut form = Form::parse(text)?;
    let fingerprint = form.fingerprint(request.path());
    let command = read(&mut form)?;
    let origin = Origin { id: reply.request_id.clone(), key: reply.key.clone() };
    Ok((Call { origin, fingerprint }, command))
}

fn check_key(request: &HttpRequest, key: Option<&str>) -> Result<(), ApiError> {
    let fits = match key {
        Some(key) => (1..=MAX_KEY_BYTES).contains(&key.len()),
        // A key that is no text must not count as no key: the request would be done twice.
        None => !request.headers().contains_key("Idempotency-Key"),
    };
    if fits {
        Ok(())
    } else {
        Err(ApiError::invalid(format!("An idempotency key has 1 to {MAX_KEY_BYTES} characters.")))
    }
}

/// Closes the connection under the server, so that the client gets no answer.
fn close(request: &HttpRequest) {
    if let Some(Peer(socket)) = request.conn_data::<Peer>() {
        socket.shutdown(Shutdown::Both).ok();
    }
}

fn stopped() -> Answer {
    Answer::Error(Box::new(ApiError::internal("The simulator is stopping.")), None)
}

/// The headers of the answer.
#[derive(Debug)]
struct Reply {
    request_id: String,
    version: String,
    key: Option<String>,
}

impl Reply {
    fn new(request: &HttpRequest) -> Self {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        Self {
            request_id: ids::new("req_"),
            version: header("Stripe-Version").unwrap_or(API_VERSION).to_owned(),
            key: header("Idempotency-Key").map(str::to_owned),
        }
    }

    fn send(self, answer: &Answer, replayed: bool) -> HttpResponse {
        let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        response.content_type("application/json");
        response.insert_header(("Request-Id", self.request_id.as_str()));
        response.insert_header(("Stripe-Version", self.version));
        if let Some(key) = self.key {
            response.insert_header(("Idempotency-Key", key));
        }
        if replayed {
            response.insert_header(("Idempotent-Replayed", "true"));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((WWW_AUTHENTICATE, "Basic realm=\"Stripe\""));
        }
        response.body(answer.to_json())
    }
}
