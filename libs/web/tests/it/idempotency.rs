//! Idempotency keys: the work is done once, and a repeat gets the first answer.

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::StatusCode;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use proto_events::ids::UserId;
use serde_json::json;
use testkit::{Answer, TestDb, Token, tokens};
use uuid::Uuid;
use web::idempotency::{self, Begin, Claim};

use crate::shop::{Setup, Shop};

async fn create(shop: &Shop, token: &Token, key: &str, sku: &str) -> Answer {
    shop.api.post("/things").by(token).key(key).json(json!({ "sku": sku })).send().await
}

impl Shop {
    fn works_done(&self) -> usize {
        AtomicUsize::load(&self.works.done, Ordering::SeqCst)
    }

    async fn things(&self) -> i64 {
        count(self.db.as_ref().expect("a database"), "SELECT count(*) FROM thing").await
    }

    async fn keys(&self) -> i64 {
        count(self.db.as_ref().expect("a database"), "SELECT count(*) FROM idempotency_key").await
    }
}

async fn count(db: &TestDb, sql: &str) -> i64 {
    use diesel::sql_types::BigInt;
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let mut conn = db.pool.get().await.expect("a connection");
    diesel::sql_query(sql).get_result::<Count>(&mut conn).await.expect("a count").count
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_gets_the_first_answer() {
    let shop = Setup::default().start_with_db().await;
    let seller = tokens::seller();
    let first = create(&shop, &seller, "key-1", "a").await;
    first.expect(201);
    assert_eq!(first.header("idempotent-replayed"), "");
    // Bare or quoted, and whatever the blanks: the same request.
    for key in ["key-1", "\"key-1\""] {
        let call = shop.api.post("/things").by(&seller).key(key);
        let again = call.raw("application/json", b" { \"sku\" : \"a\" } ".to_vec()).send().await;
        assert_eq!(again.expect(201), first.json());
        for name in ["location", "etag", "x-extra", "content-type"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
        assert_eq!(again.header("idempotent-replayed"), "true");
    }
    assert_eq!((shop.works_done(), shop.things().await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_belong_to_their_caller_route_and_body() {
    let shop = Setup::default().start_with_db().await;
    let (seller, other) = (tokens::seller(), tokens::seller());
    create(&shop, &seller, "key", "a").await.expect(201);
    create(&shop, &seller, "key", "b").await.expect_problem(422, "idempotency_key_reused");
    create(&shop, &other, "key", "b").await.expect(201);
    create(&shop, &seller, "other-key", "b").await.expect(201);
    assert_eq!(shop.works_done(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_keys_are_400() {
    let shop = Setup::default().start();
    let customer = tokens::customer();
    let call = || shop.api.post("/echo").by(&customer).json(json!({ "sku": "a" }));
    call().send().await.expect_problem(400, "idempotency_key_missing");
    for key in ["", "\"\"", " ", "a b", "\"a", "a\"b", &"k".repeat(256)] {
        call().key(key).send().await.expect_problem(400, "idempotency_key_invalid");
    }
    call().key("a").key("b").send().await.expect_problem(400, "idempotency_key_invalid");
    for key in ["k", &"k".repeat(255), &format!("\"{}\"", "k".repeat(255)), "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"] {
        call().key(key).send().await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn final_refusals_are_kept_and_their_work_is_undone() {
    let shop = Setup::default().start_with_db().await;
    let seller = tokens::seller();
    for (sku, status, code, member) in
        [("taken", 409, "sku_taken", "sku"), ("declined", 402, "card_declined", "attempts_left")]
    {
        let first = create(&shop, &seller, sku, sku).await;
        let before = first.expect_problem(status, code);
        let again = create(&shop, &seller, sku, sku).await;
        let after = again.expect_problem(status, code);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!((&before[member], &before["detail"]), (&after[member], &after["detail"]));
        assert_ne!(before["trace_id"], after["trace_id"], "each request has its own trace");
    }
    assert_eq!((shop.works_done(), shop.things().await), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_change_is_not_kept() {
    let shop = Setup::default().start_with_db().await;
    let seller = tokens::seller();
    for (sku, status) in [("unknown", 422), ("broken", 500), ("later", 202)] {
        for _ in 0..2 {
            let answer = create(&shop, &seller, sku, sku).await;
            answer.expect(status);
            assert_eq!(answer.header("idempotent-replayed"), "", "{sku}");
        }
    }
    // An accepted answer is not kept, but its work is.
    assert_eq!((shop.works_done(), shop.things().await, shop.keys().await), (6, 2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_request_does_not_wait_for_the_first() {
    let shop = Setup::default().start_with_db().await;
    let seller = tokens::seller();
    let (first, ()) = tokio::join!(create(&shop, &seller, "key", "slow"), async {
        shop.works.entered.acquire().await.expect("the first is at work").forget();
        let second = create(&shop, &seller, "key", "slow").await;
        second.expect_problem(409, "idempotency_key_in_use");
        assert_eq!(second.header("retry-after"), "1");
        create(&shop, &seller, "other", "a").await.expect(201);
        shop.works.gate.add_permits(1);
    });
    first.expect(201);
    let again = create(&shop, &seller, "key", "slow").await;
    assert_eq!(again.expect(201), first.json());
    assert_eq!(shop.things().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_work_once() {
    let shop = Setup::default().start_with_db().await;
    let seller = tokens::seller();
    let answers = futures_util::future::join_all((0..32).map(|_| create(&shop, &seller, "key", "a"))).await;
    for answer in &answers {
        match answer.status.as_u16() {
            201 => {}
            _ => drop(answer.expect_problem(409, "idempotency_key_in_use")),
        }
    }
    assert!(answers.iter().any(|answer| answer.status.as_u16() == 201));
    assert_eq!((shop.works_done(), shop.things().await), (1, 1));
}

fn claim(key: &str) -> Claim {
    Claim { scope: format!("{} POST /x", UserId(Uuid::nil())), key: key.to_owned(), fingerprint: [1; 32] }
}

fn answer(n: usize) -> web::Answer {
    web::Answer::json(StatusCode::CREATED, &json!({ "n": n })).expect("JSON").location(format!("/x/{n}"))
}

async fn begin(conn: &mut AsyncPgConnection, claims: &[Claim]) -> Vec<Begin> {
    idempotency::begin(conn, claims).await.expect("the database answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_many_requests() {
    let db = TestDb::new(vec![idempotency::MIGRATIONS]).await;
    let (mut one, mut two) = (db.pool.get().await.expect("one"), db.pool.get().await.expect("two"));
    let claims: Vec<Claim> = (0..200).map(|n| claim(&n.to_string())).collect();
    assert!(begin(&mut one, &[]).await.is_empty());
    one.batch_execute("BEGIN").await.expect("a transaction");
    assert!(begin(&mut one, &claims).await.iter().all(|begun| *begun == Begin::Start));
    // Another transaction neither waits nor starts; what is new to it starts.
    two.batch_execute("BEGIN").await.expect("a transaction");
    assert_eq!(begin(&mut two, &[claim("7"), claim("new")]).await, [Begin::InUse, Begin::Start]);
    two.batch_execute("ROLLBACK").await.expect("an end");
    let answers: Vec<web::Answer> = (0..200).map(answer).collect();
    let pairs: Vec<_> = claims.iter().zip(&answers).collect();
    idempotency::finish(&one, &pairs).await.expect("kept");
    one.batch_execute("COMMIT").await.expect("an end");
    // Repeats, a reused key, a new one, and the same one twice.
    let reused = Claim { fingerprint: [2; 32], ..claim("8") };
    two.batch_execute("BEGIN").await.expect("a transaction");
    let begun = begin(&mut two, &[claim("new"), claim("7"), reused, claim("new")]).await;
    assert_eq!(begun, [Begin::Start, Begin::Replay(answer(7)), Begin::Reused, Begin::InUse]);
    two.batch_execute("ROLLBACK").await.expect("an end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_leaves_neither_work_nor_key() {
    let db = TestDb::new(vec![idempotency::MIGRATIONS]).await;
    let mut conn = db.pool.get().await.expect("a connection");
    conn.batch_execute("CREATE TABLE work ()").await.expect("a table");
    let undone = conn
        .transaction(async |conn| {
            assert_eq!(idempotency::begin(conn, &[claim("k")]).await?, [Begin::Start]);
            conn.batch_execute("INSERT INTO work DEFAULT VALUES").await?;
            idempotency::finish(conn, &[(&claim("k"), &answer(1))]).await?;
            Err::<(), _>(diesel::result::Error::RollbackTransaction)
        })
        .await;
    assert!(undone.is_err());
    assert_eq!(count(&db, "SELECT count(*) FROM work").await, 0, "work that was done");
    conn.batch_execute("BEGIN").await.expect("a transaction");
    assert_eq!(begin(&mut conn, &[claim("k")]).await, [Begin::Start]);
    conn.batch_execute("ROLLBACK").await.expect("an end");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_over_the_network_owns_its_key() {
    let db = TestDb::new(vec![idempotency::MIGRATIONS]).await;
    let mut conn = db.pool.get().await.expect("a connection");
    let own = async |conn: &mut AsyncPgConnection, claim: Claim| {
        idempotency::claim_running(conn, claim).await.expect("the database answers")
    };
    let running = own(&mut conn, claim("k")).await.expect("a new key");
    assert_eq!(own(&mut conn, claim("k")).await.expect_err("owned"), Begin::InUse);
    let other = Claim { fingerprint: [2; 32], ..claim("k") };
    assert_eq!(own(&mut conn, other.clone()).await.expect_err("reused"), Begin::Reused);
    // Abandoned, or an answer that only says "not yet": a repeat works again.
    idempotency::abandon(&mut conn, running).await.expect("freed");
    let running = own(&mut conn, claim("k")).await.expect("a free key");
    let accepted = web::Answer::json(StatusCode::ACCEPTED, &json!({})).expect("JSON");
    idempotency::complete(&mut conn, running, &accepted).await.expect("freed");
    let lost = own(&mut conn, claim("k")).await.expect("a free key");
    // Not heard of for 21 seconds: a repeat takes over, and the first has no say any more.
    conn.batch_execute("UPDATE idempotency_key SET locked_until = locked_until - interval '21 seconds'")
        .await
        .expect("time passes");
    let running = own(&mut conn, claim("k")).await.expect("taken over");
    idempotency::abandon(&mut conn, lost.clone()).await.expect("nothing happens");
    idempotency::complete(&mut conn, lost, &answer(1)).await.expect("nothing happens");
    assert_eq!(own(&mut conn, claim("k")).await.expect_err("owned"), Begin::InUse);
    idempotency::complete(&mut conn, running, &answer(2)).await.expect("kept");
    assert_eq!(own(&mut conn, claim("k")).await.expect_err("done"), Begin::Replay(answer(2)));
    assert_eq!(own(&mut conn, other).await.expect_err("reused"), Begin::Reused);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_have_their_day() {
    let db = TestDb::new(vec![idempotency::MIGRATIONS]).await;
    let mut conn = db.pool.get().await.expect("a connection");
    conn.batch_execute(
        "INSERT INTO idempotency_key (scope, key, fingerprint, created_at) \
         SELECT 's', n::text, '', now() - CASE WHEN n <= 1500 THEN interval '25 hours' ELSE interval '23 hours' END \
         FROM generate_series(1, 1600) n",
    )
    .await
    .expect("keys");
    let mut deleted = Vec::new();
    for _ in 0..3 {
        deleted.push(idempotency::purge(&mut conn).await.expect("purged"));
    }
    assert_eq!(deleted, [1000, 500, 0]);
    assert_eq!(count(&db, "SELECT count(*) FROM idempotency_key").await, 100);
}
