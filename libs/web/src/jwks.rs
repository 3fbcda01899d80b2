//! The public keys of auth: fetched, kept, and fetched again when a key is not known.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{JwkSet, KeyAlgorithm};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// A token with an unknown key makes us ask at most this often, so that forged ones cannot flood auth.
const REFETCH_INTERVAL: Duration = Duration::from_secs(30);
/// As long as there is no key at all every token fails, so ask more often.
const FIRST_FETCH_INTERVAL: Duration = Duration::from_secs(1);
/// After so long the set is fetched again, so that a withdrawn key goes.
const MAX_AGE: Duration = Duration::from_secs(300);
/// Auth is near; a request waits for this.
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
/// Bytes of the largest set that is read: some hundred keys.
const MAX_SET: usize = 64 * 1024;

type Keys = Arc<HashMap<String, Arc<DecodingKey>>>;

#[derive(Clone)]
pub(crate) struct KeySet {
    shared: Arc<Shared>,
}

struct Shared {
    source: Option<Source>,
    /// `None` until keys were there for the first time.
    keys: RwLock<Option<Keys>>,
    /// When they were last asked for; its lock lets one request ask for all.
    asked: Mutex<Option<Instant>>,
}

struct Source {
    url: String,
    http: reqwest::Client,
}

pub(crate) enum Lookup {
    Found(Arc<DecodingKey>),
    Unknown,
    /// No keys were ever there.
    Unavailable,
}

impl KeySet {
    pub(crate) fn fetched(url: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(FETCH_TIMEOUT).build()?;
        Ok(Self::new(Some(Source { url: url.to_owned(), http }), None))
    }

    pub(crate) fn fixed(set: &JwkSet) -> Self {
        Self::new(None, Some(Arc::new(usable(set))))
    }

    fn new(source: Option<Source>, keys: Option<Keys>) -> Self {
        Self { shared: Arc::new(Shared { source, keys: RwLock::new(keys), asked: Mutex::new(None) }) }
    }

    fn known(&self) -> Option<Keys> {
        self.shared.keys.read().ok()?.clone()
    }

    /// The key of this id. Asks auth when it is not known and the last time is long enough ago.
    pub(crate) async fn find(&self, kid: &str) -> Lookup {
        if let Some(key) = self.known().and_then(|keys| keys.get(kid).cloned()) {
            self.renew_when_old();
            return Lookup::Found(key);
        }
        self.ask_again(kid).await;
        match self.known() {
            Some(keys) => keys.get(kid).cloned().map_or(Lookup::Unknown, Lookup::Found),
            None => Lookup::Unavailable,
        }
    }

    async fn ask_again(&self, kid: &str) {
        let Some(source) = &self.shared.source else { return };
        let mut asked = self.shared.asked.lock().await;
        let known = self.known();
        if known.as_ref().is_some_and(|keys| keys.contains_key(kid)) {
            return;
        }
        let interval = if known.is_some() { REFETCH_INTERVAL } else { FIRST_FETCH_INTERVAL };
        if asked.is_some_and(|asked| asked.elapsed() < interval) {
            return;
        }
        // Written before the answer: a failing auth is not asked more often than a healthy one.
        *asked = Some(Instant::now());
        self.store(source.fetch().await);
    }

    /// Keeps the set fresh off the path of requests.
    fn renew_when_old(&self) {
        let Ok(mut asked) = self.shared.asked.try_lock() else { return };
        if self.shared.source.is_none() || asked.is_some_and(|asked| asked.elapsed() < MAX_AGE) {
            return;
        }
        *asked = Some(Instant::now());
        let keys = self.clone();
        tokio::spawn(async move {
            if let Some(source) = &keys.shared.source {
                keys.store(source.fetch().await);
            }
        });
    }

    /// The last good set stays when auth is away or answers nonsense.
    fn store(&self, fetched: anyhow::Result<JwkSet>) {
        let set = match fetched {
            Ok(set) => usable(&set),
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "cannot fetch the keys of access tokens");
                return;
            }
        };
        if let Ok(mut keys) = self.shared.keys.write()
            && !set.is_empty()
        {
            *keys = Some(Arc::new(set));
        }
    }
}

impl Source {
    async fn fetch(&self) -> anyhow::Result<JwkSet> {
        let mut response = self.http.get(&self.url).send().await?.error_for_status()?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            anyhow::ensure!(bytes.len() + chunk.len() <= MAX_SET, "the key set is too large");
            bytes.extend_from_slice(&chunk);
        }
        Ok(serde_json::from_slice(&bytes)?)
    }
}

/// The Ed25519 keys of a set that carry an id; others are not for us.
fn usable(set: &JwkSet) -> HashMap<String, Arc<DecodingKey>> {
    let ed25519 = |jwk: &&jsonwebtoken::jwk::Jwk| matches!(jwk.common.key_algorithm, None | Some(KeyAlgorithm::EdDSA));
    let keyed = set.keys.iter().filter(ed25519).filter_map(|jwk| {
        let key = DecodingKey::from_jwk(jwk).ok()?;
        Some((jwk.common.key_id.clone()?, Arc::new(key)))
    });
    keyed.collect()
}
