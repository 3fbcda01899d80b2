//! The rows of one transaction, and how quantities move in them. Nothing here knows why they move.

use std::collections::{BTreeMap, BTreeSet};

use proto_events::ids::OrderId;
use proto_events::inventory::v1 as wire;

use super::{Context, LOW_STOCK, Movement, MovementKind, Reservation, Said, Sku, Stock};

/// The locked rows that a batch works on, and the movements it made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Warehouse {
    /// A SKU without a row has no stock.
    pub stock: BTreeMap<Sku, Stock>,
    pub reservations: BTreeMap<OrderId, Reservation>,
    /// To be appended to the ledger, in order.
    pub movements: Vec<Movement>,
}

/// Quantities per SKU.
pub(super) type Lines = BTreeMap<Sku, i64>;

impl Warehouse {
    /// The lines of which there is not enough; empty when all can be had.
    pub(super) fn short_lines(&self, lines: &Lines) -> Vec<wire::ShortLine> {
        let available = |sku: &Sku| self.stock.get(sku).map_or(0, Stock::available);
        let short = lines.iter().filter(|(sku, quantity)| available(sku) < **quantity);
        short
            .map(|(sku, quantity)| wire::ShortLine {
                sku: sku.as_str().to_owned(),
                requested: u32::try_from(*quantity).unwrap_or(u32::MAX),
                available: available(sku),
            })
            .collect()
    }

    /// Keeps stock back. The caller has seen that there is enough.
    pub(super) fn hold(&mut self, lines: &Lines) {
        self.each(lines, |stock, quantity| stock.reserved += quantity);
    }

    /// Lets go of what was held.
    pub(super) fn let_go(&mut self, lines: &Lines) {
        self.each(lines, |stock, quantity| stock.reserved -= quantity);
    }

    /// Takes stock from the shelf.
    pub(super) fn sell(&mut self, order_id: OrderId, lines: &Lines, context: &Context) {
        self.each(lines, |stock, quantity| stock.on_hand -= quantity);
        self.book(order_id, lines, MovementKind::Sale, -1, context);
    }

    /// Puts stock back on the shelf.
    pub(super) fn put_back(&mut self, order_id: OrderId, lines: &Lines, context: &Context) {
        self.each(lines, |stock, quantity| stock.on_hand += quantity);
        self.book(order_id, lines, MovementKind::Return, 1, context);
    }

    fn each(&mut self, lines: &Lines, change: impl Fn(&mut Stock, i64)) {
        for (sku, quantity) in lines {
            // A row is never deleted, so what was once held of it can be moved.
            if let Some(stock) = self.stock.get_mut(sku) {
                change(stock, *quantity);
            }
        }
    }

    fn book(&mut self, order_id: OrderId, lines: &Lines, kind: MovementKind, sign: i64, context: &Context) {
        for (sku, quantity) in lines {
            if let Some(stock) = self.stock.get(sku) {
                self.movements.push(Movement {
                    sku: sku.clone(),
                    kind,
                    delta: sign * quantity,
                    on_hand_after: stock.on_hand,
                    reason: String::new(),
                    actor: None,
                    order_id: Some(order_id),
                    at: context.now,
                });
            }
        }
    }

    /// STOCK_LOW for each of the SKUs that has fallen to [`LOW_STOCK`] since it was last above.
    pub(super) fn announce_low(&mut self, lines: &Lines) -> Vec<Said> {
        lines.keys().filter_map(|sku| announce_low(self.stock.get_mut(sku)?)).collect()
    }

    /// The SKUs of a reservation, which moving it needs.
    pub(super) fn skus_of(&self, order_id: OrderId) -> BTreeSet<Sku> {
        self.reservations.get(&order_id).map(|row| row.lines.keys().cloned().collect()).unwrap_or_default()
    }
}

/// Says STOCK_LOW once per fall, and can say it again after the stock was above.
pub(super) fn announce_low(stock: &mut Stock) -> Option<Said> {
    let low = stock.available() <= LOW_STOCK;
    let fell = low && !stock.low_announced;
    stock.low_announced = low;
    fell.then(|| {
        let sku = stock.sku.as_str().to_owned();
        let event = wire::StockLow { sku, available: stock.available(), threshold: LOW_STOCK };
        Said::Sku(stock.sku.clone(), event.into())
    })
}
