//! What people and the watchdog ask of an order. Each may be refused, and then says why.

use chrono::{DateTime, Utc};
use proto_events::ids::{ItemId, OrderId, ProductId, SellerId, ShipmentId, UserId};
use proto_events::order::v1 as wire;
use proto_events::{Event, Money};

use super::status::{Action, Role, Status, allowed_actions, cancellable_until, overdue_at, status};
use super::{CancelRequested, CancelledBy, Delivered, Facts, Line, Order, Shipment, ShippedItem};

/// More lines than this do not fit one screen, one parcel or one event.
pub const LINES_MAX: usize = 50;
/// The most of one line; larger wishes are a matter for a salesperson.
pub const QUANTITY_MAX: u32 = 100;
/// The largest total, in minor units: the gateway takes eight digits.
pub const TOTAL_MINOR_MAX: i64 = 99_999_999;

/// A line as the buyer asked for it and the catalog prices it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedLine {
    pub id: ItemId,
    pub sku: String,
    pub product_id: ProductId,
    pub seller_id: Option<SellerId>,
    pub name: String,
    pub quantity: u32,
    pub unit_price_minor: i64,
    /// ISO 4217.
    pub currency: String,
}

/// All that a new order is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    pub id: OrderId,
    pub user_id: UserId,
    pub lines: Vec<PricedLine>,
    /// What the buyer was shown, in minor units and ISO 4217.
    pub expected_total: Option<(i64, String)>,
    /// Charged as soon as the stock is held.
    pub payment_method: Option<String>,
}

/// A new order with its lines and its ORDER_CREATED.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    pub order: Order,
    pub lines: Vec<Line>,
    pub events: Vec<Event>,
}

/// Why an order is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceRefused {
    /// Everything that is wrong with the lines, at once.
    Invalid(Vec<PlaceFault>),
    /// The lines are priced in more than one currency.
    CurrencyMismatch,
    /// The prices are others than the buyer was shown.
    PriceChanged { total_minor: i64, currency: String },
}

/// One thing that is wrong; `line` counts from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceFault {
    /// Not between 1 and [`LINES_MAX`] lines.
    LineCount,
    /// Not between 1 and [`QUANTITY_MAX`].
    Quantity { line: usize },
    /// The lines add up to nothing, or to more than [`TOTAL_MINOR_MAX`].
    Total,
}

/// Takes an order, or says all that is wrong with it. Stock is not looked at: the saga decides.
///
/// # Errors
/// When a limit is broken, the lines mix currencies, or the total is not the expected one.
pub fn place(new: NewOrder, now: DateTime<Utc>) -> Result<Placed, PlaceRefused> {
    let faults = line_faults(&new.lines);
    if !faults.is_empty() {
        return Err(PlaceRefused::Invalid(faults));
    }
    let currency = single_currency(&new.lines)?;
    let invalid_total = || PlaceRefused::Invalid(vec![PlaceFault::Total]);
    let lines: Option<Vec<Line>> = new.lines.into_iter().map(priced).collect();
    let lines = lines.ok_or_else(invalid_total)?;
    let total_minor = lines
        .iter()
        .try_fold(0i64, |sum, line| sum.checked_add(line.line_total_minor))
        .filter(|total| (1..=TOTAL_MINOR_MAX).contains(total))
        .ok_or_else(invalid_total)?;
    let as_expected = new.expected_total.is_none_or(|(minor, code)| minor == total_minor && code == currency);
    if !as_expected {
        return Err(PlaceRefused::PriceChanged { total_minor, currency });
    }
    let created = wire::OrderCreated {
        user_id: new.user_id.to_string(),
        lines: lines.iter().map(on_wire).collect(),
        total: Some(Money::new(total_minor, currency.clone())),
        payment_method: new.payment_method,
    };
    let order = Order {
        id: new.id,
        user_id: new.user_id,
        currency,
        total_minor,
        created_at: now,
        facts: Facts::default(),
        event_seq: 0,
    };
    Ok(Placed { order, lines, events: vec![created.into()] })
}

fn line_faults(lines: &[PricedLine]) -> Vec<PlaceFault> {
    if lines.is_empty() || lines.len() > LINES_MAX {
        return vec![PlaceFault::LineCount];
    }
    let out_of_range = |quantity: u32| !(1..=QUANTITY_MAX).contains(&quantity);
    let faulty = lines.iter().enumerate().filter(|(_, line)| out_of_range(line.quantity));
    faulty.map(|(line, _)| PlaceFault::Quantity { line }).collect()
}

fn single_currency(lines: &[PricedLine]) -> Result<String, PlaceRefused> {
    let mut currencies = lines.iter().map(|line| &line.currency);
    let first = currencies.next().ok_or_else(|| PlaceRefused::Invalid(vec![PlaceFault::LineCount]))?;
    if currencies.all(|currency| currency == first) { Ok(first.clone()) } else { Err(PlaceRefused::CurrencyMismatch) }
}

/// `None` when the price is negative or the line's total does not fit.
fn priced(line: PricedLine) -> Option<Line> {
    let line_total_minor = line.unit_price_minor.checked_mul(i64::from(line.quantity)).filter(|total| *total >= 0)?;
    Some(Line {
        id: line.id,
        sku: line.sku,
        product_id: line.product_id,
        seller_id: line.seller_id,
        name: line.name,
        quantity: line.quantity,
        unit_price_minor: line.unit_price_minor,
        line_total_minor,
    })
}

fn on_wire(line: &Line) -> wire::OrderLine {
    wire::OrderLine {
        item_id: line.id.to_string(),
        sku: line.sku.clone(),
        product_id: line.product_id.to_string(),
        quantity: line.quantity,
    }
}

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// `attempted` is nothing that can be done in status `from`; `allowed` is what can.
    InvalidTransition { from: Status, attempted: Action, allowed: Vec<Action> },
    /// Too late to cancel; `closed_at` where a time closed it rather than the goods' leaving.
    CancellationWindowClosed { from: Status, closed_at: Option<DateTime<Utc>> },
    /// A shipment names a line that the order does not have; `index` counts from 0 in the request.
    UnknownItem { index: usize },
    /// A shipment carries nothing, or more of a line than is still to be shipped.
    QuantityToShip { index: usize, remaining: u32 },
}

/// Cancels an order. Inventory and payment hear of it and give back what they hold.
///
/// # Errors
/// When the order is at its end, or `by` is too late.
pub fn cancel(mut order: Order, request: CancelRequested) -> Result<(Order, Vec<Event>), Refused> {
    check_cancel(&order, request.by, request.at)?;
    let event = wire::OrderCancelled { by: wire_by(request.by).into(), reason: request.note.clone() };
    order.facts.cancel_requested = Some(request);
    Ok((order, vec![event.into()]))
}

fn wire_by(by: CancelledBy) -> wire::CancelledBy {
    match by {
        CancelledBy::Buyer => wire::CancelledBy::Buyer,
        CancelledBy::Admin => wire::CancelledBy::Admin,
        CancelledBy::System => wire::CancelledBy::System,
    }
}

pub(super) fn check_cancel(order: &Order, by: CancelledBy, now: DateTime<Utc>) -> Result<(), Refused> {
    let from = status(order);
    let closed = |closed_at| Err(Refused::CancellationWindowClosed { from, closed_at });
    match from {
        Status::Created | Status::PaymentPending => match by {
            CancelledBy::Buyer | CancelledBy::Admin => Ok(()),
            CancelledBy::System if overdue_at(order).is_some_and(|at| at <= now) => Ok(()),
            CancelledBy::System => Err(invalid(order, Action::Cancel, now)),
        },
        Status::Paid if order.facts.first_shipped_at.is_some() => closed(None),
        Status::Paid => match by {
            CancelledBy::Admin => Ok(()),
            CancelledBy::Buyer => match cancellable_until(order) {
                Some(until) if now < until => Ok(()),
                until => closed(until),
            },
            CancelledBy::System => Err(invalid(order, Action::Cancel, now)),
        },
        Status::Shipped | Status::Delivered => closed(None),
        Status::Cancelled => Err(invalid(order, Action::Cancel, now)),
    }
}

/// What an admin could do instead; cancelling is left out where it is what was refused.
fn invalid(order: &Order, attempted: Action, now: DateTime<Utc>) -> Refused {
    let allowed = match attempted {
        Action::Cancel => vec![],
        Action::Pay | Action::Ship | Action::Deliver | Action::Refund => allowed_actions(order, Role::Admin, now),
    };
    Refused::InvalidTransition { from: status(order), attempted, allowed }
}

/// What an admin wants to ship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewShipment {
    pub id: ShipmentId,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    /// `None` ships all that is left.
    pub items: Option<Vec<LineToShip>>,
    pub by: UserId,
}

/// How many of a line to ship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineToShip {
    pub item_id: ItemId,
    pub quantity: u32,
}

/// Ships all or a part of a paid order; `shipments` are those that left before.
///
/// # Errors
/// When the order is not PAID, or the items are not the order's to ship.
pub fn ship(
    mut order: Order,
    lines: &[Line],
    shipments: &[Shipment],
    new: NewShipment,
    now: DateTime<Utc>,
) -> Result<(Order, Shipment, Vec<Event>), Refused> {
    if status(&order) != Status::Paid {
        return Err(invalid(&order, Action::Ship, now));
    }
    let mut remaining = remaining(lines, shipments);
    let items = match new.items {
        Some(wanted) => take(&mut remaining, &wanted)?,
        None => take_all(&mut remaining),
    };
    let complete = remaining.iter().all(|item| item.quantity == 0);
    let event = wire::OrderShipped { shipment_id: new.id.to_string(), complete };
    let shipment = Shipment {
        id: new.id,
        carrier: new.carrier,
        tracking_number: new.tracking_number,
        items,
        shipped_at: now,
        shipped_by: new.by,
        delivered_at: None,
    };
    order.facts.first_shipped_at.get_or_insert(now);
    if complete {
        order.facts.shipped_at = Some(now);
    }
    Ok((order, shipment, vec![event.into()]))
}

fn remaining(lines: &[Line], shipments: &[Shipment]) -> Vec<ShippedItem> {
    let shipped = |id: ItemId| -> u32 {
        let items = shipments.iter().flat_map(|shipment| &shipment.items);
        items.filter(|item| item.item_id == id).map(|item| item.quantity).sum()
    };
    lines
        .iter()
        .map(|line| ShippedItem { item_id: line.id, quantity: line.quantity.saturating_sub(shipped(line.id)) })
        .collect()
}

fn take_all(remaining: &mut [ShippedItem]) -> Vec<ShippedItem> {
    let items = remaining.iter().copied().filter(|item| item.quantity > 0).collect();
    remaining.iter_mut().for_each(|item| item.quantity = 0);
    items
}

fn take(remaining: &mut [ShippedItem], wanted: &[LineToShip]) -> Result<Vec<ShippedItem>, Refused> {
    if wanted.is_empty() {
        return Err(Refused::QuantityToShip { index: 0, remaining: 0 });
    }
    for (index, line) in wanted.iter().enumerate() {
        let left = remaining.iter_mut().find(|item| item.item_id == line.item_id);
        let left = left.ok_or(Refused::UnknownItem { index })?;
        if line.quantity == 0 || line.quantity > left.quantity {
            return Err(Refused::QuantityToShip { index, remaining: left.quantity });
        }
        left.quantity -= line.quantity;
    }
    Ok(wanted.iter().map(|line| ShippedItem { item_id: line.item_id, quantity: line.quantity }).collect())
}

/// Says that a shipped order arrived.
///
/// # Errors
/// When the order is not SHIPPED, that is, when lines of it have not left.
pub fn deliver(mut order: Order, by: UserId, now: DateTime<Utc>) -> Result<(Order, Vec<Event>), Refused> {
    if status(&order) != Status::Shipped {
        return Err(invalid(&order, Action::Deliver, now));
    }
    order.facts.delivered = Some(Delivered { at: now, by });
    Ok((order, vec![wire::OrderDelivered {}.into()]))
}
