use std::time::Duration;

use crate::support::{Got, Sim};

const INTENTS: &str = "/v1/payment_intents";

type Fields<'a> = &'a [(&'a str, &'a str)];

#[actix_web::test]
async fn an_intent_is_made_confirmed_and_read() {
    let sim = Sim::start().await;
    let form = [
        ("amount", "1999"),
        ("currency", "EUR"),
        ("metadata[order_id]", "ord_1"),
        ("description", "An order"),
        ("automatic_payment_methods[enabled]", "true"),
        ("automatic_payment_methods[allow_redirects]", "never"),
    ];
    let made = sim.shop.post(INTENTS, &form).await;
    assert_eq!((made.status, made.text("/status")), (200, "requires_payment_method"));
    assert_eq!((made.text("/currency"), made.text("/metadata/order_id")), ("eur", "ord_1"));
    assert!(made.text("/client_secret").starts_with(&format!("{}_secret_", made.id())));

    let paid = sim.shop.confirm(&made.id(), "pm_card_visa").await;
    assert_eq!((paid.status, paid.text("/status"), paid.number("/amount_received")), (200, "succeeded", 1999));
    assert_eq!(sim.shop.get(&format!("{INTENTS}/{}", made.id())).await, paid);

    let expanded = sim.shop.get(&format!("{INTENTS}/{}?expand[]=latest_charge", made.id())).await;
    assert_eq!(expanded.text("/latest_charge/id"), paid.text("/latest_charge"));
    assert_eq!(expanded.text("/latest_charge/metadata/order_id"), "ord_1");
    let charge = sim.shop.get(&format!("/v1/charges/{}", paid.text("/latest_charge"))).await;
    assert_eq!(charge.text("/payment_intent"), made.id());
}

#[actix_web::test]
async fn one_call_makes_and_confirms() {
    let sim = Sim::start().await;
    let form = [("amount", "5"), ("currency", "usd"), ("confirm", "true"), ("payment_method", "pm_card_mastercard")];
    let paid = sim.shop.post(INTENTS, &form).await;
    assert_eq!(paid.text("/status"), "succeeded");

    let waiting = sim.shop.post(INTENTS, &[("amount", "5"), ("currency", "usd"), ("payment_method", "pm_card_visa")]);
    assert_eq!(waiting.await.text("/status"), "requires_confirmation");

    let without = sim.shop.post(INTENTS, &[("amount", "5"), ("currency", "usd"), ("confirm", "true")]).await;
    let expected = (400, "invalid_request_error", Some("payment_intent_unexpected_state"), None);
    assert_eq!(without.error(), expected);
}

#[actix_web::test]
async fn a_declined_card_can_be_replaced() {
    let sim = Sim::start().await;
    let intent = sim.shop.intent().await;
    for (method, decline_code) in [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
    ] {
        let declined = sim.shop.confirm(&intent, method).await;
        assert_eq!(declined.error(), (402, "card_error", Some("card_declined"), None));
        assert_eq!(declined.text("/error/decline_code"), decline_code);
        assert_eq!(declined.text("/error/payment_intent/status"), "requires_payment_method");
        assert_eq!(declined.text("/error/payment_intent/last_payment_error/decline_code"), decline_code);
        assert_eq!(declined.text("/error/charge"), declined.text("/error/payment_intent/latest_charge"));
    }
    let paid = sim.shop.confirm(&intent, "pm_card_visa").await;
    assert_eq!(paid.text("/status"), "succeeded");
    assert!(paid.json["last_payment_error"].is_null());
}

#[actix_web::test]
async fn bad_parameters_are_named() {
    let sim = Sim::start().await;
    let long = "x".repeat(501);
    let cases: &[(Fields, Option<&str>, &str)] = &[
        (&[("currency", "eur")], Some("parameter_missing"), "amount"),
        (&[("amount", "5")], Some("parameter_missing"), "currency"),
        (&[("amount", "five"), ("currency", "eur")], Some("parameter_invalid_integer"), "amount"),
        (&[("amount", "0"), ("currency", "eur")], Some("parameter_invalid_integer"), "amount"),
        (&[("amount", "-1"), ("currency", "eur")], Some("parameter_invalid_integer"), "amount"),
        (&[("amount", "100000000"), ("currency", "eur")], Some("amount_too_large"), "amount"),
        (&[("amount", "5"), ("currency", "xyz")], None, "currency"),
        (&[("amount", "5"), ("currency", "eur"), ("colour", "red")], Some("parameter_unknown"), "colour"),
        (&[("amount", "5"), ("currency", "eur"), ("capture_method", "manual")], None, "capture_method"),
        (&[("amount", "5"), ("currency", "eur"), ("confirm", "yes")], None, "confirm"),
        (
            &[("amount", "5"), ("currency", "eur"), ("payment_method", "pm_x")],
            Some("resource_missing"),
            "payment_method",
        ),
        (&[("amount", "5"), ("currency", "eur"), ("metadata[a]", &long)], None, "metadata[a]"),
        (&[("amount", "5"), ("currency", "eur"), ("expand[]", "customer")], None, "expand"),
        (&[("amount", "5"), ("currency", "eur"), ("payment_method_types[]", "sofort")], None, "payment_method_types"),
    ];
    for (form, code, param) in cases {
        let got = sim.shop.post(INTENTS, form).await;
        assert_eq!(got.error(), (400, "invalid_request_error", *code, Some(*param)), "{form:?}");
    }
    assert_eq!(sim.shop.post(INTENTS, &[("amount", "99999999"), ("currency", "eur")]).await.status, 200);
}

#[actix_web::test]
async fn bodies_and_addresses_that_do_not_fit_are_refused() {
    let sim = Sim::start().await;
    let url = format!("{}{INTENTS}", sim.shop.base);
    let post = |body: Vec<u8>, kind: &'static str| {
        let request = sim.shop.http.post(&url).bearer_auth(crate::support::API_KEY);
        request.header("Content-Type", kind).body(body).send()
    };
    let form = "application/x-www-form-urlencoded";
    let large = Got::read(post(vec![b'a'; 70_000], form).await.expect("an answer")).await;
    assert_eq!(large.status, 413);
    let json = Got::read(post(b"{\"amount\":5}".to_vec(), "application/json").await.expect("an answer")).await;
    assert_eq!(json.error().0, 400);
    let bytes = Got::read(post(vec![0xff, 0xfe], form).await.expect("an answer")).await;
    assert_eq!(bytes.error().0, 400);
    let many = (0..300).map(|n| format!("a{n}=1")).collect::<Vec<_>>().join("&");
    let many = Got::read(post(many.into_bytes(), form).await.expect("an answer")).await;
    assert_eq!(many.error().0, 400);
    assert_eq!(sim.shop.get("/v1/customers").await.error(), (404, "invalid_request_error", None, None));
    let missing = sim.shop.get(&format!("{INTENTS}/pi_none")).await;
    assert_eq!(missing.error(), (404, "invalid_request_error", Some("resource_missing"), Some("intent")));
}

#[actix_web::test]
async fn only_the_key_opens() {
    let sim = Sim::start().await;
    let url = format!("{}{INTENTS}", sim.shop.base);
    for request in [sim.shop.http.get(&url), sim.shop.http.get(&url).bearer_auth("sk_test_other")] {
        let got = Got::read(request.send().await.expect("an answer")).await;
        assert_eq!(got.error(), (401, "invalid_request_error", None, None));
    }
    let basic = sim.shop.http.get(&url).basic_auth(crate::support::API_KEY, Some(""));
    assert_eq!(basic.send().await.expect("an answer").status(), 200);
}

#[actix_web::test]
async fn metadata_is_merged_and_cleared() {
    let sim = Sim::start().await;
    let path = format!("{INTENTS}/{}", sim.shop.intent().await);
    sim.shop.post(&path, &[("metadata[a]", "1"), ("metadata[b]", "2")]).await;
    let merged = sim.shop.post(&path, &[("metadata[a]", ""), ("metadata[c]", "3")]).await;
    assert_eq!(merged.json["metadata"], serde_json::json!({"b": "2", "c": "3"}));
    let cleared = sim.shop.post(&path, &[("metadata", "")]).await;
    assert_eq!(cleared.json["metadata"], serde_json::json!({}));
    let keys: Vec<String> = (0..51).map(|n| format!("metadata[k{n}]")).collect();
    let form: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "v")).collect();
    assert_eq!(sim.shop.post(&path, &form).await.error(), (400, "invalid_request_error", None, Some("metadata")));
}

#[actix_web::test]
async fn a_final_intent_stays_as_it_is() {
    let sim = Sim::start().await;
    let unexpected = (400, "invalid_request_error", Some("payment_intent_unexpected_state"), None);

    let paid = sim.shop.paid("pm_card_visa").await;
    for refused in [sim.shop.cancel(&paid).await, sim.shop.confirm(&paid, "pm_card_visa").await] {
        assert_eq!(refused.error(), unexpected);
        assert_eq!(refused.text("/error/payment_intent/status"), "succeeded");
    }
    let canceled = sim.shop.intent().await;
    let form = [("cancellation_reason", "requested_by_customer")];
    let got = sim.shop.post(&format!("{INTENTS}/{canceled}/cancel"), &form).await;
    assert_eq!((got.text("/status"), got.text("/cancellation_reason")), ("canceled", "requested_by_customer"));
    for refused in [sim.shop.cancel(&canceled).await, sim.shop.confirm(&canceled, "pm_card_visa").await] {
        assert_eq!(refused.error(), unexpected);
        assert_eq!(refused.text("/error/payment_intent/status"), "canceled");
    }
}

#[actix_web::test]
async fn of_a_cancel_and_a_confirm_one_wins() {
    let sim = Sim::start().await;
    for _ in 0..50 {
        let intent = sim.shop.intent().await;
        let (paid, canceled) = futures_util::join!(sim.shop.confirm(&intent, "pm_card_visa"), sim.shop.cancel(&intent));
        assert_eq!([paid.status, canceled.status].iter().filter(|status| **status == 200).count(), 1);
        let expected = if paid.status == 200 { "succeeded" } else { "canceled" };
        let now = sim.shop.get(&format!("{INTENTS}/{intent}")).await;
        assert_eq!(now.text("/status"), expected);
        assert_eq!(now.json["latest_charge"].is_string(), paid.status == 200);
    }
}

#[actix_web::test]
async fn a_slow_charge_is_processing_until_it_is_answered() {
    let sim = Sim::with(|settings| settings.pace.slow = Duration::from_secs(2)).await;
    let intent = sim.shop.intent().await;
    let (paid, seen) =
        futures_util::join!(sim.shop.confirm(&intent, "pm_sim_slow"), sim.shop.until_intent(&intent, "processing"));
    assert_eq!((paid.status, paid.text("/status")), (200, "succeeded"));
    assert_eq!(seen.number("/amount_received"), 0);
}

#[actix_web::test]
async fn a_slow_charge_that_is_canceled_takes_no_money() {
    let sim = Sim::with(|settings| settings.pace.slow = Duration::from_secs(2)).await;
    let intent = sim.shop.intent().await;
    let cancel = async {
        sim.shop.until_intent(&intent, "processing").await;
        let second = sim.shop.confirm(&intent, "pm_card_visa").await;
        assert_eq!(second.text("/error/payment_intent/status"), "processing");
        sim.shop.cancel(&intent).await
    };
    let (confirmed, canceled) = futures_util::join!(sim.shop.confirm(&intent, "pm_sim_slow"), cancel);
    assert_eq!(canceled.text("/status"), "canceled");
    assert_eq!(confirmed.text("/error/payment_intent/status"), "canceled");
    assert_eq!(sim.shop.get("/sim/books").await.json["charges"], serde_json::json!([]));
}

#[actix_web::test]
async fn a_slow_charge_ends_although_the_client_is_gone() {
    let sim = Sim::with(|settings| settings.pace.slow = Duration::from_secs(2)).await;
    let intent = sim.shop.intent().await;
    let path = format!("{INTENTS}/{intent}/confirm");
    let client = tokio::spawn(sim.shop.request(&path, &[("payment_method", "pm_sim_slow")]).send());
    sim.shop.until_intent(&intent, "processing").await;
    client.abort();
    sim.shop.until_intent(&intent, "succeeded").await;
}

#[actix_web::test]
async fn a_charge_whose_answer_is_lost_was_made() {
    let sim = Sim::start().await;
    let intent = sim.shop.intent().await;
    let path = format!("{INTENTS}/{intent}/confirm");
    let form = [("payment_method", "pm_sim_timeout_after_charge")];
    let lost = sim.shop.request(&path, &form).header("Idempotency-Key", "lost").send().await;
    assert!(!lost.expect_err("no answer comes").is_status());
    assert_eq!(sim.shop.get(&format!("{INTENTS}/{intent}")).await.text("/status"), "succeeded");
    let again = sim.shop.post_with_key("lost", &path, &form).await;
    assert_eq!((again.status, again.replayed, again.text("/status")), (200, true, "succeeded"));
}

#[actix_web::test]
async fn a_charge_that_answers_500_was_made() {
    let sim = Sim::start().await;
    let intent = sim.shop.intent().await;
    assert_eq!(sim.shop.confirm(&intent, "pm_sim_error_after_charge").await.error(), (500, "api_error", None, None));
    assert_eq!(sim.shop.get(&format!("{INTENTS}/{intent}")).await.text("/status"), "succeeded");
}

#[actix_web::test]
async fn lists_are_read_in_pages() {
    let sim = Sim::start().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(sim.shop.intent().await);
    }
    made.reverse();
    let ids = |got: &Got| -> Vec<String> {
        let data = got.json["data"].as_array().expect("a list has data").iter();
        data.map(|intent| intent["id"].as_str().expect("an intent has an id").to_owned()).collect()
    };
    let first = sim.shop.get(&format!("{INTENTS}?limit=3")).await;
    assert_eq!((ids(&first), first.json["has_more"].as_bool()), (made[..3].to_vec(), Some(true)));
    assert_eq!((first.text("/object"), first.text("/url")), ("list", INTENTS));
    let rest = sim.shop.get(&format!("{INTENTS}?limit=3&starting_after={}", made[2])).await;
    assert_eq!((ids(&rest), rest.json["has_more"].as_bool()), (made[3..].to_vec(), Some(false)));
    let back = sim.shop.get(&format!("{INTENTS}?limit=2&ending_before={}", made[3])).await;
    assert_eq!((ids(&back), back.json["has_more"].as_bool()), (made[1..3].to_vec(), Some(true)));
    for (query, param) in [("limit=0", "limit"), ("limit=101", "limit"), ("starting_after=pi_x", "starting_after")] {
        assert_eq!(sim.shop.get(&format!("{INTENTS}?{query}")).await.error().3, Some(param));
    }
}
