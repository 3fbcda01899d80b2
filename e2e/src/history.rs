//! What clients did and were told: a file with one JSON line per call that creates an order. The checker holds the stack
//! to the answers in it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Bytes that wait in memory: some thousand lines in one write.
const BUFFER: usize = 256 * 1024;

/// One try of a call that creates an order. Tries of the same call have the same key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// When the client knew the outcome.
    pub at: DateTime<Utc>,
    /// The Idempotency-Key.
    pub key: String,
    /// Who called: `usr_…`.
    pub user: String,
    pub outcome: Outcome,
    /// The answer's HTTP status; `None` where none came.
    pub status: Option<u16>,
    /// `ord_…`, of an accepted one.
    pub order_id: Option<String>,
}

/// What a client knows after a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// There is an order.
    Accepted,
    /// This try made none, and will not.
    Refused,
    /// No answer, or one that does not tell.
    Unknown,
}

impl Outcome {
    /// What the status of `POST /orders` tells; `None` is no answer.
    pub fn of(status: Option<u16>) -> Self {
        match status {
            Some(200..=299) => Outcome::Accepted,
            // The gateway's word that it gave up waiting; the order service may be at work.
            Some(408 | 499) => Outcome::Unknown,
            Some(400..=498) => Outcome::Refused,
            Some(_) | None => Outcome::Unknown,
        }
    }
}

impl Call {
    /// A try that ended now; the status tells its outcome.
    pub fn now(key: &str, user: &str, status: Option<u16>, order_id: Option<&str>) -> Self {
        Self {
            at: Utc::now(),
            key: key.to_owned(),
            user: user.to_owned(),
            outcome: Outcome::of(status),
            status,
            order_id: order_id.map(str::to_owned),
        }
    }
}

/// Appends calls to a file. Clones write to the same one; cheap enough for thousands of calls a second.
#[derive(Debug, Clone)]
pub struct Recorder(Arc<Mutex<BufWriter<File>>>);

impl Recorder {
    /// Opens the file at `path`, which is made where there is none and added to where there is one.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn append_to(path: impl AsRef<Path>) -> anyhow::Result<Self> {
        let path = path.as_ref();
        let file = File::options().create(true).append(true).open(path);
        let file = file.with_context(|| format!("the history {}", path.display()))?;
        Ok(Self(Arc::new(Mutex::new(BufWriter::with_capacity(BUFFER, file)))))
    }

    /// Adds a line. It may wait in memory until [`flush`](Self::flush) or the end of the last clone.
    ///
    /// # Errors
    /// When the file cannot be written: what was not recorded cannot be checked.
    pub fn record(&self, call: &Call) -> io::Result<()> {
        let mut line = serde_json::to_vec(call)?;
        line.push(b'\n');
        // A line is written whole or not at all, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)
    }

    /// Writes down what waits in memory.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn flush(&self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

/// Reads a history, line by line. A last line that was cut off, by the death of who wrote it, is left out.
///
/// # Errors
/// When the file cannot be opened; each item when its line makes no sense.
pub fn read(path: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Call>> + use<>> {
    let file = File::open(path).with_context(|| format!("the history {}", path.display()))?;
    let (mut reader, name) = (BufReader::with_capacity(BUFFER, file), path.display().to_string());
    let mut number = 0_u64;
    Ok(std::iter::from_fn(move || {
        let mut line = String::new();
        number += 1;
        match reader.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) if !line.ends_with('\n') => None,
            Ok(_) => Some(serde_json::from_str(&line).with_context(|| format!("{name}:{number}"))),
            Err(error) => Some(Err(error).with_context(|| format!("{name}:{number}"))),
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_read_back_as_written_and_a_torn_line_is_left_out() {
        let path = std::env::temp_dir().join(format!("history-{}.jsonl", uuid::Uuid::new_v4()));
        let recorder = Recorder::append_to(&path).expect("a file");
        let calls = [
            Call::now("k1", "usr_1", Some(201), Some("ord_1")),
            Call::now("k2", "usr_1", Some(409), None),
            Call::now("k3", "usr_1", None, None),
        ];
        for call in &calls {
            recorder.clone().record(call).expect("written");
        }
        recorder.flush().expect("flushed");
        std::fs::OpenOptions::new().append(true).open(&path).expect("a file").write_all(b"{\"at\"").expect("written");
        let read: Vec<Call> = read(&path).expect("a file").collect::<anyhow::Result<_>>().expect("calls");
        assert_eq!(read, calls);
        let outcomes: Vec<Outcome> = read.iter().map(|call| call.outcome).collect();
        assert_eq!(outcomes, [Outcome::Accepted, Outcome::Refused, Outcome::Unknown]);
        std::fs::remove_file(path).expect("removed");
    }
}
