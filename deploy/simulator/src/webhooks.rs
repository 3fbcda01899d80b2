//! Webhooks: events sent to the shop, signed as Stripe signs them, and sent again until they are taken.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, Mac};
use rand::Rng;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use sha2::Sha256;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;

use crate::answers::Object;
use crate::events::{Event, EventKind, EventView};
use crate::gateway::Gateway;
use crate::ids;
use crate::intents::state::Status;
use crate::methods::Notice;
use crate::settings::Settings;

/// Events that wait for their first try. When the endpoint cannot keep up, further ones are dropped: they stay in
/// `GET /v1/events`, and a restart sends them again.
const MAX_QUEUED: usize = 50_000;
/// Events that are being sent, are late, or wait for another try.
const MAX_UNDER_WAY: usize = 20_000;
/// Requests to the endpoint at the same time.
const MAX_SENDING: usize = 128;
/// How long an endpoint may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Tries until an event is given up, and the longest wait between two of them: some two minutes in all.
const MAX_TRIES: u32 = 8;
const MAX_WAIT: Duration = Duration::from_secs(60);
/// An answer's body is read so that its connection can be used again, but not more than this many bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// Delivered events are noted together, this often and so many at once: losing a note only repeats an event.
const NOTE_INTERVAL: Duration = Duration::from_millis(100);
const MAX_NOTED: usize = 1000;
/// Signs what must not be believed.
const FORGED_SECRET: &str = "whsec_forged";

/// One event on its way.
#[derive(Debug)]
struct Delivery {
    event: Arc<Event>,
    delay: Duration,
    forged: bool,
}

/// The queue of events to send. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Webhooks {
    queue: Option<mpsc::Sender<Delivery>>,
    kinds: Arc<[EventKind]>,
    late: Duration,
    gap: Duration,
}

/// The other end of the queue.
#[derive(Debug)]
pub struct Outbox(Option<mpsc::Receiver<Delivery>>);

impl Webhooks {
    pub fn new(settings: &Settings) -> (Self, Outbox) {
        let (queue, outbox) = match settings.webhook_url {
            Some(_) => {
                let (queue, outbox) = mpsc::channel(MAX_QUEUED);
                (Some(queue), Some(outbox))
            }
            None => (None, None),
        };
        let kinds = Arc::from(settings.webhook_events.as_slice());
        (Self { queue, kinds, late: settings.pace.late, gap: settings.pace.gap }, Outbox(outbox))
    }

    /// Sends events in the manner that the payment method asks for.
    pub fn send(&self, events: &[Arc<Event>], notice: Notice) {
        let wanted: Vec<_> = events.iter().filter(|event| self.kinds.contains(&event.kind)).collect();
        for (place, event) in wanted.iter().enumerate() {
            match notice {
                Notice::Once => self.push(event, Duration::ZERO, false),
                Notice::Twice => {
                    self.push(event, Duration::ZERO, false);
                    self.push(event, Duration::ZERO, false);
                }
                Notice::Late => self.push(event, self.late, false),
                Notice::OutOfOrder => {
                    let newer = u32::try_from(wanted.len() - 1 - place).unwrap_or_default();
                    self.push(event, self.gap * newer, false);
                }
                Notice::Forged => {
                    if let Some(lie) = forge(event) {
                        self.push(&Arc::new(lie), Duration::ZERO, true);
                    }
                    self.push(event, Duration::ZERO, false);
                }
            }
        }
    }

    fn push(&self, event: &Arc<Event>, delay: Duration, forged: bool) {
        let Some(queue) = &self.queue else { return };
        if queue.try_send(Delivery { event: Arc::clone(event), delay, forged }).is_err() {
            tracing::warn!(event = event.id, "too many webhooks are waiting, this one is dropped");
        }
    }
}

/// An event that never happened: the charged intent was canceled.
fn forge(event: &Event) -> Option<Event> {
    match (&event.object, event.kind) {
        (Object::Intent(intent, _), EventKind::IntentSucceeded) => {
            let mut lie = (**intent).clone();
            lie.status = Status::Canceled;
            lie.canceled_at = Some(event.created);
            lie.cancellation_reason = Some("abandoned".to_owned());
            Some(Event {
                id: ids::new("evt_"),
                created: event.created,
                kind: EventKind::IntentCanceled,
                object: Object::Intent(Arc::new(lie), None),
                origin: None,
            })
        }
        _ => None,
    }
}

/// Starts the tasks that send what is in the outbox.
///
/// # Errors
/// The HTTP client cannot be made.
pub fn start(gateway: &Arc<Gateway>, outbox: Outbox) -> anyhow::Result<Vec<JoinHandle<()>>> {
    let (Outbox(Some(mut outbox)), Some(url)) = (outbox, gateway.settings.webhook_url.clone()) else {
        return Ok(Vec::new());
    };
    let client = Client::builder()
        .timeout(ANSWER_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent("Stripe/1.0 (simulator)")
        .build()?;
    let (delivered, noted) = mpsc::channel(MAX_UNDER_WAY);
    let sender = Arc::new(Sender {
        client,
        url,
        secret: gateway.settings.webhook_secret.clone(),
        retry: gateway.settings.pace.retry,
        sending: Semaphore::new(MAX_SENDING),
        delivered,
    });
    let under_way = Arc::new(Semaphore::new(MAX_UNDER_WAY));
    let dispatcher = tokio::spawn(async move {
        while let Some(delivery) = outbox.recv().await {
            let Ok(place) = Arc::clone(&under_way).acquire_owned().await else { return };
            tokio::spawn(Arc::clone(&sender).deliver(delivery, place));
        }
    });
    let notes = tokio::spawn(note_delivered(Arc::clone(gateway), noted));
    Ok(vec![dispatcher, notes])
}

async fn note_delivered(gateway: Arc<Gateway>, mut delivered: mpsc::Receiver<String>) {
    let mut events = Vec::new();
    while delivered.recv_many(&mut events, MAX_NOTED).await > 0 {
        gateway.delivered(std::mem::take(&mut events));
        tokio::time::sleep(NOTE_INTERVAL).await;
    }
}

struct Sender {
    client: Client,
    url: Url,
    secret: String,
    retry: Duration,
    sending: Semaphore,
    delivered: mpsc::Sender<String>,
}

impl Sender {
    /// Sends until it is taken or given up; forged ones once.
    async fn deliver(self: Arc<Self>, delivery: Delivery, _place: OwnedSemaphorePermit) {
        if !delivery.delay.is_zero() {
            tokio::time::sleep(delivery.delay).await;
        }
        let event = &delivery.event;
        let Ok(body) = serde_json::to_vec(&EventView::new(event)) else { return };
        if delivery.forged {
            self.post(&body, FORGED_SECRET).await.ok();
            return;
        }
        let mut wait = self.retry;
        for tried in 1..=MAX_TRIES {
            match self.post(&body, &self.secret).await {
                Ok(()) => break,
                Err(reason) if tried == MAX_TRIES => tracing::warn!(event = event.id, reason, "webhook given up"),
                Err(reason) => {
                    tracing::debug!(event = event.id, tried, reason, "webhook not taken");
                    // Jitter, so that what failed together is not sent again together.
                    let share = rand::rng().random_range(0.5..=1.0);
                    tokio::time::sleep(wait.mul_f64(share)).await;
                    wait = (wait * 2).min(MAX_WAIT);
                }
            }
        }
        self.delivered.send(event.id.clone()).await.ok();
    }

    /// One try.
    async fn post(&self, body: &[u8], secret: &str) -> Result<(), String> {
        let Ok(_turn) = self.sending.acquire().await else { return Err("stopped".to_owned()) };
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header("Stripe-Signature", signature(secret, ids::now(), body))
            .body(body.to_vec());
        let mut response = request.send().await.map_err(|error| error.to_string())?;
        let status = response.status();
        let mut read = 0;
        while let Ok(Some(chunk)) = response.chunk().await {
            read += chunk.len();
            if read > MAX_ANSWER_BYTES {
                break;
            }
        }
        if status.is_success() { Ok(()) } else { Err(format!("answered {status}")) }
    }
}

/// The value of `Stripe-Signature`: the time and the HMAC-SHA256 of time and body.
pub fn signature(secret: &str, time: i64, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map(|mut mac| {
        mac.update(format!("{time}.").as_bytes());
        mac.update(body);
        hex::encode(mac.finalize().into_bytes())
    });
    // An HMAC takes keys of every length.
    format!("t={time},v1={}", mac.unwrap_or_default())
}
