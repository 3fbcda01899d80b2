//! The calls, by feature.

pub mod actions;
mod change;
pub mod events;
pub mod place;
pub mod read;
pub mod summary;
pub mod timeline;
pub mod view;

use std::sync::OnceLock;

use messaging::Wake;
use proto_events::ids::{OrderId, UserId};
use runtime::Lifecycle;
use runtime::db::Pool;
use web::token::Role;
use web::{Caller, Problem};

use crate::admission::Admission;
use crate::domain::Order;
use crate::feed::Hub;
use crate::intake::Intake;

use summary::Summaries;

/// What the handlers share. HTTP is served before the database is there, so that callers are told to wait instead of
/// finding nobody.
#[derive(Default)]
pub struct App(pub OnceLock<Parts>);

/// See [`App`].
pub struct Parts {
    pub pool: Pool,
    pub wake: Wake,
    pub intake: Intake,
    pub admission: Admission,
    pub feed: Hub,
    pub summaries: Summaries,
    /// Streams end when the process stops.
    pub lifecycle: Lifecycle,
}

impl App {
    /// # Errors
    /// 503 before the database was there for the first time.
    pub fn parts(&self) -> Result<&Parts, Problem> {
        self.0.get().ok_or_else(Problem::unavailable)
    }
}

/// Who looks at orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    pub user_id: UserId,
    pub is_admin: bool,
}

impl Viewer {
    pub fn of(caller: &Caller) -> Self {
        Self { user_id: caller.user_id(), is_admin: caller.has(Role::Admin) }
    }

    pub fn may_see(self, order: &Order) -> bool {
        self.is_admin || self.owns(order)
    }

    pub fn owns(self, order: &Order) -> bool {
        order.user_id == self.user_id
    }
}

/// A path's order. A text that is no id names nothing.
fn order_id(text: &str) -> Result<OrderId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}
