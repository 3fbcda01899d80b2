//! Orders of the past, by SQL: what a shop has in its tables after a while.
//!
//! They are orders that found no stock, since these are whole without anybody outside the database: nothing was charged,
//! so the payment gateway has nothing to know of them, and nothing was moved in the warehouse. Each has its row in every
//! table that the saga writes for such an order.

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};

use super::{Bench, progress};

/// Rows per transaction: none runs for long.
const CHUNK: u64 = 100_000;

/// Adds `orders` of them, spread over the last months, unless they are there already, and lets the database look at its tables.
///
/// # Errors
/// The database's.
pub async fn past_orders(bench: &mut Bench, orders: u64) -> anyhow::Result<()> {
    let mut done = 0;
    while done < orders {
        let chunk = CHUNK.min(orders - done);
        progress(&format!("{done} of {orders} orders of the past are there"));
        for (service, statements) in [
            ("order", order_sql(done, chunk)),
            ("inventory", inventory_sql(done, chunk)),
            ("payment", payment_sql(done, chunk)),
        ] {
            let mut conn = AsyncPgConnection::establish(bench.stack.database_url(service)).await?;
            conn.batch_execute(&statements).await?;
        }
        done += chunk;
    }
    progress("the database looks at its tables");
    for service in ["order", "inventory", "payment"] {
        let mut conn = AsyncPgConnection::establish(bench.stack.database_url(service)).await?;
        conn.batch_execute("VACUUM (ANALYZE)").await?;
    }
    bench.conn.batch_execute("CHECKPOINT").await?;
    Ok(())
}

/// The n-th order: a UUIDv7 whose time is n seconds before the start of 2026, and an id of the same form for another thing.
fn id(what: u8) -> String {
    let time = "lpad(to_hex((1767225600000 - n * 1000)::bigint), 12, '0')";
    format!("({time} || '7{what:03x}' || '8' || lpad(to_hex(n), 15, '0'))::uuid")
}

const TIME: &str = "to_timestamp(1767225600 - n)";

fn series(from: u64, count: u64) -> String {
    format!("generate_series({from}, {}) AS n", from + count - 1)
}

fn order_sql(from: u64, count: u64) -> String {
    let (id, item, product, user) = (id(1), id(2), id(3), id(4));
    let series = series(from, count);
    format!(
        "INSERT INTO orders (id, user_id, currency, total_minor, created_at, updated_at, version, event_seq, status, \
         rejected_at, rejected_lines, number, customer_email, customer_name, lines) \
         SELECT {id}, {user}, 'EUR', 1990, {TIME}, {TIME}, 2, 1, 'CANCELLED', {TIME}, \
         jsonb_build_array(jsonb_build_object('sku', 'PAST', 'requested', 1, 'available', 0)), \
         'P' || lpad(n::text, 9, '0'), 'past@bench.test', 'Past Buyer', \
         jsonb_build_array(jsonb_build_object('id', 'itm_' || replace({item}::text, '-', ''), 'sku', 'PAST', \
         'product_id', 'prd_' || replace({product}::text, '-', ''), 'seller_id', NULL, 'name', 'A thing of the past', \
         'quantity', 1, 'unit_price_minor', 1990, 'line_total_minor', 1990)) FROM {series} ON CONFLICT DO NOTHING; \
         INSERT INTO idempotency_key (scope, key, fingerprint, status, headers, body) \
         SELECT 'past ' || n, 'past-' || n, '\\x00', 201, '[]', convert_to(repeat('x', 600), 'UTF8') FROM {series} ON CONFLICT DO NOTHING; \
         INSERT INTO inbox (event_id) SELECT {} FROM {series} ON CONFLICT DO NOTHING",
        self::id(5)
    )
}

fn inventory_sql(from: u64, count: u64) -> String {
    let (order, own, event) = (id(1), id(6), id(7));
    let series = series(from, count);
    format!(
        "INSERT INTO reservation (order_id, reservation_id, origin, state, lines, expires_at, created_at, event_seq) \
         SELECT {order}, {own}, 'SAGA', 'REJECTED', '{{\"PAST\": 1}}', NULL, {TIME}, 1 FROM {series} ON CONFLICT DO NOTHING; \
         INSERT INTO inbox (event_id) SELECT {event} FROM {series} ON CONFLICT DO NOTHING"
    )
}

fn payment_sql(from: u64, count: u64) -> String {
    let (order, own, user) = (id(1), id(8), id(4));
    let (first, second) = (id(9), id(10));
    let series = series(from, count);
    format!(
        "INSERT INTO payment (order_id, id, user_id, amount_minor, currency, method, closed, initiated, captured_minor, \
         refund_target_minor, refund_given_up_minor, shipped, fruitless_calls, event_seq, version, created_at, updated_at) \
         SELECT {order}, {own}, {user}, 1990, 'EUR', 'pm_card_visa', 'REJECTED', false, 0, 0, 0, false, 0, 0, 2, {TIME}, \
         {TIME} FROM {series} ON CONFLICT DO NOTHING; \
         INSERT INTO inbox (event_id) SELECT {first} FROM {series} ON CONFLICT DO NOTHING; \
         INSERT INTO inbox (event_id) SELECT {second} FROM {series} ON CONFLICT DO NOTHING"
    )
}
