use proto_events::EventType;
use serde_json::json;
use testkit::tokens;

use crate::support::{PRICE, Shop, cancelled, expired, new_order, shipped};

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_pays_and_a_repeat_is_answered_the_same() {
    let mut shop = Shop::open().await;
    let order = shop.order(None).await;
    let answer = shop.confirm_with(order, "pm_card_visa", "k1").await;
    let payment = answer.expect(200);
    assert_eq!(payment["status"], "SUCCEEDED");
    assert_eq!(payment["order_id"], json!(order));
    assert_eq!(payment["amount"], json!({"amount_minor": PRICE, "currency": "EUR"}));
    assert_eq!(payment["captured"], payment["amount"]);
    assert_eq!(payment["refunded"], json!({"amount_minor": 0, "currency": "EUR"}));
    assert_eq!(payment["attempts"][0]["status"], "SUCCEEDED");
    assert_eq!(payment["attempts"][0]["payment_method"], "pm_card_visa");

    let again = shop.confirm_with(order, "pm_card_visa", "k1").await;
    assert_eq!(again.expect(200), payment);
    assert_eq!(again.header("idempotent-replayed"), "true");
    shop.confirm_with(order, "pm_card_mastercard", "k1").await.expect_problem(422, "idempotency_key_reused");
    shop.confirm(order, "pm_card_visa").await.expect_problem(409, "already_paid");
    assert_eq!(shop.said(order).await, [EventType::PaymentSuccess]);
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_declines_are_the_end() {
    let mut shop = Shop::open().await;
    let order = shop.order(None).await;
    let first = shop.confirm_with(order, "pm_card_chargeDeclinedInsufficientFunds", "k1").await;
    let problem = first.expect_problem(402, "card_declined");
    assert_eq!((&problem["decline_code"], &problem["attempts_left"]), (&json!("insufficient_funds"), &json!(2)));
    let again = shop.confirm_with(order, "pm_card_chargeDeclinedInsufficientFunds", "k1").await;
    assert_eq!(again.expect_problem(402, "card_declined")["attempts_left"], 2);
    assert_eq!(again.header("idempotent-replayed"), "true");

    let second = shop.confirm(order, "pm_no_such_card").await.expect_problem(402, "card_declined");
    assert_eq!((&second["decline_code"], &second["attempts_left"]), (&json!("invalid_payment_method"), &json!(1)));
    let third = shop.confirm(order, "pm_card_chargeDeclined").await.expect_problem(402, "card_declined");
    assert_eq!((&third["decline_code"], &third["attempts_left"]), (&json!("generic_decline"), &json!(0)));
    let closed = shop.confirm(order, "pm_card_visa").await.expect_problem(409, "payment_closed");
    assert_eq!(closed["reason"], "PAYMENT_FAILED");
    assert_eq!(shop.payment(order).await["status"], "FAILED");
    assert_eq!(shop.said(order).await, [EventType::PaymentFailed]);
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_and_then_another_card() {
    let mut shop = Shop::open().await;
    let order = shop.order(Some("pm_card_chargeDeclined")).await;
    shop.becomes(order, "REQUIRES_PAYMENT").await;
    testkit::eventually("the decline", async || {
        (shop.payment(order).await["attempts"][0]["status"] == "DECLINED").then_some(())
    })
    .await;
    shop.confirm(order, "pm_card_mastercard").await.expect(200);
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_to_pay_makes_the_intent() {
    let mut shop = Shop::open().await;
    let order = new_order();
    let created = shop.created(None);
    shop.tell(order, created).await;
    let (api, buyer) = (shop.api.clone(), shop.buyer.clone());
    let initiate = async |key: &str| {
        let call = api.post("/api/v1/payments/initiate").by(&buyer).key(key);
        call.json(json!({"order_id": order})).send().await
    };
    let first = initiate("a").await;
    assert_eq!(first.expect(201)["status"], "REQUIRES_PAYMENT");
    assert!(first.header("location").starts_with("/api/v1/payments/pay_"));
    assert_eq!(initiate("a").await.expect(201), first.json());
    assert_eq!(initiate("b").await.expect(200)["id"], first.json()["id"]);
    assert_eq!(shop.said(order).await, [EventType::PaymentInitiated]);
    testkit::eventually("the intent", async || shop.intent_at_gateway(order).await["id"].as_str().map(str::to_owned))
        .await;
    // Not reserved yet: there is nothing to charge for.
    let early = shop.confirm(order, "pm_card_visa").await;
    early.expect_problem(503, "unavailable");
    assert_eq!(early.header("retry-after"), "1");
    shop.tell(order, crate::support::reserved()).await;
    shop.confirm(order, "pm_card_visa").await.expect(200);
    assert_eq!(initiate("c").await.expect(200)["status"], "SUCCEEDED");
    shop.audit(order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirm_waits_a_moment_for_the_reservation() {
    let mut shop = Shop::open().await;
    let order = new_order();
    let created = shop.created(None);
    let confirm = {
        let (api, buyer) = (shop.api.clone(), shop.buyer.clone());
        let body = json!({"order_id": order, "payment_method": "pm_card_visa"});
        tokio::spawn(async move { api.post("/api/v1/payments/confirm").by(&buyer).new_key().json(body).send().await })
    };
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    shop.tell(order, created).await;
    shop.tell(order, crate::support::reserved()).await;
    confirm.await.expect("it ends").expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_closed_says_why() {
    let mut shop = Shop::open().await;
    for (event, reason) in [
        (cancelled(), "BUYER"),
        (expired(), "EXPIRED"),
        (proto_events::inventory::v1::InventoryRejected { short_lines: vec![] }.into(), "OUT_OF_STOCK"),
    ] {
        let order = shop.order(None).await;
        shop.tell(order, event).await;
        let problem = shop.confirm(order, "pm_card_visa").await.expect_problem(409, "payment_closed");
        assert_eq!(problem["reason"], reason);
        let call = shop.api.post("/api/v1/payments/initiate").by(&shop.buyer).new_key();
        call.json(json!({"order_id": order})).send().await.expect_problem(409, "payment_closed");
        assert_eq!(shop.payment(order).await["status"], "VOIDED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_of_others_are_not_there() {
    let mut shop = Shop::open().await;
    let order = shop.paid_order("pm_card_visa").await;
    let payment = shop.payment(order).await;
    let path = format!("/api/v1/payments/{}", payment["id"].as_str().expect("an id"));
    let list = format!("/api/v1/payments?order_id={order}");
    let stranger = tokens::customer();
    assert_eq!(shop.api.get(&path).by(&shop.buyer).send().await.expect(200), payment);
    assert_eq!(shop.api.get(&path).by(&shop.admin).send().await.expect(200), payment);
    shop.api.get(&path).by(&stranger).send().await.expect_problem(404, "not_found");
    shop.api.get(&path).send().await.expect_problem(401, "unauthenticated");
    let own = shop.api.get(&list).by(&shop.buyer).send().await.expect(200);
    assert_eq!(own, json!({"data": [payment], "has_more": false, "next_cursor": null}));
    let others = shop.api.get(&list).by(&stranger).send().await.expect(200);
    assert_eq!(others["data"], json!([]));
    shop.api.get("/api/v1/payments").by(&shop.buyer).send().await.expect_problem(422, "validation_failed");
    shop.api.get("/api/v1/payments?order_id=x").by(&shop.buyer).send().await.expect_problem(422, "validation_failed");
    shop.api.get("/api/v1/payments/pay_x").by(&shop.buyer).send().await.expect_problem(404, "not_found");

    let open = shop.order(None).await;
    let body = json!({"order_id": open, "payment_method": "pm_card_visa"});
    let confirm = |token| shop.api.post("/api/v1/payments/confirm").by(token).new_key().json(body.clone()).send();
    confirm(&stranger).await.expect_problem(404, "not_found");
    confirm(&shop.admin).await.expect_problem(403, "forbidden");
    let nowhere = json!({"order_id": "ord_00000000000000000000000000000000", "payment_method": "pm_card_visa"});
    let call = shop.api.post("/api/v1/payments/confirm").by(&shop.buyer).new_key().json(nowhere);
    call.send().await.expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_do_not_fit_are_refused() {
    let mut shop = Shop::open().await;
    let order = shop.order(None).await;
    let confirm = || shop.api.post("/api/v1/payments/confirm").by(&shop.buyer);
    let body = json!({"order_id": order, "payment_method": "pm_card_visa"});
    confirm().json(body.clone()).send().await.expect_problem(400, "idempotency_key_missing");
    for body in [
        json!({"order_id": order}),
        json!({"order_id": "x", "payment_method": "pm_card_visa"}),
        json!({"order_id": order, "payment_method": ""}),
        json!({"order_id": order, "payment_method": 1}),
        json!({"order_id": order, "payment_method": "pm_card_visa", "amount": 1}),
    ] {
        confirm().new_key().json(body).send().await.expect_problem(422, "validation_failed");
    }
    let refund = || shop.api.post("/api/v1/payments/refund").new_key();
    let body = json!({"payment_id": "pay_00000000000000000000000000000000", "reason": "why"});
    refund().by(&shop.buyer).json(body.clone()).send().await.expect_problem(403, "forbidden");
    refund().by(&shop.admin).json(body).send().await.expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_by_hand() {
    let mut shop = Shop::open().await;
    let order = shop.paid_order("pm_card_visa").await;
    let payment = shop.payment(order).await;
    shop.refund(&payment, None).await.expect_problem(409, "cancel_instead");
    shop.refund(&payment, Some(PRICE)).await.expect_problem(409, "cancel_instead");
    shop.refund(&payment, Some(PRICE + 1)).await.expect_problem(409, "refund_exceeds_capture");
    shop.refund(&payment, Some(0)).await.expect_problem(422, "validation_failed");
    let body = json!({"payment_id": payment["id"], "reason": "x", "amount": {"amount_minor": 1, "currency": "USD"}});
    let call = shop.api.post("/api/v1/payments/refund").by(&shop.admin).new_key().json(body);
    assert_eq!(call.send().await.expect_problem(422, "validation_failed")["errors"][0]["code"], "currency_mismatch");

    let refund = shop.refund(&payment, Some(500)).await.expect(201);
    assert_eq!(refund["payment_id"], payment["id"]);
    assert_eq!(refund["order_id"], json!(order));
    assert_eq!(refund["amount"], json!({"amount_minor": 500, "currency": "EUR"}));
    assert_eq!(refund["reason"], "a scratch");
    let part = shop.becomes(order, "PARTIALLY_REFUNDED").await;
    assert_eq!(part["refunded"]["amount_minor"], 500);
    assert_eq!(part["refunds"][0]["status"], "SUCCEEDED");
    shop.refund(&payment, Some(PRICE - 499)).await.expect_problem(409, "refund_exceeds_capture");

    shop.tell(order, shipped()).await;
    shop.refund(&payment, None).await.expect(201);
    shop.becomes(order, "REFUNDED").await;
    shop.audit(order).await;
    assert_eq!(
        shop.said(order).await,
        [EventType::PaymentSuccess, EventType::PaymentRefunded, EventType::PaymentRefunded]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unpaid_order_has_nothing_to_refund() {
    let mut shop = Shop::open().await;
    let order = shop.order(None).await;
    let payment = shop.payment(order).await;
    shop.refund(&payment, None).await.expect_problem(409, "refund_exceeds_capture");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_cannot_be_changed() {
    let mut shop = Shop::open().await;
    shop.paid_order("pm_card_visa").await;
    for sql in ["UPDATE ledger_entry SET amount_minor = 1", "DELETE FROM ledger_entry", "TRUNCATE ledger_entry"] {
        let error = shop.execute(sql).await.expect_err("the ledger is only ever added to").to_string();
        assert!(error.contains("only ever added to"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_confirms_at_once_one_charges() {
    let mut shop = Shop::open().await;
    let order = shop.order(None).await;
    let answers = futures_util::future::join_all((0..8).map(|_| shop.confirm(order, "pm_sim_slow"))).await;
    let paid = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(paid, 1, "{answers:?}");
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(refused.status, 409, "{}", refused.text);
    }
    shop.audit(order).await;
}
