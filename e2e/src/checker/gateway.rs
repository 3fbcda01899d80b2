//! The payment gateway's own books, streamed into `book_intent`, `book_charge` and `book_refund`.

use anyhow::{Context, ensure};
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use diesel_async::RunQueryDsl;
use serde::Deserialize;

use super::evidence::Evidence;

/// Rows that are inserted at once.
const BATCH: usize = 5000;
/// Bytes of the largest row; ours have some hundred.
const ROW_BYTES_MAX: usize = 64 * 1024;

/// A row of any of the three parts.
#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    #[serde(default)]
    payment_intent: String,
    status: String,
    amount: i64,
    #[serde(default)]
    amount_received: i64,
    currency: String,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
struct Metadata {
    order_id: Option<String>,
}

/// Reads the books, which may be longer than memory.
///
/// # Errors
/// The gateway's and the database's.
pub async fn load(evidence: &mut Evidence, base: &str, key: &str) -> anyhow::Result<()> {
    let answer = reqwest::Client::new().get(format!("{base}/sim/books")).bearer_auth(key).send().await;
    let mut answer = answer.context("the gateway's books")?.error_for_status().context("the gateway's books")?;
    let mut parser = Parser::default();
    while let Some(chunk) = answer.chunk().await.context("the gateway's books")? {
        for (part, row) in parser.feed(&chunk)? {
            let rows = &mut parser.waiting[part as usize];
            rows.push(serde_json::from_slice(&row).context("a row of the gateway's books")?);
            if rows.len() == BATCH {
                let rows = std::mem::take(rows);
                insert(evidence, part, rows).await?;
            }
        }
    }
    ensure!(parser.depth == 0 && parser.part == Some(Part::Refunds), "the gateway's books broke off");
    for part in [Part::Intents, Part::Charges, Part::Refunds] {
        let rows = std::mem::take(&mut parser.waiting[part as usize]);
        insert(evidence, part, rows).await?;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Intents,
    Charges,
    Refunds,
}

/// Cuts `{"intents":[{…},…],"charges":[…],"refunds":[…]}` into its rows as it comes.
#[derive(Debug, Default)]
struct Parser {
    /// Open braces and brackets.
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// The row, or the name of the part, that is being read.
    bytes: Vec<u8>,
    part: Option<Part>,
    waiting: [Vec<Row>; 3],
}

/// Inside of the outer object and a part's list.
const ROW_DEPTH: usize = 3;

impl Parser {
    fn feed(&mut self, chunk: &[u8]) -> anyhow::Result<Vec<(Part, Vec<u8>)>> {
        let mut rows = Vec::new();
        for &byte in chunk {
            if !self.in_text && matches!(byte, b'{' | b'[') {
                self.open();
            }
            if self.depth != ROW_DEPTH - 1 || self.in_text {
                self.bytes.push(byte);
                ensure!(self.bytes.len() <= ROW_BYTES_MAX, "a row of the gateway's books has no end");
            }
            if self.in_text {
                self.in_text = self.escaped || byte != b'"';
                self.escaped = !self.escaped && byte == b'\\';
            } else if byte == b'"' {
                self.in_text = true;
            } else if matches!(byte, b'}' | b']') {
                self.depth = self.depth.checked_sub(1).context("the gateway's books make no sense")?;
                if self.depth == ROW_DEPTH - 1 {
                    let part = self.part.context("a row outside of a list")?;
                    rows.push((part, std::mem::take(&mut self.bytes)));
                }
            }
        }
        Ok(rows)
    }

    /// What stood before the bracket of a list is its name.
    fn open(&mut self) {
        self.depth += 1;
        if self.depth == ROW_DEPTH - 1 {
            let name = String::from_utf8_lossy(&self.bytes).into_owned();
            let named = [("intents", Part::Intents), ("charges", Part::Charges), ("refunds", Part::Refunds)];
            self.part = named.into_iter().find(|(text, _)| name.contains(text)).map(|(_, part)| part);
            self.bytes.clear();
        }
    }
}

async fn insert(evidence: &mut Evidence, part: Part, rows: Vec<Row>) -> anyhow::Result<()> {
    let texts = |text: fn(&Row) -> &str| rows.iter().map(|row| text(row).to_owned()).collect::<Vec<_>>();
    let numbers = |number: fn(&Row) -> i64| rows.iter().map(number).collect::<Vec<_>>();
    let (ids, states, currencies) = (texts(|row| &row.id), texts(|row| &row.status), texts(|row| &row.currency));
    let amounts = numbers(|row| row.amount);
    match part {
        Part::Intents => {
            diesel::sql_query("INSERT INTO book_intent SELECT * FROM unnest($1, $2, $3, $4, $5, $6)")
                .bind::<Array<Text>, _>(ids)
                .bind::<Array<Nullable<Text>>, _>(
                    rows.iter().map(|row| row.metadata.order_id.clone()).collect::<Vec<_>>(),
                )
                .bind::<Array<Text>, _>(states)
                .bind::<Array<BigInt>, _>(amounts)
                .bind::<Array<BigInt>, _>(numbers(|row| row.amount_received))
                .bind::<Array<Text>, _>(currencies)
                .execute(evidence.conn())
                .await
        }
        Part::Charges | Part::Refunds => {
            let table = if part == Part::Charges { "book_charge" } else { "book_refund" };
            diesel::sql_query(format!("INSERT INTO {table} SELECT * FROM unnest($1, $2, $3, $4, $5)"))
                .bind::<Array<Text>, _>(ids)
                .bind::<Array<Text>, _>(texts(|row| &row.payment_intent))
                .bind::<Array<Text>, _>(states)
                .bind::<Array<BigInt>, _>(amounts)
                .bind::<Array<Text>, _>(currencies)
                .execute(evidence.conn())
                .await
        }
    }
    .context("the gateway's books")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_are_cut_into_rows_wherever_the_chunks_end() {
        let books =
            br#"{"intents":[{"id":"a","metadata":{"x":"}]\"{"}},{"id":"b"}],"charges":[],"refunds":[{"id":"c"}]}"#;
        for size in [1, 2, 7, books.len()] {
            let mut parser = Parser::default();
            let mut rows = Vec::new();
            for chunk in books.chunks(size) {
                rows.extend(parser.feed(chunk).expect("rows"));
            }
            let texts: Vec<(Part, String)> =
                rows.into_iter().map(|(part, row)| (part, String::from_utf8(row).expect("text"))).collect();
            let expected = [
                (Part::Intents, r#"{"id":"a","metadata":{"x":"}]\"{"}}"#),
                (Part::Intents, r#"{"id":"b"}"#),
                (Part::Refunds, r#"{"id":"c"}"#),
            ];
            assert_eq!(texts, expected.map(|(part, row)| (part, row.to_owned())), "chunks of {size}");
            assert_eq!((parser.depth, parser.part), (0, Some(Part::Refunds)));
        }
    }
}
