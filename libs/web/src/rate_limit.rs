//! Rate limits: the generic cell rate algorithm, in Redis for all replicas, in the process when Redis is slow or away.

mod local;
mod redis;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use proto_events::ids::UserId;

use crate::Problem;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// So many requests per period, all of which may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Stands in the answer's headers and in the keys.
    pub name: &'static str,
    pub requests: u32,
    pub period: Duration,
}

impl Policy {
    pub const fn per_second(name: &'static str, requests: u32) -> Self {
        Self { name, requests, period: Duration::from_secs(1) }
    }

    pub const fn per_minute(name: &'static str, requests: u32) -> Self {
        Self { name, requests, period: Duration::from_secs(60) }
    }

    /// Microseconds that one request uses up.
    fn interval(&self) -> i64 {
        self.span() / i64::from(self.requests.max(1))
    }

    /// Microseconds of the whole period.
    fn span(&self) -> i64 {
        i64::try_from(self.period.as_micros()).unwrap_or(i64::MAX)
    }
}

/// Failed logins per e-mail address, for [`RateLimiter::peek`] before and [`RateLimiter::count`] after a failure.
pub const FAILED_LOGINS: Policy = Policy::per_minute("login", 10);

/// Whose requests a route's own limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    User,
    Address,
}

/// A limit of one route, beside the general one.
#[derive(Debug, Clone)]
pub struct RouteLimit {
    pub method: Method,
    /// The whole path, without parameters.
    pub path: &'static str,
    pub per: Per,
    pub policy: Policy,
}

/// The limits of a service.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Everything that a signed-in user asks for.
    pub user: Policy,
    /// Everything that comes without a token, per address.
    pub anonymous: Policy,
    pub routes: Vec<RouteLimit>,
    /// Paths without limits: many calls from one address are their nature, and none of them costs much.
    pub exempt: Vec<&'static str>,
}

impl Default for Limits {
    /// What a local stack has.
    fn default() -> Self {
        let orders = RouteLimit {
            method: Method::POST,
            path: "/api/v1/orders",
            per: Per::User,
            policy: Policy::per_second("orders", 50),
        };
        let register = RouteLimit {
            method: Method::POST,
            path: "/api/v1/auth/register",
            per: Per::Address,
            policy: Policy::per_minute("register", 300),
        };
        Self {
            user: Policy::per_second("user", 100),
            anonymous: Policy::per_second("anonymous", 500),
            routes: vec![orders, register],
            // The services fetch keys here, or no token works; the payment gateway signs what it sends here.
            exempt: vec!["/.well-known/jwks.json", "/api/v1/payments/webhook"],
        }
    }
}

/// How much of a budget is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    pub policy: Policy,
    pub allowed: bool,
    /// Requests that may come at once.
    pub remaining: u32,
    /// When the budget is whole again.
    pub reset: Duration,
    /// When the next request is allowed; zero when it is now.
    pub retry_after: Duration,
}

impl State {
    /// From the moment (in µs from now) at which the budget is whole again, as it stands before this request.
    fn of(policy: Policy, busy: i64, cost: i64) -> (Self, i64) {
        let interval = policy.interval();
        let (busy, capacity) = (busy.max(0), interval * i64::from(policy.requests.max(1)));
        let room = capacity - busy - interval.max(cost * interval);
        let allowed = room >= 0;
        let after = if allowed { busy + cost * interval } else { busy };
        let micros = |time: i64| Duration::from_micros(u64::try_from(time).unwrap_or_default());
        let state = Self {
            policy,
            allowed,
            remaining: u32::try_from((capacity - after).max(0) / interval.max(1)).unwrap_or(u32::MAX),
            reset: micros(after),
            retry_after: if allowed { Duration::ZERO } else { micros(-room) },
        };
        (state, after)
    }
}

/// A budget and how much of it a request uses: nothing, to only look.
#[derive(Debug, Clone)]
struct Asked {
    policy: Policy,
    key: String,
    cost: i64,
}

/// Counts requests against limits. Cheap to clone.
#[derive(Clone)]
pub struct RateLimiter {
    /// `None` lifts all limits.
    inner: Option<Arc<Inner>>,
}

struct Inner {
    limits: Limits,
    redis: redis::Redis,
    local: local::Local,
}

impl std::fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RateLimiter").field("limits", &self.inner.as_ref().map(|inner| &inner.limits)).finish()
    }
}

impl RateLimiter {
    /// Limits that all processes on this Redis share. Redis need not be up.
    ///
    /// # Errors
    /// When the URL is not one of Redis.
    pub fn new(redis_url: &str, limits: Limits) -> anyhow::Result<Self> {
        let inner = Inner { limits, redis: redis::Redis::new(redis_url)?, local: local::Local::default() };
        Ok(Self { inner: Some(Arc::new(inner)) })
    }

    /// No limits, and no round trips.
    pub fn off() -> Self {
        Self { inner: None }
    }

    /// Counts one request of a user, or of an address without one. `None` where there is no limit.
    pub(crate) async fn request(
        &self,
        method: &Method,
        path: &str,
        user: Option<UserId>,
        from: IpAddr,
    ) -> Option<State> {
        let inner = self.inner.as_ref().filter(|inner| !inner.limits.exempt.contains(&path))?;
        let key = |policy: &Policy, per: Per| match (per, user) {
            (Per::User, Some(user)) => format!("rate:{}:{user}", policy.name),
            _ => format!("rate:{}:{from}", policy.name),
        };
        let general = if user.is_some() { inner.limits.user } else { inner.limits.anonymous };
        let mut asked = vec![Asked { policy: general, key: key(&general, Per::User), cost: 1 }];
        let own = inner.limits.routes.iter().filter(|route| route.method == *method && route.path == path);
        asked.extend(own.map(|route| Asked { policy: route.policy, key: key(&route.policy, route.per), cost: 1 }));
        inner.ask(&asked).await.into_iter().min_by_key(|state| (state.allowed, state.remaining))
    }

    /// Whether the budget of `key` still has room; counts nothing.
    ///
    /// # Errors
    /// 429 `rate_limited` with `Retry-After`.
    pub async fn peek(&self, policy: Policy, key: &str) -> Result<(), Problem> {
        self.ask(policy, key, 0).await
    }

    /// Counts one event against the budget of `key`: a failed login, say.
    ///
    /// # Errors
    /// 429 `rate_limited` with `Retry-After`, when there was no room for it.
    pub async fn count(&self, policy: Policy, key: &str) -> Result<(), Problem> {
        self.ask(policy, key, 1).await
    }

    async fn ask(&self, policy: Policy, key: &str, cost: i64) -> Result<(), Problem> {
        let Some(inner) = &self.inner else { return Ok(()) };
        let asked = Asked { policy, key: format!("rate:{}:{key}", policy.name), cost };
        let refused = inner.ask(&[asked]).await.into_iter().find(|state| !state.allowed);
        refused.map_or(Ok(()), |state| Err(limited(&state)))
    }
}

impl Inner {
    async fn ask(&self, asked: &[Asked]) -> Vec<State> {
        match self.redis.ask(asked).await {
            Some(states) => states,
            None => self.local.ask(asked),
        }
    }
}

/// 429 with `Retry-After`.
pub(crate) fn limited(state: &State) -> Problem {
    let detail = "Too many requests: wait as long as Retry-After says.";
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
    problem.retry_after(u32::try_from(seconds(state.retry_after)).unwrap_or(u32::MAX))
}

/// Whole seconds, rounded up: who waits so long has waited long enough.
fn seconds(time: Duration) -> u64 {
    time.as_micros().div_ceil(1_000_000).try_into().unwrap_or(u64::MAX)
}

/// `RateLimit-Policy` and `RateLimit` for an answer.
pub(crate) fn write_headers(state: &State, headers: &mut HeaderMap) {
    let Policy { name, requests, period } = state.policy;
    let policy = format!("\"{name}\";q={requests};w={}", period.as_secs().max(1));
    let left = format!("\"{name}\";r={};t={}", state.remaining, seconds(state.reset));
    for (header, text) in [(POLICY, policy), (STATE, left)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(header, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy::per_second("test", 10);

    #[test]
    fn a_whole_budget_may_be_used_at_once() {
        let mut busy = 0;
        for left in (0..10).rev() {
            let (state, after) = State::of(POLICY, busy, 1);
            assert!(state.allowed);
            assert_eq!(state.remaining, left);
            busy = after;
        }
        let (state, after) = State::of(POLICY, busy, 1);
        assert!(!state.allowed);
        assert_eq!((state.retry_after, after), (Duration::from_millis(100), busy));
    }

    #[test]
    fn looking_uses_nothing_but_sees_an_empty_budget() {
        assert_eq!(State::of(POLICY, 0, 0).1, 0);
        assert!(State::of(POLICY, 900_000, 0).0.allowed);
        assert!(!State::of(POLICY, 1_000_000, 0).0.allowed);
    }
}
