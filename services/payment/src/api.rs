//! The calls, by feature, and what they have in common.

pub mod confirm;
pub mod initiate;
pub mod refund;
pub mod show;
pub mod views;

use std::time::Duration;

use actix_web::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use proto_events::ids::OrderId;
use runtime::db::Pool;
use tokio::time::Instant;
use web::token::Role;
use web::{Caller, Problem};

use crate::domain::{Payment, Refused};
use crate::store;

/// A buyer who pays as soon as their order is shown as reserved may be faster than Kafka; the wait spares them an error.
const HEARING_PATIENCE: Duration = Duration::from_millis(1500);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// An order that is older than a reservation lasts, and was never heard of, is none.
const UNHEARD_ORDER_AGE_MAX: TimeDelta = TimeDelta::minutes(15);
/// Clocks of two machines may differ by this.
const CLOCK_LEEWAY: TimeDelta = TimeDelta::minutes(1);

/// Waits a moment for what was heard of an order to be `enough`. It may still not be, afterwards.
async fn hear_of(pool: &Pool, order_id: OrderId, enough: impl Fn(&Payment) -> bool) -> Result<(), Problem> {
    let patience = Instant::now() + HEARING_PATIENCE;
    loop {
        let mut conn = pool.get().await?;
        let stored = store::read(&mut conn, vec![order_id]).await?;
        drop(conn);
        let hopeless = stored.is_empty() && !may_be_on_its_way(order_id, Utc::now());
        if hopeless || stored.iter().any(|stored| enough(&stored.payment)) || Instant::now() >= patience {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Ids tell when they were made, so that made-up ones are not waited for.
fn may_be_on_its_way(order_id: OrderId, now: DateTime<Utc>) -> bool {
    let made_at = order_id.0.get_timestamp().and_then(|time| {
        let (seconds, nanoseconds) = time.to_unix();
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanoseconds)
    });
    made_at.is_some_and(|at| (-CLOCK_LEEWAY..=UNHEARD_ORDER_AGE_MAX).contains(&(now - at)))
}

/// Of an order that was not heard of, and whose owner is therefore not known.
fn not_heard_of(order_id: OrderId) -> Problem {
    if may_be_on_its_way(order_id, Utc::now()) { not_ready() } else { Problem::not_found() }
}

fn not_ready() -> Problem {
    let detail = "The order's reservation has not been heard of here yet.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).retry_after(1)
}

/// Lets the order's owner pass. An admin sees the payment, but does not pay for others.
fn check_owner(payment: &Payment, caller: &Caller) -> Result<(), Problem> {
    match &payment.ordered {
        Some(ordered) if ordered.user_id == caller.user_id() => Ok(()),
        Some(_) if caller.has(Role::Admin) => Err(Problem::forbidden("Only the buyer pays for an order.")),
        Some(_) => Err(Problem::not_found()),
        None => Err(not_heard_of(payment.order_id)),
    }
}

/// Whether this caller may look at a payment.
fn may_see(payment: &Payment, caller: &Caller) -> bool {
    payment.ordered.as_ref().is_some_and(|ordered| ordered.user_id == caller.user_id() || caller.has(Role::Admin))
}

/// A refusal of the core in the words of the API.
fn problem(refused: Refused) -> Problem {
    match refused {
        Refused::NotReady => not_ready(),
        Refused::PaymentClosed(reason) => {
            Problem::conflict("payment_closed", "This order can no longer be paid.").with("reason", reason.as_str())
        }
        Refused::AlreadyPaid => Problem::conflict("already_paid", "This order is paid."),
        // It asks to wait, so that the key is free for another try.
        Refused::PaymentInProgress => {
            Problem::conflict("payment_in_progress", "The outcome of an earlier attempt is not known yet.")
                .retry_after(1)
        }
        Refused::RefundExceedsCapture { left_minor } => {
            Problem::conflict("refund_exceeds_capture", "That is more than is left to be refunded.")
                .with("left_minor", left_minor)
        }
        Refused::CancelInstead => {
            let detail = "Nothing of this order has been shipped: cancelling it gives all of the money back.";
            Problem::conflict("cancel_instead", detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn only_young_orders_are_waited_for() {
        let order = OrderId(Uuid::now_v7());
        let now = Utc::now();
        assert!(may_be_on_its_way(order, now));
        assert!(may_be_on_its_way(order, now - TimeDelta::seconds(50)));
        assert!(!may_be_on_its_way(order, now + TimeDelta::minutes(16)));
        assert!(!may_be_on_its_way(order, now - TimeDelta::minutes(2)));
        assert!(!may_be_on_its_way(OrderId(Uuid::nil()), now));
        assert!(!may_be_on_its_way(OrderId(Uuid::new_v4()), now));
    }
}
