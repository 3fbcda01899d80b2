//! The state: the rows of the three services, the logs between them, the gateway, and the shelf.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use inventory::domain::{Context as InventoryContext, Movement, Said, Sku, Stock, Warehouse};
use order::domain::{Line, NewOrder, Order, PricedLine, Shipment, place};
use payment::domain::{Context as PaymentContext, Payment};
use proto_events::Event;
use proto_events::ids::{ItemId, OrderId, PaymentId, ProductId, ReservationId, UserId};
use uuid::Uuid;

use super::gateway::{Call, Gateway};
use super::log::Logs;
use super::{Config, Wish};

/// What one of anything costs. More than 1, so that a part of it can be given back.
pub const UNIT_PRICE_MINOR: i64 = 2;
pub const CURRENCY: &str = "EUR";
/// How long stock is held.
pub const TTL: TimeDelta = TimeDelta::minutes(15);
/// In whose name the competitor reserves.
pub const COMPETITOR: u128 = 0xC0;

/// Everything.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct World {
    pub warehouse: Warehouse,
    /// What the ledger's movements add up to, per SKU.
    pub ledger: BTreeMap<Sku, i64>,
    pub orders: Vec<OneOrder>,
    pub faults_left: u8,
}

/// One order as the three services know it.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct OneOrder {
    pub order: Order,
    pub lines: Vec<Line>,
    pub payment: Option<Payment>,
    /// Whether payment's clock is past the deadline, and inventory's past the hold.
    pub payment_is_late: bool,
    pub logs: Logs,
    pub gateway: Gateway,
    pub calls: Vec<Call>,
    pub shipments: Vec<Shipment>,
    pub refunded_by_hand_minor: i64,
    /// Whether it was CANCELLED at any time.
    pub was_cancelled: bool,
}

/// When everything begins.
pub fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

/// The SKU of the shelf's `index`.
pub fn sku(index: usize) -> Sku {
    ["A", "B"][index].parse().expect("a well-formed SKU")
}

impl World {
    pub fn new(config: &Config) -> Self {
        let mut world = Self {
            warehouse: Warehouse::default(),
            ledger: BTreeMap::new(),
            orders: vec![],
            faults_left: config.faults,
        };
        for (index, on_hand) in config.stock.into_iter().enumerate().filter(|(_, on_hand)| *on_hand > 0) {
            world.warehouse.stock.insert(sku(index), Stock { on_hand, ..Stock::new(sku(index)) });
            world.ledger.insert(sku(index), on_hand);
        }
        world.orders = (1..).zip(&config.orders).map(|(number, wish)| OneOrder::new(number, wish)).collect();
        world
    }

    /// Books the movements and puts what was said on the logs.
    pub fn said_by_inventory(&mut self, said: Vec<Said>) {
        for Movement { sku, delta, .. } in std::mem::take(&mut self.warehouse.movements) {
            *self.ledger.entry(sku).or_default() += delta;
        }
        for said in said {
            match said {
                Said::Order(id, event) => {
                    let order = self.orders.iter_mut().find(|one| one.order.id == id);
                    order.expect("inventory speaks of our orders only").logs.append(vec![event]);
                }
                Said::Sku(..) => {} // For staff, not for the saga.
            }
        }
    }
}

impl OneOrder {
    fn new(number: u128, wish: &Wish) -> Self {
        let line = |(index, quantity): (usize, u32)| PricedLine {
            id: ItemId(Uuid::from_u128(number * 16 + index as u128)),
            sku: sku(index).as_str().to_owned(),
            product_id: ProductId(Uuid::nil()),
            seller_id: None,
            name: String::new(),
            quantity,
            unit_price_minor: UNIT_PRICE_MINOR,
            currency: CURRENCY.to_owned(),
        };
        let wanted = wish.quantities.into_iter().enumerate().filter(|(_, quantity)| *quantity > 0);
        let new = NewOrder {
            id: OrderId(Uuid::from_u128(number)),
            user_id: UserId(Uuid::nil()),
            lines: wanted.map(line).collect(),
            expected_total: None,
            payment_method: wish.pays_with_order.then(|| "card".to_owned()),
        };
        let placed = place(new, start()).expect("an order within the limits");
        let mut logs = Logs::default();
        logs.append(placed.events);
        Self {
            order: placed.order,
            lines: placed.lines,
            payment: None,
            payment_is_late: false,
            logs,
            gateway: Gateway::default(),
            calls: vec![],
            shipments: vec![],
            refunded_by_hand_minor: 0,
            was_cancelled: false,
        }
    }

    /// Payment's row, made by whatever comes first.
    pub fn payment_row(&self) -> Payment {
        let id = PaymentId(self.order.id.0);
        self.payment.clone().unwrap_or_else(|| Payment::new(id, self.order.id))
    }

    /// Saves what payment's core returned. When its worker comes is not looked at: it may come at any time.
    pub fn save_payment(&mut self, (mut payment, events): (Payment, Vec<Event>)) {
        payment.due_at = None;
        payment.fruitless_calls = 0;
        self.payment = Some(payment);
        self.logs.append(events);
    }

    /// What surrounds payment's next step. Ids count up, so that states that mean the same are the same.
    pub fn payment_context(&self) -> PaymentContext {
        let rows = self.payment.as_ref().map_or(0, |payment| payment.attempts.len() + payment.refunds.len());
        let now = if self.payment_is_late { start() + TTL } else { start() };
        PaymentContext { now, fresh_id: Uuid::from_u128(1 + rows as u128) }
    }
}

/// What surrounds inventory's next step, `at` after the start.
pub fn inventory_context(order_id: OrderId, at: TimeDelta) -> InventoryContext {
    InventoryContext { now: start() + at, reservation_id: ReservationId(order_id.0), ttl: TTL }
}
