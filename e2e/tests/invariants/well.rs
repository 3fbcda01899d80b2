//! On the real stack: orders of all sorts leave nothing that the checker minds. It looks at these orders only, since other
//! tests let deadlines pass by hand and leave records in the dead letters.

use std::time::Duration;

use e2e::books;
use e2e::checker::{Options, Scope, check};
use e2e::history::{Call, Recorder};
use e2e::shop::{Buyer, Shop, id};
use serde_json::json;
use testkit::eventually;
use uuid::Uuid;

const VISA: &str = "pm_card_visa";
const DECLINED: &str = "pm_card_chargeDeclined";
/// Far longer than the slowest of the orders needs.
const PATIENCE: Duration = Duration::from_secs(120);

/// Orders as they are placed, and the record of that.
struct Till {
    shop: Shop,
    buyer: Buyer,
    recorder: Recorder,
    orders: Vec<String>,
}

impl Till {
    async fn place(&mut self, sku: &str, quantity: u32, method: Option<&str>) -> String {
        let mut body = json!({"items": [{"sku": sku, "quantity": quantity}]});
        if let Some(method) = method {
            body["payment_method"] = json!(method);
        }
        let key = Uuid::new_v4().to_string();
        let (api, token) = (&self.shop.api, &self.buyer.token);
        let post = || api.post("/api/v1/orders").bearer(token).key(&key).json(body.clone());
        let order = id(&self.shop.persist(post).await.expect(201));
        self.recorder.record(&Call::now(&key, &self.buyer.id, Some(201), Some(&order))).expect("recorded");
        self.orders.push(order.clone());
        order
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_all_sorts_violate_nothing() {
    let shop = Shop::open().await;
    let buyer = shop.buyer().await;
    let (sku, scarce) = (shop.product(1999, 100).await, shop.product(1000, 1).await);
    let file = std::env::temp_dir().join(format!("history-{}.jsonl", Uuid::new_v4()));
    let recorder = Recorder::append_to(&file).expect("a history");
    let mut till = Till { shop, buyer, recorder, orders: Vec::new() };

    let paid = till.place(&sku, 2, Some(VISA)).await;
    let unclear = till.place(&sku, 1, Some("pm_sim_error_after_charge")).await;
    let sold_out = till.place(&scarce, 2, Some(VISA)).await;
    let waiting = till.place(&sku, 1, None).await;
    let dropped = till.place(&sku, 3, None).await;
    let expired = till.place(&sku, 1, None).await;
    let returned = till.place(&sku, 1, Some(VISA)).await;
    let declined = till.place(&sku, 1, Some(DECLINED)).await;
    settle(&till, [&paid, &unclear, &sold_out, &waiting, &dropped, &expired, &returned, &declined]).await;

    till.recorder.flush().expect("written");
    let scope = Scope { orders: till.orders.clone(), skus: vec![sku, scarce] };
    let options =
        Options { histories: vec![file.clone()], wait: Some(PATIENCE), only: Some(scope), ..Options::default() };
    let report = check(&till.shop.stack, &options).await.expect("a report");
    assert_eq!(report.violations(), 0, "{report}");
    assert!(report.skipped.is_empty(), "{report}");
    let covered = |name: &str| report.lines.iter().find(|line| line.name.starts_with(name)).map(|line| line.covered);
    assert_eq!(covered("every order that was acknowledged"), Some(8), "{report}");
    assert_eq!(covered("the facts and the status of an order"), Some(8), "{report}");
    std::fs::remove_file(file).expect("removed");
}

async fn settle(till: &Till, orders: [&String; 8]) {
    let (shop, buyer) = (&till.shop, &till.buyer);
    let [paid, unclear, sold_out, waiting, dropped, expired, returned, declined] = orders;
    shop.becomes(waiting, "PAYMENT_PENDING").await;
    shop.becomes(dropped, "PAYMENT_PENDING").await;
    shop.cancel(&buyer.token, dropped).await.expect(200);
    shop.becomes(expired, "PAYMENT_PENDING").await;
    let sql =
        format!("UPDATE reservation SET expires_at = clock_timestamp() WHERE order_id = '{}'", books::uuid(expired));
    books::execute(shop, "inventory", &sql).await;
    shop.becomes_cancelled(expired, "EXPIRED").await;
    shop.becomes(returned, "PAID").await;
    shop.cancel(&buyer.token, returned).await.expect(200);
    eventually("the first card is declined", async || {
        let payment = shop.payment(declined).await;
        (payment["attempts"][0]["status"] == "DECLINED").then_some(())
    })
    .await;
    assert_eq!(shop.confirm(buyer, declined, VISA).await.status.as_u16(), 200);
    shop.becomes(paid, "PAID").await;
    let ship = format!("/api/v1/orders/{paid}/ship");
    shop.post_as(&shop.admin, &ship, json!({"carrier": "DHL"})).await.expect(200);
    shop.becomes(unclear, "PAID").await;
    shop.becomes_cancelled(sold_out, "OUT_OF_STOCK").await;
}
