//! A self-clocking batcher: what arrives while one batch is worked on, or soon after it, is the next batch.
//!
//! It adds no delay when idle and grows its batches under load, so that many small transactions become one.

use std::future::Future;
use std::time::Duration;

use runtime::Lifecycle;
use tokio::sync::{mpsc, oneshot};

use crate::pace::Pace;

/// Items in one batch: bounds the transaction and its locks.
const BATCH_MAX: usize = 200;
/// Items that may wait: some ten batches. More would only be answered too late.
const QUEUE_MAX: usize = 2000;
/// How long somebody waits for an answer; longer than the database's own timeouts.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The queue is full: nothing was done, try again soon.
    #[error("too much to do at once")]
    Overloaded,
    /// What became of the item is not known: it may have been done.
    #[error("no answer in time")]
    Unknown,
}

/// Hands items to one worker, which gets them in batches. Cheap to clone.
pub struct Batcher<I, O> {
    queue: mpsc::Sender<(I, oneshot::Sender<O>)>,
}

impl<I, O> Clone for Batcher<I, O> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<I: Send + 'static, O: Send + 'static> Batcher<I, O> {
    /// Starts the worker, whose batches begin no more often than every `gap`. `work` gets 1 to 200 items in the order in
    /// which they came and returns an answer for each, in that order.
    pub fn start<W, F>(lifecycle: &Lifecycle, name: &'static str, gap: Duration, mut work: W) -> Self
    where
        W: FnMut(Vec<I>) -> F + Send + 'static,
        F: Future<Output = Vec<O>> + Send + 'static,
    {
        let (queue, mut items) = mpsc::channel::<(I, oneshot::Sender<O>)>(QUEUE_MAX);
        lifecycle.spawn(name, async move {
            let mut batch = Vec::with_capacity(BATCH_MAX);
            let mut pace = Pace::new(gap);
            // Ends when the last handle is gone, after the HTTP server: nobody who was let in goes without an answer.
            while pace.gather(&mut items, &mut batch, BATCH_MAX).await > 0 {
                let (inputs, askers): (Vec<I>, Vec<_>) = batch.drain(..).unzip();
                // A task of its own: a panic costs this batch its answers and not the worker.
                match tokio::spawn(work(inputs)).await {
                    Ok(answers) => {
                        for (asker, answer) in askers.into_iter().zip(answers) {
                            // Whoever asked may have gone away.
                            let _ = asker.send(answer);
                        }
                    }
                    Err(panic) => tracing::error!(batcher = name, %panic, "a batch panicked"),
                }
                pace.end();
            }
            Ok(())
        });
        Self { queue }
    }

    /// Hands in an item and waits for its answer.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn submit(&self, item: I) -> Result<O, NoAnswer> {
        let (asker, answer) = oneshot::channel();
        self.queue.try_send((item, asker)).map_err(|_| NoAnswer::Overloaded)?;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) | Err(_) => Err(NoAnswer::Unknown),
        }
    }
}
