use std::time::{Duration, Instant};

/// Long enough for a loaded machine; a test that gets here has failed.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Asks until there is something, and returns it.
///
/// # Panics
/// When there is nothing for half a minute.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited {} s in vain for: {what}", PATIENCE.as_secs());
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
