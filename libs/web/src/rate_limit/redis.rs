//! Budgets in Redis, within a time that no request would notice.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Client, RedisError, Script, ScriptInvocation};

use super::{Asked, State};

/// A request waits no longer for its limit to be checked.
const BUDGET: Duration = Duration::from_millis(50);
/// After a failure Redis is left alone for so long: otherwise each request would wait the whole budget in vain.
const PAUSE: Duration = Duration::from_secs(1);

static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("gcra.lua")));

/// One connection for all requests. (A pool would ask `PING` before each use, a second round trip.)
pub(super) struct Redis {
    client: Client,
    link: Mutex<Link>,
}

enum Link {
    Up(MultiplexedConnection),
    DownUntil(Instant),
}

impl Redis {
    pub(super) fn new(url: &str) -> Result<Self, RedisError> {
        Ok(Self { client: Client::open(url)?, link: Mutex::new(Link::DownUntil(Instant::now())) })
    }

    /// The budgets' states in their order; `None` when Redis does not answer in time.
    pub(super) async fn ask(&self, asked: &[Asked]) -> Option<Vec<State>> {
        let known = match &*self.link.lock().unwrap_or_else(PoisonError::into_inner) {
            Link::Up(connection) => Some(connection.clone()),
            Link::DownUntil(until) if *until > Instant::now() => return None,
            Link::DownUntil(_) => None,
        };
        let busy = match tokio::time::timeout(BUDGET, self.ask_over(known, asked)).await {
            Ok(Ok(busy)) => busy,
            Ok(Err(error)) => return self.pause(&error),
            Err(late) => return self.pause(&late),
        };
        let states = asked.iter().zip(busy).map(|(asked, busy)| State::of(asked.policy, busy, asked.cost).0);
        let mut states: Vec<State> = states.collect();
        // The script uses no budget when one of them is empty.
        if states.iter().any(|state| !state.allowed) {
            states.retain(|state| !state.allowed);
        }
        Some(states)
    }

    async fn ask_over(&self, known: Option<MultiplexedConnection>, asked: &[Asked]) -> Result<Vec<i64>, RedisError> {
        let mut connection = match known {
            Some(connection) => connection,
            None => {
                let connection = self.client.get_multiplexed_async_connection().await?;
                *self.link.lock().unwrap_or_else(PoisonError::into_inner) = Link::Up(connection.clone());
                connection
            }
        };
        invocation(asked).invoke_async(&mut connection).await
    }

    fn pause(&self, error: &dyn std::error::Error) -> Option<Vec<State>> {
        tracing::warn!(error = %error, "rate limits are kept in this process for now: Redis does not answer");
        *self.link.lock().unwrap_or_else(PoisonError::into_inner) = Link::DownUntil(Instant::now() + PAUSE);
        None
    }
}

fn invocation(asked: &[Asked]) -> ScriptInvocation<'static> {
    let mut invocation = SCRIPT.prepare_invoke();
    for Asked { policy, key, cost } in asked {
        let interval = policy.interval();
        invocation.key(key).arg(interval).arg(interval * i64::from(policy.requests.max(1))).arg(cost * interval);
    }
    invocation
}
