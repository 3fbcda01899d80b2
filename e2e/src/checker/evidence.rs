//! All that the invariants look at, in one database session.
//!
//! Views over the services' schemas, as one snapshot sees them: `orders`, `order_key`, `stock`, `movement`, `reservation`,
//! `payment`, `attempt`, `refund`, `ledger_entry`; over all schemas with the name of the `service`: `outbox`, `inbox`,
//! `dead_letter`, and `aggregate` (each aggregate with the number of the last event that it said).
//!
//! Temporary tables with what is outside: `seen` (every record of the topics), `extent` (what the topics have), `progress`
//! (how far consumers are), `dead_record` (the dead-letter topics), `book_intent`, `book_charge`, `book_refund` (the
//! gateway's books), `client_call` (histories). [`Evidence::derive`] makes `event` of `seen`: each event once, where it first
//! came.

use anyhow::Context;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use proto_events::EventType;

use super::Scope;

const SERVICES: [&str; 5] = ["auth", "catalog", "inventory", "order", "payment"];

/// Sorting a million orders' events spills to the disk all the same; one session may have this much.
const SESSION: &str = "SET work_mem = '128MB'; SET temp_buffers = '64MB'; SET jit = off; \
     SET client_min_messages = warning; SET TIME ZONE 'UTC'";

const TABLES: &str = "
    CREATE TEMP TABLE scope_key (key text PRIMARY KEY, order_id uuid);
    CREATE TEMP TABLE seen (producer text NOT NULL, partition integer NOT NULL, kafka_offset bigint NOT NULL, key text,
        order_id uuid, event_id uuid, type text, seq bigint, payload bytea, injected boolean NOT NULL);
    CREATE TEMP TABLE event (LIKE seen);
    CREATE TEMP TABLE wants (consumer text NOT NULL, producer text NOT NULL, type text NOT NULL);
    CREATE TEMP TABLE extent (producer text NOT NULL, partition integer NOT NULL, low bigint NOT NULL, high bigint NOT NULL);
    CREATE TEMP TABLE progress (consumer text NOT NULL, producer text NOT NULL, partition integer NOT NULL,
        applied_to bigint NOT NULL);
    CREATE TEMP TABLE dead_record (consumer text NOT NULL, id text NOT NULL);
    CREATE TEMP TABLE book_intent (id text NOT NULL, order_key text, status text NOT NULL, amount bigint NOT NULL,
        received bigint NOT NULL, currency text NOT NULL);
    CREATE TEMP TABLE book_charge (id text NOT NULL, intent text NOT NULL, status text NOT NULL, amount bigint NOT NULL,
        currency text NOT NULL);
    CREATE TEMP TABLE book_refund (id text NOT NULL, intent text NOT NULL, status text NOT NULL, amount bigint NOT NULL,
        currency text NOT NULL);
    CREATE TEMP TABLE client_call (at timestamptz NOT NULL, key text NOT NULL, user_key text NOT NULL,
        outcome text NOT NULL, order_key text);
";

/// By which column a view is narrowed to a scope.
enum By {
    Order(&'static str),
    Key(&'static str),
    Nothing,
}

/// The session. Nothing is written but temporary tables.
pub struct Evidence {
    conn: AsyncPgConnection,
    scoped: bool,
}

impl Evidence {
    /// Connects as somebody who may read all schemas, and lays the tables out.
    ///
    /// # Errors
    /// The database's.
    pub async fn open(admin_url: &str, only: Option<&Scope>) -> anyhow::Result<Self> {
        let conn = AsyncPgConnection::establish(admin_url).await.context("the database as its administrator")?;
        let mut evidence = Self { conn, scoped: only.is_some() };
        evidence.run(SESSION).await?;
        evidence.run(TABLES).await?;
        if let Some(scope) = only {
            evidence.narrow(scope).await?;
        }
        for (name, select, by) in views() {
            let filter = match by {
                By::Order(column) if only.is_some() => {
                    format!("WHERE {column} IN (SELECT order_id FROM scope_key WHERE order_id IS NOT NULL)")
                }
                By::Key(column) if only.is_some() => format!("WHERE {column} IN (SELECT key FROM scope_key)"),
                By::Order(_) | By::Key(_) | By::Nothing => String::new(),
            };
            evidence.run(&format!("CREATE TEMP VIEW {name} AS SELECT * FROM ({select}) source {filter}")).await?;
        }
        evidence.fill_wants().await?;
        Ok(evidence)
    }

    async fn narrow(&mut self, scope: &Scope) -> anyhow::Result<()> {
        let keys: Vec<&String> = scope.orders.iter().chain(&scope.skus).collect();
        let insert = diesel::sql_query(
            "INSERT INTO scope_key SELECT key, CASE WHEN key ~ '^ord_[0-9a-f]{32}$' THEN substr(key, 5)::uuid END \
             FROM unnest($1) AS key ON CONFLICT DO NOTHING",
        );
        insert.bind::<diesel::sql_types::Array<diesel::sql_types::Text>, _>(keys).execute(&mut self.conn).await?;
        Ok(())
    }

    /// Which events each service listens to, as its own code says.
    async fn fill_wants(&mut self) -> anyhow::Result<()> {
        let lists: [(&str, &[EventType]); 5] = [
            ("order", &order::domain::Fact::TYPES),
            ("order", &order::products::TYPES),
            ("inventory", &inventory::domain::Fact::TYPES),
            ("inventory", &inventory::products::TYPES),
            ("payment", &payment::domain::Fact::TYPES),
        ];
        for (consumer, types) in lists {
            for event_type in types {
                let (producer, name) = (producer_of(event_type.topic().name()), event_type.wire_name());
                self.run(&format!("INSERT INTO wants VALUES ('{consumer}', '{producer}', '{name}')")).await?;
            }
        }
        Ok(())
    }

    /// From here on every schema is seen as it is now, whatever happens meanwhile.
    ///
    /// # Errors
    /// The database's.
    pub async fn snapshot(&mut self) -> anyhow::Result<()> {
        // The first query takes the snapshot, not the beginning.
        self.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM orders LIMIT 1").await
    }

    /// Makes `event` of `seen`, and tells the planner how much there is.
    ///
    /// # Errors
    /// The database's.
    pub async fn derive(&mut self) -> anyhow::Result<()> {
        if self.scoped {
            self.run(
                "DELETE FROM book_intent WHERE order_key IS NULL OR order_key NOT IN (SELECT key FROM scope_key); \
                 DELETE FROM book_charge WHERE intent NOT IN (SELECT id FROM book_intent); \
                 DELETE FROM book_refund WHERE intent NOT IN (SELECT id FROM book_intent)",
            )
            .await?;
        }
        self.run(
            "TRUNCATE event; \
             INSERT INTO event SELECT DISTINCT ON (event_id) * FROM seen \
             WHERE event_id IS NOT NULL AND seq IS NOT NULL AND key IS NOT NULL AND NOT injected \
             ORDER BY event_id, partition, kafka_offset; \
             ANALYZE seen; ANALYZE event; ANALYZE wants; ANALYZE progress; ANALYZE book_intent; ANALYZE book_charge; \
             ANALYZE book_refund; ANALYZE client_call",
        )
        .await
    }

    /// Whether only a part of the shop is looked at.
    pub fn is_scoped(&self) -> bool {
        self.scoped
    }

    /// # Errors
    /// The database's.
    pub async fn run(&mut self, sql: &str) -> anyhow::Result<()> {
        self.conn.batch_execute(sql).await.with_context(|| sql.chars().take(200).collect::<String>())
    }

    /// The rows of a query; `what` it is about stands in the error.
    ///
    /// # Errors
    /// The database's.
    pub async fn rows<T>(&mut self, sql: &str, what: &str) -> anyhow::Result<Vec<T>>
    where
        T: diesel::deserialize::QueryableByName<diesel::pg::Pg> + Send + 'static,
    {
        diesel::sql_query(sql).load(&mut self.conn).await.with_context(|| what.to_owned())
    }

    /// The session itself, for statements with parameters.
    pub fn conn(&mut self) -> &mut AsyncPgConnection {
        &mut self.conn
    }
}

/// The service that says what is on a topic.
pub fn producer_of(topic: &str) -> &str {
    topic.split('.').next().unwrap_or(topic)
}

fn views() -> Vec<(&'static str, String, By)> {
    let union = |select: &dyn Fn(&str) -> String| SERVICES.map(select).join(" UNION ALL ");
    let table = |name: &str| format!("SELECT * FROM {name}");
    let key = |prefix: &str, column: &str| format!("'{prefix}' || replace({column}::text, '-', '')");
    let (order_key, reservation_key) = (key("ord_", "id"), key("ord_", "order_id"));
    vec![
        ("orders", table("\"order\".orders"), By::Order("id")),
        ("order_key", table("\"order\".idempotency_key"), By::Nothing),
        ("stock", table("inventory.stock"), By::Key("sku")),
        ("movement", table("inventory.stock_movement"), By::Key("sku")),
        ("reservation", table("inventory.reservation"), By::Order("order_id")),
        ("payment", table("payment.payment"), By::Order("order_id")),
        ("attempt", table("payment.attempt"), By::Order("order_id")),
        ("refund", table("payment.refund"), By::Order("order_id")),
        ("ledger_entry", table("payment.ledger_entry"), By::Order("order_id")),
        (
            "outbox",
            union(&|s| {
                format!("SELECT '{s}' AS service, topic, key, event_id, aggregate_seq, created_at FROM \"{s}\".outbox")
            }),
            By::Key("key"),
        ),
        ("inbox", union(&|s| format!("SELECT '{s}' AS service, event_id FROM \"{s}\".inbox")), By::Nothing),
        (
            "dead_letter",
            union(&|s| {
                format!(
                    "SELECT '{s}' AS service, id, key, event_id, event_type, headers, state, error FROM \"{s}\".dead_letter"
                )
            }),
            By::Key("key"),
        ),
        (
            "aggregate",
            format!(
                "SELECT 'order' AS producer, {order_key} AS key, event_seq FROM \"order\".orders \
                 UNION ALL SELECT 'inventory', {reservation_key}, event_seq FROM inventory.reservation \
                 UNION ALL SELECT 'inventory', sku, event_seq FROM inventory.stock \
                 UNION ALL SELECT 'payment', {reservation_key}, event_seq FROM payment.payment \
                 UNION ALL SELECT 'catalog', {}, version FROM catalog.product \
                 UNION ALL SELECT 'auth', {}, event_seq FROM auth.users",
                key("prd_", "id"),
                key("usr_", "id")
            ),
            By::Key("key"),
        ),
    ]
}
