//! What the simulator offers beside Stripe's API: its books for checkers, and its health.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream;
use serde::Serialize;

use crate::answers::Answer;
use crate::api;
use crate::books::{Books, Identified, Shelf};
use crate::charges::Charge;
use crate::gateway::Gateway;
use crate::intents::state::Intent;
use crate::metadata::Metadata;
use crate::refunds::{Refund, Status};

/// Objects that are written while the books are locked once.
const CHUNK: usize = 1000;

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// `GET /sim/healthz`: 503 when charges can no longer be written down.
pub async fn healthz(gateway: web::Data<Gateway>) -> HttpResponse {
    if gateway.books().is_writable() {
        HttpResponse::Ok().json(Health { status: "ok" })
    } else {
        HttpResponse::ServiceUnavailable().json(Health { status: "the books cannot be written" })
    }
}

/// `GET /sim/books`: all intents, charges and refunds, oldest first, in one answer of any length.
pub async fn books(gateway: web::Data<Gateway>, request: HttpRequest) -> HttpResponse {
    if let Err(error) = api::authenticate(&gateway, &request) {
        let answer = Answer::Error(Box::new(error), None);
        let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        return HttpResponse::build(status).content_type("application/json").body(answer.to_json());
    }
    let chunks = stream::unfold((Part::Intents, 0), move |(part, place)| {
        let gateway = gateway.clone();
        async move { Some(part).filter(|part| *part != Part::End).map(|part| chunk(&gateway, part, place)) }
    });
    HttpResponse::Ok().content_type("application/json").streaming(chunks)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Intents,
    Charges,
    Refunds,
    End,
}

type Chunk = (Result<web::Bytes, std::convert::Infallible>, (Part, usize));

fn chunk(gateway: &Gateway, part: Part, place: usize) -> Chunk {
    let (text, count) = match part {
        Part::Intents => rows(gateway, place, |books| &books.intents, intent_row),
        Part::Charges => rows(gateway, place, |books| &books.charges, charge_row),
        Part::Refunds | Part::End => rows(gateway, place, |books| &books.refunds, refund_row),
    };
    let mut bytes = Vec::with_capacity(text.len() + 32);
    if place == 0 {
        bytes.extend_from_slice(match part {
            Part::Intents => b"{\"intents\":[",
            Part::Charges => b"],\"charges\":[",
            Part::Refunds | Part::End => b"],\"refunds\":[",
        });
    }
    bytes.extend_from_slice(&text);
    let next = match part {
        _ if count == CHUNK => (part, place + count),
        Part::Intents => (Part::Charges, 0),
        Part::Charges => (Part::Refunds, 0),
        Part::Refunds | Part::End => {
            bytes.extend_from_slice(b"]}\n");
            (Part::End, 0)
        }
    };
    (Ok(bytes.into()), next)
}

/// The next rows as JSON, with commas between them and, from the second chunk on, before them.
fn rows<T: Identified>(
    gateway: &Gateway,
    place: usize,
    shelf: fn(&Books) -> &Shelf<T>,
    write: fn(&T, &mut Vec<u8>),
) -> (Vec<u8>, usize) {
    let objects = shelf(&gateway.books()).from(place, CHUNK);
    let mut text = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        if place + index > 0 {
            text.push(b',');
        }
        write(object, &mut text);
    }
    (text, objects.len())
}

#[derive(Serialize)]
struct IntentRow<'a> {
    id: &'a str,
    status: &'static str,
    amount: i64,
    amount_received: i64,
    currency: &'static str,
    created: i64,
    latest_charge: Option<&'a str>,
    metadata: &'a Metadata,
}

#[derive(Serialize)]
struct ChargeRow<'a> {
    id: &'a str,
    payment_intent: &'a str,
    status: &'static str,
    amount: i64,
    amount_refunded: i64,
    currency: &'static str,
    created: i64,
    payment_method: &'static str,
    metadata: &'a Metadata,
}

#[derive(Serialize)]
struct RefundRow<'a> {
    id: &'a str,
    payment_intent: &'a str,
    charge: &'a str,
    status: Status,
    amount: i64,
    currency: &'static str,
    created: i64,
    reason: Option<&'a str>,
    metadata: &'a Metadata,
}

fn intent_row(intent: &Intent, text: &mut Vec<u8>) {
    let row = IntentRow {
        id: &intent.id,
        status: intent.status.as_str(),
        amount: intent.amount,
        amount_received: intent.amount_received(),
        currency: intent.currency.as_str(),
        created: intent.created,
        latest_charge: intent.latest_charge.as_deref(),
        metadata: &intent.metadata,
    };
    write(&row, text);
}

fn charge_row(charge: &Charge, text: &mut Vec<u8>) {
    let row = ChargeRow {
        id: &charge.id,
        payment_intent: &charge.intent,
        status: charge.status(),
        amount: charge.amount,
        amount_refunded: charge.refunded,
        currency: charge.currency.as_str(),
        created: charge.created,
        payment_method: charge.method.name,
        metadata: &charge.metadata,
    };
    write(&row, text);
}

fn refund_row(refund: &Refund, text: &mut Vec<u8>) {
    let row = RefundRow {
        id: &refund.id,
        payment_intent: &refund.intent,
        charge: &refund.charge,
        status: refund.status,
        amount: refund.amount,
        currency: refund.currency.as_str(),
        created: refund.created,
        reason: refund.reason.as_deref(),
        metadata: &refund.metadata,
    };
    write(&row, text);
}

fn write(row: &impl Serialize, text: &mut Vec<u8>) {
    // A row holds only strings, numbers and a map with string keys: it always has a JSON form.
    serde_json::to_writer(text, row).ok();
}
