//! Kafka → batches → [`Processor`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use proto_events::Topic;
use runtime::Lifecycle;
use tokio::sync::mpsc;

use crate::kafka::Kafka;
use crate::outbox::Wake;
use crate::pace::Pace;
use crate::poller::{Polled, Poller};
use crate::processor::{Processor, Reactions, Received};
use crate::topics;

/// Records in one transaction. What is there is taken; nothing waits for a batch to fill.
const BATCH_MAX: usize = 500;
/// Under load a batch begins no more often than this. Each hop of the saga waits half of it on average.
const BATCH_GAP: Duration = Duration::from_millis(8);

pub(crate) fn start<R: Reactions>(
    lifecycle: &Lifecycle,
    kafka: Kafka,
    database_url: String,
    wake: Wake,
    reactions: Arc<R>,
) {
    let life = lifecycle.clone();
    lifecycle.keep_running("consumer", move || {
        let (lifecycle, kafka, reactions) = (life.clone(), kafka.clone(), reactions.clone());
        let processor =
            Processor::new(kafka.service, lifecycle.clone(), database_url.clone(), wake.clone(), reactions.clone());
        async move {
            if !topics::ensure_when_there(&lifecycle, &kafka, reactions.topics()).await {
                return Ok(());
            }
            let (poller, records) = Poller::start(&lifecycle, &kafka, reactions)?;
            let result = work(&lifecycle, &poller, records, processor).await;
            poller.close().await;
            result
        }
    });
}

/// One worker for all partitions: a worker each would make batches of two.
async fn work<R: Reactions>(
    lifecycle: &Lifecycle,
    poller: &Poller,
    mut records: mpsc::Receiver<Polled>,
    mut processor: Processor<R>,
) -> anyhow::Result<()> {
    let mut polled = Vec::with_capacity(BATCH_MAX);
    let mut pace = Pace::new(BATCH_GAP);
    loop {
        tokio::select! {
            biased;
            () = lifecycle.stopping() => return Ok(()),
            n = pace.gather(&mut records, &mut polled, BATCH_MAX) => {
                anyhow::ensure!(n > 0, "the poll thread ended");
            }
        }
        let mut through: HashMap<(Topic, i32), i64> = HashMap::new();
        let mut batch: Vec<Received> = Vec::with_capacity(polled.len());
        for item in polled.drain(..) {
            let position = match &item {
                Polled::Record(record) => &record.position,
                Polled::Passed(position) => position,
            };
            through.insert((position.topic, position.partition), position.offset);
            if let Polled::Record(record) = item {
                batch.push(*record);
            }
        }
        if runtime::mutant!("offset-before-commit") {
            through
                .iter()
                .for_each(|((topic, partition), offset)| poller.processed_through(*topic, *partition, *offset));
        }
        if processor.process(&batch).await.is_err() {
            return Ok(());
        }
        runtime::crash_point!("consumer.before_offset");
        for ((topic, partition), offset) in through {
            poller.processed_through(topic, partition, offset);
        }
        pace.end();
    }
}
