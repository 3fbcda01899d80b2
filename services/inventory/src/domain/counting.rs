//! Staff's changes of the stock itself, and what a buyer sees of it.

use chrono::{DateTime, Utc};
use proto_events::ids::UserId;

use super::warehouse::announce_low;
use super::{LOW_STOCK, Movement, MovementKind, ON_HAND_MAX, Said, Stock};

/// Why staff's change is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeRefused {
    /// It would leave less than what is promised to buyers.
    StockReserved { reserved: i64 },
    /// It would leave more than [`ON_HAND_MAX`].
    TooMuch,
}

/// Who changes the stock and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub actor: UserId,
    pub reason: String,
    pub at: DateTime<Utc>,
}

/// A changed stock, its movement (none where nothing moved), and what is said of it.
pub type Changed = (Stock, Option<Movement>, Vec<Said>);

/// Books a count: `counted` was found where `book` was expected. The difference moves the stock, so that what was sold
/// since the expectation was read stays sold.
///
/// # Errors
/// When it would leave less than is reserved, or more than a SKU can have.
pub fn count(stock: Stock, counted: i64, book: i64, change: Change) -> Result<Changed, ChangeRefused> {
    let delta = counted.checked_sub(book).ok_or(ChangeRefused::TooMuch)?;
    moved(stock, delta, MovementKind::Count, change)
}

/// Adds or takes away.
///
/// # Errors
/// When it would leave less than is reserved, or more than a SKU can have.
pub fn adjust(stock: Stock, delta: i64, change: Change) -> Result<Changed, ChangeRefused> {
    moved(stock, delta, MovementKind::Adjustment, change)
}

fn moved(mut stock: Stock, delta: i64, kind: MovementKind, change: Change) -> Result<Changed, ChangeRefused> {
    let reserved = stock.reserved;
    let on_hand = stock.on_hand.checked_add(delta).filter(|on_hand| *on_hand <= ON_HAND_MAX);
    let on_hand = on_hand.ok_or(ChangeRefused::TooMuch)?;
    if on_hand < reserved {
        return Err(ChangeRefused::StockReserved { reserved });
    }
    stock.on_hand = on_hand;
    // A count that found what was expected is a change too: whoever counted next to it must look again.
    stock.version += 1;
    let movement = (delta != 0).then(|| Movement {
        sku: stock.sku.clone(),
        kind,
        delta,
        on_hand_after: on_hand,
        reason: change.reason,
        actor: Some(change.actor),
        order_id: None,
        at: change.at,
    });
    let said = announce_low(&mut stock).into_iter().collect();
    Ok((stock, movement, said))
}

/// What a buyer sees: never how many there are, except when few are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    InStock,
    LowStock { left: i64 },
    OutOfStock,
}

impl Availability {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Availability::InStock => "IN_STOCK",
            Availability::LowStock { .. } => "LOW_STOCK",
            Availability::OutOfStock => "OUT_OF_STOCK",
        }
    }
}

/// What a buyer sees of `available` units.
pub fn availability(available: i64) -> Availability {
    if available <= 0 {
        Availability::OutOfStock
    } else if available <= LOW_STOCK {
        Availability::LowStock { left: available }
    } else {
        Availability::InStock
    }
}
