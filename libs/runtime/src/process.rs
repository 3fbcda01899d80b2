//! `main`, background tasks, and the stop signal.

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::health::Health;
use crate::telemetry;

/// The libc's allocator took a tenth of the services' time under load, much of it for threads that free what others made.
/// Run it with `MIMALLOC_ALLOW_THP=0` where memory counts: its huge pages double what a service keeps at rest.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long background tasks may take to end after the stop signal. Kubernetes' grace period has to be longer.
const STOP_TIMEOUT: Duration = Duration::from_secs(25);
/// Wait before a background task that failed is started again.
const RESTART_DELAY: Duration = Duration::from_secs(1);

/// What the process was started for: the first argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// No argument: serve until told to stop.
    Serve,
    /// `migrate`: bring the schema up to date and exit.
    Migrate,
    /// `topics`: create the Kafka topics that are missing and exit.
    Topics,
    /// `openapi`: print the OpenAPI document and exit.
    OpenApi,
    /// Anything else, with all arguments, for the service to understand.
    Other(Vec<String>),
}

impl Command {
    fn from_args(args: Vec<String>) -> Self {
        match args.first().map(String::as_str) {
            None => Command::Serve,
            Some("migrate") => Command::Migrate,
            Some("topics") => Command::Topics,
            Some("openapi") => Command::OpenApi,
            Some(_) => Command::Other(args),
        }
    }
}

/// What a service's entry point gets.
#[derive(Debug)]
pub struct Boot {
    /// `order`, `payment` …: names the schema, the consumer group and the log's `service` field.
    pub service: &'static str,
    pub command: Command,
    pub lifecycle: Lifecycle,
}

/// The life of the process: its background tasks, its health, and the signal to stop. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    stop: CancellationToken,
    tasks: TaskTracker,
    health: Health,
}

impl Lifecycle {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn health(&self) -> &Health {
        &self.health
    }

    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Ends when the process should stop.
    pub async fn stopping(&self) {
        self.stop.cancelled().await;
    }

    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Tells everything to stop.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits for the background tasks to end, no longer than [`STOP_TIMEOUT`].
    pub async fn stopped(&self) {
        self.tasks.close();
        if tokio::time::timeout(STOP_TIMEOUT, self.tasks.wait()).await.is_err() {
            tracing::warn!(timeout_s = STOP_TIMEOUT.as_secs(), "background tasks did not end in time");
        }
    }

    /// Runs a task that the process cannot do without: when it fails, the process stops.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        let lifecycle = self.clone();
        self.tasks.spawn(async move {
            if let Err(error) = task.await {
                tracing::error!(task = name, error = format!("{error:#}"), "a task failed, the process stops");
                lifecycle.stop();
            }
        });
    }

    /// Runs a task until the process stops, and again whenever it fails or panics.
    pub fn keep_running<F, T>(&self, name: &'static str, mut start: F)
    where
        F: FnMut() -> T + Send + 'static,
        T: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let lifecycle = self.clone();
        self.tasks.spawn(async move {
            while !lifecycle.is_stopping() {
                match tokio::spawn(start()).await {
                    Ok(Ok(())) if lifecycle.is_stopping() => break,
                    Ok(Ok(())) => tracing::warn!(task = name, "a task ended early, it is started again"),
                    Ok(Err(error)) => {
                        tracing::error!(
                            task = name,
                            error = format!("{error:#}"),
                            "a task failed, it is started again"
                        );
                    }
                    Err(panic) => {
                        tracing::error!(task = name, panic = %panic, "a task panicked, it is started again");
                    }
                }
                tokio::select! {
                    () = lifecycle.stopping() => {}
                    () = tokio::time::sleep(RESTART_DELAY) => {}
                }
            }
        });
    }
}

impl Lifecycle {
    /// Does something now and then until the process stops. A round that fails is logged; the next one tries again.
    pub fn every<F, T>(&self, interval: Duration, name: &'static str, mut round: F)
    where
        F: FnMut() -> T + Send + 'static,
        T: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let lifecycle = self.clone();
        self.tasks.spawn(async move {
            while !lifecycle.is_stopping() {
                // A task of its own, so that a panic costs one round.
                match tokio::spawn(round()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::warn!(task = name, error = format!("{error:#}"), "a round failed"),
                    Err(panic) => tracing::error!(task = name, %panic, "a round panicked"),
                }
                tokio::select! {
                    () = lifecycle.stopping() => {}
                    () = tokio::time::sleep(interval) => {}
                }
            }
        });
    }
}

/// What still blocks a thread after everything has stopped, such as a consumer that cannot tell its broker that it leaves,
/// is left behind with the process after this.
const BLOCKED_PATIENCE: Duration = Duration::from_secs(1);

/// The whole of a service's `main`: runtime, logs, the service's own entry point, and the exit code.
pub fn run<M>(service: &'static str, main: M) -> ExitCode
where
    M: AsyncFnOnce(Boot) -> anyhow::Result<()>,
{
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{service}: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let command = Command::from_args(std::env::args().skip(1).collect());
    let result = runtime.block_on(async {
        let telemetry = telemetry::init(service, command == Command::Serve)?;
        let lifecycle = Lifecycle::new();
        stop_on_signals(&lifecycle)?;
        let result = main(Boot { service, command, lifecycle: lifecycle.clone() }).await;
        lifecycle.stop();
        lifecycle.stopped().await;
        telemetry.flush();
        result
    });
    runtime.shutdown_timeout(BLOCKED_PATIENCE);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Also on standard error as plain text: what is wrong with a configuration is read by a person.
            eprintln!("{service}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn stop_on_signals(lifecycle: &Lifecycle) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let lifecycle = lifecycle.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to stop");
        lifecycle.stop();
    });
    Ok(())
}
