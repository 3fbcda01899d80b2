//! Server-sent events, read one by one.

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;

/// Long enough for a loaded machine; a test that gets here has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open stream.
#[derive(Debug)]
pub struct Events {
    response: Response,
    buffer: Vec<u8>,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Empty when it has none.
    pub id: String,
    pub event: String,
    pub data: Value,
}

impl Events {
    pub(crate) fn of(response: Response) -> Self {
        Self { response, buffer: Vec::new() }
    }

    /// A header of the answer, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Waits for the next event; `None` when the stream has ended or was cut.
    ///
    /// # Panics
    /// When nothing comes for half a minute, keep-alives included, or an event's data are no JSON.
    pub async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some(block) = self.next_block() {
                match told(&block) {
                    Some(told) => return Some(told),
                    None => continue,
                }
            }
            let more = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("the stream says something");
            self.buffer.extend(more.ok().flatten()?);
        }
    }

    /// The next event, which has to be a fact of an order: its id, fact and status.
    ///
    /// # Panics
    /// When it is another, or none.
    pub async fn fact(&mut self) -> (u64, String, String) {
        let told = self.next().await.expect("the stream goes on");
        assert_eq!(told.event, "order", "{told:?}");
        let text = |name: &str| told.data[name].as_str().expect("a text").to_owned();
        (told.id.parse().expect("a number"), text("fact"), text("status"))
    }

    fn next_block(&mut self) -> Option<String> {
        let end = self.buffer.windows(2).position(|pair| pair == b"\n\n")?;
        let block = self.buffer.drain(..end + 2).collect();
        Some(String::from_utf8(block).expect("UTF-8"))
    }
}

/// `None` for a block without data: a comment, or a `retry`.
fn told(block: &str) -> Option<Told> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let data = serde_json::from_str(field("data:")?).expect("JSON");
    let text = |name: &str| field(name).unwrap_or_default().to_owned();
    Some(Told { id: text("id:"), event: text("event:"), data })
}
