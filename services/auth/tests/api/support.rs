//! A running auth on a schema of its own, and the steps that tests share.

use auth::{Config, Running};
use runtime::Lifecycle;
use serde_json::{Value, json};
use testkit::{Answer, Api, TestDb, tokens};

pub const PASSWORD: &str = "correct horse battery";

pub struct Stage {
    pub db: TestDb,
    pub api: Api,
    lifecycle: Lifecycle,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With settings changed before the start.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let db = TestDb::new(auth::migrations()).await;
        // The lowest cost that the configuration lets pass.
        let mut config = Config { common: db.common(), signer: tokens::signer(), bcrypt_cost: 10 };
        change(&mut config);
        let lifecycle = Lifecycle::new();
        let Running { addr } = auth::start(&lifecycle, config).await.expect("auth starts");
        Self { db, api: Api::at(addr), lifecycle }
    }

    /// Another process on the same database, with another bcrypt cost.
    pub async fn another(&self, bcrypt_cost: u32) -> Api {
        let config = Config { common: self.db.common(), signer: tokens::signer(), bcrypt_cost };
        Api::at(auth::start(&self.lifecycle, config).await.expect("auth starts").addr)
    }

    pub async fn register(&self, email: &str) -> Value {
        let body = json!({"email": email, "password": PASSWORD, "name": "Test Person"});
        self.api.post("/api/v1/auth/register").json(body).send().await.expect(201)
    }

    pub async fn login(&self, email: &str) -> Answer {
        let answer = self.try_login(email, PASSWORD).await;
        answer.expect(200);
        answer
    }

    pub async fn try_login(&self, email: &str, password: &str) -> Answer {
        self.api.post("/api/v1/auth/login").json(json!({"email": email, "password": password})).send().await
    }

    pub async fn refresh(&self, cookie: &str) -> Answer {
        self.api.post("/api/v1/auth/refresh").header("cookie", cookie).send().await
    }

    /// Runs SQL in the test's schema, such as to let time pass.
    pub async fn sql(&self, sql: &str) {
        use diesel_async::SimpleAsyncConnection;
        let mut conn = self.db.pool.get().await.expect("a connection");
        conn.batch_execute(sql).await.expect(sql);
    }

    /// A number from the database.
    pub async fn count(&self, sql: &str) -> i64 {
        use diesel_async::RunQueryDsl;
        let mut conn = self.db.pool.get().await.expect("a connection");
        diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(sql)).get_result(&mut conn).await.expect(sql)
    }
}

/// `waybill_refresh=…` of an answer, to be sent back.
pub fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().expect("a cookie").to_owned()
}

/// The claims of an access token, not verified.
pub fn claims(answer: &Answer) -> Value {
    use base64::Engine;
    let session = answer.json();
    let token = session["access_token"].as_str().expect("a token");
    let payload = token.split('.').nth(1).expect("a payload");
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64");
    serde_json::from_slice(&json).expect("JSON")
}
