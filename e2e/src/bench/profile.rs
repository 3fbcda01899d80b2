//! Flame graphs: where the processors were while orders were taken. `perf` looks, [`super::flame`] draws.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::ensure;
use tokio::process::{Child, Command};

use super::orders::Plan;
use super::{flame, progress};
use crate::stack::Stack;

/// Samples per second and processor: not a round number, so that it does not beat with timers.
const FREQUENCY: &str = "499";

/// A look at all parts that runs.
#[derive(Debug)]
pub struct Profile {
    perf: Child,
    data: PathBuf,
}

/// Starts to look, from when the step is warm until it is over.
///
/// # Errors
/// When there is no `perf`.
pub fn start(stack: &Stack, plan: Plan) -> anyhow::Result<Profile> {
    let data = folder(stack)?.join("perf.data");
    let wait = format!(
        "sleep {}; exec perf record -q -a -g -F {FREQUENCY} -o {} sleep {}",
        plan.warm_up.as_secs(),
        data.display(),
        plan.measure.as_secs()
    );
    let perf = Command::new("sh").args(["-c", &wait]).stdin(Stdio::null()).kill_on_drop(true).spawn()?;
    Ok(Profile { perf, data })
}

impl Profile {
    /// Waits for its end and draws one graph for all parts.
    ///
    /// # Errors
    /// When `perf` is refused.
    pub async fn draw(mut self, stack: &Stack, rate: f64) -> anyhow::Result<()> {
        let status = self.perf.wait().await?;
        ensure!(status.success(), "perf record failed: is linux-perf installed, and allowed here?");
        progress("the flame graph is drawn");
        let script = Command::new("perf")
            .args(["script", "-F", "comm,tid,time,event,ip,sym", "-i"])
            .arg(&self.data)
            .stderr(Stdio::null())
            .output()
            .await?;
        std::fs::remove_file(&self.data)?;
        let stacks = flame::fold(&String::from_utf8_lossy(&script.stdout));
        let svg = flame::draw(&format!("{rate:.0} orders/s"), &stacks);
        std::fs::write(folder(stack)?.join(format!("flame-{rate:.0}.svg")), svg)?;
        Ok(())
    }
}

fn folder(stack: &Stack) -> anyhow::Result<PathBuf> {
    let folder = super::report::folder(stack);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
