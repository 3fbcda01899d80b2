//! Whether new orders are taken. HTTP can outrun the saga: beyond some backlog every further order only makes all wait
//! longer, and its buyer is better told to come again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use diesel::sql_types::BigInt;
use runtime::Lifecycle;
use runtime::db::Pool;

use crate::metrics;

/// Of the newest [`LOOK_AT`] orders that are older than three seconds, as many may be on their way still. The limit is one
/// of time, whatever the machine: where orders take seconds, taking more of them only makes all take longer.
pub const WAITING_MAX: i64 = 1_000;
/// Orders that are looked at.
pub const LOOK_AT: i64 = 2 * WAITING_MAX;
/// Events that may wait for the broker: those orders', and as many of others.
pub const OUTBOX_MAX: i64 = 10_000;
/// Between two measurements, each of some milliseconds. The intake runs past its limit by no more than this long.
const INTERVAL: Duration = Duration::from_secs(1);
/// What a refused buyer is asked to wait for, in seconds.
pub const RETRY_AFTER_S: u32 = 2;

runtime::statement! {
    /// Counts no further than it matters. An order is on its way while inventory has not answered, and when it came with a
    /// payment method also until it is paid; one that waits for its buyer is not. The first 48 bits of an id are its time.
    /// After half a minute something else is wrong than the rate: a gateway that is away must not close the shop for good.
    struct Measure { look_at: i64 as BigInt, outbox_max: i64 as BigInt }
    "WITH span AS (SELECT rpad(lpad(to_hex((extract(epoch FROM clock_timestamp() - ago) * 1000)::bigint), 12, '0'), 32, '0')::uuid \
     AS id, ago FROM unnest(ARRAY['30 s'::interval, '3 s'::interval]) AS ago) \
     SELECT (SELECT count(*) FILTER (WHERE status = 'CREATED' OR status = 'PAYMENT_PENDING' AND pays_at_once) \
     FROM (SELECT status, pays_at_once FROM orders \
     WHERE id > (SELECT id FROM span WHERE ago = '30 s') AND id < (SELECT id FROM span WHERE ago = '3 s') \
     ORDER BY id DESC LIMIT ?) AS o), \
     (SELECT count(*) FROM (SELECT id FROM outbox ORDER BY id LIMIT ?) AS e)" -> (BigInt, BigInt)
}

/// Says whether new orders are taken. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Admission(Arc<State>);

#[derive(Debug, Default)]
struct State {
    closed: AtomicBool,
    /// Orders that this process had taken when it last looked.
    created: AtomicU64,
}

impl Admission {
    /// Starts to measure.
    pub(crate) fn start(lifecycle: &Lifecycle, pool: Pool) -> Self {
        let admission = Self::default();
        let measured = admission.clone();
        lifecycle.every(INTERVAL, "intake limit", move || {
            let (admission, pool) = (measured.clone(), pool.clone());
            async move { if admission.may_have_changed() { admission.measure(&pool).await } else { Ok(()) } }
        });
        admission
    }

    /// Whether too much is waiting.
    pub fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Relaxed)
    }

    /// Nothing grows while no orders come, and nothing shrinks where nothing waits.
    fn may_have_changed(&self) -> bool {
        let created = metrics::CREATED.get();
        self.0.created.swap(created, Ordering::Relaxed) != created || metrics::WAITING.get() > 0 || self.is_closed()
    }

    /// Looks at the backlog once.
    ///
    /// # Errors
    /// When the database is away; then the last measurement stands.
    pub async fn measure(&self, pool: &Pool) -> anyhow::Result<()> {
        let limits = Measure { look_at: LOOK_AT, outbox_max: OUTBOX_MAX };
        let mut conn = pool.get().await?;
        let (waiting, outbox): (i64, i64) = diesel_async::RunQueryDsl::get_result(limits, &mut conn).await?;
        metrics::WAITING.set(waiting);
        let closed = waiting >= WAITING_MAX || outbox >= OUTBOX_MAX;
        if self.0.closed.swap(closed, Ordering::Relaxed) != closed {
            tracing::warn!(waiting, outbox, closed, "the intake of orders changed");
        }
        Ok(())
    }
}
