use std::time::Duration;

use simulator::events::EventKind;
use simulator::settings::Settings;

use crate::support::{Endpoint, Hook, Sim};

fn sent_to(endpoint: &Endpoint) -> impl FnOnce(&mut Settings) {
    let url = endpoint.url.parse().expect("a URL");
    move |settings| settings.webhook_url = Some(url)
}

fn is(kind: &'static str) -> impl Fn(&Hook) -> bool {
    move |hook| hook.kind() == kind
}

fn kinds(hooks: &[Hook]) -> Vec<&str> {
    hooks.iter().map(Hook::kind).collect()
}

#[actix_web::test]
async fn events_are_signed_and_show_the_object() {
    let endpoint = Endpoint::start(&[]);
    let sim = Sim::with(sent_to(&endpoint)).await;
    let intent = sim.shop.intent().await;
    let canceled = sim.shop.intent().await;
    sim.shop.confirm(&intent, "pm_card_chargeDeclined").await;
    let paid = sim.shop.confirm(&intent, "pm_card_visa").await;
    let refund = sim.shop.refund(&intent, &[]).await;
    sim.shop.cancel(&canceled).await;
    let hooks = endpoint.until(7, |_| true).await;
    assert!(hooks.iter().all(Hook::is_genuine));
    let mut seen = kinds(&hooks);
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            "charge.refunded",
            "payment_intent.canceled",
            "payment_intent.created",
            "payment_intent.created",
            "payment_intent.payment_failed",
            "payment_intent.succeeded",
            "refund.created",
        ]
    );
    let object = |kind| &hooks.iter().find(|hook| hook.kind() == kind).expect("it was sent").event["data"]["object"];
    assert_eq!(*object("payment_intent.succeeded"), paid.json);
    assert_eq!(*object("refund.created"), refund.json);
    let listed = sim.shop.get("/v1/events?limit=100").await;
    assert_eq!(listed.json["data"].as_array().map(Vec::len), Some(7));
    let one = sim.shop.get(&format!("/v1/events/{}", hooks[0].id())).await;
    assert_eq!(one.json, hooks[0].event);
    let some = sim.shop.get("/v1/events?type=payment_intent.created").await;
    assert_eq!(some.json["data"].as_array().map(Vec::len), Some(2));
}

#[actix_web::test]
async fn an_event_is_sent_again_until_it_is_taken() {
    let endpoint = Endpoint::start(&[500, 302, 404]);
    let sim = Sim::with(sent_to(&endpoint)).await;
    sim.shop.intent().await;
    let hooks = endpoint.until(4, |_| true).await;
    assert!(hooks.iter().all(|hook| hook.id() == hooks[0].id() && hook.is_genuine()), "no redirect was followed");
}

#[actix_web::test]
async fn failed_refunds_are_told() {
    let endpoint = Endpoint::start(&[]);
    let sim = Sim::with(sent_to(&endpoint)).await;
    let intent = sim.shop.paid("pm_sim_refund_fails").await;
    sim.shop.refund(&intent, &[]).await;
    let hooks = endpoint.until(1, is("refund.failed")).await;
    assert_eq!(hooks[0].event["data"]["object"]["status"], "failed");
}

#[actix_web::test]
async fn twice_means_the_same_event_twice() {
    let endpoint = Endpoint::start(&[]);
    let sim = Sim::with(sent_to(&endpoint)).await;
    sim.shop.paid("pm_sim_webhook_twice").await;
    let hooks = endpoint.until(2, is("payment_intent.succeeded")).await;
    assert_eq!(hooks[0].id(), hooks[1].id());
}

#[actix_web::test]
async fn late_means_after_others_that_came_later() {
    let endpoint = Endpoint::start(&[]);
    let sim = Sim::with(|settings| {
        sent_to(&endpoint)(settings);
        settings.pace.late = Duration::from_secs(2);
    })
    .await;
    let late = sim.shop.paid("pm_sim_webhook_late").await;
    let prompt = sim.shop.paid("pm_card_visa").await;
    let hooks = endpoint.until(2, is("payment_intent.succeeded")).await;
    let order: Vec<_> = hooks.iter().map(|hook| hook.event["data"]["object"]["id"].as_str()).collect();
    assert_eq!(order, [Some(prompt.as_str()), Some(late.as_str())]);
}

#[actix_web::test]
async fn out_of_order_means_the_newest_first() {
    let endpoint = Endpoint::start(&[]);
    let sim = Sim::with(|settings| {
        sent_to(&endpoint)(settings);
        settings.pace.gap = Duration::from_millis(500);
    })
    .await;
    let form =
        [("amount", "5"), ("currency", "eur"), ("confirm", "true"), ("payment_method", "pm_sim_webhook_out_of_order")];
    sim.shop.post("/v1/payment_intents", &form).await;
    let hooks = endpoint.until(3, |_| true).await;
    let expected = ["payment_intent.succeeded", "payment_intent.processing", "payment_intent.created"];
    assert_eq!(kinds(&hooks), expected);
}

#[actix_web::test]
async fn a_forged_event_has_a_wrong_signature() {
    let endpoint = Endpoint::start(&[]);
    let sim = Sim::with(sent_to(&endpoint)).await;
    let intent = sim.shop.paid("pm_sim_webhook_forged").await;
    let forged = endpoint.until(1, is("payment_intent.canceled")).await;
    assert!(!forged[0].is_genuine());
    assert_eq!(forged[0].event["data"]["object"]["id"], intent.as_str());
    let genuine = endpoint.until(1, is("payment_intent.succeeded")).await;
    assert!(genuine[0].is_genuine());
    assert_eq!(sim.shop.get("/v1/events?type=payment_intent.canceled").await.json["data"], serde_json::json!([]));
}

#[actix_web::test]
async fn only_wanted_events_are_sent() {
    let endpoint = Endpoint::start(&[]);
    let sim = Sim::with(|settings| {
        sent_to(&endpoint)(settings);
        settings.webhook_events = vec![EventKind::IntentSucceeded];
    })
    .await;
    sim.shop.paid("pm_card_visa").await;
    sim.shop.paid("pm_card_visa").await;
    let hooks = endpoint.until(2, is("payment_intent.succeeded")).await;
    assert_eq!(hooks.len(), endpoint.hooks().len());
}

#[actix_web::test]
async fn undelivered_events_are_sent_after_a_restart() {
    let endpoint = Endpoint::start(&[]);
    let sim = Sim::with(|settings| {
        // Nobody listens on port 1.
        settings.webhook_url = "http://127.0.0.1:1/hook".parse().ok();
        settings.pace.retry = Duration::from_secs(60);
    })
    .await;
    let intent = sim.shop.intent().await;
    let file = sim.stop().await;
    let _sim = Sim::on(file, sent_to(&endpoint)).await;
    let hooks = endpoint.until(1, |_| true).await;
    assert_eq!(hooks[0].event["data"]["object"]["id"], intent.as_str());
}
