//! The explorations. Each is wide in some respects and narrow in others; all of it at once would not end.

use order::domain::CancelledBy::{Admin, Buyer, System};

use super::properties::Reach;
use super::{Config, Wish};

const PAYS_WITH_ORDER: Wish = Wish { quantities: [1, 0], pays_with_order: true };
const PAYS_BY_HAND: Wish = Wish { quantities: [1, 0], pays_with_order: false };

fn plain(name: &'static str) -> Config {
    Config {
        name,
        stock: [1, 0],
        orders: vec![PAYS_WITH_ORDER],
        competitor: false,
        cancels: vec![Buyer],
        declines: 0,
        error_after_charge: false,
        faults: 0,
        deadlines: true,
        webhooks: true,
        after_sales: false,
        reaches: vec![],
    }
}

pub fn late_payment() -> Config {
    Config {
        competitor: true,
        error_after_charge: true,
        reaches: vec![
            Reach::Paid,
            Reach::OutOfStock,
            Reach::Expired,
            Reach::Buyer,
            Reach::LatePayment,
            Reach::StockTakenAgain,
            Reach::UnknownTurnsPaid,
            Reach::ChargeAfterCancel,
        ],
        ..plain("one order and a competitor for the last unit")
    }
}

pub fn after_sales() -> Config {
    Config {
        stock: [2, 0],
        orders: vec![Wish { quantities: [2, 0], pays_with_order: true }],
        cancels: vec![Buyer, Admin, System],
        after_sales: true,
        reaches: vec![Reach::Admin, Reach::Shipped, Reach::PartOfItBack, Reach::PaidThenCancelled],
        ..plain("one order, cancelled by anybody, shipped in parts, and partly refunded by hand")
    }
}

pub fn declined() -> Config {
    Config {
        orders: vec![PAYS_BY_HAND],
        declines: 3,
        reaches: vec![Reach::Paid, Reach::PaymentFailed, Reach::PaidAfterDecline, Reach::Expired],
        ..plain("a buyer who pays by hand and is declined up to three times")
    }
}

pub fn two_orders() -> Config {
    Config {
        orders: vec![PAYS_WITH_ORDER, PAYS_WITH_ORDER],
        cancels: vec![],
        deadlines: false,
        webhooks: false,
        reaches: vec![Reach::Paid, Reach::OutOfStock, Reach::LatePayment],
        ..plain("two orders for the last unit")
    }
}

pub fn two_skus() -> Config {
    Config {
        stock: [1, 2],
        orders: vec![Wish { quantities: [1, 2], pays_with_order: true }],
        competitor: true,
        reaches: vec![Reach::Paid, Reach::OutOfStock, Reach::LatePayment, Reach::StockTakenAgain],
        ..plain("an order of two SKUs, of which a competitor wants one")
    }
}

pub fn faults() -> Config {
    Config {
        faults: 1,
        reaches: vec![Reach::Paid, Reach::CancelOvertakes, Reach::UnknownTurnsPaid, Reach::ChargeAfterCancel],
        ..plain("one order and a fault: repeats, crashes, replays, lost and late calls")
    }
}

pub fn late_charge() -> Config {
    Config {
        orders: vec![PAYS_BY_HAND],
        cancels: vec![],
        declines: 1,
        faults: 1,
        webhooks: false,
        reaches: vec![Reach::Paid, Reach::PaidAfterDecline, Reach::UnknownTurnsPaid, Reach::GivenUpTooEarly],
        ..plain("a buyer who tries again while an earlier charge may still land")
    }
}
