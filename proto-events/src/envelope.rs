//! The record around an event: CloudEvents 1.0 over Kafka in binary mode (attributes in `ce_` headers, payload as value).

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use crate::{Event, EventType};

/// The largest payload that is read, in bytes. Our largest event (an order of 50 lines) stays below 16 KiB.
pub const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;

/// An event with what surrounds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// UUIDv7, minted once: a consumer that has seen it drops the record.
    pub id: Uuid,
    /// The producing service, such as `/waybill/order`.
    pub source: String,
    pub time: DateTime<Utc>,
    /// The aggregate's id; the record's key.
    pub key: String,
    /// 1, 2, 3 … per aggregate and producer.
    pub aggregate_seq: i64,
    /// W3C trace context of the request or event that caused this one.
    pub traceparent: Option<String>,
    pub event: Event,
}

/// A Kafka record, as far as the contract is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub key: String,
    pub headers: Vec<(String, String)>,
    pub payload: Vec<u8>,
}

/// What a record turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Decoded {
    Event(Box<Envelope>),
    /// A type that the caller does not want.
    Unwanted,
    /// A type that this build does not know: skipped, since producers are upgraded first.
    UnknownType(String),
}

/// Why a record cannot be read; it goes to the dead letters with its bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    #[error("the record has no key")]
    MissingKey,
    #[error("header {0} is missing")]
    MissingHeader(&'static str),
    #[error("header {0} does not parse")]
    MalformedHeader(&'static str),
    #[error("major version {0} is not known here")]
    UnknownVersion(String),
    #[error("the payload has {0} bytes, more than {PAYLOAD_BYTES_MAX}")]
    TooLarge(usize),
    #[error("the payload does not decode: {0}")]
    Payload(String),
}

impl Envelope {
    pub fn to_record(&self) -> Record {
        let headers = headers(
            &self.id,
            self.event.event_type().wire_name(),
            &self.source,
            &self.time.to_rfc3339_opts(SecondsFormat::Micros, true),
            &self.key,
            self.aggregate_seq,
            self.traceparent.as_deref(),
        );
        Record { key: self.key.clone(), headers, payload: self.event.encode() }
    }
}

/// The headers of a record, in the order in which they are written.
pub fn headers(
    id: &Uuid,
    wire_name: &str,
    source: &str,
    time: &str,
    key: &str,
    aggregate_seq: i64,
    traceparent: Option<&str>,
) -> Vec<(String, String)> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut headers = vec![
        pair("ce_specversion", "1.0"),
        pair("ce_id", &id.to_string()),
        pair("ce_type", wire_name),
        pair("ce_source", source),
        pair("ce_time", time),
        pair("ce_subject", key),
        pair("aggregate_seq", &aggregate_seq.to_string()),
        pair("content-type", "application/protobuf"),
    ];
    headers.extend(traceparent.map(|traceparent| pair("traceparent", traceparent)));
    headers
}

/// Reads a record. The type is looked at first: of a type that is not `wanted`, nothing else is touched.
///
/// # Errors
/// When the record is of the contract but breaks it; see [`Undecodable`].
pub fn decode<'a>(
    key: Option<&str>,
    header: impl Fn(&str) -> Option<&'a [u8]>,
    payload: Option<&[u8]>,
    wanted: impl Fn(EventType) -> bool,
) -> Result<Decoded, Undecodable> {
    let text = |name: &'static str| {
        let bytes = header(name).ok_or(Undecodable::MissingHeader(name))?;
        std::str::from_utf8(bytes).map_err(|_| Undecodable::MalformedHeader(name))
    };
    let wire_name = text("ce_type")?;
    let Some(event_type) = EventType::from_wire_name(wire_name) else {
        if EventType::is_unknown_version(wire_name) {
            return Err(Undecodable::UnknownVersion(wire_name.to_owned()));
        }
        return Ok(Decoded::UnknownType(wire_name.to_owned()));
    };
    if !wanted(event_type) {
        return Ok(Decoded::Unwanted);
    }
    let key = key.filter(|key| !key.is_empty()).ok_or(Undecodable::MissingKey)?;
    let payload = payload.unwrap_or_default();
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Err(Undecodable::TooLarge(payload.len()));
    }
    let id = text("ce_id")?.parse().map_err(|_| Undecodable::MalformedHeader("ce_id"))?;
    let time = DateTime::parse_from_rfc3339(text("ce_time")?).map_err(|_| Undecodable::MalformedHeader("ce_time"))?;
    let aggregate_seq = text("aggregate_seq")?.parse().map_err(|_| Undecodable::MalformedHeader("aggregate_seq"))?;
    let event = Event::decode(event_type, payload).map_err(|error| Undecodable::Payload(error.to_string()))?;
    Ok(Decoded::Event(Box::new(Envelope {
        id,
        source: text("ce_source")?.to_owned(),
        time: time.to_utc(),
        key: key.to_owned(),
        aggregate_seq,
        traceparent: text("traceparent").ok().map(str::to_owned),
        event,
    })))
}
