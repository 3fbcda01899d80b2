//! The file that keeps the books over a restart: one JSON object per line, appended only.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::answers::Stored;
use crate::charges::Charge;
use crate::events::{EventKind, Origin};
use crate::form::Fingerprint;
use crate::ids;
use crate::intents::state::Intent;
use crate::refunds::Refund;

/// A process that was killed holds its lock until the system has cleared it away, which takes a moment when it was big.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
const LOCK_INTERVAL: Duration = Duration::from_millis(20);

/// Everything that one request (or one timer) changed. It happens as a whole or not at all.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Line {
    /// Seconds since 1970.
    pub at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// New states, in the order in which they came about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intents: Vec<Intent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<Charge>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyLine>,
    /// A confirm that is answered later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<Open>,
    /// The intent whose open confirm has come to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<String>,
    /// Events that need not be sent any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delivered: Vec<String>,
}

/// An event of the object that stands at `of` in its line's list of that kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventLine {
    pub id: String,
    pub kind: EventKind,
    pub of: usize,
}

/// An idempotency key; without an answer its request is still running.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeyLine {
    pub name: String,
    pub fingerprint: Fingerprint,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Stored>,
}

/// A confirm whose charge is still processing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Open {
    pub intent: String,
    pub origin: Origin,
    pub fingerprint: Fingerprint,
    /// Whether the answer shows the charge in full.
    pub expand: bool,
}

impl Line {
    pub fn new(at: i64, origin: Option<Origin>) -> Self {
        Self { at, origin, ..Self::default() }
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.intents.is_empty()
            && self.charges.is_empty()
            && self.refunds.is_empty()
            && self.key.is_none()
            && self.opened.is_none()
            && self.closed.is_none()
            && self.delivered.is_empty()
    }

    pub fn intent(&mut self, intent: Intent, kind: Option<EventKind>) {
        self.event(kind, self.intents.len());
        self.intents.push(intent);
    }

    pub fn charge(&mut self, charge: Charge, kind: Option<EventKind>) {
        self.event(kind, self.charges.len());
        self.charges.push(charge);
    }

    /// A new state of a refund, and its events.
    pub fn refund(&mut self, refund: Refund, kinds: &[EventKind]) {
        for kind in kinds {
            self.event(Some(*kind), self.refunds.len());
        }
        self.refunds.push(refund);
    }

    fn event(&mut self, kind: Option<EventKind>, of: usize) {
        self.events.extend(kind.map(|kind| EventLine { id: ids::new("evt_"), kind, of }));
    }
}

/// The open file. One process has it at a time.
#[derive(Debug)]
pub struct Journal {
    file: File,
    buffer: Vec<u8>,
    broken: bool,
}

impl Journal {
    /// Opens or creates the file and hands over every line that it holds. A last line that is torn (the process was
    /// killed while writing) was never answered, so it is cut off.
    ///
    /// # Errors
    /// The file cannot be read, another process has it, or a line of it makes no sense.
    pub fn open(path: &Path, apply: impl FnMut(Line) -> Result<(), String>) -> anyhow::Result<Self> {
        let file = OpenOptions::new().read(true).append(true).create(true).open(path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        lock(&file).with_context(|| format!("{} is in use by another process", path.display()))?;
        let whole = replay(&file, apply).with_context(|| format!("cannot read {}", path.display()))?;
        file.set_len(whole).with_context(|| format!("cannot repair {}", path.display()))?;
        Ok(Self { file, buffer: Vec::new(), broken: false })
    }

    /// Appends a line. When it returns, the line is in the hands of the operating system: it survives a killed
    /// process, but not a power cut.
    ///
    /// # Errors
    /// The file cannot be written. After that nothing more is, since a line may have been written by half.
    pub fn append(&mut self, line: &Line) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier line could not be written"));
        }
        self.buffer.clear();
        serde_json::to_writer(&mut self.buffer, line)?;
        self.buffer.push(b'\n');
        // Writing to the page cache costs less than handing the line to another thread and waiting for it.
        self.file.write_all(&self.buffer).inspect_err(|_| self.broken = true)
    }

    pub fn is_broken(&self) -> bool {
        self.broken
    }
}

/// Takes the file for this process.
fn lock(file: &File) -> Result<(), TryLockError> {
    let deadline = Instant::now() + LOCK_TIMEOUT;
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(LOCK_INTERVAL),
            result => return result,
        }
    }
}

/// Applies all whole lines and returns their length in bytes.
fn replay(file: &File, mut apply: impl FnMut(Line) -> Result<(), String>) -> anyhow::Result<u64> {
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut text = Vec::new();
    let mut whole = 0;
    for number in 1u64.. {
        text.clear();
        let length = reader.read_until(b'\n', &mut text)?;
        if text.last() != Some(&b'\n') {
            break;
        }
        let line = serde_json::from_slice(&text).with_context(|| format!("line {number}"))?;
        apply(line).map_err(|fault| anyhow::anyhow!("line {number}: {fault}"))?;
        whole += length as u64;
    }
    Ok(whole)
}
