//! The order: what is known of it, and what follows from that. Pure: time, ids and prices come in as arguments.
//!
//! # Layout
//!
//! - here: the [`Order`] and its [`Facts`].
//! - [`status`]: everything that is derived from the facts: status, payment, fulfilment, deadlines, allowed actions.
//! - [`commands`]: place, cancel, ship, deliver. **A command may be refused**, since somebody waits for the answer.
//! - [`reactions`]: what other services said. **An event cannot be refused**; facts commute and repeat harmlessly.
//! - [`timeline`]: the facts as people read them.
//!
//! The shell loads the order `FOR UPDATE`, calls one function, saves the order and appends the events to the outbox in
//! the same transaction. An event for an order that does not exist cannot happen (the order is written before its
//! ORDER_CREATED is), so the shell treats it as a permanent error.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

pub mod commands;
pub mod reactions;
pub mod status;
pub mod timeline;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use proto_events::ids::{ItemId, OrderId, ProductId, RefundId, SellerId, ShipmentId, UserId};
use serde::{Deserialize, Serialize};

pub use commands::{
    LineToShip, NewOrder, NewShipment, PlaceFault, PlaceRefused, Placed, PricedLine, Refused, cancel, deliver, place,
    ship,
};
pub use reactions::{Fact, Malformed, on_fact};
pub use status::{
    Action, CancelReason, FulfillmentStatus, PaymentStatus, Role, Status, allowed_actions, cancel_reason,
    cancellable_until, fulfillment_status, overdue_at, payment_status, status,
};
pub use timeline::{Actor, Detail, Entry, Service, timeline};

/// One order: the row that is locked. Its lines and shipments are rows of their own, needed for shipping only.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Order {
    pub id: OrderId,
    pub user_id: UserId,
    /// ISO 4217.
    pub currency: String,
    /// In the minor units of `currency`; above zero.
    pub total_minor: i64,
    pub created_at: DateTime<Utc>,
    pub facts: Facts,
    /// The last `aggregate_seq` that an event of this order used; the shell counts it on.
    pub event_seq: i64,
}

/// What has been heard of an order. A fact, once there, stays; each keeps the time at which our database recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Facts {
    pub reserved: Option<Reserved>,
    pub rejected: Option<Rejected>,
    pub initiated_at: Option<DateTime<Utc>>,
    pub unknown_at: Option<DateTime<Utc>>,
    pub paid: Option<Paid>,
    pub failed: Option<Failed>,
    pub committed_at: Option<DateTime<Utc>>,
    pub stock_lost: Option<StockLost>,
    pub cancel_requested: Option<CancelRequested>,
    pub refunded: Option<Refunded>,
    pub refund_failed: Option<RefundFailed>,
    /// The first shipment left, which may have been a part of the order.
    pub first_shipped_at: Option<DateTime<Utc>>,
    /// The last line left.
    pub shipped_at: Option<DateTime<Utc>>,
    pub delivered: Option<Delivered>,
}

/// Inventory holds the stock.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reserved {
    pub at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub payment_deadline: DateTime<Utc>,
}

/// Inventory could not hold the stock.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rejected {
    pub at: DateTime<Utc>,
    pub short_lines: Vec<ShortLine>,
}

/// A SKU of which there was not enough. (Stored as JSON, as are [`Line`] and [`ShippedItem`].)
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ShortLine {
    pub sku: String,
    pub requested: u32,
    pub available: i64,
}

/// Payment has the money.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Paid {
    pub at: DateTime<Utc>,
    pub captured_minor: i64,
}

/// Payment will not get the money.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Failed {
    pub at: DateTime<Utc>,
    pub reason: FailureReason,
    /// The gateway's code of the last decline, where there was one.
    pub decline_code: Option<String>,
}

/// Why there will be no money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureReason {
    Declined,
    Expired,
    Cancelled,
}

/// The money came after the hold had ended, and the stock was gone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StockLost {
    pub at: DateTime<Utc>,
    pub short_lines: Vec<ShortLine>,
}

/// Somebody cancelled the order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CancelRequested {
    pub at: DateTime<Utc>,
    pub by: CancelledBy,
    /// Who: nobody for the system.
    pub user_id: Option<UserId>,
    /// In the words of whoever cancelled; may be empty.
    pub note: String,
}

/// In which part somebody cancels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CancelledBy {
    Buyer,
    Admin,
    /// The watchdog: see [`overdue_at`].
    System,
}

/// The largest amount given back that has been heard of, and when it was.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refunded {
    pub at: DateTime<Utc>,
    pub total_minor: i64,
}

/// The gateway finally refused to give money back; of several, the one with the newest id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RefundFailed {
    pub at: DateTime<Utc>,
    pub refund_id: RefundId,
    pub amount_minor: i64,
    pub code: String,
}

/// All shipments arrived.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Delivered {
    pub at: DateTime<Utc>,
    /// The admin who said so.
    pub by: UserId,
}

/// A line of an order, priced when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    pub id: ItemId,
    pub sku: String,
    pub product_id: ProductId,
    /// `None` where the shop itself sells it.
    pub seller_id: Option<SellerId>,
    pub name: String,
    pub quantity: u32,
    /// For one, in minor units of the order's currency.
    pub unit_price_minor: i64,
    pub line_total_minor: i64,
}

/// What left the warehouse together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shipment {
    pub id: ShipmentId,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    pub items: Vec<ShippedItem>,
    pub shipped_at: DateTime<Utc>,
    /// The admin who shipped it.
    pub shipped_by: UserId,
    pub delivered_at: Option<DateTime<Utc>>,
}

/// How many of a line a shipment carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ShippedItem {
    pub item_id: ItemId,
    pub quantity: u32,
}
