//! Looking at orders: one, many, and who may.

use std::collections::BTreeSet;

use proto_events::inventory::v1::InventoryCommitted;
use serde_json::{Value, json};
use testkit::tokens;

use crate::support::{Shop, captured, id, reserved, text, uuid};

fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().expect("a list").iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_see_nothing() {
    let shop = Shop::open().await;
    let order = shop.mug().await;
    let paths = ["", "/timeline"].map(|rest| format!("/api/v1/orders/{order}{rest}"));
    for path in &paths {
        shop.api.get(path).send().await.expect_problem(401, "unauthenticated");
        for stranger in [tokens::customer(), tokens::seller()] {
            shop.api.get(path).by(&stranger).send().await.expect_problem(404, "not_found");
        }
        for known in [&shop.buyer, &shop.admin] {
            shop.api.get(path).by(known).send().await.expect(200);
        }
    }
    let no_such = format!("ord_{}", "0".repeat(32));
    for absent in [no_such.as_str(), "ord_nonsense", "1"] {
        shop.get(&shop.admin, absent).await.expect_problem(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tag_moves_with_everything_that_shows() {
    let shop = Shop::open().await;
    let (order, mut inbound) = (shop.mug().await, shop.inbound());
    let path = format!("/api/v1/orders/{order}");
    let mut seen = BTreeSet::new();
    let mut tag = shop.get(&shop.buyer, &order).await.header("etag").to_owned();
    assert!(tag.starts_with('"'), "{tag}");
    for event in [proto_events::Event::from(reserved()), captured(1000).into(), InventoryCommitted {}.into()] {
        let unchanged = shop.api.get(&path).by(&shop.buyer).header("If-None-Match", &tag).send().await;
        assert_eq!((unchanged.status.as_u16(), unchanged.text.as_str()), (304, ""));
        assert_eq!(unchanged.header("etag"), tag);
        let record = inbound.tell(&order, event.clone()).await;
        let changed = shop.api.get(&path).by(&shop.buyer).header("If-None-Match", &tag).send().await;
        changed.expect(200);
        assert!(seen.insert(std::mem::replace(&mut tag, changed.header("etag").to_owned())));
        // What was known already changes nothing.
        let again = inbound.repeat(&record);
        inbound.deliver(&[again]).await;
        inbound.tell(&order, event).await;
        assert_eq!(shop.get(&shop.buyer, &order).await.header("etag"), tag);
    }
    // A minute later the buyer cannot cancel any more: nothing happened, but the answer is another.
    let late = format!(
        "UPDATE orders SET committed_at = committed_at - interval '61 s', paid_at = paid_at - interval '61 s' \
         WHERE id = '{}'",
        uuid(&order)
    );
    assert_eq!(shop.look(&order).await["allowed_actions"], json!(["cancel"]));
    shop.execute(&late).await;
    let changed = shop.api.get(&path).by(&shop.buyer).header("If-None-Match", &tag).send().await;
    assert_eq!(changed.expect(200)["allowed_actions"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged_the_newest_first() {
    let shop = Shop::open().await;
    let mut mine = Vec::new();
    for _ in 0..5 {
        mine.insert(0, shop.mug().await);
    }
    let stranger = tokens::customer();
    let theirs = shop.api.post("/api/v1/orders").by(&stranger).new_key();
    let theirs = id(&theirs.json(crate::support::wish(&[("CUP", 1)])).send().await.expect(201));
    let list = async |by, query: &str| shop.api.get(&format!("/api/v1/orders{query}")).by(by).send().await.expect(200);
    let mut found = Vec::new();
    let mut query = "?limit=2".to_owned();
    let mut pages = 0;
    loop {
        let page = list(&shop.buyer, &query).await;
        found.extend(ids(&page));
        pages += 1;
        if page["has_more"] == json!(false) {
            assert_eq!(page["next_cursor"], Value::Null);
            break;
        }
        query = format!("?limit=2&cursor={}", text(&page["next_cursor"]));
    }
    assert_eq!((found, pages), (mine.clone(), 3));
    let all = ids(&list(&shop.admin, "").await);
    assert_eq!(all, [vec![theirs.clone()], mine.clone()].concat());
    // Everyone's list by the user.
    let of_user = |user: String| format!("/api/v1/orders/user/{user}");
    let path = of_user(shop.buyer.user_id.to_string());
    for by in [&shop.buyer, &shop.admin] {
        assert_eq!(ids(&shop.api.get(&path).by(by).send().await.expect(200)), mine);
    }
    shop.api.get(&path).by(&stranger).send().await.expect_problem(404, "not_found");
    shop.api.get(&of_user("nobody".to_owned())).by(&shop.admin).send().await.expect_problem(404, "not_found");
    assert!(ids(&list(&tokens::seller(), "").await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered() {
    let shop = Shop::open().await;
    let (first, second, mut inbound) = (shop.mug().await, shop.mug().await, shop.inbound());
    inbound.tell(&first, reserved()).await;
    let list = async |query: &str| {
        let mine = shop.api.get(&format!("/api/v1/orders?{query}")).by(&shop.buyer).send().await.expect(200);
        let all = shop.api.get(&format!("/api/v1/orders?{query}")).by(&shop.admin).send().await.expect(200);
        assert_eq!(ids(&mine), ids(&all), "{query}");
        ids(&mine)
    };
    let (only_first, only_second) = (vec![first.clone()], vec![second.clone()]);
    assert_eq!(list("status=CREATED").await, only_second);
    assert_eq!(list("status=PAYMENT_PENDING").await, only_first);
    assert!(list("status=PAID").await.is_empty());
    let shown = shop.look(&second).await;
    assert_eq!(list(&format!("number={}", text(&shown["number"]))).await, only_second);
    assert!(list("number=W-00000-00000").await.is_empty());
    let created = text(&shop.look(&first).await["created_at"]);
    assert_eq!(list(&format!("created_after={created}")).await, only_second);
    assert_eq!(list(&format!("created_after={created}&status=CREATED")).await, only_second);
    assert_eq!(list("created_after=2020-01-01T00:00:00Z").await.len(), 2);
    assert!(list("created_after=2999-01-01T00:00:00%2B02:00").await.is_empty());
    for (query, parameter) in [
        ("status=LOST", "status"),
        ("status=paid", "status"),
        ("created_after=yesterday", "created_after"),
        ("number=", "number"),
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("sort=asc", "sort"),
    ] {
        let answer = shop.api.get(&format!("/api/v1/orders?{query}")).by(&shop.buyer).send().await;
        let problem = answer.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["parameter"], parameter, "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rare_status_is_found_over_several_pages() {
    let shop = Shop::open().await;
    let (rare, mut inbound) = (shop.mug().await, shop.inbound());
    let common = shop.mug().await;
    inbound.tell(&rare, reserved()).await;
    // More of another status, all newer, than one page looks at.
    let copies = format!(
        "INSERT INTO orders (id, user_id, currency, total_minor, created_at, updated_at, version, event_seq, status, \
         number, customer_email, customer_name, lines) SELECT ('ffffffff-ffff-7fff-8000-' || lpad(n::text, 12, '0'))::uuid, \
         user_id, currency, total_minor, created_at, updated_at, version, event_seq, 'CANCELLED', n::text, \
         customer_email, customer_name, lines FROM orders, generate_series(1, {}) AS n WHERE id = '{}'",
        order::store::LOOK_AT_MAX,
        uuid(&common)
    );
    shop.execute(&copies).await;
    let page = shop.api.get("/api/v1/orders?status=PAYMENT_PENDING").by(&shop.admin).send().await.expect(200);
    assert_eq!((ids(&page).len(), &page["has_more"]), (0, &json!(true)));
    let next = format!("/api/v1/orders?status=PAYMENT_PENDING&cursor={}", text(&page["next_cursor"]));
    let page = shop.api.get(&next).by(&shop.admin).send().await.expect(200);
    assert_eq!((ids(&page), &page["has_more"]), (vec![rare], &json!(false)));
}
