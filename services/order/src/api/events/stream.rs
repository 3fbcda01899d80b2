//! One open stream: from the database until it is up to date, then from the hub, and from the database again whenever
//! something was left out. Its position says what was sent, so nothing is sent twice and nothing is left out.

use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;

use actix_web::web::Bytes;
use chrono::Utc;
use futures_util::stream::{self, Stream as Chunks};
use runtime::Lifecycle;
use runtime::db::Pool;
use serde_json::json;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};
use uuid::Uuid;

use crate::feed::{self, Event, News, Position, Read, Subscription};

use super::super::Parts;
use super::OrderEvent;

/// Proxies and browsers take a connection on which nothing comes for dead, mostly after a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Clients come again after this long, in milliseconds, and up to as much later, so that not all come at once.
const RETRY_MS: u128 = 1_000;
/// Pages that are read for somebody who was away; who missed more is better off reading anew.
const PAGES_MAX: u32 = 20;

/// What a stream is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// Reading from the database what came after a position, with the number of pages read so far.
    CatchingUp(Position, u32),
    /// Finding out where the feed ends, to go on from there.
    Resetting(&'static str),
    /// Waiting for news; all up to the position was sent.
    Following(Position),
    Ended,
}

/// See the module.
pub(super) struct Stream {
    pool: Pool,
    lifecycle: Lifecycle,
    subscription: Subscription,
    doing: Doing,
    opened: bool,
    token_ends: Instant,
    keep_alive: Interval,
}

impl Stream {
    /// `expires` is the token's, in seconds since 1970. The subscription comes first, so that nothing falls between what
    /// is read and what is told.
    pub fn new(parts: &Parts, subscription: Subscription, expires: i64, last_event_id: Option<&str>) -> Self {
        let left = u64::try_from(expires - Utc::now().timestamp()).unwrap_or_default();
        let mut keep_alive = interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let doing = match last_event_id.map(str::parse) {
            None => Doing::Resetting("start"),
            Some(Err(_)) => Doing::Resetting("unknown_id"),
            Some(Ok(position)) => Doing::CatchingUp(position, 0),
        };
        Self {
            pool: parts.pool.clone(),
            lifecycle: parts.lifecycle.clone(),
            subscription,
            doing,
            opened: false,
            token_ends: Instant::now() + Duration::from_secs(left),
            keep_alive,
        }
    }

    pub fn into_chunks(self) -> impl Chunks<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, async |mut stream| {
            let chunk = stream.next().await?;
            Some((Ok(Bytes::from(chunk)), stream))
        })
    }

    /// The next text to send; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        if !self.opened {
            self.opened = true;
            return Some(format!("retry: {}\n\n", RETRY_MS + Uuid::new_v4().as_u128() % RETRY_MS));
        }
        let (lifecycle, token_ends) = (self.lifecycle.clone(), self.token_ends);
        while self.doing != Doing::Ended {
            let chunk = tokio::select! {
                biased;
                () = lifecycle.stopping() => self.end("stopping"),
                () = sleep_until(token_ends) => self.end("token_expired"),
                chunk = self.step() => chunk,
            };
            if !chunk.is_empty() {
                return Some(chunk);
            }
        }
        None
    }

    async fn step(&mut self) -> String {
        match self.doing {
            Doing::CatchingUp(after, pages) => self.catch_up(after, pages).await,
            Doing::Resetting(reason) => self.reset(reason).await,
            Doing::Following(at) => self.follow(at).await,
            Doing::Ended => String::new(),
        }
    }

    async fn catch_up(&mut self, after: Position, pages: u32) -> String {
        let Some(read) = self.read(after).await else { return self.end("unavailable") };
        let Read::Page(page) = read else {
            self.doing = Doing::Resetting("unknown_id");
            return String::new();
        };
        self.doing = match page.full {
            false => Doing::Following(page.reached),
            true if pages < PAGES_MAX => Doing::CatchingUp(page.reached, pages + 1),
            true => Doing::Resetting("too_far_behind"),
        };
        text(page.events.iter())
    }

    /// `None` when the database is away.
    async fn read(&self, after: Position) -> Option<Read> {
        let _turn = self.subscription.turn().await?;
        let mut conn = self.pool.get().await.ok()?;
        feed::read(&mut conn, after, self.subscription.order).await.ok()
    }

    async fn reset(&mut self, reason: &str) -> String {
        let Some(at) = self.end_of_feed().await else { return self.end("unavailable") };
        self.doing = Doing::Following(at);
        message(Some(at), "reset", reason)
    }

    async fn end_of_feed(&self) -> Option<Position> {
        let _turn = self.subscription.turn().await?;
        let mut conn = self.pool.get().await.ok()?;
        feed::read::end(&mut conn).await.ok()
    }

    async fn follow(&mut self, at: Position) -> String {
        let Self { subscription, keep_alive, .. } = self;
        tokio::select! {
            news = subscription.next() => match news {
                News::ReadAgain => {
                    self.doing = Doing::CatchingUp(at, 0);
                    String::new()
                }
                News::Events(events) => {
                    let fresh = events.iter().filter(|event| event.position > at);
                    self.doing = Doing::Following(events.last().map_or(at, |last| last.position.max(at)));
                    text(fresh)
                }
            },
            _ = keep_alive.tick() => {
                self.doing = Doing::Following(self.silent_from(at));
                ":\n\n".to_owned()
            }
        }
    }

    /// A position that stays behind in silence would some day be too old to be resumed.
    fn silent_from(&self, at: Position) -> Position {
        self.subscription.silent_to().map_or(at, |silent| silent.max(at))
    }

    fn end(&mut self, reason: &str) -> String {
        let at = match self.doing {
            Doing::Following(at) => Some(self.silent_from(at)),
            Doing::CatchingUp(at, _) => Some(at),
            Doing::Resetting(_) | Doing::Ended => None,
        };
        self.doing = Doing::Ended;
        message(at, "end", reason)
    }
}

/// A message of the stream about itself.
fn message(at: Option<Position>, name: &str, reason: &str) -> String {
    let id = at.map(|at| format!("id: {at}\n")).unwrap_or_default();
    format!("{id}event: {name}\ndata: {}\n\n", json!({ "reason": reason }))
}

fn text<'a>(events: impl Iterator<Item = &'a Event>) -> String {
    let mut text = String::new();
    for event in events {
        let data = OrderEvent {
            order_id: event.order_id.to_string(),
            status: event.status.clone(),
            fact: event.fact.clone(),
            at: event.at,
        };
        // Neither a struct of texts nor a text that grows can fail.
        let data = serde_json::to_string(&data).unwrap_or_default();
        let _ = write!(text, "id: {}\nevent: order\ndata: {data}\n\n", event.position);
    }
    text
}
