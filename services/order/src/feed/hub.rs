//! Who watches, and handing them what is new. Nobody who reads slowly holds anything up or fills the memory: each channel
//! keeps a few messages, and whoever misses one reads it from the database.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proto_events::ids::{OrderId, UserId};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use crate::metrics;

use super::{Event, Position};

/// Streams of one process: some 30 KB each with their connection, and a file each of the 20,000 a process may open.
pub const STREAMS_MAX: usize = 10_000;
/// Streams of one user: as many tabs as somebody may have open, and those whose end was not noticed yet.
pub const STREAMS_PER_USER: usize = 20;
/// Messages of one order that wait for a slow reader; an order has some ten facts in its life.
const WAITING_OF_ORDER: usize = 8;
/// Messages of all orders that wait for a slow reader, each of up to a page of the feed.
const WAITING_OF_ALL: usize = 16;

/// Streams that read from the database at a time: a thousand watchers who come back after a restart must not take the
/// connections from those who order.
const READS: usize = 2;

/// What watchers are told.
#[derive(Debug, Clone)]
pub enum News {
    /// In the order of their positions.
    Events(Arc<[Event]>),
    /// Something may have been left out: read on from the database.
    ReadAgain,
}

/// Why nobody more can watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// [`STREAMS_MAX`]
    Process,
    /// [`STREAMS_PER_USER`]
    User,
}

/// Joins the watchers and the task that reads for them. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Hub(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    watchers: Mutex<Watchers>,
    /// Up to here the watchers were told.
    told: AtomicI64,
    somebody: Notify,
    doorbell: Notify,
    reads: Semaphore,
}

#[derive(Debug)]
struct Watchers {
    streams: usize,
    of_user: HashMap<UserId, usize>,
    of_order: HashMap<OrderId, broadcast::Sender<News>>,
    of_all: broadcast::Sender<News>,
}

impl Default for Shared {
    fn default() -> Self {
        let (of_all, _) = broadcast::channel(WAITING_OF_ALL);
        let watchers = Watchers { streams: 0, of_user: HashMap::new(), of_order: HashMap::new(), of_all };
        Self {
            watchers: Mutex::new(watchers),
            told: AtomicI64::new(0),
            somebody: Notify::new(),
            doorbell: Notify::new(),
            reads: Semaphore::new(READS),
        }
    }
}

impl Hub {
    /// To be called after a commit that changed orders. Replicas find it by polling.
    pub fn ring(&self) {
        self.0.doorbell.notify_one();
    }

    /// Begins to watch one order, or all of them. From then on everything new is told.
    ///
    /// # Errors
    /// When too many watch.
    pub fn subscribe(&self, user: UserId, order: Option<OrderId>) -> Result<Subscription, Refused> {
        let mut watchers = self.lock();
        if watchers.streams >= STREAMS_MAX {
            return Err(Refused::Process);
        }
        if watchers.of_user.get(&user).is_some_and(|streams| *streams >= STREAMS_PER_USER) {
            return Err(Refused::User);
        }
        watchers.streams += 1;
        *watchers.of_user.entry(user).or_default() += 1;
        let news = match order {
            Some(order) => {
                watchers.of_order.entry(order).or_insert_with(|| broadcast::channel(WAITING_OF_ORDER).0).subscribe()
            }
            None => watchers.of_all.subscribe(),
        };
        drop(watchers);
        metrics::STREAMS.inc();
        self.0.somebody.notify_one();
        Ok(Subscription { hub: self.clone(), user, order, news: Some(news) })
    }

    pub(super) fn is_watched(&self) -> bool {
        self.lock().streams > 0
    }

    /// Ends at once when somebody began to watch since the last call.
    pub(super) async fn somebody(&self) {
        self.0.somebody.notified().await;
    }

    pub(super) async fn rung(&self) {
        self.0.doorbell.notified().await;
    }

    /// Tells everyone to read from the database what came before `from`.
    pub(super) fn begin(&self, from: Position) {
        let watchers = self.lock();
        for channel in watchers.of_order.values().chain([&watchers.of_all]) {
            // Nobody may be there.
            let _ = channel.send(News::ReadAgain);
        }
        self.0.told.store(from.0, Ordering::Release);
    }

    /// Tells each watcher its part of what was read, which went up to `reached`.
    pub(super) fn tell(&self, events: Vec<Event>, reached: Position) {
        let watchers = self.lock();
        let mut of_order: HashMap<OrderId, Vec<Event>> = HashMap::new();
        for event in events.iter().filter(|event| watchers.of_order.contains_key(&event.order_id)) {
            of_order.entry(event.order_id).or_default().push(event.clone());
        }
        for (order, events) in of_order {
            if let Some(channel) = watchers.of_order.get(&order) {
                let _ = channel.send(News::Events(events.into()));
            }
        }
        if !events.is_empty() && watchers.of_all.receiver_count() > 0 {
            let _ = watchers.of_all.send(News::Events(events.into()));
        }
        // After the sending: who sees this and finds an empty channel has missed nothing.
        self.0.told.store(reached.0, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Watchers> {
        // Nothing in here panics between two changes that belong together.
        self.0.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody's place among the watchers, given back when dropped.
#[derive(Debug)]
pub struct Subscription {
    hub: Hub,
    user: UserId,
    pub order: Option<OrderId>,
    news: Option<broadcast::Receiver<News>>,
}

impl Subscription {
    /// Waits for news. Who was too slow for some of them is told to read again.
    pub async fn next(&mut self) -> News {
        let Some(news) = &mut self.news else { return std::future::pending().await };
        match news.recv().await {
            Ok(news) => news,
            // The hub holds the sender for as long as this is there.
            Err(RecvError::Lagged(_) | RecvError::Closed) => News::ReadAgain,
        }
    }

    /// Waits for its turn to read from the database.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.hub.0.reads.acquire().await.ok()
    }

    /// How far the silence reaches: nothing for this watcher lies before this position that it was not told. `None` when
    /// news are waiting.
    pub fn silent_to(&self) -> Option<Position> {
        let told = self.hub.0.told.load(Ordering::Acquire);
        let waiting = self.news.as_ref().is_none_or(|news| !news.is_empty());
        (!waiting).then_some(Position(told))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        metrics::STREAMS.dec();
        self.news = None;
        let mut watchers = self.hub.lock();
        watchers.streams = watchers.streams.saturating_sub(1);
        if let Some(streams) = watchers.of_user.get_mut(&self.user) {
            *streams = streams.saturating_sub(1);
            if *streams == 0 {
                watchers.of_user.remove(&self.user);
            }
        }
        if let Some(order) = self.order
            && watchers.of_order.get(&order).is_some_and(|channel| channel.receiver_count() == 0)
        {
            watchers.of_order.remove(&order);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    fn order(number: u128) -> OrderId {
        OrderId(Uuid::from_u128(number))
    }

    fn user(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    fn event(order_id: OrderId, n: i64) -> Event {
        let (status, fact) = ("PAID".to_owned(), "refunded".to_owned());
        Event { position: Position::of(7, n), order_id, status, fact, at: DateTime::UNIX_EPOCH }
    }

    async fn told(subscription: &mut Subscription) -> Vec<Position> {
        match subscription.next().await {
            News::Events(events) => events.iter().map(|event| event.position).collect(),
            News::ReadAgain => Vec::new(),
        }
    }

    #[tokio::test]
    async fn everyone_is_told_their_own() {
        let hub = Hub::default();
        let mut one = hub.subscribe(user(1), Some(order(1))).expect("room");
        let mut all = hub.subscribe(user(2), None).expect("room");
        assert_eq!(one.silent_to(), Some(Position(0)));
        hub.tell(vec![event(order(1), 0), event(order(2), 1), event(order(1), 2)], Position::before(8));
        assert_eq!(one.silent_to(), None);
        assert_eq!(told(&mut one).await, [Position::of(7, 0), Position::of(7, 2)]);
        assert_eq!(one.silent_to(), Some(Position::before(8)));
        assert_eq!(told(&mut all).await.len(), 3);
    }

    #[tokio::test]
    async fn who_is_too_slow_reads_for_himself() {
        let hub = Hub::default();
        let mut slow = hub.subscribe(user(1), Some(order(1))).expect("room");
        let messages = i64::try_from(WAITING_OF_ORDER).expect("a few") + 5;
        for n in 0..messages {
            hub.tell(vec![event(order(1), n)], Position::of(7, n));
        }
        assert!(matches!(slow.next().await, News::ReadAgain));
        // What is kept goes on without a gap to the newest.
        for n in 5..messages {
            assert_eq!(told(&mut slow).await, [Position::of(7, n)]);
        }
        hub.begin(Position::before(9));
        assert!(matches!(slow.next().await, News::ReadAgain));
    }

    #[tokio::test]
    async fn places_are_given_back() {
        let hub = Hub::default();
        let mut held: Vec<Subscription> =
            (0..STREAMS_PER_USER).map(|_| hub.subscribe(user(1), Some(order(1))).expect("room")).collect();
        assert_eq!(hub.subscribe(user(1), None).err(), Some(Refused::User));
        held.pop();
        held.push(hub.subscribe(user(1), None).expect("room again"));
        drop(held);
        assert!(!hub.is_watched());
        assert!(hub.lock().of_order.is_empty() && hub.lock().of_user.is_empty());
        let crowd = u128::try_from(STREAMS_MAX).expect("a number");
        let _crowd: Vec<Subscription> =
            (0..crowd).map(|number| hub.subscribe(user(number), None).expect("room")).collect();
        assert_eq!(hub.subscribe(user(crowd), None).err(), Some(Refused::Process));
    }
}
