//! What is on record: the stock, the payment, and the payment simulator's own books.

use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use crate::shop::Shop;

/// One SKU's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    pub on_hand: i64,
    pub reserved: i64,
}

/// What the gateway has on record for one order, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Charged {
    /// Charges that succeeded.
    pub charges: usize,
    pub captured_minor: i64,
    pub refunded_minor: i64,
}

/// # Panics
/// When the SKU has no stock row.
pub async fn stock(shop: &Shop, sku: &str) -> Stock {
    let stock = shop.get_as(&shop.admin, &format!("/api/v1/inventory/{sku}")).await;
    let number = |name: &str| stock[name].as_i64().unwrap_or_else(|| panic!("{name} in {stock}"));
    Stock { on_hand: number("on_hand"), reserved: number("reserved") }
}

/// # Panics
/// When the simulator does not answer as it documents.
pub async fn charged(shop: &Shop, order: &str) -> Charged {
    let url = format!("{}/sim/books", shop.stack.value("STRIPE_API_BASE"));
    let answer = reqwest::Client::new()
        .get(url)
        .bearer_auth(shop.stack.value("STRIPE_API_KEY"))
        .send()
        .await
        .expect("the simulator answers");
    let books: Value = answer.json().await.expect("books");
    let rows = |part: &str| books[part].as_array().unwrap_or_else(|| panic!("{part} in the books")).clone();
    let intents: Vec<Value> = rows("intents")
        .into_iter()
        .filter(|intent| intent["metadata"]["order_id"] == order)
        .map(|intent| intent["id"].clone())
        .collect();
    assert!(intents.len() <= 1, "one intent per payment: {intents:?}");
    let of_order = |row: &&Value| intents.contains(&row["payment_intent"]) && row["status"] == "succeeded";
    let amount = |row: &Value| row["amount"].as_i64().expect("an amount");
    let (charges, refunds) = (rows("charges"), rows("refunds"));
    Charged {
        charges: charges.iter().filter(of_order).count(),
        captured_minor: charges.iter().filter(of_order).map(amount).sum(),
        refunded_minor: refunds.iter().filter(of_order).map(amount).sum(),
    }
}

/// Runs SQL as a service's own role, such as to let a deadline pass. Returns how many rows it touched.
///
/// # Panics
/// When the database refuses.
pub async fn execute(shop: &Shop, service: &str, sql: &str) -> usize {
    let mut conn = connect(shop, service).await;
    diesel::sql_query(sql).execute(&mut conn).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

#[derive(diesel::QueryableByName)]
struct Cell {
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    value: Option<String>,
}

/// The column `value`, a text, of the first row of a query.
///
/// # Panics
/// When the database refuses.
pub async fn value(shop: &Shop, service: &str, sql: &str) -> Option<String> {
    let mut conn = connect(shop, service).await;
    let cells: Vec<Cell> =
        diesel::sql_query(sql).load(&mut conn).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    cells.into_iter().next().and_then(|cell| cell.value)
}

async fn connect(shop: &Shop, service: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(shop.stack.database_url(service)).await.expect("the database is there")
}

/// The UUID of an id as people see it: the columns of the databases hold it without its prefix.
///
/// # Panics
/// When it is no id.
pub fn uuid(id: &str) -> &str {
    id.split_once('_').expect("a prefix").1
}
