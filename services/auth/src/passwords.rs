//! Hashing and checking passwords, off the async threads and never too many at once.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha384;
use tokio::sync::Semaphore;
use web::Problem;

/// Stands before every stored hash, so that another scheme can follow one day.
const SCHEME: &str = "v1";
/// Keys the hash that goes into bcrypt. Not a secret: it makes the hash useless against lists of plain SHA-384 hashes
/// stolen elsewhere, which would otherwise tell a password without knowing it.
const DOMAIN: &[u8] = b"waybill password v1";
/// Those who may wait: at cost 12 some ten seconds of work for two cores.
const QUEUE_MAX: usize = 100;
/// Longer nobody waits; the gateway's own patience is longer.
const QUEUE_WAIT: Duration = Duration::from_secs(10);
/// When to come again, in seconds: the queue is worked off by then.
const RETRY_AFTER: u32 = 5;

/// Hashes and checks passwords. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    cost: u32,
    /// Checked when there is no such user, so that this takes as long as when there is one.
    nobodys: Arc<str>,
    /// One per core: bcrypt keeps a core busy for a quarter of a second.
    cores: Arc<Semaphore>,
    /// Those at work and those who wait.
    places: Arc<Semaphore>,
}

impl Passwords {
    /// Hashes with this bcrypt cost, from 10 on.
    ///
    /// # Errors
    /// When bcrypt refuses the cost.
    pub fn new(cost: u32) -> anyhow::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Self {
            cost,
            nobodys: hash(&uuid::Uuid::new_v4().to_string(), cost)?.into(),
            cores: Arc::new(Semaphore::new(cores)),
            places: Arc::new(Semaphore::new(cores + QUEUE_MAX)),
        })
    }

    /// # Errors
    /// 503 when too many passwords are being hashed.
    pub async fn hash(&self, password: &str) -> Result<String, Problem> {
        let (password, cost) = (password.to_owned(), self.cost);
        self.run(move || hash(&password, cost)).await?.map_err(Problem::internal)
    }

    /// Whether `password` is the one behind `stored`. Without one it is not, after as much work.
    ///
    /// # Errors
    /// 503 when too many passwords are being hashed.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool, Problem> {
        let password = password.to_owned();
        let exists = stored.is_some();
        let stored: Arc<str> = stored.map_or_else(|| Arc::clone(&self.nobodys), Arc::from);
        Ok(self.run(move || verify(&password, &stored)).await?.map_err(Problem::internal)? && exists)
    }

    /// A new hash of a password that was just verified, when the stored one has another cost than new ones have.
    ///
    /// # Errors
    /// 503 when too many passwords are being hashed.
    pub async fn rehash(&self, password: &str, stored: &str) -> Result<Option<String>, Problem> {
        let current = format!("{SCHEME}$2b${:02}$", self.cost);
        if stored.starts_with(&current) { Ok(None) } else { self.hash(password).await.map(Some) }
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let _place = self.places.try_acquire().map_err(|_| too_busy())?;
        let core = tokio::time::timeout(QUEUE_WAIT, Arc::clone(&self.cores).acquire_owned()).await;
        let core = core.map_err(|_| too_busy())?.map_err(Problem::internal)?;
        // The permit goes along: a caller who hangs up does not stop the work, and its core stays taken.
        let work = move || {
            let _core = core;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
    }
}

fn too_busy() -> Problem {
    let detail = "Too many people sign in at once.";
    Problem::new(actix_web::http::StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).retry_after(RETRY_AFTER)
}

/// bcrypt reads 72 bytes and a password may have 512, so it gets the 64 characters of a hash over all of them.
fn digest(password: &str) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha384>::new_from_slice(DOMAIN)?;
    mac.update(password.as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

fn hash(password: &str, cost: u32) -> anyhow::Result<String> {
    Ok(format!("{SCHEME}{}", bcrypt::non_truncating_hash(digest(password)?, cost)?))
}

fn verify(password: &str, stored: &str) -> anyhow::Result<bool> {
    let stored = stored.strip_prefix(SCHEME).ok_or_else(|| anyhow::anyhow!("a password of an unknown scheme"))?;
    Ok(bcrypt::non_truncating_verify(digest(password)?, stored)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// bcrypt's lowest: these tests are about what is hashed.
    const COST: u32 = 4;

    #[test]
    fn every_character_counts() -> anyhow::Result<()> {
        let long = "é".repeat(127);
        let stored = hash(&format!("{long}a"), COST)?;
        assert!(verify(&format!("{long}a"), &stored)?);
        assert!(!verify(&format!("{long}b"), &stored)?);
        assert!(!verify(&long, &stored)?);
        assert!(stored.starts_with("v1$2b$04$"), "{stored}");
        Ok(())
    }

    #[tokio::test]
    async fn nobody_has_no_password() -> anyhow::Result<()> {
        let passwords = Passwords::new(COST)?;
        assert!(!passwords.verify("whatever it is", None).await?);
        let stored = passwords.hash("whatever it is").await?;
        assert!(passwords.verify("whatever it is", Some(&stored)).await?);
        Ok(())
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_renewed() -> anyhow::Result<()> {
        let passwords = Passwords::new(COST)?;
        let old = hash("whatever it is", COST + 1)?;
        let new = passwords.rehash("whatever it is", &old).await?.unwrap_or_default();
        assert!(passwords.verify("whatever it is", Some(&new)).await?);
        assert_eq!(passwords.rehash("whatever it is", &new).await?, None);
        Ok(())
    }

    #[tokio::test]
    async fn a_full_queue_asks_to_come_again() -> anyhow::Result<()> {
        let passwords = Passwords::new(COST)?;
        let _all = passwords.places.try_acquire_many(u32::try_from(passwords.places.available_permits())?)?;
        let refused = passwords.hash("whatever it is").await.err().map(|problem| problem.status.as_u16());
        assert_eq!(refused, Some(503));
        Ok(())
    }
}
