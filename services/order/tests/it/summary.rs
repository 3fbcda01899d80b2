//! Orders in numbers.

use serde_json::{Value, json};
use testkit::tokens;

use crate::support::{Shop, euros, product, refunded, uuid, wish};

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_summed_by_status_and_by_day() {
    let shop = Shop::open().await;
    let mut inbound = shop.inbound();
    inbound.tell("prd_tea", product("TEA", 500, "USD", 1)).await;
    let (sold, back) = (shop.paid(&mut inbound).await, shop.paid(&mut inbound).await);
    shop.act(&shop.admin, &sold, "ship", json!({})).await.expect(200);
    inbound.tell(&back, refunded(250)).await;
    shop.try_order(wish(&[("TEA", 1)])).await.expect(201);
    let cancelled = shop.mug().await;
    shop.act(&shop.buyer, &cancelled, "cancel", json!({})).await.expect(200);
    // Yesterday's: its id, too, says so.
    let old = shop.mug().await;
    let made_old = format!(
        "UPDATE orders SET created_at = created_at - interval '1 day', id = (lpad(to_hex((extract(epoch FROM created_at \
         - interval '1 day') * 1000)::bigint), 12, '0') || '70008000000000000001')::uuid WHERE id = '{}'",
        uuid(&old)
    );
    assert_eq!(shop.execute(&made_old).await, 1);
    let get = async |days: u32| {
        let path = format!("/api/v1/orders/summary?days={days}");
        shop.api.get(&path).by(&shop.admin).send().await.expect(200)
    };
    let today = get(1).await;
    assert_eq!(today["by_status"], json!({"CANCELLED": 1, "CREATED": 1, "PAID": 1, "SHIPPED": 1}));
    let days = today["by_day"].as_array().expect("days");
    let sums: Vec<(&Value, &Value)> = days.iter().map(|day| (&day["orders"], &day["revenue"])).collect();
    let dollars = json!({"amount_minor": 0, "currency": "USD"});
    assert_eq!(sums, [(&json!(3), &euros(2250 + 2250 - 250)), (&json!(1), &dollars)]);
    assert_eq!((&today["complete"], &today["days"]), (&json!(true), &json!(1)));
    let two = get(2).await;
    assert_eq!(two["by_status"]["CREATED"], json!(2));
    assert_eq!(two["by_day"].as_array().map(Vec::len), Some(3));
    assert_eq!(two["by_day"][0]["revenue"], euros(0));
    // Kept for a moment.
    shop.mug().await;
    assert_eq!(get(2).await, two);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_see_sums_and_of_90_days_at_most() {
    let shop = Shop::open().await;
    let path = "/api/v1/orders/summary";
    shop.api.get(path).send().await.expect_problem(401, "unauthenticated");
    for other in [&shop.buyer, &tokens::seller()] {
        shop.api.get(path).by(other).send().await.expect_problem(403, "forbidden");
    }
    assert_eq!(shop.api.get(path).by(&shop.admin).send().await.expect(200)["days"], json!(30));
    for days in ["0", "91", "-1", "x", ""] {
        let answer = shop.api.get(&format!("{path}?days={days}")).by(&shop.admin).send().await;
        assert_eq!(answer.expect_problem(422, "validation_failed")["errors"][0]["parameter"], "days");
    }
}
