//! The saga as a state machine to explore: every order in which events, answers, timers, faults and people can meet.
//!
//! The services' own `domain` functions run here, and nothing of them is written a second time. Around them stands what
//! they run on, in the worst shape that is promised:
//!
//! - [`log`]: Kafka. Order within a topic and aggregate, none across topics; events may be delivered again, singly
//!   (a crash between commit and offset) or from the topic's start. The inbox is left out: repeats are not dropped.
//! - [`gateway`]: calls that are lost on the way there or back, that arrive long after nobody listens any more, that
//!   charge and answer with an error; webhooks at any time and as often as they like.
//! - clocks: inventory's and payment's run apart, so that each timer may fire before or after anything.
//!
//! # Layout
//!
//! - [`Config`]: how much of everything there is: the bounds. [`Saga`] is the model.
//! - [`bounds`]: the explorations that `make model` runs. **A new scenario is one more there**, and in
//!   `tests/saga_model.rs`.
//! - [`world`]: the state. [`step`]: what can happen in it. [`properties`]: what has to hold.

pub mod bounds;
pub mod gateway;
pub mod log;
pub mod properties;
pub mod step;
pub mod world;

use std::fmt;

use stateright::{Model, Property};

use order::domain::CancelledBy;
use step::Action;
use world::World;

/// The bounds of an exploration.
#[derive(Debug, Clone)]
pub struct Config {
    pub name: &'static str,
    /// How many of SKU A and SKU B there are.
    pub stock: [i64; 2],
    pub orders: Vec<Wish>,
    /// Whether an admin reserves, confirms and releases one of A by hand.
    pub competitor: bool,
    /// Who may cancel.
    pub cancels: Vec<CancelledBy>,
    /// How many attempts of an order the gateway may decline.
    pub declines: usize,
    /// Whether the gateway may charge and answer with an error.
    pub error_after_charge: bool,
    /// How many faults there may be: repeated deliveries, replays of a topic, deaths and timeouts of a gateway call.
    pub faults: u8,
    /// Whether payment's clock can pass the deadline before it hears that the hold is over.
    pub deadlines: bool,
    /// Whether the gateway's webhooks come.
    pub webhooks: bool,
    /// Whether people give a part of the money back, and ship.
    pub after_sales: bool,
    /// The *sometimes* properties that have to be met.
    pub reaches: Vec<properties::Reach>,
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wish = |wish: &Wish| {
            let [a, b] = wish.quantities;
            format!("{a} A + {b} B {}", if wish.pays_with_order { "charged at once" } else { "paid by hand" })
        };
        let orders: Vec<String> = self.orders.iter().map(wish).collect();
        let [a, b] = self.stock;
        write!(f, "{}\n  stock: {a} A + {b} B; orders: {}; ", self.name, orders.join(", "))?;
        write!(f, "cancels by: {:?}; declines <= {}; faults <= {}", self.cancels, self.declines, self.faults)?;
        let also = [
            ("competitor", self.competitor),
            ("charge answered with an error", self.error_after_charge),
            ("payment's own deadline", self.deadlines),
            ("webhooks", self.webhooks),
            ("refund by hand, shipping", self.after_sales),
        ];
        also.iter().filter(|(_, on)| *on).try_for_each(|(name, _)| write!(f, "; {name}"))
    }
}

/// What a buyer wants.
#[derive(Debug, Clone)]
pub struct Wish {
    /// How many of SKU A and SKU B.
    pub quantities: [u32; 2],
    /// Whether the order carries a payment method; else the buyer confirms by hand.
    pub pays_with_order: bool,
}

/// The model.
#[derive(Debug, Clone)]
pub struct Saga {
    pub config: Config,
}

impl Model for Saga {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(&self.config)]
    }

    fn actions(&self, state: &World, actions: &mut Vec<Action>) {
        step::actions(&self.config, state, actions);
    }

    fn next_state(&self, state: &World, action: Action) -> Option<World> {
        step::next(state, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::properties(&self.config)
    }
}
