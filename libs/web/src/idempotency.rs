//! `Idempotency-Key`: a repeat of a request gets the answer of the first, and its work is done once.
//!
//! The key is claimed and its answer kept **in the transaction of the work**, so that a crash leaves neither or both.
//!
//! - [`run`]: one request, one transaction. What most handlers want.
//! - [`begin`] and [`finish`]: for a batch of requests that share a transaction which the caller has opened.
//! - [`claim_running`], [`complete`], [`abandon`]: for work that goes over the network between two transactions.
//!
//! Two requests with one key at once: the second does not wait, it is told to come again (409 with `Retry-After`).

mod running;
mod statements;

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev};
use diesel::QueryResult;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use futures_util::try_join;
use proto_events::ids::UserId;
use runtime::Lifecycle;
use runtime::db::Pool;
use sha2::{Digest, Sha256};

use crate::problem::SHORT_WAIT;
use crate::{Answer, Problem, ready::Ready};

pub use running::{Running, abandon, claim_running, complete};

/// The table `idempotency_key`, for each service's own schema.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Characters of the longest key.
const MAX_KEY: usize = 255;
/// Keys are kept for a day, give or take this.
const FORGET_INTERVAL: Duration = Duration::from_secs(10 * 60);
/// Rows that one [`purge`] deletes: short enough not to hold up the requests beside it.
const PURGE_CHUNK: i64 = 1_000;

/// The request's `Idempotency-Key`: 400 without one, or with one that is not 1 to 255 visible characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    key: String,
    /// Method and route, such as `POST /api/v1/orders`.
    route: String,
    /// The path, which tells `/orders/1/cancel` from `/orders/2/cancel`.
    path: String,
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Self>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        Ready::new(key_of(req).map(|key| {
            let pattern = req.match_pattern().unwrap_or_else(|| req.path().to_owned());
            Self { key, route: format!("{} {pattern}", req.method()), path: req.path().to_owned() }
        }))
    }
}

fn key_of(req: &HttpRequest) -> Result<String, Problem> {
    let bad = |code, detail: &'static str| Problem::new(StatusCode::BAD_REQUEST, code, detail);
    let mut values = req.headers().get_all(HEADER);
    let Some(value) = values.next() else {
        return Err(bad("idempotency_key_missing", "This call needs an Idempotency-Key header."));
    };
    let text = value.to_str().unwrap_or_default().trim();
    let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let visible = bare.bytes().all(|byte| byte.is_ascii_graphic()) && !bare.contains('"');
    if values.next().is_some() || !visible || bare.is_empty() || bare.len() > MAX_KEY {
        return Err(bad(
            "idempotency_key_invalid",
            "The Idempotency-Key must be one value of 1 to 255 visible characters.",
        ));
    }
    Ok(bare.to_owned())
}

impl IdempotencyKey {
    /// The claim of this caller to do this once. `fingerprint` is that of the body.
    pub fn claim(self, caller: UserId, fingerprint: [u8; 32]) -> Claim {
        let request = Sha256::new().chain_update(self.path.as_bytes()).chain_update([0]).chain_update(fingerprint);
        Claim { scope: format!("{caller} {}", self.route), key: self.key, fingerprint: request.finalize().into() }
    }
}

/// One request's claim on its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Caller, method and route: the same key means something else to another caller or call.
    pub scope: String,
    pub key: String,
    /// Of the path and the body.
    pub fingerprint: [u8; 32],
}

impl Claim {
    /// The number that stands for the key while its transaction is open.
    fn lock(&self) -> i64 {
        let digest = Sha256::new().chain_update(&self.scope).chain_update([0]).chain_update(&self.key).finalize();
        digest.iter().take(8).fold(0, |number: i64, byte| number << 8 | i64::from(*byte))
    }
}

/// What to do about a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begin {
    /// Do the work, then [`finish`].
    Start,
    /// It was done: give this answer again ([`replay`]).
    Replay(Answer),
    /// The key was used for another request ([`reused`]).
    Reused,
    /// A request with this key is still running ([`in_use`]).
    InUse,
}

/// The stored answer, marked with `Idempotent-Replayed`.
///
/// # Errors
/// The stored answer, when it is a problem.
pub fn replay(stored: Answer) -> Result<HttpResponse, Problem> {
    stored.replay()
}

/// 422: the key belongs to another request.
pub fn reused() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        "This Idempotency-Key was used for another request.",
    )
}

/// 409 with `Retry-After`: the first request with this key has no answer yet.
pub fn in_use() -> Problem {
    Problem::conflict("idempotency_key_in_use", "A request with this Idempotency-Key is still running.")
        .retry_after(SHORT_WAIT)
}

/// Claims the keys of any number of requests within the open transaction, in their order, in one round trip.
///
/// Never waits: a key that another transaction holds is [`Begin::InUse`]. Of two claims with one key in a batch, the
/// second is. The claims are held until the transaction ends, each by an advisory lock, of which Postgres has some 6,000
/// for all connections: batches of up to 500 leave room.
///
/// # Errors
/// Those of the database.
pub async fn begin(conn: &AsyncPgConnection, claims: &[Claim]) -> QueryResult<Vec<Begin>> {
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let locks = statements::Lock { locks: claims.iter().map(Claim::lock).collect() };
    let stored = statements::Stored {
        scopes: claims.iter().map(|claim| claim.scope.clone()).collect(),
        keys: claims.iter().map(|claim| claim.key.clone()).collect(),
    };
    // The second statement must not be one with the first: it has to see what was committed before the lock was free.
    // Both are on their way at once, and Postgres runs them in this order.
    let (mut first, mut second) = (conn, conn);
    let (locked, rows) = try_join!(locks.load::<bool>(&mut first), stored.load::<statements::StoredRow>(&mut second))?;
    let mut seen = std::collections::HashSet::with_capacity(claims.len());
    let begun = claims.iter().zip(locked).zip(rows).map(|((claim, locked), row)| {
        if !seen.insert((&claim.scope, &claim.key)) { Begin::InUse } else { statements::judge(claim, locked, row) }
    });
    Ok(begun.collect())
}

/// Keeps the answers of claims that [`begin`] let start, in the same transaction. Answers that are not
/// [final](Answer::is_final) are not kept: a repeat does the work again.
///
/// # Errors
/// Those of the database.
pub async fn finish(conn: &AsyncPgConnection, answers: &[(&Claim, &Answer)]) -> QueryResult<()> {
    if runtime::mutant!("key-after-commit") {
        (&mut &*conn).batch_execute("COMMIT; BEGIN").await?;
    }
    let kept = statements::Keep::of(answers.iter().filter(|(_, answer)| answer.is_final()))?;
    if kept.is_empty() {
        return Ok(());
    }
    kept.execute(&mut &*conn).await.map(drop)
}

/// Does `work` once per key, in a transaction of its own, and answers repeats with its answer.
///
/// A final refusal (409, 402 …) is an answer too: what `work` wrote is rolled back, and the refusal is kept.
///
/// # Errors
/// Those of `work`; [`reused`] and [`in_use`]; 503 and 500 from the database.
pub async fn run<F>(pool: &Pool, claim: &Claim, work: F) -> Result<HttpResponse, Problem>
where
    F: AsyncFnOnce(&mut AsyncPgConnection) -> Result<Answer, Problem>,
{
    let mut conn = pool.get().await?;
    // Not `Connection::transaction`, which would ask for work that may move to another thread; handlers never do. Should
    // this future be dropped half way, the pool closes the connection with its open transaction.
    Transactions::begin_transaction(&mut *conn).await?;
    let done = once(&mut conn, claim, work).await;
    match done {
        Ok(_) => Transactions::commit_transaction(&mut *conn).await?,
        // The refusal is what the caller needs to know; a connection that cannot roll back is closed by the pool.
        Err(_) => drop(Transactions::rollback_transaction(&mut *conn).await),
    }
    match done? {
        Done::Replayed(stored) => stored.replay(),
        Done::Answered(answer) => Ok(answer.into_response()),
        Done::Refused(problem) => Err(problem),
    }
}

type Transactions = <AsyncPgConnection as AsyncConnection>::TransactionManager;

/// How a transaction ended that is committed.
enum Done {
    Replayed(Answer),
    Answered(Answer),
    Refused(Problem),
}

async fn once<F>(conn: &mut AsyncPgConnection, claim: &Claim, work: F) -> Result<Done, Problem>
where
    F: AsyncFnOnce(&mut AsyncPgConnection) -> Result<Answer, Problem>,
{
    match begin(conn, std::slice::from_ref(claim)).await?.pop() {
        Some(Begin::Start) => {}
        Some(Begin::Replay(stored)) => return Ok(Done::Replayed(stored)),
        Some(Begin::Reused) => return Err(reused()),
        Some(Begin::InUse) | None => return Err(in_use()),
    }
    // A savepoint, so that a refusal can be kept although the work is undone.
    Transactions::begin_transaction(conn).await?;
    match work(conn).await {
        Ok(answer) => {
            Transactions::commit_transaction(conn).await?;
            finish(conn, &[(claim, &answer)]).await?;
            Ok(Done::Answered(answer))
        }
        Err(problem) if problem.is_final() => {
            Transactions::rollback_transaction(conn).await?;
            finish(conn, &[(claim, &Answer::from_problem(&problem))]).await?;
            Ok(Done::Refused(problem))
        }
        Err(problem) => {
            Transactions::rollback_transaction(conn).await?;
            Err(problem)
        }
    }
}

/// Forgets old keys now and then, until the process stops.
pub fn forget_old(lifecycle: &Lifecycle, pool: &Pool) {
    let pool = pool.clone();
    lifecycle.every(FORGET_INTERVAL, "old idempotency keys", move || {
        let pool = pool.clone();
        async move {
            let mut conn = pool.get().await?;
            while purge(&mut conn).await? > 0 {}
            Ok(())
        }
    });
}

/// Deletes a chunk of the keys that are older than 24 hours, and says how many. Call it again while it deletes any.
///
/// # Errors
/// Those of the database.
pub async fn purge(conn: &mut AsyncPgConnection) -> QueryResult<usize> {
    statements::Purge { most: PURGE_CHUNK }.execute(conn).await
}
