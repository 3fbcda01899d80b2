//! Placing an order, and each reason to refuse one.

use proto_events::Event;
use proto_events::catalog::v1::{ProductArchived, ProductStatus, ProductUpdated};
use proto_events::ids::SellerId;
use serde_json::{Value, json};
use testkit::tokens;
use uuid::Uuid;

use crate::support::{Shop, euros, id, product, product_as, text, wish};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// The faults of a 422 as (pointer, code).
fn faults(problem: &Value) -> Vec<(String, String)> {
    let errors = problem["errors"].as_array().expect("errors");
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_has_every_field_of_the_contract() {
    let shop = Shop::open().await;
    let seller = SellerId(Uuid::now_v7());
    let told = product_as("HAT", 399, "EUR", 1, ProductStatus::Active, Some(seller));
    shop.inbound().tell("prd_hat", ProductUpdated { product: Some(told.clone()) }).await;
    let address = json!({
        "name": "Ada", "line1": "1 Main St", "city": "Bonn", "postal_code": "53111", "country": "DE", "phone": null,
    });
    let mut body = wish(&[("MUG", 2), ("HAT", 1), ("MUG", 1)]);
    body["shipping_address"] = address.clone();
    let answer = shop.try_order(body).await;
    let order = answer.expect(201);
    assert_eq!(answer.header("location"), format!("/api/v1/orders/{}", id(&order)));
    let mut expected = vec![
        "id",
        "number",
        "customer",
        "currency",
        "status",
        "cancel_reason",
        "cancel_note",
        "payment_status",
        "fulfillment_status",
        "items",
        "totals",
        "tax_included",
        "total",
        "shipping_address",
        "billing_address",
        "shipments",
        "created_at",
        "updated_at",
        "cancellable_until",
        "allowed_actions",
    ];
    expected.sort_unstable();
    assert_eq!(keys(&order), expected);
    assert!(text(&order["number"]).len() <= 16, "{order}");
    let customer = json!({"user_id": shop.buyer.user_id, "email": shop.buyer.email, "name": "Test Person"});
    assert_eq!(order["customer"], customer);
    assert_eq!((&order["status"], &order["payment_status"]), (&json!("CREATED"), &json!("NONE")));
    assert_eq!((&order["fulfillment_status"], &order["currency"]), (&json!("UNFULFILLED"), &json!("EUR")));
    assert_eq!((&order["total"], &order["totals"]["items"]), (&euros(3399), &euros(3399)));
    assert_eq!(keys(&order["totals"]), ["discount", "items", "shipping", "tax"]);
    for null in ["cancel_reason", "cancel_note", "billing_address", "cancellable_until"] {
        assert_eq!(order[null], Value::Null, "{null}");
    }
    assert_eq!(order["allowed_actions"], json!(["cancel"]));
    assert_eq!(order["created_at"], order["updated_at"]);
    assert_eq!(order["shipping_address"]["city"], "Bonn");
    let items = order["items"].as_array().expect("items");
    let skus: Vec<&Value> = items.iter().map(|item| &item["sku"]).collect();
    assert_eq!(skus, ["MUG", "HAT", "MUG"], "a repeated SKU stays two lines");
    let hat = &items[1];
    assert_eq!(keys(hat), ["id", "line_total", "name", "product_id", "quantity", "seller_id", "sku", "unit_price"]);
    assert_eq!((&hat["seller_id"], &hat["product_id"]), (&json!(seller), &json!(told.product_id)));
    assert_eq!((&items[0]["unit_price"], &items[0]["line_total"]), (&euros(1000), &euros(2000)));
    assert_eq!(items[0]["seller_id"], Value::Null);
    // Read your own writes: the same again.
    assert_eq!(shop.look(&id(&order)).await, order);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_told_with_its_payment_method() {
    let shop = Shop::open().await;
    let mut body = wish(&[("MUG", 2)]);
    body["payment_method"] = json!("pm_card_visa");
    let order = shop.try_order(body).await.expect(201);
    assert_eq!(order["status"], "CREATED");
    let emitted = testkit::events::emitted(shop.pool()).await;
    let [event] = emitted.as_slice() else { panic!("one event: {emitted:?}") };
    let Event::OrderCreated(created) = &event.event else { panic!("another event: {event:?}") };
    assert_eq!((event.key.as_str(), event.aggregate_seq), (id(&order).as_str(), 1));
    assert_eq!(created.payment_method.as_deref(), Some("pm_card_visa"));
    assert_eq!(created.user_id, shop.buyer.user_id.to_string());
    assert_eq!(created.total.as_ref().map(|total| total.amount_minor), Some(2000));
    assert_eq!((created.lines[0].sku.as_str(), created.lines[0].quantity), ("MUG", 2));
    assert_eq!(created.lines[0].item_id, text(&order["items"][0]["id"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_sold_is_named_line_by_line() {
    let shop = Shop::open().await;
    let mut inbound = shop.inbound();
    let draft = product_as("DRAFT", 100, "EUR", 1, ProductStatus::Draft, None);
    inbound.tell("prd_draft", ProductUpdated { product: Some(draft) }).await;
    let archived = product_as("CUP", 250, "EUR", 2, ProductStatus::Archived, None);
    inbound.tell("prd_cup", ProductArchived { product: Some(archived) }).await;
    let wanted = wish(&[("MUG", 1), ("DRAFT", 1), ("CUP", 1), ("NONE", 1)]);
    let problem = shop.try_order(wanted).await.expect_problem(422, "unknown_sku");
    let at = |index: usize| (format!("#/items/{index}/sku"), "unknown_sku".to_owned());
    assert_eq!(faults(&problem), [at(1), at(2), at(3)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_has_one_currency() {
    let shop = Shop::open().await;
    shop.inbound().tell("prd_yen", product("YEN", 500, "JPY", 1)).await;
    let wanted = wish(&[("MUG", 1), ("YEN", 1)]);
    let problem = shop.try_order(wanted).await.expect_problem(422, "currency_mismatch");
    assert_eq!(faults(&problem), [("#/items/1/sku".to_owned(), "currency_mismatch".to_owned())]);
    let yen = shop.order(&[("YEN", 2)]).await;
    assert_eq!(yen["total"], json!({"amount_minor": 1000, "currency": "JPY"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_total_other_than_shown_is_refused() {
    let shop = Shop::open().await;
    let mut body = wish(&[("MUG", 2)]);
    for wrong in [euros(1999), json!({"amount_minor": 2000, "currency": "USD"})] {
        body["expected_total"] = wrong;
        let problem = shop.try_order(body.clone()).await.expect_problem(409, "price_changed");
        assert_eq!(problem["total"], euros(2000));
    }
    // A final answer: its key gives it again, even when the price would fit by now.
    let post = || shop.api.post("/api/v1/orders").by(&shop.buyer).key("same").json(body.clone()).send();
    post().await.expect_problem(409, "price_changed");
    let again = post().await;
    again.expect_problem(409, "price_changed");
    assert_eq!(again.header("idempotent-replayed"), "true");
    body["expected_total"] = euros(2000);
    shop.try_order(body).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_follow_the_newest_version() {
    let shop = Shop::open().await;
    let mut inbound = shop.inbound();
    inbound.tell("prd_mug", product("MUG", 1100, "EUR", 3)).await;
    inbound.tell("prd_mug", product("MUG", 900, "EUR", 2)).await;
    assert_eq!(shop.order(&[("MUG", 1)]).await["total"], euros(1100));
    let batch = [
        inbound.record("prd_mug", product("MUG", 1300, "EUR", 5)),
        inbound.record("prd_mug", product("MUG", 1200, "EUR", 4)),
    ];
    inbound.deliver(&batch).await;
    let order = shop.order(&[("MUG", 1)]).await;
    assert_eq!(order["total"], euros(1300));
    // What was ordered before keeps its price.
    inbound.tell("prd_mug", product("MUG", 1, "EUR", 6)).await;
    assert_eq!(shop.look(&id(&order)).await["total"], euros(1300));
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_at_and_over_their_limit() {
    let shop = Shop::open().await;
    let mut inbound = shop.inbound();
    inbound.tell("prd_dear", product("DEAR", 9_999_999_999, "EUR", 1)).await;
    inbound.tell("prd_max", product("MOST", 99_999_999, "EUR", 1)).await;
    inbound.tell("prd_free", product("FREE", 0, "EUR", 1)).await;
    let all_of_it: Vec<(&str, u32)> = (0..50).map(|_| ("DEAR", 100)).collect();
    for wanted in [wish(&all_of_it), wish(&[("MOST", 2)]), wish(&[("MOST", 1), ("CUP", 1)]), wish(&[("FREE", 1)])] {
        let problem = shop.try_order(wanted).await.expect_problem(422, "validation_failed");
        assert_eq!(faults(&problem), [("#/items".to_owned(), "out_of_range".to_owned())]);
    }
    assert_eq!(shop.order(&[("MOST", 1)]).await["total"], euros(99_999_999));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_the_body_is_named() {
    let shop = Shop::open().await;
    let body = json!({
        "items": [{"sku": "MUG", "quantity": 101}, {"sku": "a b", "quantity": 0}, {"sku": "MUG", "quantity": 1, "x": 1}],
        "payment_method": "", "shipping_address": {"name": "", "line1": "x", "city": "x", "country": "de"}, "extra": 1,
        "expected_total": {"amount_minor": -1, "currency": "EUR"},
    });
    let problem = shop.try_order(body).await.expect_problem(422, "validation_failed");
    let found = faults(&problem);
    for (pointer, code) in [
        ("#/items/0/quantity", "out_of_range"),
        ("#/items/1/sku", "invalid_format"),
        ("#/items/1/quantity", "out_of_range"),
        ("#/items/2/x", "unknown_field"),
        ("#/payment_method", "out_of_range"),
        ("#/shipping_address/name", "out_of_range"),
        ("#/shipping_address/country", "invalid_format"),
        ("#/shipping_address/postal_code", "required"),
        ("#/expected_total/amount_minor", "out_of_range"),
        ("#/extra", "unknown_field"),
    ] {
        assert!(found.contains(&(pointer.to_owned(), code.to_owned())), "{pointer} {code} in {found:?}");
    }
    for items in [json!([]), json!(vec![json!({"sku": "MUG", "quantity": 1}); 51])] {
        let problem = shop.try_order(json!({"items": items})).await.expect_problem(422, "validation_failed");
        assert_eq!(faults(&problem)[0], ("#/items".to_owned(), "out_of_range".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_order() {
    let shop = Shop::open().await;
    let post = || shop.api.post("/api/v1/orders").new_key().json(wish(&[("MUG", 1)]));
    post().send().await.expect_problem(401, "unauthenticated");
    for token in [tokens::admin(), tokens::seller()] {
        post().by(&token).send().await.expect_problem(403, "forbidden");
    }
    let without_key = shop.api.post("/api/v1/orders").by(&shop.buyer).json(wish(&[("MUG", 1)])).send().await;
    without_key.expect_problem(400, "idempotency_key_missing");
    assert!(testkit::events::emitted(shop.pool()).await.is_empty());
}
