//! Watching orders.

use diesel_async::SimpleAsyncConnection;
use order::feed::hub::STREAMS_PER_USER;
use proto_events::inventory::v1::InventoryCommitted;
use proto_events::payment::v1::PaymentInitiated;
use runtime::Lifecycle;
use serde_json::json;
use testkit::{Api, Events, tokens};
use web::token::{Claims, Role};

use crate::support::{Shop, captured, refunded, reserved, uuid};

/// The first event of a stream without an id: where it begins.
async fn start(stream: &mut Events) -> u64 {
    let told = stream.next().await.expect("the stream begins");
    assert_eq!((told.event.as_str(), &told.data), ("reset", &json!({"reason": "start"})));
    told.id.parse().expect("a number")
}

async fn reset(stream: &mut Events, reason: &str) -> u64 {
    let told = stream.next().await.expect("the stream begins");
    assert_eq!((told.event.as_str(), &told.data["reason"]), ("reset", &json!(reason)));
    told.id.parse().expect("a number")
}

fn initiated() -> PaymentInitiated {
    PaymentInitiated { payment_id: "pay_1".to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_stream_goes_on_where_it_ended() {
    let shop = Shop::open().await;
    let (order, other, mut inbound) = (shop.mug().await, shop.mug().await, shop.inbound());
    shop.settle().await;
    let mut stream = shop.watch(&shop.buyer, Some(&order), None).await;
    assert_eq!((stream.header("cache-control"), stream.header("x-accel-buffering")), ("no-store", "no"));
    let begun = start(&mut stream).await;
    inbound.tell(&other, reserved()).await;
    inbound.tell(&order, reserved()).await;
    let (first, fact, status) = stream.fact().await;
    assert_eq!((fact.as_str(), status.as_str(), first > begun), ("stock_reserved", "PAYMENT_PENDING", true));
    drop(stream);
    // While nobody looks, two facts of one batch, and others between them.
    let batch = [
        inbound.record(&order, initiated()),
        inbound.record(&other, captured(1000)),
        inbound.record(&order, captured(1000)),
    ];
    inbound.deliver(&batch).await;
    // At another replica, as after a restart.
    let lifecycle = Lifecycle::new();
    let replica = order::start(&lifecycle, shop.db.common()).await.expect("another one starts");
    let path = format!("/api/v1/orders/{order}/events");
    let call = Api::at(replica.addr).get(&path).by(&shop.buyer).header("Last-Event-ID", first.to_string());
    let mut stream = call.open().await;
    let mut seen = vec![first];
    let mut facts = Vec::new();
    for _ in 0..2 {
        let (id, fact, _) = stream.fact().await;
        seen.push(id);
        facts.push(fact);
    }
    assert_eq!(facts, ["payment_initiated", "payment_captured"]);
    inbound.tell(&order, InventoryCommitted {}).await;
    let (last, fact, status) = stream.fact().await;
    assert_eq!((fact.as_str(), status.as_str()), ("stock_committed", "PAID"));
    seen.push(last);
    assert!(seen.is_sorted_by(|one, next| one < next), "{seen:?}");
    // From the middle of a batch, by the parameter.
    let middle = format!("{path}?last_event_id={}", seen[1]);
    let mut again = shop.api.get(&middle).by(&shop.admin).open().await;
    assert_eq!(again.fact().await.0, seen[2]);
    assert_eq!(again.fact().await.0, last);
    lifecycle.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_commits_late_is_not_passed_over() {
    let shop = Shop::open().await;
    let (order, mut inbound) = (shop.mug().await, shop.inbound());
    shop.settle().await;
    let mut before = shop.watch(&shop.admin, None, None).await;
    let begun = start(&mut before).await;
    // It has its number, and takes its time.
    let mut late = shop.pool().get().await.expect("a connection");
    let write = format!(
        "BEGIN; INSERT INTO order_feed (first_n, recorded_at, order_ids, statuses, facts) \
         VALUES (0, now(), ARRAY['{}'::uuid], ARRAY['CREATED'], ARRAY['late'])",
        uuid(&order)
    );
    late.batch_execute(&write).await.expect("an open transaction");
    inbound.tell(&order, reserved()).await;
    // Who comes in between, and who comes back in between.
    let mut between = shop.watch(&shop.buyer, Some(&order), None).await;
    start(&mut between).await;
    let mut back = shop.watch(&shop.admin, None, Some(begun)).await;
    late.batch_execute("COMMIT").await.expect("it commits");
    for stream in [&mut before, &mut between, &mut back] {
        let (first, second) = (stream.fact().await, stream.fact().await);
        assert_eq!((first.1.as_str(), second.1.as_str()), ("late", "stock_reserved"));
        assert!(begun < first.0 && first.0 < second.0);
    }
    inbound.tell(&order, captured(1000)).await;
    for stream in [&mut before, &mut between, &mut back] {
        assert_eq!(stream.fact().await.1, "payment_captured");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_change_is_told() {
    let shop = Shop::open().await;
    let mut inbound = shop.inbound();
    let mut all = shop.watch(&shop.admin, None, None).await;
    start(&mut all).await;
    let order = shop.paid(&mut inbound).await;
    shop.act(&shop.admin, &order, "ship", json!({})).await.expect(200);
    shop.act(&shop.admin, &order, "deliver", json!({})).await.expect(200);
    inbound.tell(&order, refunded(100)).await;
    // What was known already is no news.
    inbound.tell(&order, refunded(50)).await;
    let cancelled = shop.mug().await;
    shop.act(&shop.buyer, &cancelled, "cancel", json!({})).await.expect(200);
    let mut told = Vec::new();
    for _ in 0..9 {
        let (_, fact, status) = all.fact().await;
        told.push(format!("{fact} {status}"));
    }
    let expected = [
        "created CREATED",
        "stock_reserved PAYMENT_PENDING",
        "payment_captured PAYMENT_PENDING",
        "stock_committed PAID",
        "shipped SHIPPED",
        "delivered DELIVERED",
        "refunded DELIVERED",
        "created CREATED",
        "cancel_requested CANCELLED",
    ];
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_resumed_is_reset() {
    let shop = Shop::open().await;
    let (order, mut inbound) = (shop.mug().await, shop.inbound());
    for unknown in ["nonsense", "", "-5", "9000000000000000000", "99999999999999999999999999"] {
        let path = format!("/api/v1/orders/{order}/events");
        let mut stream = shop.api.get(&path).by(&shop.buyer).header("Last-Event-ID", unknown).open().await;
        reset(&mut stream, "unknown_id").await;
    }
    shop.settle().await;
    let mut stream = shop.watch(&shop.buyer, Some(&order), None).await;
    start(&mut stream).await;
    inbound.tell(&order, reserved()).await;
    let (kept, _, _) = stream.fact().await;
    inbound.tell(&order, captured(1000)).await;
    let (newest, _, _) = stream.fact().await;
    let mut conn = shop.pool().get().await.expect("a connection");
    let mut forgotten = 0;
    while order::feed::read::forget(&mut conn, 0).await.expect("a round") > 0 {
        forgotten += 1;
    }
    assert!(forgotten > 0);
    reset(&mut shop.watch(&shop.buyer, Some(&order), Some(kept)).await, "unknown_id").await;
    // The last row is never forgotten: whoever has seen it goes on.
    let mut stream = shop.watch(&shop.buyer, Some(&order), Some(newest)).await;
    inbound.tell(&order, InventoryCommitted {}).await;
    assert_eq!(stream.fact().await.1, "stock_committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_far_behind_reads_many_pages_or_anew() {
    let shop = Shop::open().await;
    let order = shop.mug().await;
    shop.settle().await;
    let mut stream = shop.watch(&shop.buyer, Some(&order), None).await;
    let begun = start(&mut stream).await;
    drop(stream);
    let write = async |rows: u32| {
        let many = format!(
            "INSERT INTO order_feed (first_n, recorded_at, order_ids, statuses, facts) SELECT n, now(), \
             ARRAY['{}'::uuid], ARRAY['CREATED'], ARRAY['fact ' || n] FROM generate_series(0, {rows} - 1) AS n",
            uuid(&order)
        );
        shop.execute(&many).await;
        shop.settle().await;
    };
    write(1500).await;
    for (by, order) in [(&shop.buyer, Some(order.as_str())), (&shop.admin, None)] {
        let mut stream = shop.watch(by, order, Some(begun)).await;
        for n in 0..1500 {
            assert_eq!(stream.fact().await.1, format!("fact {n}"));
        }
    }
    write(1500).await;
    let mut stream = shop.watch(&shop.buyer, Some(&order), Some(begun)).await;
    let told = loop {
        let told = stream.next().await.expect("the stream goes on");
        if told.event != "order" {
            break told;
        }
    };
    assert_eq!(told.data, json!({"reason": "too_far_behind"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_watch_nothing() {
    let shop = Shop::open().await;
    let order = shop.mug().await;
    let (one, all) = (format!("/api/v1/orders/{order}/events"), "/api/v1/orders/events");
    for path in [one.as_str(), all] {
        shop.api.get(path).send().await.expect_problem(401, "unauthenticated");
    }
    for stranger in [tokens::customer(), tokens::seller()] {
        shop.api.get(&one).by(&stranger).send().await.expect_problem(404, "not_found");
        shop.api.get(all).by(&stranger).send().await.expect_problem(403, "forbidden");
    }
    shop.api.get(all).by(&shop.buyer).send().await.expect_problem(403, "forbidden");
    for absent in [format!("ord_{}", "0".repeat(32)), "ord_1".to_owned()] {
        let path = format!("/api/v1/orders/{absent}/events");
        shop.api.get(&path).by(&shop.admin).send().await.expect_problem(404, "not_found");
    }
    let unknown = format!("{one}?since=1");
    shop.api.get(&unknown).by(&shop.buyer).send().await.expect_problem(422, "validation_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_opens_only_so_many() {
    let shop = Shop::open().await;
    let order = shop.mug().await;
    let mut open = Vec::new();
    for _ in 0..STREAMS_PER_USER {
        open.push(shop.watch(&shop.buyer, Some(&order), None).await);
    }
    let path = format!("/api/v1/orders/{order}/events");
    let refused = shop.api.get(&path).by(&shop.buyer).send().await;
    refused.expect_problem(429, "rate_limited");
    assert!(!refused.header("retry-after").is_empty());
    shop.watch(&shop.admin, Some(&order), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_token() {
    let shop = Shop::open().await;
    let order = shop.mug().await;
    let now = chrono::Utc::now().timestamp();
    let claims = Claims {
        sub: shop.buyer.user_id,
        email: shop.buyer.email.clone(),
        name: "Test Person".to_owned(),
        roles: vec![Role::Customer],
        seller_id: None,
        jti: "short".to_owned(),
        iat: now,
        nbf: now,
        exp: now + 5,
    };
    let path = format!("/api/v1/orders/{order}/events");
    shop.settle().await;
    let mut stream = shop.api.get(&path).bearer(&tokens::sign(&claims)).open().await;
    let begun = start(&mut stream).await;
    let end = stream.next().await.expect("it says so");
    assert_eq!((end.event.as_str(), end.data), ("end", json!({"reason": "token_expired"})));
    assert_eq!(stream.next().await, None);
    let resumed: u64 = end.id.parse().expect("a number");
    assert!(resumed >= begun);
    // With a new token it goes on from there.
    let mut stream = shop.watch(&shop.buyer, Some(&order), Some(resumed)).await;
    shop.inbound().tell(&order, reserved()).await;
    assert_eq!(stream.fact().await.1, "stock_reserved");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_all_streams() {
    let shop = Shop::open().await;
    let order = shop.mug().await;
    shop.settle().await;
    let mut streams = [shop.watch(&shop.buyer, Some(&order), None).await, shop.watch(&shop.admin, None, None).await];
    for stream in &mut streams {
        start(stream).await;
    }
    shop.stop();
    for stream in &mut streams {
        let end = stream.next().await.expect("it says so");
        assert_eq!((end.event.as_str(), end.data), ("end", json!({"reason": "stopping"})));
        assert_eq!(stream.next().await, None);
    }
}
