//! The batcher: order, growth under load, its limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use messaging::Batcher;
use messaging::batcher::NoAnswer;
use runtime::Lifecycle;
use tokio::sync::Semaphore;

const GAP: Duration = Duration::from_millis(1);

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_their_own_answer() {
    let batcher = Batcher::start(&Lifecycle::new(), "doubler", GAP, async |items: Vec<usize>| {
        items.into_iter().map(|item| item * 2).collect::<Vec<usize>>()
    });
    let asked: Vec<_> = (0..500)
        .map(|n| {
            let batcher = batcher.clone();
            tokio::spawn(async move { (n, batcher.submit(n).await) })
        })
        .collect();
    for task in asked {
        let (n, answer) = task.await.expect("no panic");
        assert_eq!(answer, Ok(n * 2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_one_batch_is_worked_on_is_the_next_batch() {
    let gate = Arc::new(Semaphore::new(0));
    let largest = Arc::new(AtomicUsize::new(0));
    let (inner_gate, inner_largest) = (gate.clone(), largest.clone());
    let batcher = Batcher::start(&Lifecycle::new(), "gated", GAP, move |items: Vec<usize>| {
        let (gate, largest) = (inner_gate.clone(), inner_largest.clone());
        async move {
            largest.fetch_max(items.len(), Ordering::SeqCst);
            gate.acquire().await.expect("open").forget();
            items
        }
    });
    let mut asked: Vec<_> = (0..101)
        .map(|n| {
            let batcher = batcher.clone();
            Box::pin(async move { batcher.submit(n).await })
        })
        .collect();
    for ask in &mut asked {
        // Polled once, each of them stands in the queue, behind the first batch that waits at the gate.
        assert!(futures_util::poll!(ask).is_pending());
    }
    gate.add_permits(200);
    for (n, ask) in asked.into_iter().enumerate() {
        assert_eq!(ask.await, Ok(n));
    }
    assert!(largest.load(Ordering::SeqCst) > 1, "batches of one only");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_at_once_and_a_panic_costs_one_batch() {
    let batcher = Batcher::start(&Lifecycle::new(), "stuck", GAP, async |items: Vec<bool>| {
        assert!(!items.contains(&true), "told to panic");
        items
    });
    assert_eq!(batcher.submit(true).await, Err(NoAnswer::Unknown));
    assert_eq!(batcher.submit(false).await, Ok(false));

    let never = Batcher::start(&Lifecycle::new(), "never", GAP, |_: Vec<()>| std::future::pending::<Vec<()>>());
    let mut waiting = Vec::new();
    let refused = loop {
        let never = never.clone();
        let mut submit = Box::pin(async move { never.submit(()).await });
        match futures_util::poll!(&mut submit) {
            std::task::Poll::Ready(answer) => break answer,
            std::task::Poll::Pending => waiting.push(submit),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(refused, Err(NoAnswer::Overloaded));
    assert!(waiting.len() >= 2000, "{} were let in", waiting.len());
}
