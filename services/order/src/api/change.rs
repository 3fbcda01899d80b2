//! One person's change of one order: lock, decide, write, tell.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use messaging::outbox;
use proto_events::Event;
use proto_events::ids::OrderId;
use web::idempotency::{self, Claim};
use web::trace::TraceContext;
use web::{Answer, Faults, Problem};

use crate::domain::{self, Action, Refused};
use crate::metrics;
use crate::store::{self, Changed, Whole};

use super::view::OrderView;
use super::{Parts, Viewer};

/// Who wants to change what.
pub(super) struct Request {
    pub claim: Claim,
    pub viewer: Viewer,
    pub id: OrderId,
    pub trace: TraceContext,
}

/// Does it, once per claim. `decide` gets the locked order and the database's time.
///
/// # Errors
/// 404 where the caller may not see the order; the refusals of `decide` and of the key.
pub(super) async fn change(
    app: &Parts,
    request: Request,
    decide: impl FnOnce(&mut Whole, DateTime<Utc>) -> Result<Vec<Event>, Refused>,
) -> Result<HttpResponse, Problem> {
    let Request { claim, viewer, id, trace } = request;
    let response = idempotency::run(&app.pool, &claim, async |conn| {
        let found = store::lock_whole(conn, id).await?;
        let (before, now) =
            found.filter(|(whole, _)| viewer.may_see(&whole.stored.order)).ok_or_else(Problem::not_found)?;
        let mut after = before.clone();
        let events = decide(&mut after, now).map_err(problem)?;
        let order = &mut after.stored.order;
        let outgoing = outbox::number(&id.to_string(), &mut order.event_seq, events, Some(&trace.to_string()));
        write(conn, &before, &mut after, now).await?;
        outbox::append(conn, &outgoing).await?;
        metrics::moved(Some(&before.stored.order), &after.stored.order, now);
        runtime::crash_point!("order.change_before_commit");
        Answer::json(StatusCode::OK, &OrderView::of(&after, viewer, now)?)
    })
    .await;
    runtime::crash_point!("order.change_after_commit");
    app.wake.wake();
    app.feed.ring();
    response
}

async fn write(conn: &mut AsyncPgConnection, before: &Whole, after: &mut Whole, now: DateTime<Utc>) -> QueryResult<()> {
    let order = &after.stored.order;
    let mut changed = Changed::of(&before.stored.order, order);
    // A shipment in the middle is no fact of the order's own.
    changed.news.extend(after.shipments.iter().skip(before.shipments.len()).map(|_| domain::timeline::SHIPPED));
    store::save(conn, &[changed], now).await?;
    for shipment in after.shipments.iter().skip(before.shipments.len()) {
        store::save_shipment(conn, order.id, shipment).await?;
    }
    if order.facts.delivered != before.stored.order.facts.delivered {
        store::save_delivery(conn, order.id, now).await?;
    }
    after.stored.version += 1;
    after.stored.updated_at = now;
    Ok(())
}

fn problem(refused: Refused) -> Problem {
    match refused {
        Refused::InvalidTransition { from, attempted, allowed } => {
            let allowed: Vec<&str> = allowed.into_iter().map(Action::as_str).collect();
            let detail = format!("An order that is {} cannot do this: {}.", from.as_str(), attempted.as_str());
            Problem::conflict("invalid_transition", detail).with("from", from.as_str()).with("allowed", allowed)
        }
        Refused::CancellationWindowClosed { from, closed_at } => {
            let closed_at = closed_at.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
            Problem::conflict("cancellation_window_closed", "It is too late to cancel this order.")
                .with("from", from.as_str())
                .with("closed_at", closed_at)
        }
        Refused::UnknownItem { index } => {
            item_fault(index, "item_id", "unknown_item", "The order has no such item.".to_owned())
        }
        Refused::QuantityToShip { index, remaining } => {
            item_fault(index, "quantity", "out_of_range", format!("Must be at least 1; {remaining} are left to ship."))
        }
    }
}

fn item_fault(index: usize, field: &str, code: &'static str, detail: String) -> Problem {
    let mut faults = Faults::new();
    faults.add(&format!("/items/{index}/{field}"), code, detail);
    Problem::validation(faults.into_vec())
}
