//! The one task of a process that reads the feed for all who watch.

use std::time::Duration;

use runtime::Lifecycle;
use runtime::db::Pool;

use super::read::{Read, end, read};
use super::{Hub, Position};

/// Between two looks while somebody watches: what other replicas wrote is seen this late.
const POLL: Duration = Duration::from_millis(200);
/// After a commit of this process, its fellows are waited for: many orders at once are one read.
const GATHER: Duration = Duration::from_millis(20);

pub(crate) fn start(lifecycle: &Lifecycle, pool: Pool, hub: Hub) {
    let life = lifecycle.clone();
    lifecycle.keep_running("order feed", move || {
        let (life, pool, hub) = (life.clone(), pool.clone(), hub.clone());
        async move {
            tokio::select! {
                () = life.stopping() => Ok(()),
                failed = tail(&pool, &hub) => failed,
            }
        }
    });
}

/// Runs until the database fails; then the next start tells all watchers to read for themselves.
async fn tail(pool: &Pool, hub: &Hub) -> anyhow::Result<()> {
    loop {
        while !hub.is_watched() {
            hub.somebody().await;
        }
        let mut at = end(&mut *pool.get().await?).await?;
        hub.begin(at);
        while hub.is_watched() {
            at = read_all(pool, hub, at).await?;
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                () = async { hub.rung().await; tokio::time::sleep(GATHER).await } => {}
            }
        }
    }
}

/// Tells all that there is now.
async fn read_all(pool: &Pool, hub: &Hub, mut at: Position) -> anyhow::Result<Position> {
    let mut conn = pool.get().await?;
    loop {
        match read(&mut conn, at, None).await? {
            Read::Page(page) => {
                at = page.reached;
                hub.tell(page.events, at);
                if !page.full {
                    return Ok(at);
                }
            }
            // Another database, or half an hour behind.
            Read::Unknown => {
                at = end(&mut conn).await?;
                hub.begin(at);
                return Ok(at);
            }
        }
    }
}
