//! The facts of an order as people read them, oldest first.

use chrono::{DateTime, Utc};
use proto_events::ids::UserId;

use super::{CancelledBy, Facts, FailureReason, Order, Shipment, ShortLine};

/// One fact of an order's timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub at: DateTime<Utc>,
    /// A stable name, such as `created` or `stock_reserved`.
    pub fact: &'static str,
    /// Who knew it first.
    pub service: Service,
    pub actor: Actor,
    pub detail: Vec<(&'static str, Detail)>,
}

/// The service that a fact comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Order,
    Inventory,
    Payment,
}

impl Service {
    pub fn as_str(self) -> &'static str {
        match self {
            Service::Order => "order",
            Service::Inventory => "inventory",
            Service::Payment => "payment",
        }
    }
}

/// Who made a fact come true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    User(UserId),
    Service(Service),
    /// A timer.
    System,
}

/// A value of a fact's detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    Text(String),
    Number(i64),
    Time(DateTime<Utc>),
    /// Minor units, in the order's currency.
    Amount(i64),
    ShortLines(Vec<ShortLine>),
}

/// All facts of the order in the order of their times; those of one moment in the order of the saga.
pub fn timeline(order: &Order, shipments: &[Shipment]) -> Vec<Entry> {
    let mut entries = vec![Entry {
        at: order.created_at,
        fact: "created",
        service: Service::Order,
        actor: Actor::User(order.user_id),
        detail: vec![("total", Detail::Amount(order.total_minor))],
    }];
    entries.extend(of_inventory(order));
    entries.extend(of_payment(order));
    entries.extend(of_people(order, shipments));
    entries.sort_by_key(|entry| entry.at);
    entries
}

/// The name of the fact that something left the warehouse, of which an order may have several.
pub const SHIPPED: &str = "shipped";

/// The names of the facts that an order did not have before, in the order of the saga: those of the [`timeline`], but for
/// `created` and [`SHIPPED`], which are none of its own facts.
pub fn news(was: &Facts, is: &Facts) -> Vec<&'static str> {
    // Taken apart in full: whoever adds a fact is asked for its name.
    let Facts {
        reserved,
        rejected,
        initiated_at,
        unknown_at,
        paid,
        failed,
        committed_at,
        stock_lost,
        cancel_requested,
        refunded,
        refund_failed,
        first_shipped_at: _,
        shipped_at: _,
        delivered,
    } = is;
    let facts = [
        ("stock_reserved", *reserved != was.reserved),
        ("stock_rejected", *rejected != was.rejected),
        ("payment_initiated", *initiated_at != was.initiated_at),
        ("payment_unknown", *unknown_at != was.unknown_at),
        ("payment_captured", *paid != was.paid),
        ("payment_failed", *failed != was.failed),
        ("stock_committed", *committed_at != was.committed_at),
        ("stock_lost", *stock_lost != was.stock_lost),
        ("cancel_requested", *cancel_requested != was.cancel_requested),
        ("refunded", *refunded != was.refunded),
        ("refund_failed", *refund_failed != was.refund_failed),
        ("delivered", *delivered != was.delivered),
    ];
    facts.into_iter().filter(|(_, is_new)| *is_new).map(|(fact, _)| fact).collect()
}

type Details = Vec<(&'static str, Detail)>;

fn of_inventory(order: &Order) -> Vec<Entry> {
    let facts = &order.facts;
    let entry = |at, fact, detail: Details| said(Service::Inventory, at, fact, detail);
    let short = |lines: &[ShortLine]| vec![("short_lines", Detail::ShortLines(lines.to_vec()))];
    let reserved = facts.reserved.as_ref().map(|f| {
        let until = ("expires_at", Detail::Time(f.expires_at));
        entry(f.at, "stock_reserved", vec![until, ("payment_deadline", Detail::Time(f.payment_deadline))])
    });
    let rejected = facts.rejected.as_ref().map(|f| entry(f.at, "stock_rejected", short(&f.short_lines)));
    let committed = facts.committed_at.map(|at| entry(at, "stock_committed", vec![]));
    let lost = facts.stock_lost.as_ref().map(|f| entry(f.at, "stock_lost", short(&f.short_lines)));
    [reserved, rejected, committed, lost].into_iter().flatten().collect()
}

fn of_payment(order: &Order) -> Vec<Entry> {
    let facts = &order.facts;
    let entry = |at, fact, detail: Details| said(Service::Payment, at, fact, detail);
    let initiated = facts.initiated_at.map(|at| entry(at, "payment_initiated", vec![]));
    let unknown = facts.unknown_at.map(|at| entry(at, "payment_unknown", vec![]));
    let paid = facts
        .paid
        .as_ref()
        .map(|f| entry(f.at, "payment_captured", vec![("captured", Detail::Amount(f.captured_minor))]));
    let failed = facts.failed.as_ref().map(|f| {
        let mut detail = vec![("reason", Detail::Text(reason(f.reason).to_owned()))];
        detail.extend(f.decline_code.clone().map(|code| ("decline_code", Detail::Text(code))));
        entry(f.at, "payment_failed", detail)
    });
    let refunded =
        facts.refunded.as_ref().map(|f| entry(f.at, "refunded", vec![("total", Detail::Amount(f.total_minor))]));
    let refund_failed = facts.refund_failed.as_ref().map(|f| {
        let code = ("code", Detail::Text(f.code.clone()));
        entry(f.at, "refund_failed", vec![("amount", Detail::Amount(f.amount_minor)), code])
    });
    [initiated, unknown, paid, failed, refunded, refund_failed].into_iter().flatten().collect()
}

fn said(service: Service, at: DateTime<Utc>, fact: &'static str, detail: Details) -> Entry {
    Entry { at, fact, service, actor: Actor::Service(service), detail }
}

fn reason(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::Declined => "declined",
        FailureReason::Expired => "expired",
        FailureReason::Cancelled => "cancelled",
    }
}

fn of_people(order: &Order, shipments: &[Shipment]) -> Vec<Entry> {
    let facts = &order.facts;
    let entry = |at, fact, actor, detail: Details| Entry { at, fact, service: Service::Order, actor, detail };
    let cancelled = facts.cancel_requested.iter().map(|f| {
        let by = match f.by {
            CancelledBy::Buyer => "buyer",
            CancelledBy::Admin => "admin",
            CancelledBy::System => "system",
        };
        let detail = vec![("by", Detail::Text(by.to_owned())), ("note", Detail::Text(f.note.clone()))];
        entry(f.at, "cancel_requested", f.user_id.map_or(Actor::System, Actor::User), detail)
    });
    let shipped = shipments.iter().map(|shipment| {
        let mut detail = vec![("shipment_id", Detail::Text(shipment.id.to_string()))];
        detail.extend(shipment.carrier.clone().map(|carrier| ("carrier", Detail::Text(carrier))));
        detail.extend(shipment.tracking_number.clone().map(|number| ("tracking_number", Detail::Text(number))));
        entry(shipment.shipped_at, SHIPPED, Actor::User(shipment.shipped_by), detail)
    });
    let delivered = facts.delivered.iter().map(|f| entry(f.at, "delivered", Actor::User(f.by), vec![]));
    cancelled.chain(shipped).chain(delivered).collect()
}
