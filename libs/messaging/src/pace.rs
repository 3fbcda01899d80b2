//! How often a round of work may begin, so that under load there is much to do in each.

use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

/// The longest rest. A machine so busy that a round takes longer gains nothing by waiting more.
const REST_MAX: Duration = Duration::from_millis(100);

/// Keeps rounds apart: their beginnings by a gap, and each from the one before by as long as that one took. The first
/// after a pause begins at once, so that it adds no delay to an idle system.
///
/// What a round costs is mostly the same for one item and for fifty: transactions, requests to the broker, tasks that are
/// woken. A pure self-clock, which begins as soon as anything is there, spends every idle core. On a busy machine rounds
/// take longer, which makes the rests longer and the batches larger: it becomes cheaper when there is least to spend.
#[derive(Debug)]
pub(crate) struct Pace {
    gap: Duration,
    began: Instant,
    next: Instant,
}

impl Pace {
    pub(crate) fn new(gap: Duration) -> Self {
        let now = Instant::now();
        Self { gap, began: now, next: now }
    }

    /// Waits until the next round may begin. To be called when there is something to do.
    pub(crate) async fn begin(&mut self) {
        if Instant::now() < self.next {
            sleep_until(self.next).await;
        }
        self.began = Instant::now();
    }

    /// Waits for items and for the next round, and moves into `batch` what is there by then, at most `most`; returns how
    /// many that are. 0 when no more will come.
    pub(crate) async fn gather<T>(&mut self, items: &mut Receiver<T>, batch: &mut Vec<T>, most: usize) -> usize {
        if items.recv_many(batch, most).await == 0 {
            return 0;
        }
        self.begin().await;
        while batch.len() < most
            && let Ok(item) = items.try_recv()
        {
            batch.push(item);
        }
        batch.len()
    }

    /// The round that began is over.
    pub(crate) fn end(&mut self) {
        self.next = next_after(self.began, Instant::now(), self.gap);
    }
}

fn next_after(began: Instant, ended: Instant, gap: Duration) -> Instant {
    let rest = ended.duration_since(began).min(REST_MAX);
    (began + gap).max(ended + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_rounds_keep_the_gap_and_long_ones_rest_as_long_as_they_took() {
        let millis = Duration::from_millis;
        let began = Instant::now();
        assert_eq!(next_after(began, began + millis(1), millis(5)), began + millis(5));
        assert_eq!(next_after(began, began + millis(20), millis(5)), began + millis(40));
        assert_eq!(next_after(began, began + millis(900), millis(5)), began + millis(1000));
    }
}
