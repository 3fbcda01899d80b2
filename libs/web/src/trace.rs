//! The W3C trace context of a request, for logs, problems and the events that it causes.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};

use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A place in a trace. Its text form is a `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: u128,
    span_id: u64,
    sampled: bool,
}

impl TraceContext {
    /// A span of the caller's trace, or of a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(TRACEPARENT).and_then(|value| parse(value.to_str().ok()?));
        match given {
            Some(parent) => Self { span_id: fresh_span(), ..parent },
            None => Self { trace_id: uuid::Uuid::now_v7().as_u128(), span_id: fresh_span(), sampled: true },
        }
    }

    /// 32 lower-case hex digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace_id)
    }
}

fn fresh_span() -> u64 {
    rand::random_range(1..=u64::MAX)
}

fn parse(text: &str) -> Option<TraceContext> {
    let mut parts = text.trim().split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lower_hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    // Later versions may append parts; `ff` is never valid.
    let known = lower_hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    if !known || !lower_hex(trace, 32) || !lower_hex(span, 16) || !lower_hex(flags, 2) {
        return None;
    }
    let context = TraceContext {
        trace_id: u128::from_str_radix(trace, 16).ok()?,
        span_id: u64::from_str_radix(span, 16).ok()?,
        sampled: u8::from_str_radix(flags, 16).ok()? & 1 == 1,
    };
    (context.trace_id != 0 && context.span_id != 0).then_some(context)
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, u8::from(self.sampled))
    }
}

/// The current trace context, whose text goes into the `traceparent` of events. Also an argument of handlers:
/// `trace: TraceContext`.
pub fn current(req: &HttpRequest) -> TraceContext {
    let known = req.extensions().get::<TraceContext>().copied();
    known.unwrap_or_else(|| TraceContext::of(req.headers()))
}

impl FromRequest for TraceContext {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(Ok(current(req)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_reads_back_as_written() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(parse(text).map(|context| context.to_string()).as_deref(), Some(text));
    }

    #[test]
    fn malformed_ones_are_ignored() {
        for text in [
            "",
            "00",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
