//! What has to hold always, and what has to be met at least once so that the model is not about nothing.

use inventory::domain::{Origin, State};
use order::domain::{CancelReason, Status, cancel_reason, status};
use proto_events::inventory::v1::ReleaseReason;
use proto_events::payment::v1::FailureReason;
use proto_events::{Event, EventType};
use stateright::Property;

use super::step::{progress, said_success};
use super::world::{OneOrder, World, sku};
use super::{Config, Saga};

/// Something that has to be met at least once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Paid,
    Shipped,
    OutOfStock,
    PaymentFailed,
    Expired,
    Buyer,
    Admin,
    LatePayment,
    StockTakenAgain,
    CancelOvertakes,
    UnknownTurnsPaid,
    PartOfItBack,
    ChargeAfterCancel,
    PaidAfterDecline,
    PaidThenCancelled,
    GivenUpTooEarly,
}

/// The properties of an exploration.
pub fn properties(config: &Config) -> Vec<Property<Saga>> {
    let mut properties = vec![
        Property::always("nothing is sold twice, and nothing is negative", |saga: &Saga, world: &World| {
            shelf_adds_up(&saga.config, world)
        }),
        Property::always("the ledger adds up to what is on hand", |_, world: &World| ledger_adds_up(world)),
        Property::always("a cancelled order stays cancelled", |_, world: &World| {
            world.orders.iter().all(|one| !one.was_cancelled || status(&one.order) == Status::Cancelled)
        }),
        Property::always("every word is said once", |_, world: &World| world.orders.iter().all(says_each_word_once)),
        Property::always("no more goes back than was captured", |_, world: &World| {
            world.orders.iter().all(|one| one.gateway.refunded_minor() <= one.gateway.captured_minor())
        }),
        Property::always("paid means sold and captured", |_, world: &World| {
            world.orders.iter().all(|one| paid_means_sold_and_captured(world, one))
        }),
        Property::always("paid is said when it is so", |_, world: &World| {
            world.orders.iter().all(says_paid_when_it_is)
        }),
        Property::always("what left is not cancelled", |_, world: &World| {
            world.orders.iter().all(|one| one.shipments.is_empty() || status(&one.order) != Status::Cancelled)
        }),
        Property::always("nothing is charged that is not held", |_, world: &World| {
            let charged = |one: &OneOrder| one.gateway.captured_minor() > 0;
            world.orders.iter().all(|one| !charged(one) || one.logs.count(EventType::InventoryReserved) == 1)
        }),
        Property::always("no final word while an attempt is open", |_, world: &World| {
            let mut payments = world.orders.iter().filter_map(|one| one.payment.as_ref());
            payments.all(|payment| payment.final_word.is_none() || payment.open_attempt().is_none())
        }),
        Property::always("payment gives up for a cancel only what is cancelled", |_, world: &World| {
            let cancelled = |one: &OneOrder| one.order.facts.cancel_requested.is_some();
            world.orders.iter().all(|one| !one.logs.has(is_cancelled_payment) || cancelled(one))
        }),
        Property::always("no attempt starts on a hold that is known to be over", |_, world: &World| {
            let over = |one: &OneOrder| state(world, one) == Some(State::Expired) && one.logs.all_read();
            world.orders.iter().all(|one| !over(one) || !one.payment.as_ref().is_some_and(takes_attempts))
        }),
        Property::always("what is cancelled, once heard, waits for no timer", |_, world: &World| {
            world.orders.iter().all(|one| cancelled_waits_for_no_timer(world, one))
        }),
        Property::always("quiet means settled", |saga: &Saga, world: &World| quiet_means_settled(saga, world)),
    ];
    properties.extend(config.reaches.iter().map(|reach| reachable(*reach)));
    properties
}

fn shelf_adds_up(config: &Config, world: &World) -> bool {
    (0..).zip(config.stock).filter(|(_, first)| *first > 0).all(|(index, first)| {
        let stock = &world.warehouse.stock[&sku(index)];
        let in_state = |state| -> i64 {
            let rows = world.warehouse.reservations.values().filter(|row| row.state == state);
            rows.filter_map(|row| row.lines.get(&stock.sku)).sum()
        };
        let adds_up = stock.reserved == in_state(State::Held) && stock.on_hand + in_state(State::Committed) == first;
        adds_up && 0 <= stock.reserved && stock.reserved <= stock.on_hand
    })
}

fn ledger_adds_up(world: &World) -> bool {
    world.warehouse.stock.values().all(|stock| world.ledger.get(&stock.sku) == Some(&stock.on_hand))
}

fn says_each_word_once(one: &OneOrder) -> bool {
    let said = |event_type| one.logs.count(event_type);
    said(EventType::PaymentSuccess) + said(EventType::PaymentFailed) <= 1
        && said(EventType::OrderPaid) <= 1
        && said(EventType::OrderCancelled) <= 1
        && said(EventType::InventoryReserved) + said(EventType::InventoryRejected) <= 1
        && said(EventType::InventoryCommitted) + said(EventType::InventoryCommitRejected) <= 1
        && said(EventType::PaymentRefunded) == one.payment.as_ref().map_or(0, refunds_done)
}

fn says_paid_when_it_is(one: &OneOrder) -> bool {
    match status(&one.order) {
        Status::Paid | Status::Shipped | Status::Delivered => one.logs.count(EventType::OrderPaid) == 1,
        Status::Created | Status::PaymentPending => one.logs.count(EventType::OrderPaid) == 0,
        Status::Cancelled => true, // It may have been paid before.
    }
}

fn refunds_done(payment: &payment::domain::Payment) -> usize {
    payment.refunds.iter().filter(|refund| refund.state == payment::domain::RefundState::Succeeded).count()
}

/// Holds at every moment, not only when all is quiet: nobody packs what is not there, or not paid for.
fn paid_means_sold_and_captured(world: &World, one: &OneOrder) -> bool {
    match status(&one.order) {
        Status::Paid | Status::Shipped | Status::Delivered => {
            // A cancel may be on its way, but not one that the order does not know of.
            state(world, one) == Some(State::Committed) && one.gateway.captured_minor() == one.order.total_minor
        }
        Status::Created | Status::PaymentPending | Status::Cancelled => true,
    }
}

/// Timers would bring stock back too, but minutes later.
fn cancelled_waits_for_no_timer(world: &World, one: &OneOrder) -> bool {
    let heard = status(&one.order) == Status::Cancelled && one.logs.all_read();
    let keeps_stock = matches!(state(world, one), Some(State::Held | State::Committed));
    !heard || !(keeps_stock || one.payment.as_ref().is_some_and(takes_attempts))
}

fn takes_attempts(payment: &payment::domain::Payment) -> bool {
    payment.closed.is_none() && payment.final_word.is_none()
}

fn state(world: &World, one: &OneOrder) -> Option<State> {
    world.warehouse.reservations.get(&one.order.id).filter(|row| row.origin == Origin::Saga).map(|row| row.state)
}

/// Where nothing comes by itself any more, every order is paid or cancelled, and the shelf and the money agree.
fn quiet_means_settled(saga: &Saga, world: &World) -> bool {
    let mut left = vec![];
    (0..world.orders.len()).for_each(|index| progress(&saga.config, world, index, &mut left));
    !left.is_empty() || world.orders.iter().all(|one| settled(world, one))
}

fn settled(world: &World, one: &OneOrder) -> bool {
    let captured = one.gateway.captured_minor();
    let refunded = one.gateway.refunded_minor();
    let books_agree = one.payment.as_ref().is_some_and(|payment| {
        let back = payment.refunds_in(payment::domain::RefundState::Succeeded);
        payment.captured_minor == captured && back == refunded && payment.open_attempt().is_none()
    });
    books_agree
        && match status(&one.order) {
            Status::Created | Status::PaymentPending => false,
            Status::Paid | Status::Shipped | Status::Delivered => {
                let in_full = captured == one.order.total_minor && refunded == one.refunded_by_hand_minor;
                state(world, one) == Some(State::Committed) && in_full && said_success(one)
            }
            Status::Cancelled => {
                let stock_is_back = match state(world, one) {
                    Some(State::Released | State::Expired | State::Returned | State::Rejected) => true,
                    Some(State::Held | State::Committed) | None => false,
                };
                stock_is_back && captured == refunded
            }
        }
}

fn any(world: &World, holds: impl Fn(&OneOrder) -> bool) -> bool {
    world.orders.iter().any(holds)
}

fn cancelled_for(world: &World, reason: CancelReason) -> bool {
    any(world, |one| cancel_reason(&one.order) == Some(reason))
}

fn is_paid(one: &OneOrder) -> bool {
    status(&one.order) == Status::Paid
}

fn reachable(reach: Reach) -> Property<Saga> {
    match reach {
        Reach::Paid => Property::sometimes("an order is paid", |_, world: &World| any(world, is_paid)),
        Reach::Shipped => Property::sometimes("an order is shipped", |_, world: &World| {
            any(world, |one| status(&one.order) == Status::Shipped)
        }),
        Reach::OutOfStock => Property::sometimes("an order is cancelled: out of stock", |_, world: &World| {
            cancelled_for(world, CancelReason::OutOfStock)
        }),
        Reach::PaymentFailed => Property::sometimes("an order is cancelled: payment failed", |_, world: &World| {
            cancelled_for(world, CancelReason::PaymentFailed)
        }),
        Reach::Expired => Property::sometimes("an order is cancelled: expired", |_, world: &World| {
            cancelled_for(world, CancelReason::Expired)
        }),
        Reach::Buyer => Property::sometimes("an order is cancelled: by its buyer", |_, world: &World| {
            cancelled_for(world, CancelReason::Buyer)
        }),
        Reach::Admin => Property::sometimes("an order is cancelled: by an admin", |_, world: &World| {
            cancelled_for(world, CancelReason::Admin)
        }),
        Reach::LatePayment => Property::sometimes("a payment comes too late, and goes back", |_, world: &World| {
            let back = |one: &OneOrder| one.gateway.refunded_minor() == one.order.total_minor;
            any(world, |one| cancel_reason(&one.order) == Some(CancelReason::LatePayment) && back(one))
        }),
        Reach::StockTakenAgain => Property::sometimes("a late payment takes the stock again", |_, world: &World| {
            any(world, |one| is_paid(one) && one.logs.has(is_expiry))
        }),
        Reach::CancelOvertakes => Property::sometimes("a cancel overtakes the order", |_, world: &World| {
            any(world, |one| {
                let row = world.warehouse.reservations.get(&one.order.id);
                one.logs.all_read() && row.is_some_and(|row| row.state == State::Released && row.lines.is_empty())
            })
        }),
        Reach::UnknownTurnsPaid => Property::sometimes("an unknown outcome turns out paid", |_, world: &World| {
            any(world, |one| is_paid(one) && one.logs.count(EventType::PaymentUnknown) > 0)
        }),
        Reach::PartOfItBack => Property::sometimes("a part of the money goes back", |_, world: &World| {
            any(world, |one| is_paid(one) && one.gateway.refunded_minor() == 1)
        }),
        Reach::ChargeAfterCancel => {
            Property::sometimes("a charge lands after the cancel, and goes back", |_, world: &World| {
                let back = |one: &OneOrder| one.logs.count(EventType::PaymentRefunded) > 0;
                any(world, |one| one.logs.has(is_cancelled_payment) && back(one))
            })
        }
        Reach::PaidAfterDecline => Property::sometimes("an order is paid after a decline", |_, world: &World| {
            any(world, |one| is_paid(one) && one.gateway.declines() > 0)
        }),
        Reach::PaidThenCancelled => {
            Property::sometimes("a paid order is cancelled, and all goes back", |_, world: &World| {
                let back = |one: &OneOrder| one.gateway.refunded_minor() == one.order.total_minor;
                any(world, |one| one.logs.count(EventType::OrderPaid) > 0 && one.was_cancelled && back(one))
            })
        }
        Reach::GivenUpTooEarly => {
            Property::sometimes("a charge lands after all was given up, and goes back", |_, world: &World| {
                let back = |one: &OneOrder| one.gateway.refunded_minor() == one.order.total_minor;
                any(world, |one| {
                    one.order.facts.failed.is_some() && one.order.facts.cancel_requested.is_none() && back(one)
                })
            })
        }
    }
}

fn is_expiry(event: &Event) -> bool {
    matches!(event, Event::InventoryReleased(released) if released.reason() == ReleaseReason::Expired)
}

fn is_cancelled_payment(event: &Event) -> bool {
    matches!(event, Event::PaymentFailed(failed) if failed.reason() == FailureReason::Cancelled)
}
