//! The stack that the tests run against, as `deploy/local/stack` started it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::sync::{Mutex, MutexGuard};

/// Starting a service includes waiting until it is ready.
const CONTROL_TIMEOUT: Duration = Duration::from_secs(120);

/// Longer than any arm takes to get to the place where a service dies.
const DEATH_TIMEOUT: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Addresses and credentials of a stack, and the tool that controls it.
#[derive(Debug, Clone)]
pub struct Stack {
    env: HashMap<String, String>,
    root: PathBuf,
}

impl Stack {
    /// The stack that `WAYBILL_TEST_ENV` names, else the one of `make up`.
    ///
    /// # Errors
    /// When its `env` file is not there.
    pub fn running() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the checkout")?.to_path_buf();
        let file = std::env::var_os("WAYBILL_TEST_ENV").map_or_else(|| root.join(".local/env"), PathBuf::from);
        let text =
            std::fs::read_to_string(&file).with_context(|| format!("{}: the stack is not running", file.display()))?;
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Ok(Self { env: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), root })
    }

    /// A value of the `env` file.
    ///
    /// # Panics
    /// When it is not there: the file is the stack's contract.
    pub fn value(&self, name: &str) -> &str {
        self.env.get(name).unwrap_or_else(|| panic!("{name} is not in the stack's env file"))
    }

    /// The gateway.
    pub fn url(&self) -> &str {
        self.value("WAYBILL_URL")
    }

    pub fn database_url(&self, service: &str) -> &str {
        self.value(&format!("{}_DATABASE_URL", service.to_uppercase()))
    }

    pub fn ops_url(&self, service: &str) -> &str {
        self.value(&format!("{}_OPS_URL", service.to_uppercase()))
    }

    /// Runs a command of the stack tool, such as `("kill9", "order")`.
    ///
    /// # Errors
    /// What the tool said when it failed.
    pub async fn control(&self, command: &str, part: &str) -> anyhow::Result<()> {
        let run = tokio::process::Command::new(self.root.join("deploy/local/stack"))
            .args([command, part])
            .env("STACK", self.value("WAYBILL_STACK"))
            .output();
        let output = tokio::time::timeout(CONTROL_TIMEOUT, run).await.context("the stack tool hangs")??;
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        ensure!(output.status.success(), "stack {command} {part}: {said}");
        Ok(())
    }

    /// Starts a service so that it kills itself with SIGKILL when it reaches `place`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn crash_at(&self, service: &str, place: &str) -> anyhow::Result<()> {
        self.control("stop", service).await?;
        std::fs::write(self.overrides(service), format!("WAYBILL_CRASH_AT={place}\n"))?;
        // It may reach the place before it is ready: then it is dead already, as wanted.
        let _ = self.control("start", service).await;
        Ok(())
    }

    /// Starts a service as it normally is.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn revive(&self, service: &str) -> anyhow::Result<()> {
        match std::fs::remove_file(self.overrides(service)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        self.control("start", service).await
    }

    /// Waits until the process of a service is gone.
    ///
    /// # Errors
    /// When it is still there after [`DEATH_TIMEOUT`].
    pub async fn dies(&self, service: &str) -> anyhow::Result<()> {
        let url = format!("{}/livez", self.ops_url(service));
        let gone = async {
            while reqwest::get(&url).await.is_ok() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::time::timeout(DEATH_TIMEOUT, gone).await.context("it never got to the place where it was to die")
    }

    /// What is added to a part's settings when it starts: variables of its environment, or, of Kafka, properties.
    pub fn overrides(&self, part: &str) -> PathBuf {
        let kind = if part == "kafka" { "properties" } else { "env" };
        self.folder().join("overrides").join(format!("{part}.{kind}"))
    }

    /// Where the stack keeps its state: logs, pids, settings.
    pub fn folder(&self) -> PathBuf {
        match self.value("WAYBILL_STACK") {
            "main" => self.root.join(".local"),
            other => self.root.join(".local").join(other),
        }
    }

    /// The checkout.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// Tests that stop or kill a part of the stack take turns.
pub async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: LazyLock<Mutex<()>> = LazyLock::new(|| Mutex::new(()));
    ALONE.lock().await
}
