//! What happens around every request: before its route is known, and before its answer leaves.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use futures_util::FutureExt;
use tracing::{Instrument, Span};

use crate::app::Http;
use crate::caller::Verified;
use crate::rate_limit::{self, State};
use crate::trace::TraceContext;
use crate::{Problem, metrics, problem};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Characters of the longest request id that is taken over from the gateway.
const MAX_REQUEST_ID: usize = 64;

/// What is known about a request while it is under way.
#[derive(Debug, Clone)]
struct Ticket {
    request_id: HeaderValue,
    trace: TraceContext,
    method: Method,
    path: String,
    started: Instant,
    signed_in: bool,
    limit: Option<State>,
}

/// Takes a request through to its route and its answer back.
pub(crate) async fn pass(
    http: Http,
    req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut ticket = Ticket {
        request_id: request_id(req.headers()),
        trace: TraceContext::of(req.headers()),
        method: req.method().clone(),
        path: req.path().to_owned(),
        started: Instant::now(),
        signed_in: req.headers().contains_key(header::AUTHORIZATION),
        limit: None,
    };
    let span = ticket.span();
    async move {
        let verified = http.0.verifier.verify(req.headers()).await;
        let user = verified.as_ref().ok().map(|claims| claims.sub);
        req.extensions_mut().insert(Verified(verified));
        req.extensions_mut().insert(ticket.trace);
        let from = address(&http, &req);
        ticket.limit = http.0.limiter.request(&ticket.method, &ticket.path, user, from).await;
        let answered = match ticket.limit.filter(|limit| !limit.allowed) {
            Some(limit) => Ok(Ok(req.error_response(rate_limit::limited(&limit)))),
            None => AssertUnwindSafe(next.call(req)).catch_unwind().await,
        };
        match answered {
            Ok(Ok(response)) => Ok(ticket.finish(response)),
            Ok(Err(error)) => Err(ticket.fail(error.as_response_error().status_code(), error)),
            // The panic itself is logged by the hook of the process, with its place.
            Err(_) => Err(ticket.fail(StatusCode::INTERNAL_SERVER_ERROR, "a handler panicked")),
        }
    }
    .instrument(span)
    .await
}

impl Ticket {
    fn span(&self) -> Span {
        let span = tracing::info_span!(
            "request",
            trace_id = %self.trace.trace_id(),
            request_id = self.request_id.to_str().unwrap_or_default(),
        );
        if !span.is_disabled() {
            runtime::telemetry::continue_trace(&span, || self.trace.to_string());
        }
        span
    }

    fn finish(&self, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        let route = response.request().match_pattern();
        let mut response = self.explain(response);
        self.write_headers(response.headers_mut());
        self.record(route.as_deref().unwrap_or(metrics::UNMATCHED), response.status());
        response
    }

    /// Without a request at hand the answer is made further out, from the error alone.
    fn fail(&self, status: StatusCode, error: impl std::fmt::Display) -> Error {
        let mut problem = if status.is_server_error() { Problem::internal(error) } else { standard(status) };
        problem = problem.with("instance", self.path.as_str()).with("trace_id", self.trace.trace_id());
        let mut headers = HeaderMap::new();
        self.write_headers(&mut headers);
        problem.headers.extend(headers);
        self.record(metrics::UNMATCHED, problem.status);
        problem.into()
    }

    /// Gives every refusal its problem, and every problem its instance and trace id.
    fn explain(&self, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return response;
        }
        let own = response.response().error().and_then(|error| error.as_error::<Problem>());
        let typed = response.headers().contains_key(header::CONTENT_TYPE);
        let body = match own {
            Some(problem) => problem.to_json(Some(&self.path), Some(&self.trace.trace_id())),
            // A handler's own error answer, such as the form in which a gateway wants it.
            None if typed && response.response().error().is_none() => return response,
            None => standard(status).to_json(Some(&self.path), Some(&self.trace.trace_id())),
        };
        let mut response = response.map_body(|_, _| BoxBody::new(body));
        let problem = HeaderValue::from_static(problem::CONTENT_TYPE);
        response.headers_mut().insert(header::CONTENT_TYPE, problem);
        response
    }

    fn write_headers(&self, headers: &mut HeaderMap) {
        headers.insert(REQUEST_ID, self.request_id.clone());
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.signed_in && !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        if let Some(limit) = &self.limit {
            rate_limit::write_headers(limit, headers);
        }
    }

    /// One line per change and per failure; reads are too many to log.
    fn record(&self, route: &str, status: StatusCode) {
        let took = self.started.elapsed();
        metrics::observe(known_method(&self.method), route, status.as_str(), took);
        let (status, method) = (status.as_u16(), self.method.as_str());
        let ms = took.as_micros() as f64 / 1e3;
        if method == "GET" && status < 500 {
            tracing::debug!(method, route, status, ms, "answered");
        } else {
            tracing::info!(method, route, status, ms, "answered");
        }
    }
}

/// A problem for refusals that are not ours: those of the framework.
fn standard(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::not_found(),
        StatusCode::METHOD_NOT_ALLOWED => Problem::method_not_allowed(),
        StatusCode::SERVICE_UNAVAILABLE => Problem::unavailable(),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(status, "body_too_large", "The body is too large."),
        status if status.is_server_error() => Problem::internal("the framework refused a request"),
        status => Problem::new(status, "bad_request", "The request is not well-formed."),
    }
}

/// Methods are labels of metrics, so those that callers invent are one.
fn known_method(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD" | "OPTIONS") => known,
        _ => "OTHER",
    }
}

fn request_id(headers: &HeaderMap) -> HeaderValue {
    let well_formed = |value: &&HeaderValue| {
        let of_id = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        (1..=MAX_REQUEST_ID).contains(&value.len()) && value.as_bytes().iter().all(of_id)
    };
    match headers.get(REQUEST_ID).filter(well_formed) {
        Some(given) => given.clone(),
        None => HeaderValue::from_str(&uuid::Uuid::now_v7().simple().to_string())
            .unwrap_or(HeaderValue::from_static("unknown")),
    }
}

/// The caller's address: the peer, or what a proxy that we trust says about its own peer.
fn address(http: &Http, req: &ServiceRequest) -> IpAddr {
    network(forwarded(http, req))
}

/// Who has an IPv6 address has 2⁶⁴ of them: they count as one.
fn network(address: IpAddr) -> IpAddr {
    const NETWORK: u128 = !(u64::MAX as u128);
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & NETWORK)),
        address => address,
    }
}

fn forwarded(http: &Http, req: &ServiceRequest) -> IpAddr {
    let peer = req.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    if !peer.is_loopback() && !http.0.trusted_proxies.contains(&peer) {
        return peer;
    }
    // The last one was written by the proxy itself; those before it are the caller's own claims.
    let last = req.headers().get_all(FORWARDED_FOR).last().and_then(|value| value.to_str().ok()?.rsplit(',').next());
    last.and_then(|address| address.trim().parse().ok()).unwrap_or(peer)
}
