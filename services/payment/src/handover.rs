//! What the worker is told: that payments may be due, and steps that were taken where they came about.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::worker::Taken;

/// A step with its place among those under way.
#[derive(Debug)]
pub struct Placed {
    pub taken: Taken,
    pub place: OwnedSemaphorePermit,
}

/// Tells the worker of this process what there is to do. Cheap to clone.
#[derive(Debug, Clone)]
pub struct WakeWorker(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    bell: Notify,
    /// None until the worker has started: what nobody performs must not be taken.
    room: Arc<Semaphore>,
    /// Payments wait in the table for room. Those that come now wait behind them.
    behind: AtomicBool,
    /// As many as there are places, so it needs no limit of its own.
    steps: UnboundedSender<Placed>,
    handed_over: Mutex<Option<UnboundedReceiver<Placed>>>,
}

impl Default for WakeWorker {
    fn default() -> Self {
        let (steps, handed_over) = unbounded_channel();
        let (room, handed_over) = (Arc::new(Semaphore::new(0)), Mutex::new(Some(handed_over)));
        Self(Arc::new(Shared { bell: Notify::new(), room, behind: AtomicBool::new(false), steps, handed_over }))
    }
}

impl WakeWorker {
    pub fn new() -> Self {
        Self::default()
    }

    /// A payment may be due: the worker looks.
    pub fn wake(&self) {
        self.0.bell.notify_one();
    }

    /// A place for a step that has just come about; `None` when as many are under way as the worker can do, or others
    /// wait already.
    pub(crate) fn place_for_new(&self) -> Option<OwnedSemaphorePermit> {
        if self.0.behind.load(Ordering::Relaxed) { None } else { self.place() }
    }

    /// A place for one more step.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.room).try_acquire_owned().ok()
    }

    pub(crate) fn set_behind(&self, behind: bool) {
        self.0.behind.store(behind, Ordering::Relaxed);
    }

    /// Hands over steps whose taking is committed.
    pub(crate) fn hand_over(&self, steps: Vec<Placed>) {
        for step in steps {
            // Nobody listens only when the process stops; the step's lease ends, and it is taken again.
            let _ = self.0.steps.send(step);
        }
    }

    /// Opens `places`; returns what is handed over from then on. Only once.
    pub(crate) fn open(&self, places: usize) -> Option<UnboundedReceiver<Placed>> {
        let handed_over = self.0.handed_over.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.0.room.add_permits(places);
        handed_over
    }

    pub(crate) async fn woken(&self) {
        self.0.bell.notified().await;
    }

    pub(crate) fn room(&self) -> &Semaphore {
        &self.0.room
    }
}
