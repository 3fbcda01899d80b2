//! Reading the catalog as somebody without an account: pages of the list and single products.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::load::{self, Latency, now_us};
use super::shop::{self, Shop};
use super::usage::{Usage, Used};
use super::{Bench, progress};

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The first page of twenty.
    List,
    /// One product after the other.
    Detail,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Reads {
    pub clients: usize,
    pub reads_per_s: f64,
    pub latency: Latency,
    pub errors: u64,
    pub per_read: Used,
    pub other_cores: f64,
}

/// So many clients read one thing after the other, for as long as said.
///
/// # Errors
/// When the counters cannot be read.
pub async fn read(bench: &mut Bench, what: What, clients: usize, span: Duration) -> anyhow::Result<Reads> {
    progress(&format!("{clients} clients read the catalog ({what:?})"));
    let before = Usage::now(&bench.stack, &mut bench.conn).await?;
    let (latencies, errors) = (Arc::<Mutex<Vec<i64>>>::default(), Arc::<AtomicU64>::default());
    let (shop, noted, failed) = (Arc::clone(&bench.shop), Arc::clone(&latencies), Arc::clone(&errors));
    let began = Instant::now();
    let made = load::by_clients(clients, u64::MAX, Some(began + span), move |n| {
        let (shop, noted, failed) = (Arc::clone(&shop), Arc::clone(&noted), Arc::clone(&failed));
        async move {
            let began_us = now_us();
            if read_one(&shop, what, n).await.is_some() {
                noted.lock().unwrap_or_else(PoisonError::into_inner).push(now_us() - began_us);
            } else {
                failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    })
    .await;
    let seconds = began.elapsed().as_secs_f64();
    let used = Usage::now(&bench.stack, &mut bench.conn).await?.since(&before);
    let others_ms = used.cpu_ms.get(super::usage::OTHERS).copied().unwrap_or_default();
    let latencies = std::mem::take(&mut *latencies.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Reads {
        clients,
        reads_per_s: latencies.len() as f64 / seconds,
        latency: Latency::of(latencies),
        errors: errors.load(Ordering::Relaxed),
        per_read: used.per(made as f64),
        other_cores: others_ms / 1e3 / seconds,
    })
}

async fn read_one(shop: &Shop, what: What, n: u64) -> Option<()> {
    let request = match what {
        What::List => shop::read("/api/v1/products"),
        What::Detail => {
            let id = &shop.products[usize::try_from(n).ok()? % shop.products.len()];
            shop::read(&format!("/api/v1/products/{id}"))
        }
    };
    let answer = shop.client.send(request.ok()?).await.ok()?;
    (answer.status == 200 && !answer.body.is_empty()).then_some(())
}
