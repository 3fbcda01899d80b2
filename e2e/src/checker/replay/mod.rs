//! History replays to the current state: the events on the topics, through the services' own `domain`, give what the
//! databases have.
//!
//! Orders are facts, which commute: they are folded as they come. A reservation hears two topics whose order relative to each
//! other nobody knows any more: there has to be one in which inventory says what it said and ends where it is
//! ([`reservation`]). A payment is compared with what it said itself.

mod order;
mod payment;
mod reservation;

use diesel::sql_types::{Array, Bytea, Jsonb, Nullable, Text, Uuid as SqlUuid};
use proto_events::ids::OrderId;
use proto_events::{Event, EventType, Topic};
use serde_json::Value;
use uuid::Uuid;

use super::evidence::Evidence;
use super::report::{EXAMPLES_MAX, Line};

/// Orders that are in memory at once.
const CHUNK: usize = 1000;

pub const NAMES: [&str; 3] = [
    "the facts and the status of an order follow from the events",
    "the state of a reservation follows from the events",
    "the state of a payment follows from what it said",
];

/// Each order with what the databases have of it, in words, and its events, of each topic in their order. Those whose
/// history was mended by hand, or of which something still waits, are left out by the service that it concerns.
const STORIES: &str = "
    DECLARE story NO SCROLL CURSOR FOR
    SELECT o.id AS order_id,
      array_remove(ARRAY[
        'status ' || o.status,
        CASE WHEN o.reserved_at IS NOT NULL THEN 'reserved' END,
        CASE WHEN o.rejected_at IS NOT NULL THEN 'rejected' END,
        CASE WHEN o.initiated_at IS NOT NULL THEN 'initiated' END,
        CASE WHEN o.unknown_at IS NOT NULL THEN 'unknown' END,
        'paid ' || o.captured_minor,
        'failed ' || o.failure_reason,
        CASE WHEN o.committed_at IS NOT NULL THEN 'committed' END,
        CASE WHEN o.stock_lost_at IS NOT NULL THEN 'stock lost' END,
        'cancelled by ' || o.cancelled_by,
        'refunded ' || o.refunded_minor,
        'refund refused ' || o.refund_failed_minor,
        CASE WHEN o.first_shipped_at IS NOT NULL THEN 'shipped in part' END,
        CASE WHEN o.shipped_at IS NOT NULL THEN 'shipped' END,
        CASE WHEN o.delivered_at IS NOT NULL THEN 'delivered' END
      ], NULL) AS order_known,
      CASE WHEN r.origin = 'SAGA' THEN r.state END AS reservation,
      r.lines AS reserved_lines,
      array_remove(ARRAY[
        'said ' || p.final_word,
        CASE WHEN p.final_word = 'SUCCESS' THEN 'captured ' || p.captured_minor END,
        CASE WHEN p.initiated THEN 'initiated' END,
        'refunded ' || b.back,
        'refused ' || b.refused
      ], NULL) AS payment_known,
      e.types, e.payloads, coalesce(d.services, '{}') AS dead
    FROM orders o
    LEFT JOIN reservation r ON r.order_id = o.id
    LEFT JOIN payment p ON p.order_id = o.id
    LEFT JOIN (
      SELECT order_id, sum(amount_minor) FILTER (WHERE state = 'SUCCEEDED') AS back,
        nullif(count(*) FILTER (WHERE state = 'FAILED'), 0) AS refused
      FROM refund GROUP BY order_id
    ) b ON b.order_id = o.id
    LEFT JOIN (
      SELECT order_id, array_agg(type ORDER BY producer, seq) AS types,
        array_agg(coalesce(payload, '') ORDER BY producer, seq) AS payloads
      FROM event WHERE order_id IS NOT NULL GROUP BY order_id
    ) e ON e.order_id = o.id
    LEFT JOIN (
      SELECT key, array_agg(DISTINCT service) AS services FROM dead_letter GROUP BY key
    ) d ON d.key = 'ord_' || replace(o.id::text, '-', '')
    WHERE NOT EXISTS (SELECT FROM extent WHERE low > 0) OR 'waybill.order.created.v1' = ANY (e.types)";

#[derive(Debug, diesel::QueryableByName)]
struct Story {
    #[diesel(sql_type = SqlUuid)]
    order_id: Uuid,
    #[diesel(sql_type = Array<Text>)]
    order_known: Vec<String>,
    #[diesel(sql_type = Nullable<Text>)]
    reservation: Option<String>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    reserved_lines: Option<Value>,
    #[diesel(sql_type = Array<Text>)]
    payment_known: Vec<String>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    types: Option<Vec<String>>,
    #[diesel(sql_type = Nullable<Array<Bytea>>)]
    payloads: Option<Vec<Vec<u8>>>,
    #[diesel(sql_type = Array<Text>)]
    dead: Vec<String>,
}

/// An order's events, by topic, each in the order in which they were said.
#[derive(Debug, Default)]
struct History {
    order: Vec<Event>,
    inventory: Vec<Event>,
    payment: Vec<Event>,
}

/// Replays every order.
///
/// # Errors
/// The database's.
pub async fn replay(evidence: &mut Evidence) -> anyhow::Result<Vec<Line>> {
    let mut lines =
        NAMES.map(|name| Line { name, covered: 0, violations: 0, examples: Vec::with_capacity(EXAMPLES_MAX) });
    evidence.run(STORIES).await?;
    loop {
        let stories: Vec<Story> = evidence.rows(&format!("FETCH {CHUNK} FROM story"), "the orders' histories").await?;
        if stories.is_empty() {
            break;
        }
        for story in stories {
            retell(&story, &mut lines);
        }
    }
    evidence.run("CLOSE story").await?;
    Ok(lines.into())
}

fn retell(story: &Story, lines: &mut [Line; 3]) {
    // Bytes that do not decode are dead letters, of which others tell.
    let Some(history) = History::of(story) else { return };
    let id = OrderId(story.order_id);
    let is_whole = |service: &str| !story.dead.iter().any(|dead| dead == service);
    let [of_order, of_reservation, of_payment] = lines;
    if is_whole(order::SERVICE) {
        note(of_order, id, order::differs(id, &history, &story.order_known));
    }
    if is_whole(reservation::SERVICE)
        && let Some(state) = &story.reservation
    {
        note(of_reservation, id, reservation::differs(id, &history, state, story.reserved_lines.as_ref()));
    }
    note(of_payment, id, payment::differs(&history, &story.payment_known));
}

fn note(line: &mut Line, id: OrderId, differs: Option<String>) {
    line.covered += 1;
    if let Some(difference) = differs {
        line.violations += 1;
        if line.examples.len() < EXAMPLES_MAX {
            line.examples.push(format!("{id}: {difference}"));
        }
    }
}

/// What the database and the events do not have in common; `None` when they agree.
fn difference(on_record: &[String], by_events: &[String]) -> Option<String> {
    let less = |these: &[String], those: &[String]| -> String {
        let only: Vec<&str> = these.iter().filter(|text| !those.contains(text)).map(String::as_str).collect();
        if only.is_empty() { "nothing".to_owned() } else { only.join(", ") }
    };
    let same = on_record.len() == by_events.len() && on_record.iter().all(|text| by_events.contains(text));
    (!same).then(|| {
        format!("only on record: {}; only by the events: {}", less(on_record, by_events), less(by_events, on_record))
    })
}

impl History {
    fn of(story: &Story) -> Option<Self> {
        let mut history = Self::default();
        let (types, payloads) = (story.types.as_deref().unwrap_or_default(), story.payloads.as_deref());
        for (name, payload) in types.iter().zip(payloads.unwrap_or_default()) {
            // A newer build's event says nothing to this one.
            let Some(event_type) = EventType::from_wire_name(name) else { continue };
            let event = Event::decode(event_type, payload).ok()?;
            match event_type.topic() {
                Topic::Order => history.order.push(event),
                Topic::Inventory => history.inventory.push(event),
                Topic::Payment => history.payment.push(event),
                Topic::Catalog | Topic::Auth => {}
            }
        }
        Some(history)
    }
}
