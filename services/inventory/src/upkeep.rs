//! Forgets idempotency keys that have had their day.

use std::time::Duration;

use runtime::Lifecycle;
use runtime::db::Pool;

/// Keys are kept for a day, give or take this.
const INTERVAL: Duration = Duration::from_secs(10 * 60);

pub(crate) fn start(lifecycle: &Lifecycle, pool: Pool) {
    let life = lifecycle.clone();
    lifecycle.keep_running("idempotency key upkeep", move || {
        let (lifecycle, pool) = (life.clone(), pool.clone());
        async move {
            while !lifecycle.is_stopping() {
                if let Err(error) = purge(&pool).await {
                    // The next round does what this one left.
                    tracing::warn!(error = format!("{error:#}"), "old idempotency keys were not deleted");
                }
                tokio::select! {
                    () = lifecycle.stopping() => {}
                    () = tokio::time::sleep(INTERVAL) => {}
                }
            }
            Ok(())
        }
    });
}

async fn purge(pool: &Pool) -> anyhow::Result<()> {
    let mut conn = pool.get().await?;
    while web::idempotency::purge(&mut conn).await? > 0 {}
    Ok(())
}
