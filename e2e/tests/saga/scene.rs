//! The stage on which an arm is played, with what goes wrong meanwhile.

use std::sync::LazyLock;
use std::time::Duration;

use e2e::books::{self, Stock};
use e2e::shop::{Buyer, Shop, id};
use e2e::twice::Doubling;
use serde_json::Value;
use testkit::eventually;
use tokio::sync::RwLock;
use tokio::task::JoinHandle;

/// Arms that leave the stack alone run beside each other; one that kills a part has the stack to itself.
static STAGE: LazyLock<RwLock<()>> = LazyLock::new(|| RwLock::new(()));
const LOOK_AGAIN: Duration = Duration::from_millis(50);

#[derive(Debug, Clone, Copy)]
pub enum Variation {
    Plain,
    Twice,
    /// The service dies when it first reaches the place, and is started again.
    Killed {
        service: &'static str,
        place: &'static str,
    },
    /// The arm itself stops or kills parts.
    Disturbed {
        twice: bool,
    },
}

pub struct Scene {
    pub shop: Shop,
    pub buyer: Buyer,
    variation: Variation,
}

/// What [`Scene::trouble`] started; ends with the arm.
pub struct Trouble {
    _doubling: Option<Doubling>,
    death: Option<JoinHandle<()>>,
}

impl Scene {
    /// Plays one arm under a variation.
    pub async fn play(variation: Variation, arm: impl AsyncFnOnce(&Scene)) {
        let exclusive = matches!(variation, Variation::Killed { .. } | Variation::Disturbed { .. });
        let _alone = if exclusive { Some(STAGE.write().await) } else { None };
        let _shared = if exclusive { None } else { Some(STAGE.read().await) };
        let shop = Shop::open().await;
        let buyer = shop.buyer().await;
        arm(&Scene { shop, buyer, variation }).await;
    }

    /// Starts what goes wrong in this variation; called when products and accounts are there.
    pub async fn trouble(&self) -> Trouble {
        let doubled = matches!(self.variation, Variation::Twice | Variation::Disturbed { twice: true });
        let doubling = if doubled { Some(Doubling::start(&self.shop.stack).await) } else { None };
        let mut death = None;
        if let Variation::Killed { service, place } = self.variation {
            let stack = self.shop.stack.clone();
            stack.crash_at(service, place).await.expect("the service starts");
            death = Some(tokio::spawn(async move {
                stack.dies(service).await.unwrap_or_else(|error| panic!("{service} at {place}: {error}"));
                stack.revive(service).await.expect("the service comes back");
            }));
        }
        Trouble { _doubling: doubling, death }
    }

    /// Waits until the stock of a SKU is this and stays consistent.
    pub async fn stock_becomes(&self, sku: &str, on_hand: i64, reserved: i64) {
        let wanted = Stock { on_hand, reserved };
        eventually(&format!("{sku} has {wanted:?}"), async || {
            (books::stock(&self.shop, sku).await == wanted).then_some(())
        })
        .await;
    }

    /// Waits until the payment of an order has this status.
    pub async fn payment_becomes(&self, order: &str, status: &str) -> Value {
        eventually(&format!("the payment of {order} becomes {status}"), async || {
            let payment = self.shop.payment(order).await;
            (payment["status"] == status).then_some(payment)
        })
        .await
    }

    /// Confirms with a method until the gateway's word on it is known: true for a success, false for a decline.
    pub async fn pay(&self, order: &str, method: &str) -> bool {
        loop {
            let before = self.declines(order).await;
            let answer = self.shop.confirm(&self.buyer, order, method).await;
            match answer.status.as_u16() {
                200 => return true,
                402 => return false,
                202 | 409 => {}
                other => panic!("confirm: {other} {}", answer.text),
            }
            // The answer was lost with the service that was killed: what became of it is on record.
            let payment = eventually("the attempt is decided", async || {
                let payment = self.shop.payment(order).await;
                (payment["status"] != "PROCESSING").then_some(payment)
            })
            .await;
            match payment["status"].as_str() {
                Some("SUCCEEDED") => return true,
                Some("FAILED" | "VOIDED") => return false,
                _ if self.declines(order).await > before => return false,
                _ => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
    }

    async fn declines(&self, order: &str) -> usize {
        let payment = self.shop.payment(order).await;
        let attempts = payment["attempts"].as_array().cloned().unwrap_or_default();
        attempts.iter().filter(|attempt| attempt["status"] == "DECLINED").count()
    }

    /// The order is PAID: stock committed, money captured once and in full, and all that stays so.
    pub async fn settled_as_paid(&self, order: &str) {
        let paid = self.shop.becomes(order, "PAID").await;
        let total = paid["total"]["amount_minor"].as_i64().expect("a total");
        let charged = books::charged(&self.shop, order).await;
        assert_eq!((charged.charges, charged.captured_minor, charged.refunded_minor), (1, total, 0), "{order}");
        let payment = self.shop.payment(order).await;
        assert_eq!(payment["status"], "SUCCEEDED", "{payment}");
        assert_eq!(payment["captured"]["amount_minor"], total, "{payment}");
    }

    /// The order is CANCELLED for this reason, and the gateway keeps nothing.
    pub async fn settled_as_cancelled(&self, order: &str, reason: &str) {
        self.shop.becomes_cancelled(order, reason).await;
        eventually(&format!("all money of {order} is back"), async || {
            let charged = books::charged(&self.shop, order).await;
            assert!(charged.charges <= 1, "{order}: {charged:?}");
            (charged.captured_minor == charged.refunded_minor).then_some(())
        })
        .await;
    }

    /// Lets the reservation of an order run out, now.
    pub async fn expire(&self, order: &str) {
        let sql = format!(
            "UPDATE reservation SET expires_at = clock_timestamp() - interval '1 second' \
             WHERE state = 'HELD' AND order_id = '{}'",
            books::uuid(order)
        );
        assert_eq!(books::execute(&self.shop, "inventory", &sql).await, 1, "{order} has a reservation");
    }

    pub async fn reservation_becomes(&self, order: &str, state: &str) {
        let sql = format!("SELECT state AS value FROM reservation WHERE order_id = '{}'", books::uuid(order));
        eventually(&format!("the reservation of {order} becomes {state}"), async || {
            (books::value(&self.shop, "inventory", &sql).await.as_deref() == Some(state)).then_some(())
        })
        .await;
    }

    /// Places an order for one SKU and returns its id.
    pub async fn order(&self, sku: &str, quantity: u32, method: Option<&str>) -> String {
        id(&self.shop.order(&self.buyer, &[(sku, quantity)], method).await)
    }
}

impl Trouble {
    /// The end of an arm: the service that was to die did, and is back.
    pub async fn over(self) {
        if let Some(death) = self.death {
            death.await.expect("the service died and came back");
        }
    }
}
