//! Folds what an order said and heard.

use chrono::{DateTime, Utc};
use order::domain::{
    CancelRequested, CancelledBy, Delivered, Fact, Facts, FailureReason, Order, RefundFailed, on_fact, status,
};
use proto_events::Event;
use proto_events::ids::{OrderId, UserId};
use proto_events::order::v1 as wire;
use uuid::Uuid;

use super::{History, difference};

pub const SERVICE: &str = "order";

/// How the order on record is another than the events make it; `None` when it is not.
pub fn differs(id: OrderId, history: &History, on_record: &[String]) -> Option<String> {
    match fold(id, history) {
        Some(order) => difference(on_record, &known(&order)),
        None => Some("its ORDER_CREATED is nowhere".to_owned()),
    }
}

fn fold(id: OrderId, history: &History) -> Option<Order> {
    // When things were heard is not on the topics, and nothing that is compared depends on it.
    let at = DateTime::<Utc>::UNIX_EPOCH;
    let created = history.order.iter().find_map(|event| match event {
        Event::OrderCreated(created) => Some(created),
        _ => None,
    })?;
    let total = created.total.clone().unwrap_or_default();
    let mut order = Order {
        id,
        user_id: created.user_id.parse().unwrap_or(UserId(Uuid::nil())),
        currency: total.currency,
        total_minor: total.amount_minor,
        created_at: at,
        facts: Facts::default(),
        event_seq: 0,
    };
    for event in &history.order {
        said(&mut order.facts, event, at);
    }
    for event in history.inventory.iter().chain(&history.payment) {
        if let Ok(Some(fact)) = Fact::read(event) {
            order = on_fact(order, &fact, at).0;
        }
    }
    Some(order)
}

/// What the order's own commands did, as they said it.
fn said(facts: &mut Facts, event: &Event, at: DateTime<Utc>) {
    match event {
        Event::OrderCancelled(cancelled) => {
            let by = match cancelled.by() {
                wire::CancelledBy::Buyer => CancelledBy::Buyer,
                wire::CancelledBy::Admin => CancelledBy::Admin,
                wire::CancelledBy::System | wire::CancelledBy::Unspecified => CancelledBy::System,
            };
            facts.cancel_requested = Some(CancelRequested { at, by, user_id: None, note: String::new() });
        }
        Event::OrderShipped(shipped) => {
            facts.first_shipped_at = Some(at);
            facts.shipped_at = facts.shipped_at.or(shipped.complete.then_some(at));
        }
        Event::OrderDelivered(_) => facts.delivered = Some(Delivered { at, by: UserId(Uuid::nil()) }),
        _ => {}
    }
}

/// In the words of the query.
fn known(order: &Order) -> Vec<String> {
    let facts = &order.facts;
    let plain = |there: bool, text: &str| there.then(|| text.to_owned());
    let failed = |reason: FailureReason| match reason {
        FailureReason::Declined => "failed DECLINED",
        FailureReason::Expired => "failed EXPIRED",
        FailureReason::Cancelled => "failed CANCELLED",
    };
    let cancelled = |by: CancelledBy| match by {
        CancelledBy::Buyer => "cancelled by BUYER",
        CancelledBy::Admin => "cancelled by ADMIN",
        CancelledBy::System => "cancelled by SYSTEM",
    };
    let refused = |failed: &RefundFailed| format!("refund refused {}", failed.amount_minor);
    let all = [
        Some(format!("status {}", status(order).as_str())),
        plain(facts.reserved.is_some(), "reserved"),
        plain(facts.rejected.is_some(), "rejected"),
        plain(facts.initiated_at.is_some(), "initiated"),
        plain(facts.unknown_at.is_some(), "unknown"),
        facts.paid.as_ref().map(|paid| format!("paid {}", paid.captured_minor)),
        facts.failed.as_ref().map(|fact| failed(fact.reason).to_owned()),
        plain(facts.committed_at.is_some(), "committed"),
        plain(facts.stock_lost.is_some(), "stock lost"),
        facts.cancel_requested.as_ref().map(|request| cancelled(request.by).to_owned()),
        facts.refunded.as_ref().map(|refunded| format!("refunded {}", refunded.total_minor)),
        facts.refund_failed.as_ref().map(refused),
        plain(facts.first_shipped_at.is_some(), "shipped in part"),
        plain(facts.shipped_at.is_some(), "shipped"),
        plain(facts.delivered.is_some(), "delivered"),
    ];
    all.into_iter().flatten().collect()
}
