//! Faults of a real database, as callers see them.

use diesel::QueryResult;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use runtime::db;
use testkit::{TestDb, required_env};
use web::Problem;
use web::problem::violates;

async fn run(conn: &mut AsyncPgConnection, sql: &str) -> QueryResult<()> {
    conn.batch_execute(sql).await
}

fn is_unavailable(what: &str, result: QueryResult<()>) {
    let problem = Problem::from(result.expect_err(what));
    assert_eq!((problem.status.as_u16(), problem.code.as_ref()), (503, "unavailable"), "{what}");
    assert!(problem.headers.iter().any(|(name, _)| name == "retry-after"), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn busy_or_gone_is_503_and_the_rest_500() {
    let db = TestDb::new(Vec::new()).await;
    let (mut one, mut two) = (db.pool.get().await.expect("one"), db.pool.get().await.expect("two"));
    run(&mut one, "CREATE TABLE t (id int CONSTRAINT t_id_key UNIQUE, n int)").await.expect("a table");
    run(&mut one, "INSERT INTO t VALUES (1, 0), (2, 0)").await.expect("rows");

    let twice = run(&mut one, "INSERT INTO t VALUES (1, 0)").await.expect_err("a second row");
    assert!(violates(&twice, "t_id_key") && !violates(&twice, "t_n_key"));
    assert_eq!(Problem::from(twice).status.as_u16(), 500);
    let wrong = Problem::from(run(&mut one, "SELECT secret FROM t").await.expect_err("no such column"));
    assert_eq!((wrong.status.as_u16(), wrong.code.as_ref()), (500, "internal"));
    assert!(!wrong.detail.contains("secret"));

    is_unavailable("statement timeout", run(&mut one, "SET statement_timeout = 10; SELECT pg_sleep(5)").await);
    run(&mut one, "SET statement_timeout = 0; BEGIN; UPDATE t SET n = 1 WHERE id = 1").await.expect("a lock");
    is_unavailable("lock timeout", run(&mut two, "SET lock_timeout = 10; UPDATE t SET n = 2 WHERE id = 1").await);
    run(&mut two, "SET lock_timeout = 0; BEGIN; UPDATE t SET n = 2 WHERE id = 2").await.expect("a lock");
    let (left, right) = tokio::join!(
        run(&mut one, "UPDATE t SET n = 1 WHERE id = 2"),
        run(&mut two, "UPDATE t SET n = 2 WHERE id = 1"),
    );
    let (mut lost, mut won) = if left.is_err() { (one, two) } else { (two, one) };
    is_unavailable("deadlock", left.and(right));
    run(&mut lost, "ROLLBACK").await.expect("an end");
    run(&mut won, "COMMIT").await.expect("an end");

    run(&mut lost, "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT * FROM t").await.expect("a snapshot");
    run(&mut won, "UPDATE t SET n = n + 1").await.expect("a change");
    is_unavailable("serialization", run(&mut lost, "UPDATE t SET n = n + 1").await);
    is_unavailable("terminated", run(&mut won, "SELECT pg_terminate_backend(pg_backend_pid())").await);
    is_unavailable("closed", run(&mut won, "SELECT 1").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_is_503() {
    let nobody = db::pool("postgres://nobody@127.0.0.1:9/nothing", 1).expect("a pool");
    let problem = Problem::from(nobody.get().await.err().expect("nobody is there"));
    assert_eq!(problem.status.as_u16(), 503);
    let mut conn = AsyncPgConnection::establish(&required_env("TEST_DATABASE_URL")).await.expect("a connection");
    is_unavailable("terminated", run(&mut conn, "SELECT pg_terminate_backend(pg_backend_pid())").await);
}
