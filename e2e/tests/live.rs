//! Watching an order through the gateway, while the service behind it dies.

use std::collections::BTreeMap;
use std::time::Duration;

use e2e::shop::{Buyer, Shop, id};
use e2e::stack;
use testkit::{Events, eventually};

/// A client that was cut off comes again after this long.
const RETRY: Duration = Duration::from_millis(200);

/// What a client remembers of a stream.
#[derive(Default)]
struct Seen {
    last_id: Option<u64>,
    /// How often each fact was told.
    facts: BTreeMap<String, u32>,
    status: String,
}

async fn open(shop: &Shop, buyer: &Buyer, order: &str, seen: &Seen) -> Events {
    let path = format!("/api/v1/orders/{order}/events");
    eventually("the stream opens", async || {
        let call = shop.api.get(&path).bearer(&buyer.token);
        let call = match seen.last_id {
            Some(id) => call.header("Last-Event-ID", id.to_string()),
            None => call,
        };
        match call.try_open().await {
            Ok(stream) => Some(stream),
            Err(_) => {
                tokio::time::sleep(RETRY).await;
                None
            }
        }
    })
    .await
}

impl Seen {
    /// Whether the order was told to be paid. The two facts may come in either order, or in one transaction.
    fn is_paid(&self) -> bool {
        self.status == "PAID"
            && ["payment_captured", "stock_committed"].iter().all(|fact| self.facts.contains_key(*fact))
    }

    /// Reads until the order is paid, or the stream is cut.
    async fn read_until_paid(&mut self, stream: &mut Events) {
        while !self.is_paid() {
            let Some(told) = stream.next().await else { return };
            let id: u64 = told.id.parse().expect("a number");
            assert!(self.last_id.is_none_or(|last| last < id), "{told:?} after {:?}", self.last_id);
            assert_ne!((told.event.as_str(), self.last_id.is_some()), ("reset", true), "something was lost: {told:?}");
            self.last_id = Some(id);
            if told.event == "order" {
                *self.facts.entry(told.data["fact"].as_str().expect("a fact").to_owned()).or_default() += 1;
                told.data["status"].as_str().expect("a status").clone_into(&mut self.status);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fact_is_lost_or_doubled_when_the_service_dies() {
    let _alone = stack::alone().await;
    let shop = Shop::open().await;
    let (buyer, sku) = (shop.buyer().await, shop.product(1000, 10).await);
    let order = id(&shop.order(&buyer, &[(&sku, 1)], None).await);
    shop.becomes(&order, "PAYMENT_PENDING").await;
    let path = format!("/api/v1/orders/{order}/timeline");
    let facts = async || -> Vec<String> {
        let timeline = shop.get_as(&buyer.token, &path).await;
        let facts = timeline["data"].as_array().expect("facts").iter();
        facts.map(|fact| fact["fact"].as_str().expect("a name").to_owned()).collect()
    };
    let mut seen = Seen::default();
    let mut stream = open(&shop, &buyer, &order, &seen).await;
    assert_eq!(stream.header("cache-control"), "no-store");
    let begun = stream.next().await.expect("the stream begins");
    assert_eq!(begun.event, "reset");
    seen.last_id = Some(begun.id.parse().expect("a number"));
    // As a client does that is told to read anew.
    let known = facts().await;
    // The service dies while the payment is on its way, and what was said meanwhile is heard when it is back.
    let paying = shop.confirm(&buyer, &order, "pm_card_visa");
    let killing = shop.stack.control("kill9", "order");
    let (paid, killed) = tokio::join!(paying, killing);
    paid.expect(200);
    killed.expect("order dies");
    seen.read_until_paid(&mut stream).await;
    drop(stream);
    shop.stack.revive("order").await.expect("order starts");
    let mut stream = open(&shop, &buyer, &order, &seen).await;
    seen.read_until_paid(&mut stream).await;
    assert!(seen.is_paid(), "{} {:?}", seen.status, seen.facts);
    let told = facts().await;
    for fact in told.iter().filter(|fact| !known.contains(fact)) {
        assert_eq!(seen.facts.get(fact), Some(&1), "{fact} in {:?}", seen.facts);
    }
    assert!(seen.facts.values().all(|times| *times == 1), "{:?}", seen.facts);
}

/// The gateway holds nothing back.
#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_passes_every_event_on_at_once() {
    let _alone = stack::alone().await;
    let shop = Shop::open().await;
    let (buyer, sku) = (shop.buyer().await, shop.product(1000, 10).await);
    let order = id(&shop.order(&buyer, &[(&sku, 1)], None).await);
    shop.becomes(&order, "PAYMENT_PENDING").await;
    let mut seen = Seen::default();
    let mut stream = open(&shop, &buyer, &order, &seen).await;
    assert_eq!(stream.header("content-encoding"), "");
    let begun = stream.next().await.expect("the stream begins");
    seen.last_id = Some(begun.id.parse().expect("a number"));
    shop.confirm(&buyer, &order, "pm_card_visa").await.expect(200);
    seen.read_until_paid(&mut stream).await;
    assert!(seen.is_paid(), "{} {:?}", seen.status, seen.facts);
    // The same for staff, with everyone's orders.
    let mut board = shop.api.get("/api/v1/orders/events").bearer(&shop.admin).open().await;
    assert_eq!(board.next().await.expect("the stream begins").event, "reset");
    let other = id(&shop.order(&buyer, &[(&sku, 1)], None).await);
    loop {
        let told = board.next().await.expect("the stream goes on");
        if told.data["order_id"] == other.as_str() {
            assert_eq!(told.data["fact"], "created");
            break;
        }
    }
}
