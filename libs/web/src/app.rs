//! The app that every service serves: what surrounds its routes.

use std::net::IpAddr;
use std::sync::Arc;

use actix_cors::Cors;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error};
use runtime::config::Common;

use crate::rate_limit::{Limits, RateLimiter};
use crate::{Problem, Verifier, edge};

/// For how long browsers remember what CORS allows, in seconds.
const PREFLIGHT_MAX_AGE: usize = 600;

/// What surrounds the routes of a service. Made once, shared by all workers; cheap to clone.
#[derive(Debug, Clone)]
pub struct Http(pub(crate) Arc<Settings>);

/// See [`Http::with`].
#[derive(Debug)]
pub struct Settings {
    pub verifier: Verifier,
    pub limiter: RateLimiter,
    /// The origins whose pages may call, exactly as browsers send them; none by default.
    pub cors_origins: Vec<String>,
    /// Peers, beside this machine, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Http {
    /// From the settings that every service has.
    ///
    /// # Errors
    /// When a URL among them is not one.
    pub fn new(common: &Common, limits: Limits) -> anyhow::Result<Self> {
        let limiter =
            if common.rate_limits { RateLimiter::new(&common.redis_url, limits)? } else { RateLimiter::off() };
        Ok(Self::with(Settings {
            verifier: Verifier::fetching(&common.jwks_url, &common.token_issuer)?,
            limiter,
            cors_origins: common.cors_origins.clone(),
            trusted_proxies: Vec::new(),
        }))
    }

    /// From parts of your own: for auth, which has the keys, and for tests.
    pub fn with(settings: Settings) -> Self {
        Self(Arc::new(settings))
    }

    /// For limits that only a handler can count, such as failed logins.
    pub fn limiter(&self) -> &RateLimiter {
        &self.0.limiter
    }
}

/// An app with everything but routes: request ids, traces, tokens, rate limits, metrics, problems for every refusal
/// (unknown paths and methods and panics included), CORS and safe headers.
///
/// ```no_run
/// # fn routes(_: &mut actix_web::web::ServiceConfig) {}
/// # async fn serve(http: web::Http, state: actix_web::web::Data<()>) -> std::io::Result<()> {
/// actix_web::HttpServer::new(move || web::app(&http).app_data(state.clone()).configure(routes))
///     .bind(("127.0.0.1", 0))?
///     .run()
///     .await
/// # }
/// ```
pub fn app(
    http: &Http,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let shared = http.clone();
    App::new()
        .default_service(actix_web::web::to(async || Err::<String, _>(Problem::not_found())))
        .wrap(from_fn(move |req, next: actix_web::middleware::Next<BoxBody>| edge::pass(shared.clone(), req, next)))
        // Outermost, so that pages can read refusals too.
        .wrap(cors(&http.0.cors_origins))
}

fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allow_any_method()
        .allow_any_header()
        .supports_credentials()
        .expose_headers(["ETag", "Location", "Retry-After", "RateLimit", "X-Request-Id"])
        .max_age(PREFLIGHT_MAX_AGE)
        // Others get their answer without CORS headers, which browsers refuse to show.
        .block_on_origin_mismatch(false);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
