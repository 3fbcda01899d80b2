//! Gives up orders that nobody answers for. Every replica watches; they share the work by skipping each other's locks.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use diesel::QueryResult;
use diesel::sql_types::{BigInt, Bool, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use messaging::{Wake, outbox};
use proto_events::ids::OrderId;
use runtime::Lifecycle;
use runtime::db::Pool;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::domain::status::INVENTORY_ANSWERS_WITHIN;
use crate::domain::{self, CancelRequested, CancelledBy, Order};
use crate::store::Changed;
use crate::{ids, metrics, store};

/// Between two rounds: nothing that is given up was urgent.
const INTERVAL: Duration = Duration::from_secs(10);
/// Orders that one statement looks at, and so the most that one transaction ends.
const LOOK_AT_MAX: usize = 500;

runtime::statement! {
    struct Look { after: Uuid as SqlUuid, before: Uuid as SqlUuid, most: i64 as BigInt }
    "SELECT id, status IN ('CREATED', 'PAYMENT_PENDING') FROM orders WHERE id > ? AND id < ? ORDER BY id LIMIT ?"
    -> (SqlUuid, Bool)
}

pub(crate) fn start(lifecycle: &Lifecycle, pool: Pool, wake: Wake) {
    let watch = Arc::new(Mutex::new(Watch::default()));
    lifecycle.every(INTERVAL, "saga watchdog", move || {
        let (watch, pool, wake) = (watch.clone(), pool.clone(), wake.clone());
        // What a round left undone, the next one does.
        async move { watch.lock().await.round(&pool, &wake).await.map(drop) }
    });
}

/// Looks at each order once when it is old enough to be overdue, and again only while it is open.
///
/// An index of the open orders would have to be written at every change of every order; this costs one look per order,
/// and one at all of them when the process starts.
#[derive(Debug, Default)]
pub struct Watch {
    /// No order up to this one is open: what is closed stays so.
    settled_to: Uuid,
}

impl Watch {
    /// Gives up all orders that are overdue, and returns how many.
    ///
    /// # Errors
    /// When the database is away; what was given up before stays so.
    pub async fn round(&mut self, pool: &Pool, wake: &Wake) -> anyhow::Result<usize> {
        let mut given_up = 0;
        let mut at = self.settled_to;
        let mut all_settled = true;
        loop {
            let mut conn = pool.get().await?;
            let looked_at = look(&mut conn, at).await?;
            let Some((last, _)) = looked_at.last().copied() else { return Ok(given_up) };
            let open: BTreeSet<OrderId> =
                looked_at.iter().filter(|(_, open)| *open).map(|(id, _)| OrderId(*id)).collect();
            if !open.is_empty() {
                let ended = conn.transaction(async |conn| give_up(conn, &open).await).await?;
                if ended > 0 {
                    wake.wake();
                }
                given_up += ended;
                all_settled = false;
            }
            if all_settled {
                self.settled_to = last;
            }
            if looked_at.len() < LOOK_AT_MAX {
                return Ok(given_up);
            }
            at = last;
        }
    }
}

/// The next orders that are old enough, and whether they are open.
async fn look(conn: &mut AsyncPgConnection, after: Uuid) -> QueryResult<Vec<(Uuid, bool)>> {
    let now: chrono::DateTime<chrono::Utc> = store::Clock {}.get_result(conn).await?;
    let before = ids::first_at(now - INVENTORY_ANSWERS_WITHIN);
    let most = i64::try_from(LOOK_AT_MAX).unwrap_or(i64::MAX);
    Look { after, before, most }.load(conn).await
}

async fn give_up(conn: &mut AsyncPgConnection, open: &BTreeSet<OrderId>) -> QueryResult<usize> {
    let (stored, now) = store::lock_idle(conn, open).await?;
    let request = CancelRequested { at: now, by: CancelledBy::System, user_id: None, note: String::new() };
    let mut ended: Vec<(&Order, Order)> = Vec::new();
    let mut outgoing = Vec::new();
    for stored in &stored {
        // The domain looks at the time again: most are not overdue yet.
        if let Ok((mut order, events)) = domain::cancel(stored.order.clone(), request.clone()) {
            outgoing.extend(outbox::number(&order.id.to_string(), &mut order.event_seq, events, None));
            metrics::moved(Some(&stored.order), &order, now);
            ended.push((&stored.order, order));
        }
    }
    let changed: Vec<Changed> = ended.iter().map(|(was, is)| Changed::of(was, is)).collect();
    store::save(conn, &changed, now).await?;
    outbox::append(conn, &outgoing).await?;
    for (_, order) in &ended {
        tracing::warn!(order = %order.id, "an order was given up: nobody answered for it");
    }
    Ok(ended.len())
}
