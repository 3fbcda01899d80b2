//! One product that everybody wants: as many are sold as there are, and whoever came too late soon knows.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use diesel::sql_types::{Array, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::load::{self, Latency, now_us};
use super::orders::order_in;
use super::{Bench, progress, shop};

/// For the last order to come to its end.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How it went.
#[derive(Debug, Clone, Serialize)]
pub struct Hot {
    pub units: i64,
    pub buyers: u64,
    pub at_once: usize,
    /// Orders that were PAID.
    pub sold: u64,
    /// Orders that were told OUT_OF_STOCK.
    pub losers: u64,
    /// Buyers that were not taken, or not told anything.
    pub untold: u64,
    /// What is left, by the stock's own row; nothing is held any more.
    pub left: i64,
    pub seconds: f64,
    /// From POST to PAID.
    pub winners: Latency,
    /// From POST to OUT_OF_STOCK.
    pub loser: Latency,
}

#[derive(Debug, diesel::QueryableByName)]
struct End {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    committed_at: Option<chrono::DateTime<chrono::Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    rejected_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// `buyers` order one unit each, `at_once` of them at a time.
///
/// # Errors
/// When orders do not come to their end.
pub async fn sell(bench: &mut Bench, units: i64, buyers: u64, at_once: usize) -> anyhow::Result<Hot> {
    let sku = bench.shop.product(units).await?;
    progress(&format!("{buyers} buyers want {units} units, {at_once} at once"));
    let body = shop::order_body([sku.as_str()].into_iter());
    let placed = Arc::<Mutex<Vec<(Uuid, i64)>>>::default();
    let (shop, noted) = (Arc::clone(&bench.shop), Arc::clone(&placed));
    let began = Instant::now();
    load::by_clients(at_once, buyers, None, move |n| {
        let (shop, noted, body) = (Arc::clone(&shop), Arc::clone(&noted), body.clone());
        async move {
            let at_us = now_us();
            let order = shop.place(n, body).await.ok().and_then(|answer| order_in(&answer));
            if let Some(order) = order {
                noted.lock().unwrap_or_else(PoisonError::into_inner).push((order, at_us));
            }
        }
    })
    .await;
    let placed = std::mem::take(&mut *placed.lock().unwrap_or_else(PoisonError::into_inner));
    let ends = ends(bench, &placed).await?;
    let seconds = began.elapsed().as_secs_f64();
    let took = |at: fn(&End) -> Option<chrono::DateTime<chrono::Utc>>| {
        let ends = &ends;
        let took = placed.iter().filter_map(move |(order, from_us)| {
            let end = ends.iter().find(|end| end.id == *order)?;
            Some(at(end)?.timestamp_micros() - from_us)
        });
        Latency::of(took)
    };
    let (winners, loser) = (took(|end| end.committed_at), took(|end| end.rejected_at));
    let stock = bench.shop.stock(&sku).await?;
    ensure!(stock["reserved"] == 0, "units are still held: {stock}");
    Ok(Hot {
        units,
        buyers,
        at_once,
        sold: winners.count,
        losers: loser.count,
        untold: buyers.saturating_sub(winners.count + loser.count),
        left: stock["on_hand"].as_i64().context("on_hand")?,
        seconds,
        winners,
        loser,
    })
}

/// Waits until all orders are PAID or told that there is none left. What they are told is what their row says.
async fn ends(bench: &Bench, placed: &[(Uuid, i64)]) -> anyhow::Result<Vec<End>> {
    let ids: Vec<Uuid> = placed.iter().map(|(order, _)| *order).collect();
    let mut conn = AsyncPgConnection::establish(bench.stack.database_url("order")).await?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let sql =
            "SELECT id, committed_at, rejected_at FROM orders WHERE id = ANY($1) AND status IN ('PAID', 'CANCELLED')";
        let ends: Vec<End> = diesel::sql_query(sql).bind::<Array<SqlUuid>, _>(&ids).load(&mut conn).await?;
        if ends.len() == ids.len() {
            return Ok(ends);
        }
        ensure!(Instant::now() < deadline, "{} of {} orders have not ended", ids.len() - ends.len(), ids.len());
        sleep(LOOK_AGAIN).await;
    }
}
