//! Buyers, who come at a constant rate whatever the answers are, and do not give up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::Answer;
use testkit::api::Call;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::chaos::plans::{Plan, Shelf, Then};
use crate::chaos::tally::Tally;
use crate::history::{Call as Tried, Recorder};
use crate::shop::{Buyer, Shop};

/// Accounts that buyers share: more would only make more logins.
const ACCOUNTS: usize = 12;
/// What everybody can buy as much of as they want.
const PLENTY: usize = 8;
const PLENTY_STOCK: i64 = 1_000_000;
/// What most who want it do not get.
const SCARCE: usize = 2;
const SCARCE_STOCK: i64 = 30;
const PRICES_MINOR: [i64; 5] = [999, 1999, 4990, 129, 25_000];

/// A client does not wait longer for an answer, and asks again.
const TRY_TIMEOUT: Duration = Duration::from_secs(8);
const TRY_AGAIN: Duration = Duration::from_millis(250);
/// Watching an order: at first often, then less.
const LOOK_FIRST: Duration = Duration::from_millis(60);
const LOOK_LATEST: Duration = Duration::from_secs(1);
/// After the last fault is healed, everybody gets an answer within this.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);
/// And every order is settled within this: the reservations' time, and what a gateway's silence costs.
pub const SETTLED_WITHIN: Duration = Duration::from_secs(150);
/// A token that is refused when it is newer than this was not refused for its age.
const TOKEN_RENEWED_AFTER: Duration = Duration::from_secs(15);

/// The shop with all that the buyers share. Cheap to clone.
#[derive(Clone)]
pub struct Market {
    shared: Arc<Shared>,
}

struct Shared {
    shop: Shop,
    seed: u64,
    /// The scarce ones last.
    skus: Vec<String>,
    accounts: Vec<Account>,
    tally: Tally,
    history: Recorder,
    /// When the last fault was healed; patience ends some time after it.
    healed: watch::Sender<Option<Instant>>,
}

struct Account {
    buyer: Buyer,
    session: Mutex<Session>,
}

struct Session {
    token: String,
    since: Instant,
}

/// One buyer on the way through a plan.
struct Visit<'a> {
    market: &'a Shared,
    account: usize,
    plan: Plan,
    asked_at: Instant,
}

impl Market {
    /// Puts products on sale and opens accounts. What buyers are told goes into `history`.
    ///
    /// # Panics
    /// When the stack does not work even before anything goes wrong.
    pub async fn open(seed: u64, history: Recorder) -> Self {
        let shop = Shop::open().await;
        let mut accounts = Vec::new();
        for _ in 0..ACCOUNTS {
            let buyer = shop.buyer().await;
            let session = Mutex::new(Session { token: buyer.token.clone(), since: Instant::now() });
            accounts.push(Account { buyer, session });
        }
        let mut skus = Vec::new();
        for n in 0..PLENTY + SCARCE {
            let stock = if n < PLENTY { PLENTY_STOCK } else { SCARCE_STOCK };
            skus.push(shop.product(PRICES_MINOR[n % PRICES_MINOR.len()], stock).await);
        }
        let (healed, _) = watch::channel(None);
        Self { shared: Arc::new(Shared { shop, seed, skus, accounts, tally: Tally::default(), history, healed }) }
    }

    pub fn tally(&self) -> &Tally {
        &self.shared.tally
    }

    /// To be called when nothing is wrong any more: from here on patience is limited.
    pub fn healed(&self) {
        self.shared.healed.send_replace(Some(Instant::now()));
    }

    /// Lets buyers come for `duration`, `per_second` of them, and returns their visits, which may still go on.
    pub async fn trade(&self, duration: Duration, per_second: f64) -> JoinSet<()> {
        let mut visits = JoinSet::new();
        let began = Instant::now();
        let mut arrivals = tokio::time::interval(Duration::from_secs_f64(1.0 / per_second));
        // Late arrivals come all at once: the rate is kept, however busy the machine is.
        arrivals.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
        for n in 0.. {
            arrivals.tick().await;
            if began.elapsed() >= duration {
                break;
            }
            let market = self.clone();
            visits.spawn(async move { market.visit(n).await });
        }
        visits
    }

    async fn visit(&self, n: u64) {
        let shelf = Shelf { plenty: PLENTY, scarce: SCARCE };
        let plan = Plan::of(self.shared.seed, n, shelf);
        let account = usize::try_from(n % ACCOUNTS as u64).unwrap_or_default();
        let visit = Visit { market: &self.shared, account, plan, asked_at: Instant::now() };
        visit.market.tally.note(|counts| counts.wanted += 1);
        if let Some(order) = visit.place().await {
            let cancelled = visit.act(&order).await;
            visit.settle(&order, cancelled).await;
        }
    }
}

impl Visit<'_> {
    /// Places the order, under one key however often it takes. Returns its id.
    async fn place(&self) -> Option<String> {
        let items: Vec<Value> = self.plan.items.iter().map(|(n, quantity)| self.item(*n, *quantity)).collect();
        let mut body = json!({"items": items});
        if let Some(method) = self.plan.method {
            body["payment_method"] = json!(method);
        }
        let key = Uuid::new_v4().to_string();
        let post = |token: &str| self.market.shop.api.post("/api/v1/orders").bearer(token).key(&key).json(body.clone());
        if let Some(patience) = self.plan.hangs_up {
            let token = self.token().await;
            let answer = tokio::time::timeout(patience, post(&token).try_send()).await;
            self.record(&key, answer.ok().and_then(Result::ok).as_ref());
        }
        let record = |answer: Option<&Answer>| self.record(&key, answer);
        let answer = if self.plan.twice {
            let (one, other) = tokio::join!(self.persist(post, record), self.persist(post, record));
            if let (Some(one), Some(other)) = (&one, &other)
                && (one.status, &one.text) != (other.status, &other.text)
            {
                self.complain(format!(
                    "one key, two answers: {} {} and {} {}",
                    one.status, one.text, other.status, other.text
                ));
            }
            one.or(other)
        } else {
            self.persist(post, record).await
        };
        self.take_in(answer)
    }

    fn item(&self, n: usize, quantity: u32) -> Value {
        json!({"sku": self.market.skus[n], "quantity": quantity})
    }

    fn take_in(&self, answer: Option<Answer>) -> Option<String> {
        let Some(answer) = answer else {
            self.market.tally.note(|counts| counts.unknown += 1);
            return None;
        };
        if answer.status.as_u16() != 201 {
            // Nothing that these buyers ask for is wrong.
            self.complain(format!("an order was refused: {} {}", answer.status, answer.text));
            self.market.tally.note(|counts| *counts.refused.entry(short(&answer)).or_default() += 1);
            return None;
        }
        self.market.tally.note(|counts| counts.accepted += 1);
        answer.json()["id"].as_str().map(str::to_owned)
    }

    /// Does what the buyer means to do next; true when a cancel was granted.
    async fn act(&self, order: &str) -> bool {
        match &self.plan.then {
            Then::Waits | Then::Forgets => false,
            Then::CancelsAfter(delay) => {
                tokio::time::sleep(*delay).await;
                let answer = self.post(&format!("/api/v1/orders/{order}/cancel"), json!({"reason": "chaos"})).await;
                answer.is_some_and(|answer| answer.status.as_u16() == 200)
            }
            Then::Confirms(methods) => {
                for method in methods {
                    let body = json!({"order_id": order, "payment_method": method});
                    let answer = self.post("/api/v1/payments/confirm", body).await;
                    // Declined: the next card. What else it says, the order's status tells better.
                    if answer.is_none_or(|answer| answer.status.as_u16() != 402) {
                        break;
                    }
                }
                false
            }
        }
    }

    /// Puts a try on record, of which the checker holds the stack to the answer.
    fn record(&self, key: &str, answer: Option<&Answer>) {
        let user = &self.market.accounts[self.account].buyer.id;
        let status = answer.map(|answer| answer.status.as_u16());
        let order = answer.filter(|answer| answer.status.is_success()).map(Answer::json);
        let order = order.as_ref().and_then(|order| order["id"].as_str());
        if let Err(error) = self.market.history.record(&Tried::now(key, user, status, order)) {
            self.complain(format!("the history cannot be written: {error}"));
        }
    }

    async fn post(&self, path: &str, body: Value) -> Option<Answer> {
        let key = Uuid::new_v4().to_string();
        self.persist(|token| self.market.shop.api.post(path).bearer(token).key(&key).json(body.clone()), |_| ()).await
    }

    /// Watches the order until it is paid or cancelled.
    async fn settle(&self, order: &str, cancelled: bool) {
        let path = format!("/api/v1/orders/{order}");
        let mut pause = LOOK_FIRST;
        loop {
            let answer = self.persist(|token| self.market.shop.api.get(&path).bearer(token), |_| ()).await;
            if let Some(answer) = answer {
                if answer.status.as_u16() != 200 {
                    return self.complain(format!("{order} was accepted, and now: {} {}", answer.status, answer.text));
                }
                let now = answer.json();
                match now["status"].as_str() {
                    Some("PAID") if cancelled => {
                        return self.complain(format!("{order} was cancelled, and is PAID"));
                    }
                    Some("PAID") => return self.market.tally.note(|counts| counts.paid(self.asked_at)),
                    Some("CANCELLED") => {
                        let reason = now["cancel_reason"].as_str().unwrap_or("none").to_owned();
                        return self.market.tally.note(|counts| *counts.cancelled.entry(reason).or_default() += 1);
                    }
                    _ => {}
                }
            }
            if self.is_over(SETTLED_WITHIN) {
                return self.market.tally.note(|counts| counts.unsettled += 1);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LOOK_LATEST);
        }
    }

    /// Repeats a call until its answer is the last word; `None` when there is none long after everything is healed. Every
    /// try is told to `tried`.
    async fn persist(&self, call: impl Fn(&str) -> Call, tried: impl Fn(Option<&Answer>)) -> Option<Answer> {
        loop {
            let token = self.token().await;
            let outcome = tokio::time::timeout(TRY_TIMEOUT, call(&token).try_send()).await;
            tried(outcome.as_ref().ok().and_then(|answer| answer.as_ref().ok()));
            let answer = match outcome {
                Ok(Ok(answer)) if is_last_word(&answer) => return Some(answer),
                Ok(Ok(answer)) => {
                    if answer.status.as_u16() == 401 {
                        self.renew_token(&token).await;
                    }
                    short(&answer)
                }
                Ok(Err(_)) => "no connection".to_owned(),
                Err(_) => "no answer".to_owned(),
            };
            self.market.tally.note(|counts| *counts.tried_again.entry(answer).or_default() += 1);
            if self.is_over(ANSWERED_WITHIN) {
                return None;
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }

    async fn token(&self) -> String {
        self.market.accounts[self.account].session.lock().await.token.clone()
    }

    /// Signs in again, unless that was done just now.
    async fn renew_token(&self, refused: &str) {
        let account = &self.market.accounts[self.account];
        let mut session = account.session.lock().await;
        if session.token != refused || session.since.elapsed() < TOKEN_RENEWED_AFTER {
            return;
        }
        let body = json!({"email": account.buyer.email, "password": Shop::BUYERS_PASSWORD});
        let login = self.market.shop.api.post("/api/v1/auth/login").json(body);
        if let Ok(Ok(answer)) = tokio::time::timeout(TRY_TIMEOUT, login.try_send()).await
            && let Some(token) = answer.status.is_success().then(|| answer.json()["access_token"].clone())
        {
            *session = Session { token: token.as_str().unwrap_or_default().to_owned(), since: Instant::now() };
        }
    }

    /// Whether everything is healed for longer than `patience`.
    fn is_over(&self, patience: Duration) -> bool {
        self.market.healed.borrow().is_some_and(|healed| healed.elapsed() > patience)
    }

    fn complain(&self, complaint: String) {
        self.market.tally.complain(complaint);
    }
}

/// Whether the answer says what became of the request for good.
fn is_last_word(answer: &Answer) -> bool {
    match answer.status.as_u16() {
        401 | 429 | 500 | 502 | 503 | 504 => false,
        409 => answer.json()["code"] != "idempotency_key_in_use",
        _ => true,
    }
}

/// Status and code.
fn short(answer: &Answer) -> String {
    let problem: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    format!("{} {}", answer.status.as_u16(), problem["code"].as_str().unwrap_or("?"))
}
