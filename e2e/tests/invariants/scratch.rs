//! A database of a test's own with the schemas of all services in it.

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use e2e::stack::Stack;
use uuid::Uuid;

/// Dropped with the value.
pub struct Scratch {
    pub url: String,
    admin_url: String,
    name: String,
}

impl Scratch {
    pub async fn new() -> Self {
        let stack = Stack::running().expect("a running stack");
        let admin_url = stack.value("ADMIN_DATABASE_URL").to_owned();
        let name = format!("scratch_{}", Uuid::new_v4().simple());
        let (server, _) = admin_url.rsplit_once('/').expect("a database in the address");
        let url = format!("{server}/{name}");
        let mut conn = connect(&admin_url).await;
        conn.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
        let scratch = Self { url, admin_url, name };
        let mut conn = connect(&scratch.url).await;
        let services = [
            ("auth", auth::migrations()),
            ("catalog", catalog::migrations()),
            ("inventory", inventory::migrations()),
            ("order", order::migrations()),
            ("payment", payment::migrations()),
        ];
        for (service, migrations) in services {
            conn.batch_execute(&format!("CREATE SCHEMA \"{service}\"")).await.expect("a schema");
            let url = format!("{}?options=-csearch_path%3D%22{service}%22", scratch.url);
            runtime::db::migrate(&url, migrations).await.expect("the migrations run");
        }
        scratch
    }
}

async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.expect("the database is there")
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let (url, drop) = (self.admin_url.clone(), format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        // A thread with a runtime of its own: the test's may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async { AsyncPgConnection::establish(&url).await.ok()?.batch_execute(&drop).await.ok() })
        });
        let _ = dropped.join();
    }
}
