//! Taking orders in, batch by batch: what arrives while one transaction runs is the next transaction. One order and two
//! hundred take the same number of statements.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::pooled_connection::deadpool::PoolError;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use futures_util::try_join;
use messaging::batcher::NoAnswer;
use messaging::{Batcher, Outgoing, Wake, outbox};
use runtime::Lifecycle;
use runtime::db::Pool;
use web::idempotency::{self, Begin, Claim};
use web::{Answer, Problem};

use crate::api::Viewer;
use crate::api::place::NewOrder;
use crate::api::view::OrderView;
use crate::feed::Hub;
use crate::ids::Minter;
use crate::metrics;
use crate::pricing::{self, Priced};
use crate::products::{self, Product};
use crate::store::{self, NewRow, Stored, Whole};

/// Tries of a batch that lost a race; more would outlast the patience of whoever asked.
const TRIES: u32 = 3;

/// Under load a transaction begins no more often than this: what a buyer waits for it on top is half of it.
const BATCH_GAP: Duration = Duration::from_millis(8);

/// One request.
#[derive(Debug)]
pub struct Ask {
    pub claim: Claim,
    pub viewer: Viewer,
    /// The customer's, as the token says.
    pub email: String,
    pub name: String,
    pub traceparent: String,
    pub wanted: NewOrder,
}

/// How a request is answered: anew, or as its key says.
#[derive(Debug, Clone)]
enum Reply {
    Fresh(Result<Answer, Problem>),
    Kept(Answer),
}

/// Why a batch was not taken.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Pool(#[from] PoolError),
    #[error(transparent)]
    Database(#[from] DieselError),
}

/// Takes orders. Cheap to clone.
#[derive(Clone)]
pub struct Intake(Batcher<Ask, Reply>);

impl Intake {
    pub(crate) fn start(lifecycle: &Lifecycle, pool: Pool, wake: Wake, feed: Hub) -> Self {
        Self(Batcher::start(lifecycle, "order intake", BATCH_GAP, move |asks: Vec<Ask>| {
            let (pool, wake, feed) = (pool.clone(), wake.clone(), feed.clone());
            async move {
                let replies = take(&pool, &wake, &asks).await;
                feed.ring();
                replies
            }
        }))
    }

    /// Hands in an order and waits for the answer.
    ///
    /// # Errors
    /// Every refusal of the call.
    pub async fn ask(&self, ask: Ask) -> Result<HttpResponse, Problem> {
        match self.0.submit(ask).await {
            Ok(Reply::Fresh(answer)) => answer.map(Answer::into_response),
            Ok(Reply::Kept(stored)) => idempotency::replay(stored),
            Err(NoAnswer::Overloaded) => {
                metrics::OVERLOADED.inc();
                Err(Problem::unavailable())
            }
            // What became of it is not known; the key makes it safe to ask again.
            Err(NoAnswer::Unknown) => Err(Problem::unavailable()),
        }
    }
}

async fn take(pool: &Pool, wake: &Wake, asks: &[Ask]) -> Vec<Reply> {
    match with_retries(pool, wake, asks).await {
        Ok(replies) => replies,
        // One order that the database does not take must not cost the others theirs.
        Err(Failure::Database(error)) if asks.len() > 1 && !runtime::db::is_transient(&error) => {
            tracing::warn!(%error, orders = asks.len(), "a batch of orders failed, they are taken one by one");
            let mut replies = Vec::with_capacity(asks.len());
            for ask in asks {
                let reply = with_retries(pool, wake, std::slice::from_ref(ask)).await;
                replies.extend(reply.unwrap_or_else(|failure| vec![Reply::Fresh(Err(problem(failure)))]));
            }
            replies
        }
        Err(failure) => {
            let problem = problem(failure);
            asks.iter().map(|_| Reply::Fresh(Err(problem.clone()))).collect()
        }
    }
}

fn problem(failure: Failure) -> Problem {
    match failure {
        Failure::Pool(error) => error.into(),
        Failure::Database(error) => error.into(),
    }
}

async fn with_retries(pool: &Pool, wake: &Wake, asks: &[Ask]) -> Result<Vec<Reply>, Failure> {
    let mut tries = 1;
    loop {
        match transaction(pool, asks).await {
            // Such as a number that another order has: the next try makes others.
            Err(Failure::Database(DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, info)))
                if tries < TRIES =>
            {
                tracing::info!(error = info.message(), "a batch of orders is tried again");
                tries += 1;
            }
            Err(failure) => return Err(failure),
            Ok((replies, created)) => {
                runtime::crash_point!("order.intake_after_commit");
                metrics::CREATED.inc_by(created);
                wake.wake();
                return Ok(replies);
            }
        }
    }
}

/// One batch, one transaction: the keys, the prices, the orders, their events, and the answers that the keys keep. Also
/// says how many orders were made.
async fn transaction(pool: &Pool, asks: &[Ask]) -> Result<(Vec<Reply>, u64), Failure> {
    let mut conn = pool.get().await?;
    conn.transaction(async |conn| {
        let claims: Vec<Claim> = asks.iter().map(|ask| ask.claim.clone()).collect();
        let begun = idempotency::begin(conn, &claims).await?;
        let fresh: Vec<&Ask> =
            asks.iter().zip(&begun).filter(|(_, begin)| **begin == Begin::Start).map(|(ask, _)| ask).collect();
        let mut taken = if fresh.is_empty() { Taken::default() } else { place(conn, &fresh).await? };
        taken.answers.reverse();
        let replies: Vec<Reply> = begun
            .into_iter()
            .map(|begin| match begin {
                Begin::Start => Reply::Fresh(taken.answers.pop().unwrap_or_else(|| Err(unanswered()))),
                Begin::Replay(stored) => Reply::Kept(stored),
                Begin::Reused => Reply::Fresh(Err(idempotency::reused())),
                Begin::InUse => Reply::Fresh(Err(idempotency::in_use())),
            })
            .collect();
        let kept: Vec<(&Claim, Answer)> =
            claims.iter().zip(&replies).filter_map(|(claim, reply)| Some((claim, to_keep(reply)?))).collect();
        let kept: Vec<(&Claim, &Answer)> = kept.iter().map(|(claim, answer)| (*claim, answer)).collect();
        // All are on their way at once; the connection runs them one after the other.
        try_join!(
            store::insert(conn, &taken.rows),
            outbox::append(conn, &taken.outgoing),
            idempotency::finish(conn, &kept)
        )?;
        runtime::crash_point!("order.intake_before_commit");
        Ok((replies, taken.rows.len() as u64))
    })
    .await
}

/// What a batch makes.
#[derive(Debug, Default)]
struct Taken {
    answers: Vec<Result<Answer, Problem>>,
    rows: Vec<NewRow>,
    outgoing: Vec<Outgoing>,
}

async fn place(conn: &mut AsyncPgConnection, asks: &[&Ask]) -> diesel::QueryResult<Taken> {
    let skus: BTreeSet<&str> =
        asks.iter().flat_map(|ask| ask.wanted.items.iter().map(|item| item.sku.as_str())).collect();
    let (products, now) = products::sold(conn, skus).await?;
    let minter = Minter::at(now);
    let mut taken = Taken::default();
    for ask in asks {
        let answer = place_one(ask, &products, &minter, now).map(|(answer, row, outgoing)| {
            taken.rows.push(row);
            taken.outgoing.extend(outgoing);
            answer
        });
        taken.answers.push(answer);
    }
    Ok(taken)
}

fn place_one(
    ask: &Ask,
    products: &HashMap<String, Product>,
    minter: &Minter,
    now: DateTime<Utc>,
) -> Result<(Answer, NewRow, Vec<Outgoing>), Problem> {
    let Priced { placed, head } = pricing::price(ask, products, minter.order_id(), now)?;
    let (mut order, lines) = (placed.order, placed.lines);
    let key = order.id.to_string();
    let outgoing = outbox::number(&key, &mut order.event_seq, placed.events, Some(&ask.traceparent));
    let whole = Whole { stored: Stored { order, version: 1, updated_at: now }, head, lines, shipments: Vec::new() };
    let view = OrderView::of(&whole, ask.viewer, now)?;
    let answer = Answer::json(StatusCode::CREATED, &view)?.location(format!("/api/v1/orders/{key}"));
    let Whole { stored, head, lines, .. } = whole;
    let pays_at_once = ask.wanted.payment_method.is_some();
    Ok((answer, NewRow { order: stored.order, head, lines, pays_at_once }, outgoing))
}

fn unanswered() -> Problem {
    Problem::internal("an order was left without an answer")
}

/// What the key keeps: answers, and refusals that are decisions. Those about the key itself ask to wait or to use
/// another, and are none.
fn to_keep(reply: &Reply) -> Option<Answer> {
    match reply {
        Reply::Fresh(Ok(answer)) => Some(answer.clone()),
        Reply::Fresh(Err(problem)) => problem.is_final().then(|| Answer::from_problem(problem)),
        Reply::Kept(_) => None,
    }
}
