//! Batches: repeats, culprits, parked keys, replays. Without Kafka, through the consumer's own path.

mod support;

use messaging::DeadLetters;
use proto_events::EventType;
use runtime::dead_letters::ReplayRefused;
use support::{SERVICE, cancelled, count, db, heard, paid, reactions, refuse};
use testkit::{Inbound, TestDb};

fn inbound(db: &TestDb) -> Inbound<support::Scribe> {
    Inbound::new(SERVICE, db, reactions())
}

fn dead_letters(db: &TestDb) -> DeadLetters<support::Scribe> {
    DeadLetters::new(SERVICE, db.pool.clone(), messaging::Wake::new(), reactions())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_changes_nothing_within_a_batch_or_later() {
    let db = db().await;
    let mut inbound = inbound(&db);
    let first = inbound.record("a", paid(1));
    let again = inbound.repeat(&first);
    let second = inbound.record("a", paid(2));
    inbound.deliver(&[first.clone(), again, second]).await;
    let later = inbound.repeat(&first);
    inbound.deliver(&[later]).await;
    assert_eq!(heard(&db, "a").await, ["1", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_culprit_in_two_hundred_is_found_and_the_rest_is_applied_in_order() {
    let db = db().await;
    let mut inbound = inbound(&db);
    let mut batch = Vec::new();
    for n in 1..=200 {
        let number = if n == 77 { 666 } else { n };
        batch.push(inbound.record(if n % 2 == 0 { "even" } else { "odd" }, paid(number)));
    }
    inbound.deliver(&batch).await;
    let even: Vec<String> = (1..=100).map(|n| (2 * n).to_string()).collect();
    assert_eq!(heard(&db, "even").await, even);
    // What comes after the culprit waits behind it.
    let before: Vec<String> = (1..77).step_by(2).map(|n: i32| n.to_string()).collect();
    assert_eq!(heard(&db, "odd").await, before);
    assert_eq!(count(&db, "SELECT count(*) AS n FROM dead_letter WHERE state = 'DEAD'").await, 1);
    assert_eq!(count(&db, "SELECT count(*) AS n FROM dead_letter WHERE state = 'WAITING'").await, 61);
    let attempts = "SELECT attempts::bigint AS n FROM dead_letter WHERE state = 'DEAD'";
    assert_eq!(count(&db, attempts).await, 3);
}

/// Otherwise each trouble of the database would leave a heap of them.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_refuses_for_a_while_is_no_dead_letter() {
    let db = db().await;
    // Once more than a record is tried that can never be applied.
    refuse(&db, 4).await;
    inbound(&db).tell("a", paid(1)).await;
    assert_eq!(heard(&db, "a").await, ["1"]);
    assert_eq!(count(&db, "SELECT count(*) AS n FROM dead_letter").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_costs_one_record() {
    let db = db().await;
    let mut inbound = inbound(&db);
    let batch = [inbound.record("a", paid(1)), inbound.record("b", paid(667)), inbound.record("c", paid(3))];
    inbound.deliver(&batch).await;
    assert_eq!(heard(&db, "a").await, ["1"]);
    assert_eq!(heard(&db, "c").await, ["3"]);
    assert_eq!(count(&db, "SELECT count(*) AS n FROM dead_letter WHERE error_class = 'PANIC'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_keeps_its_bytes_and_parks_its_key_but_not_a_cancel() {
    let db = db().await;
    let mut inbound = inbound(&db);
    let garbage = inbound.garbage("a", EventType::OrderPaid);
    let batch =
        [garbage.clone(), inbound.record("a", paid(1)), inbound.record("a", cancelled()), inbound.record("b", paid(2))];
    inbound.deliver(&batch).await;
    assert_eq!(heard(&db, "a").await, ["OrderCancelled"]);
    assert_eq!(heard(&db, "b").await, ["2"]);
    let listed = dead_letters(&db);
    let listed = (&listed as &dyn runtime::dead_letters::DeadLetters).list(None, 10).await.expect("a list");
    let dead = listed.iter().find(|letter| letter.state == "DEAD").expect("a dead letter");
    assert_eq!(dead.id, garbage.position.to_string());
    assert_eq!(dead.payload_base64.as_deref(), Some("////"));
    assert_eq!(dead.error_class.as_deref(), Some("UNDECODABLE"));
    let on_its_way = "SELECT count(*) AS n FROM outbox WHERE topic = 'order.events.scribe.dlq' AND payload = '\\xffffff' \
         AND 'x-error' = ANY(headers)";
    assert_eq!(count(&db, on_its_way).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_buried_once_however_often_it_comes() {
    let db = db().await;
    let mut inbound = inbound(&db);
    let record = inbound.record("a", paid(666));
    inbound.deliver(std::slice::from_ref(&record)).await;
    inbound.deliver(std::slice::from_ref(&record)).await;
    let moved = inbound.repeat(&record);
    inbound.deliver(&[moved]).await;
    assert_eq!(count(&db, "SELECT count(*) AS n FROM dead_letter").await, 1);
    assert_eq!(count(&db, "SELECT count(*) AS n FROM outbox").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_goes_on_where_it_stopped_and_twice_changes_nothing() {
    let db = db().await;
    let mut inbound = inbound(&db);
    let dead = inbound.record("a", paid(666));
    let id = dead.position.to_string();
    let waiting = inbound.record("a", paid(2));
    let waiting_id = waiting.position.to_string();
    inbound.deliver(&[dead, waiting]).await;
    inbound.tell("a", paid(3)).await;
    assert_eq!(heard(&db, "a").await, Vec::<String>::new());

    let letters = dead_letters(&db);
    let letters: &dyn runtime::dead_letters::DeadLetters = &letters;
    // The cause is still there: it stays dead, and what waits stays waiting.
    assert_eq!(letters.replay(&id).await.expect("tried").state, "DEAD");
    assert!(matches!(letters.replay(&waiting_id).await, Err(ReplayRefused::WaitsBehind(first)) if first == id));
    assert!(matches!(letters.replay("order.events:0:999").await, Err(ReplayRefused::NotFound)));

    // The cause is mended, as a new version of the service would.
    let mended = paid(1).encode();
    let mend = format!("UPDATE dead_letter SET payload = '\\x{}' WHERE id = '{id}'", hex(&mended));
    let mut conn = db.pool.get().await.expect("a connection");
    diesel_async::SimpleAsyncConnection::batch_execute(&mut conn, &mend).await.expect("mended");
    drop(conn);
    assert_eq!(letters.replay(&id).await.expect("replayed").state, "DONE");
    assert_eq!(heard(&db, "a").await, ["1", "2", "3"]);
    assert_eq!(letters.replay(&id).await.expect("left alone").state, "DONE");
    inbound.tell("a", paid(4)).await;
    assert_eq!(heard(&db, "a").await, ["1", "2", "3", "4"]);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The table is empty when these are first planned; a sequential scan chosen then would read dead rows ever after.
#[tokio::test(flavor = "multi_thread")]
async fn outbox_statements_use_the_index_although_the_table_is_empty() {
    let db = db().await;
    let mut conn = db.pool.get().await.expect("a connection");
    for sql in ["SELECT id FROM outbox ORDER BY id LIMIT $1", "DELETE FROM outbox WHERE id = ANY($1)"] {
        let types = if sql.starts_with("SELECT") { "bigint" } else { "bigint[]" };
        let argument = if sql.starts_with("SELECT") { "1000" } else { "'{1,2}'" };
        diesel_async::SimpleAsyncConnection::batch_execute(
            &mut conn,
            &format!("DEALLOCATE ALL; PREPARE probe({types}) AS {sql}"),
        )
        .await
        .expect("prepared");
        let plan = plan(&mut conn, &format!("EXPLAIN EXECUTE probe({argument})")).await;
        assert!(plan.contains("outbox_pkey") && !plan.contains("Seq Scan"), "{sql}: {plan}");
    }
}

#[derive(diesel::QueryableByName)]
struct PlanLine {
    #[diesel(sql_type = diesel::sql_types::Text, column_name = "QUERY PLAN")]
    line: String,
}

async fn plan(conn: &mut diesel_async::AsyncPgConnection, sql: &str) -> String {
    let lines: Vec<PlanLine> = diesel_async::RunQueryDsl::load(diesel::sql_query(sql), conn).await.expect("a plan");
    lines.into_iter().map(|line| line.line).collect::<Vec<_>>().join("\n")
}
