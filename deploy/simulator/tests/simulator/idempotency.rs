use std::time::Duration;

use crate::support::Sim;

const INTENTS: &str = "/v1/payment_intents";

#[actix_web::test]
async fn the_first_answer_is_given_again() {
    let sim = Sim::start().await;
    let form = [("amount", "5"), ("currency", "eur"), ("metadata[a]", "1")];
    let first = sim.shop.post_with_key("create", INTENTS, &form).await;
    assert!(!first.replayed);
    // Its state of that time, not of now.
    sim.shop.confirm(&first.id(), "pm_card_visa").await;
    let again = sim.shop.post_with_key("create", INTENTS, &[form[2], form[1], form[0]]).await;
    assert!(again.replayed);
    assert_eq!(again.json, first.json);
}

#[actix_web::test]
async fn declines_and_errors_are_given_again() {
    let sim = Sim::start().await;
    let path = format!("{INTENTS}/{}/confirm", sim.shop.intent().await);
    let declined = [("payment_method", "pm_card_chargeDeclined")];
    let first = sim.shop.post_with_key("declined", &path, &declined).await;
    let failed = [("payment_method", "pm_sim_error_after_charge")];
    let error = sim.shop.post_with_key("error", &path, &failed).await;
    assert_eq!((first.status, error.status), (402, 500));
    let again = sim.shop.post_with_key("declined", &path, &declined).await;
    assert_eq!((again.status, again.replayed, again.json), (402, true, first.json));
    let again = sim.shop.post_with_key("error", &path, &failed).await;
    assert_eq!((again.status, again.replayed, again.json), (500, true, error.json));
}

#[actix_web::test]
async fn a_key_belongs_to_one_request() {
    let sim = Sim::start().await;
    sim.shop.post_with_key("key", INTENTS, &[("amount", "5"), ("currency", "eur")]).await;
    let other = sim.shop.post_with_key("key", INTENTS, &[("amount", "6"), ("currency", "eur")]).await;
    assert_eq!(other.error(), (400, "idempotency_error", None, None));
    let elsewhere = sim.shop.post_with_key("key", "/v1/refunds", &[("payment_intent", "pi_x")]).await;
    assert_eq!(elsewhere.error(), (400, "idempotency_error", None, None));
}

#[actix_web::test]
async fn a_request_that_was_never_begun_keeps_no_key() {
    let sim = Sim::start().await;
    assert_eq!(sim.shop.post_with_key("key", INTENTS, &[("amount", "5")]).await.status, 400);
    let got = sim.shop.post_with_key("key", INTENTS, &[("amount", "5"), ("currency", "eur")]).await;
    assert_eq!((got.status, got.replayed), (200, false));
    let long = "k".repeat(256);
    for bad in ["", &long, "schlüssel"] {
        let got = sim.shop.post_with_key(bad, INTENTS, &[("amount", "5"), ("currency", "eur")]).await;
        assert_eq!(got.status, 400, "{bad:?}");
    }
}

#[actix_web::test]
async fn a_key_in_use_is_told() {
    let sim = Sim::with(|settings| settings.pace.slow = Duration::from_secs(2)).await;
    let intent = sim.shop.intent().await;
    let path = format!("{INTENTS}/{intent}/confirm");
    let form = [("payment_method", "pm_sim_slow")];
    let second = async {
        sim.shop.until_intent(&intent, "processing").await;
        sim.shop.post_with_key("slow", &path, &form).await
    };
    let (first, second) = futures_util::join!(sim.shop.post_with_key("slow", &path, &form), second);
    assert_eq!(second.error(), (409, "idempotency_error", Some("idempotency_key_in_use"), None));
    let third = sim.shop.post_with_key("slow", &path, &form).await;
    assert_eq!((third.replayed, third.json), (true, first.json));
}

#[actix_web::test]
async fn one_key_makes_one_charge_however_often_it_is_sent() {
    let sim = Sim::start().await;
    let form = [("amount", "5"), ("currency", "eur"), ("confirm", "true"), ("payment_method", "pm_card_visa")];
    let calls = (0..20).map(|_| sim.shop.post_with_key("once", INTENTS, &form));
    let answers = futures_util::future::join_all(calls).await;
    assert_eq!(answers.iter().filter(|got| !got.replayed).count(), 1);
    assert!(answers.iter().all(|got| got.json == answers[0].json));
    assert_eq!(sim.shop.get("/sim/books").await.json["charges"].as_array().map(Vec::len), Some(1));
}
