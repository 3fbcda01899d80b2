//! Many orders at once.

use std::collections::BTreeSet;

use proto_events::Event;
use serde_json::{Value, json};
use testkit::{Answer, tokens};

use crate::support::{Shop, id, wish};

async fn all_at_once(calls: Vec<testkit::api::Call>) -> Vec<Answer> {
    let running: Vec<_> = calls.into_iter().map(|call| tokio::spawn(call.send())).collect();
    let mut answers = Vec::new();
    for call in running {
        answers.push(call.await.expect("an answer"));
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_twenty_times_at_once_is_one_order() {
    let shop = Shop::open().await;
    let post = || shop.api.post("/api/v1/orders").by(&shop.buyer).key("the-key").json(wish(&[("MUG", 1)]));
    let answers = all_at_once((0..20).map(|_| post()).collect()).await;
    let mut ids = BTreeSet::new();
    for answer in answers {
        match answer.status.as_u16() {
            201 => {
                ids.insert(id(&answer.json()));
            }
            _ => {
                answer.expect_problem(409, "idempotency_key_in_use");
                assert!(!answer.header("retry-after").is_empty());
            }
        }
    }
    assert_eq!(ids.len(), 1, "{ids:?}");
    let again = post().send().await;
    ids.insert(id(&again.expect(201)));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.header("location"), format!("/api/v1/orders/{}", ids.first().expect("an id")));
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(testkit::events::emitted(shop.pool()).await.len(), 1);
    let other = shop.api.post("/api/v1/orders").by(&shop.buyer).key("the-key").json(wish(&[("MUG", 2)]));
    other.send().await.expect_problem(422, "idempotency_key_reused");
    // Somebody else's key is another one.
    let stranger = shop.api.post("/api/v1/orders").by(&tokens::customer()).key("the-key").json(wish(&[("MUG", 1)]));
    assert!(!ids.contains(&id(&stranger.send().await.expect(201))));
}

#[tokio::test(flavor = "multi_thread")]
async fn good_and_bad_orders_of_one_batch_do_not_disturb_each_other() {
    let shop = Shop::open().await;
    let kinds: [(Value, u16); 4] = [
        (wish(&[("MUG", 1)]), 201),
        (wish(&[("NONE", 1)]), 422),
        (
            json!({"items": [{"sku": "MUG", "quantity": 1}], "expected_total": {"amount_minor": 1, "currency": "EUR"}}),
            409,
        ),
        (wish(&[("CUP", 3), ("MUG", 1)]), 201),
    ];
    let wanted: Vec<&(Value, u16)> = kinds.iter().cycle().take(200).collect();
    let calls =
        wanted.iter().map(|(body, _)| shop.api.post("/api/v1/orders").by(&shop.buyer).new_key().json(body.clone()));
    let answers = all_at_once(calls.collect()).await;
    let mut numbers = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (answer, (body, status)) in answers.iter().zip(wanted) {
        let order = answer.expect(*status);
        if *status == 201 {
            // Each its own answer, not a neighbour's.
            assert_eq!(order["items"][0]["sku"], body["items"][0]["sku"]);
            ids.insert(id(&order));
            numbers.insert(order["number"].to_string());
        }
    }
    assert_eq!((ids.len(), numbers.len()), (100, 100));
    let emitted = testkit::events::emitted(shop.pool()).await;
    let keys: BTreeSet<String> = emitted.iter().map(|emitted| emitted.key.clone()).collect();
    assert_eq!((emitted.len(), keys), (100, ids));
    assert!(
        emitted.iter().all(|emitted| matches!(emitted.event, Event::OrderCreated(_)) && emitted.aggregate_seq == 1)
    );
}
