//! Collecting every fault of a request before it is refused.

use std::borrow::Cow;

use crate::problem::{Fault, Problem};

/// A refusal names at most so many faults: a body of 64 KiB could otherwise earn an answer of megabytes.
pub const MAX_FAULTS: usize = 100;

/// Faults that only the service can see, beside those of the schema.
///
/// ```
/// use web::Faults;
///
/// let mut faults = Faults::new();
/// faults.add("/items/0/sku", "unknown_sku", "There is no such SKU.");
/// assert!(faults.into_result().is_err());
/// ```
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub fn new() -> Self {
        Self::default()
    }

    /// A fault of the body at this JSON pointer (`/items/0/quantity`; empty for the whole).
    pub fn add(&mut self, pointer: &str, code: &'static str, detail: impl Into<String>) {
        let pointer = Some(fragment(pointer));
        self.push(Fault { pointer, parameter: None, code: Cow::Borrowed(code), detail: detail.into() });
    }

    /// A fault of a query parameter.
    pub fn parameter(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        let parameter = Some(name.to_owned());
        self.push(Fault { pointer: None, parameter, code: Cow::Borrowed(code), detail: detail.into() });
    }

    fn push(&mut self, fault: Fault) {
        if self.0.len() < MAX_FAULTS {
            self.0.push(fault);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, for a problem with a code of its own.
    pub fn into_vec(self) -> Vec<Fault> {
        self.0
    }

    /// # Errors
    /// 422 `validation_failed` with everything that was added, if anything was.
    pub fn into_result(self) -> Result<(), Problem> {
        if self.is_empty() { Ok(()) } else { Err(Problem::validation(self.0)) }
    }
}

/// A JSON pointer as a URI fragment: what a fragment may not hold is percent-encoded.
fn fragment(pointer: &str) -> String {
    let mut text = String::with_capacity(pointer.len() + 1);
    text.push('#');
    for byte in pointer.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' | b'$' | b'@' | b':' => {
                text.push(byte as char);
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

/// Appends one member name to a JSON pointer.
pub(crate) fn child(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}
