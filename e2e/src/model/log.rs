//! Kafka, as far as the saga is concerned: one append-only log per topic and order, and how far each consumer has read it.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use proto_events::{Event, EventType, Topic};

/// A service that reads events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consumer {
    Order,
    Inventory,
    Payment,
}

/// Who reads which topic.
pub const SUBSCRIPTIONS: [(Consumer, Topic); 6] = [
    (Consumer::Inventory, Topic::Order),
    (Consumer::Payment, Topic::Order),
    (Consumer::Order, Topic::Inventory),
    (Consumer::Payment, Topic::Inventory),
    (Consumer::Order, Topic::Payment),
    (Consumer::Inventory, Topic::Payment),
];

/// An event on a log, with what each service reads in it.
#[derive(Debug)]
pub struct Message {
    pub event: Event,
    pub event_type: EventType,
    pub to_order: Option<order::domain::Fact>,
    pub to_inventory: Option<inventory::domain::Fact>,
    pub to_payment: Option<payment::domain::Fact>,
    bytes: Vec<u8>,
}

impl Message {
    fn new(event: Event) -> Self {
        Self {
            event_type: event.event_type(),
            to_order: order::domain::Fact::read(&event).expect("a service emits what the order can read"),
            to_inventory: inventory::domain::Fact::read(&event).expect("a service emits what inventory can read"),
            to_payment: payment::domain::Fact::read(&event).expect("a service emits what payment can read"),
            bytes: event.encode(),
            event,
        }
    }

    fn wanted_by(&self, consumer: Consumer) -> bool {
        match consumer {
            Consumer::Order => self.to_order.is_some(),
            Consumer::Inventory => self.to_inventory.is_some(),
            Consumer::Payment => self.to_payment.is_some(),
        }
    }
}

/// The three topics of one order, and the offsets.
#[derive(Debug, Clone, PartialEq, Hash, Default)]
pub struct Logs {
    topics: [Vec<Arc<Message>>; 3],
    /// Per subscription: the first that is not read.
    offsets: [usize; SUBSCRIPTIONS.len()],
    /// Per subscription: the ORDER_CANCELLED that was applied before its turn, and is not applied again in it.
    passed: [Option<usize>; SUBSCRIPTIONS.len()],
}

impl Logs {
    pub fn append(&mut self, events: Vec<Event>) {
        for event in events {
            let topic = index(event.event_type().topic());
            self.topics[topic].push(Arc::new(Message::new(event)));
        }
        for subscription in 0..SUBSCRIPTIONS.len() {
            self.skip_unwanted(subscription);
        }
    }

    /// What `subscription` reads next.
    pub fn next(&self, subscription: usize) -> Option<&Arc<Message>> {
        self.topic(subscription).get(self.offsets[subscription])
    }

    pub fn advance(&mut self, subscription: usize) {
        self.offsets[subscription] += 1;
        self.skip_unwanted(subscription);
    }

    /// Starts to read the topic anew, with all that is in it.
    pub fn rewind(&mut self, subscription: usize) {
        self.offsets[subscription] = 0;
        self.passed[subscription] = None;
        self.skip_unwanted(subscription);
    }

    pub fn has_read_any(&self, subscription: usize) -> bool {
        let read = &self.topic(subscription)[..self.offsets[subscription]];
        read.iter().any(|message| message.wanted_by(SUBSCRIPTIONS[subscription].0))
    }

    /// Whether an ORDER_CANCELLED waits behind something else, as behind a parked ORDER_CREATED.
    pub fn cancel_waits(&self, subscription: usize) -> bool {
        self.waiting_cancel(subscription).is_some()
    }

    /// Takes the ORDER_CANCELLED that waits behind something else.
    pub fn take_waiting_cancel(&mut self, subscription: usize) -> Option<Arc<Message>> {
        let position = self.waiting_cancel(subscription)?;
        self.passed[subscription] = Some(position);
        Some(self.topic(subscription)[position].clone())
    }

    fn waiting_cancel(&self, subscription: usize) -> Option<usize> {
        let is_cancel = |message: &Arc<Message>| message.event_type == EventType::OrderCancelled;
        let position = self.topic(subscription).iter().position(is_cancel)?;
        let waits = position > self.offsets[subscription] && self.passed[subscription].is_none();
        waits.then_some(position)
    }

    pub fn all_read(&self) -> bool {
        (0..SUBSCRIPTIONS.len()).all(|subscription| self.next(subscription).is_none())
    }

    /// How many events of a type were said.
    pub fn count(&self, event_type: EventType) -> usize {
        let topic = &self.topics[index(event_type.topic())];
        topic.iter().filter(|message| message.event_type == event_type).count()
    }

    pub fn has(&self, matches: impl Fn(&Event) -> bool) -> bool {
        self.topics.iter().flatten().any(|message| matches(&message.event))
    }

    fn topic(&self, subscription: usize) -> &[Arc<Message>] {
        &self.topics[index(SUBSCRIPTIONS[subscription].1)]
    }

    /// What a consumer has no use for changes nothing, so that it need not be a step.
    fn skip_unwanted(&mut self, subscription: usize) {
        let consumer = SUBSCRIPTIONS[subscription].0;
        let passed = self.passed[subscription];
        let unwanted = |logs: &Self| {
            let message = logs.next(subscription);
            message.is_some_and(|m| !m.wanted_by(consumer) || passed == Some(logs.offsets[subscription]))
        };
        while unwanted(self) {
            self.offsets[subscription] += 1;
        }
    }
}

fn index(topic: Topic) -> usize {
    match topic {
        Topic::Order => 0,
        Topic::Inventory => 1,
        Topic::Payment => 2,
        Topic::Catalog | Topic::Auth => unreachable!("no event of the saga is on {topic:?}"),
    }
}

impl Hash for Message {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.event_type.hash(state);
        self.bytes.hash(state);
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.event_type == other.event_type && self.bytes == other.bytes
    }
}
