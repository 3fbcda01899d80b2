//! How services tell each other facts without losing or doubling one: transactional outbox, relay, inbox, batch
//! consumer, dead letters.
//!
//! # Layout
//!
//! - [`outbox`]: `append` events inside the transaction that makes them true. Nothing else can produce to Kafka.
//! - [`relay`]: outbox → Kafka, deleted only after the broker's ack.
//! - [`consumer`]: Kafka → batches. A thread polls ([`poller`]), one worker applies ([`processor`]).
//! - [`processor`]: one batch, one transaction: drop repeats ([`inbox`]), react, remember; split a batch that fails.
//! - [`dead_letter`]: records that cannot be applied, what waits behind them, and their replay.
//! - [`batcher`]: such batches for requests. [`pace`]: how far apart the rounds of all of these begin.
//! - [`topics`]: creates what is missing.
//!
//! A service implements [`Reactions`] and calls [`start`].

pub mod batcher;
pub mod consumer;
pub mod dead_letter;
pub mod failure;
pub mod inbox;
mod kafka;
mod metrics;
pub mod outbox;
mod pace;
mod poller;
pub mod processor;
pub mod relay;
mod schema;
pub mod topics;

use std::sync::Arc;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use runtime::Lifecycle;
use runtime::config::Common;
use runtime::db::Pool;

pub use batcher::Batcher;
pub use dead_letter::DeadLetters;
pub use failure::ReactionError;
pub use kafka::Kafka;
pub use outbox::{Outgoing, Wake};
pub use processor::{Processor, Reactions, Received};

/// The tables of this library; every service runs them in its own schema.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// What a service holds of its messaging.
#[derive(Clone)]
pub struct Messaging {
    /// To be called after a commit that appended to the outbox.
    pub wake: Wake,
    pub dead_letters: Arc<dyn runtime::dead_letters::DeadLetters>,
}

/// Starts relay and consumer in the background; both wait for database and broker, and go on by themselves.
pub fn start<R: Reactions>(
    lifecycle: &Lifecycle,
    service: &'static str,
    common: &Common,
    pool: &Pool,
    reactions: Arc<R>,
) -> Messaging {
    let kafka = Kafka::new(service, common);
    let wake = Wake::new();
    metrics::watch_outbox(lifecycle, pool.clone());
    inbox::keep_partitions(lifecycle, pool.clone());
    relay::start(lifecycle, kafka.clone(), common.database_url.clone(), wake.clone());
    if !reactions.topics().is_empty() {
        consumer::start(lifecycle, kafka, common.database_url.clone(), wake.clone(), reactions.clone());
    } else {
        topics::keep_trying(lifecycle, kafka, Vec::new());
    }
    let dead_letters = DeadLetters::new(service, pool.clone(), wake.clone(), reactions);
    Messaging { wake, dead_letters: Arc::new(dead_letters) }
}

/// The reactions of a service that listens to nobody.
#[derive(Debug, Clone, Copy)]
pub struct ListensToNobody;

impl Reactions for ListensToNobody {
    type Outcome = ();

    fn topics(&self) -> &[proto_events::Topic] {
        &[]
    }

    fn wants(&self, _: proto_events::EventType) -> bool {
        false
    }

    async fn apply(
        &self,
        _: &mut diesel_async::AsyncPgConnection,
        _: &[proto_events::Envelope],
    ) -> Result<(), ReactionError> {
        Ok(())
    }
}
