//! A service that writes down what it is told.

// Each test program uses its own part of this.
#![allow(dead_code)]

use std::sync::Arc;

use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use messaging::{Outgoing, ReactionError, Reactions, outbox};
use proto_events::{Envelope, Event, EventType, Topic, order};
use testkit::TestDb;
use uuid::Uuid;

pub const SERVICE: &str = "scribe";

/// Writes each event into `heard`. An order with the total 666 cannot be applied, one with 667 panics.
pub struct Scribe;

runtime::statement! {
    struct Write { key: String as diesel::sql_types::Text, what: String as diesel::sql_types::Text }
    "INSERT INTO heard (key, what) VALUES (?, ?)"
}

impl Reactions for Scribe {
    type Outcome = ();

    fn topics(&self) -> &[Topic] {
        &[Topic::Order]
    }

    fn wants(&self, event_type: EventType) -> bool {
        event_type != EventType::OrderDelivered
    }

    async fn apply(&self, conn: &mut AsyncPgConnection, events: &[Envelope]) -> Result<(), ReactionError> {
        for envelope in events {
            let what = match &envelope.event {
                Event::OrderPaid(paid) => match paid.total.as_ref().map_or(0, |total| total.amount_minor) {
                    666 => return Err(ReactionError::Permanent("the number of the beast".to_owned())),
                    667 => panic!("beyond the beast"),
                    amount => amount.to_string(),
                },
                other => format!("{:?}", other.event_type()),
            };
            Write { key: envelope.key.clone(), what }.execute(conn).await?;
        }
        Ok(())
    }
}

/// A schema with the messaging tables and `heard`.
pub async fn db() -> TestDb {
    let db = TestDb::new(vec![messaging::MIGRATIONS]).await;
    let mut conn = db.pool.get().await.expect("a connection");
    conn.batch_execute("CREATE TABLE heard (at bigint GENERATED ALWAYS AS IDENTITY, key text, what text)")
        .await
        .expect("a table");
    drop(conn);
    db
}

pub fn reactions() -> Arc<Scribe> {
    Arc::new(Scribe)
}

/// An event that is written down as its number.
pub fn paid(number: i64) -> Event {
    order::v1::OrderPaid { total: Some(proto_events::Money::new(number, "EUR")) }.into()
}

pub fn cancelled() -> Event {
    order::v1::OrderCancelled { by: order::v1::CancelledBy::Buyer.into(), reason: String::new() }.into()
}

pub fn outgoing(key: &str, seq: i64, event: Event) -> Outgoing {
    Outgoing { id: Uuid::now_v7(), key: key.to_owned(), aggregate_seq: seq, traceparent: None, event }
}

pub async fn append(db: &TestDb, events: &[Outgoing]) {
    let conn = db.pool.get().await.expect("a connection");
    outbox::append(&conn, events).await.expect("the outbox takes them");
}

/// Lets the database refuse to write anything down, the first `times` times, with an error that passes by itself.
pub async fn refuse(db: &TestDb, times: i32) {
    let trigger = format!(
        "CREATE SEQUENCE tries; \
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
           IF nextval('tries') <= {times} THEN \
             RAISE EXCEPTION 'told to refuse' USING ERRCODE = 'serialization_failure'; \
           END IF; \
           RETURN NEW; \
         END $$; \
         CREATE TRIGGER refuse BEFORE INSERT ON heard FOR EACH ROW EXECUTE FUNCTION refuse()"
    );
    db.pool.get().await.expect("a connection").batch_execute(&trigger).await.expect("a trigger");
}

/// Whether anything was refused.
pub async fn has_refused(db: &TestDb) -> bool {
    count(db, "SELECT count(*) AS n FROM tries WHERE is_called").await == 1
}

/// From now on nothing is refused.
pub async fn accept(db: &TestDb) {
    let mut conn = db.pool.get().await.expect("a connection");
    conn.batch_execute("DROP TRIGGER refuse ON heard").await.expect("no trigger");
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    what: String,
}

/// What was written down about a key, in order.
pub async fn heard(db: &TestDb, key: &str) -> Vec<String> {
    let mut conn = db.pool.get().await.expect("a connection");
    let rows: Vec<Row> = diesel::sql_query("SELECT what FROM heard WHERE key = $1 ORDER BY at")
        .bind::<diesel::sql_types::Text, _>(key)
        .load(&mut conn)
        .await
        .expect("what was heard");
    rows.into_iter().map(|row| row.what).collect()
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

pub async fn count(db: &TestDb, sql: &str) -> i64 {
    let mut conn = db.pool.get().await.expect("a connection");
    let rows: Vec<Count> = diesel::sql_query(sql).load(&mut conn).await.expect(sql);
    rows[0].n
}
