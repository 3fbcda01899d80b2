use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use crate::support::{API_KEY, BooksFile, Shop, Sim, WEBHOOK_SECRET};

#[actix_web::test]
async fn the_books_show_everything() {
    let sim = Sim::start().await;
    let form = [("amount", "700"), ("currency", "eur"), ("metadata[order_id]", "ord_1")];
    let intent = sim.shop.post("/v1/payment_intents", &form).await.id();
    sim.shop.confirm(&intent, "pm_card_chargeDeclined").await;
    sim.shop.confirm(&intent, "pm_card_visa").await;
    sim.shop.refund(&intent, &[("amount", "300")]).await;
    let books = sim.shop.get("/sim/books").await;
    let charges = books.json["charges"].as_array().expect("charges");
    assert_eq!(charges.len(), 2);
    assert_eq!(charges[0]["status"], "failed");
    assert_eq!(charges[1]["status"], "succeeded");
    assert_eq!((&charges[1]["amount"], &charges[1]["amount_refunded"]), (&700.into(), &300.into()));
    assert_eq!(charges[1]["metadata"]["order_id"], "ord_1");
    assert_eq!(books.text("/refunds/0/payment_intent"), intent);
    assert_eq!(books.text("/intents/0/status"), "succeeded");
    let locked = sim.shop.http.get(format!("{}/sim/books", sim.shop.base)).send().await.expect("an answer");
    assert_eq!(locked.status(), 401);
    let health = sim.shop.http.get(format!("{}/sim/healthz", sim.shop.base)).send().await.expect("an answer");
    assert_eq!(health.status(), 200);
}

#[actix_web::test]
async fn books_of_several_chunks_are_whole() {
    let sim = Sim::start().await;
    let calls = futures_util::stream::iter((0..2000).map(|_| sim.shop.intent()));
    let made: Vec<String> =
        futures_util::StreamExt::collect(futures_util::StreamExt::buffer_unordered(calls, 32)).await;
    let books = sim.shop.get("/sim/books").await;
    let mut listed: Vec<_> =
        books.json["intents"].as_array().expect("intents").iter().filter_map(|intent| intent["id"].as_str()).collect();
    let mut made: Vec<_> = made.iter().map(String::as_str).collect();
    listed.sort_unstable();
    made.sort_unstable();
    assert_eq!(listed, made);
}

#[actix_web::test]
async fn a_torn_last_line_is_forgotten_and_the_rest_is_kept() {
    let sim = Sim::start().await;
    let intent = sim.shop.paid("pm_card_visa").await;
    let file = sim.stop().await;
    let mut journal = std::fs::OpenOptions::new().append(true).open(&file.0).expect("the journal");
    journal.write_all(b"{\"at\":1,\"intents\":[{\"id\":\"pi_to").expect("a torn line");
    drop(journal);
    let sim = Sim::on(file, |_| {}).await;
    assert_eq!(sim.shop.get(&format!("/v1/payment_intents/{intent}")).await.text("/status"), "succeeded");
    let later = sim.shop.intent().await;
    let sim = Sim::on(sim.stop().await, |_| {}).await;
    assert_eq!(sim.shop.get(&format!("/v1/payment_intents/{later}")).await.status, 200);
}

#[actix_web::test]
async fn a_line_that_makes_no_sense_stops_the_start() {
    let file = BooksFile::new();
    std::fs::write(&file.0, "{\"at\":1}\nnonsense\n").expect("a journal");
    let error = simulator::start(crate::support::settings(&file)).expect_err("the journal is damaged");
    assert!(format!("{error:#}").contains("line 2"), "{error:#}");
}

/// A simulator process.
struct Process {
    child: Child,
    shop: Shop,
}

impl Process {
    fn start(file: &BooksFile) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_simulator"))
            .env("HTTP_ADDR", "127.0.0.1:0")
            .env("STRIPE_API_KEY", API_KEY)
            .env("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
            .env("BOOKS_FILE", &file.0)
            .env_remove("WEBHOOK_URL")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let base = line.trim().strip_prefix("listening on ").expect("the address").to_owned();
        Self { child, shop: Shop::new(base) }
    }

    /// As `kill -9` does.
    fn kill(mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it ended");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[actix_web::test]
async fn a_killed_process_has_kept_what_it_answered() {
    let file = BooksFile::new();
    let process = Process::start(&file);
    let form = [("amount", "5"), ("currency", "eur"), ("confirm", "true"), ("payment_method", "pm_card_visa")];
    let paid = process.shop.post_with_key("paid", "/v1/payment_intents", &form).await;
    let refund = process.shop.refund(&paid.id(), &[("amount", "2")]).await;
    let slow = process.shop.intent().await;
    let path = format!("/v1/payment_intents/{slow}/confirm");
    let hanging = process.shop.request(&path, &[("payment_method", "pm_sim_slow")]).header("Idempotency-Key", "slow");
    let hanging = tokio::spawn(hanging.send());
    process.shop.until_intent(&slow, "processing").await;
    let books = process.shop.get("/sim/books").await;
    process.kill();
    assert!(hanging.await.expect("no panic").is_err());

    let process = Process::start(&file);
    assert_eq!(process.shop.get("/sim/books").await, books);
    let again = process.shop.post_with_key("paid", "/v1/payment_intents", &form).await;
    assert_eq!((again.replayed, again.json), (true, paid.json));
    assert_eq!(process.shop.get(&format!("/v1/refunds/{}", refund.id())).await, refund);
    let settled = process.shop.until_intent(&slow, "succeeded").await;
    let replay = process.shop.post_with_key("slow", &path, &[("payment_method", "pm_sim_slow")]).await;
    assert_eq!((replay.replayed, replay.json), (true, settled.json));
}
