//! The topics, what they keep, and where their dead letters go.

use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A topic of the contract; each has one producing service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    Order,
    Inventory,
    Payment,
    Catalog,
    Auth,
}

impl Topic {
    pub const ALL: [Topic; 5] = [Topic::Order, Topic::Inventory, Topic::Payment, Topic::Catalog, Topic::Auth];

    pub fn name(self) -> &'static str {
        match self {
            Topic::Order => "order.events",
            Topic::Inventory => "inventory.events",
            Topic::Payment => "payment.events",
            Topic::Catalog => "catalog.events",
            Topic::Auth => "auth.events",
        }
    }

    /// How long the broker keeps a record; `None` keeps it for ever.
    ///
    /// The saga's topics are kept for as long as a consumer's inbox remembers what it has seen, less a margin, so that a
    /// replay from the start still finds every repeat. The catalog is never forgotten: a projection is built from it.
    pub fn retention(self) -> Option<Duration> {
        match self {
            Topic::Order | Topic::Inventory | Topic::Payment | Topic::Auth => Some(28 * DAY),
            Topic::Catalog => None,
        }
    }

    /// The topic that `consumer` (a service's name) puts records of this topic into that it cannot apply.
    pub fn dead_letter(self, consumer: &str) -> String {
        format!("{}.{consumer}.dlq", self.name())
    }
}

/// How long dead letters stay on the broker: long enough to mend the cause over a holiday.
pub const DEAD_LETTER_RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);
