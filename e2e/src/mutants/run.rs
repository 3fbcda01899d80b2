//! Running a test with and without a bug.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use cargo_metadata::Message;
use tokio::process::Command;

use super::{Mutant, Test};

/// For one test, with or without a bug: several times what the slowest takes on a busy machine of two cores.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Characters of a failed assertion that are told: some are whole paths through the model.
const TOLD_MAX: usize = 160;

/// The test programs as cargo has built them, by folder of the package and name.
pub struct Programs {
    root: PathBuf,
    paths: HashMap<(PathBuf, String), PathBuf>,
}

/// A test that ended as it had to.
#[derive(Debug, Clone)]
pub struct Ended {
    pub after: Duration,
    /// The assertion that failed; empty where the test passed.
    pub said: String,
}

/// How a test ended, or why it says nothing.
pub type Verdict = Result<Ended, String>;

impl Programs {
    /// Asks cargo for the programs; what is not built yet, it builds.
    ///
    /// # Errors
    /// When that fails.
    pub async fn build(root: &Path) -> anyhow::Result<Self> {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let arguments =
            ["test", "--workspace", "--locked", "--no-run", "--message-format=json-render-diagnostics", "--quiet"];
        let output = Command::new(cargo).args(arguments).current_dir(root).stderr(Stdio::inherit()).output().await?;
        ensure!(output.status.success(), "the tests do not compile");
        let mut paths = HashMap::new();
        for message in Message::parse_stream(output.stdout.as_slice()) {
            if let Message::CompilerArtifact(artifact) = message?
                && let Some(executable) = artifact.executable
                && artifact.target.is_test()
            {
                let folder = artifact.manifest_path.parent().context("a manifest in a folder")?;
                paths.insert((folder.to_owned().into(), artifact.target.name), executable.into());
            }
        }
        Ok(Self { root: root.to_owned(), paths })
    }

    /// Runs a test that has to pass.
    pub async fn passes(&self, test: &Test) -> Verdict {
        let (after, output) = self.run(test, None).await?;
        if output.contains(&format!("test {} ... ok", test.name)) {
            return Ok(Ended { after, said: String::new() });
        }
        let said = failures(&output).into_iter().next().unwrap_or_else(|| "it did not run".to_owned());
        Err(format!("fails without the bug: {}", told(&said, "")))
    }

    /// Runs the test of a bug with the bug, which has to make it fail, and by the assertion that is meant to.
    pub async fn catches(&self, mutant: &Mutant) -> Verdict {
        let (after, output) = self.run(&mutant.test, Some(mutant.name)).await?;
        if !output.contains(&format!("test {} ... FAILED", mutant.test.name)) {
            return Err("not caught: the test passes".to_owned());
        }
        let failures = failures(&output);
        match failures.iter().find(|failure| failure.contains(mutant.says)) {
            Some(failure) => Ok(Ended { after, said: told(failure, mutant.says) }),
            None => {
                let said = failures.first().map_or_else(String::new, |failure| told(failure, ""));
                Err(format!("fails, but does not say `{}`: {said}", mutant.says))
            }
        }
    }

    /// How long it took, and what it printed.
    async fn run(&self, test: &Test, mutant: Option<&str>) -> Result<(Duration, String), String> {
        let folder = self.root.join(test.folder);
        let program = self.paths.get(&(folder.clone(), test.program.to_owned()));
        let program = program.ok_or_else(|| format!("there is no test program {} in {}", test.program, test.folder))?;
        let mut command = Command::new(program);
        command.args(["--exact", test.name]).current_dir(&folder).kill_on_drop(true);
        command.env_remove("WAYBILL_MUTANT").env_remove("WAYBILL_CRASH_AT").env("RUST_BACKTRACE", "0");
        command.envs(mutant.map(|name| ("WAYBILL_MUTANT", name)));
        let started = Instant::now();
        let output = tokio::time::timeout(TEST_TIMEOUT, command.output()).await;
        let output = output.map_err(|_| format!("still at it after {} s", TEST_TIMEOUT.as_secs()))?;
        let output = output.map_err(|error| format!("cannot be started: {error}"))?;
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        if text.contains("running 1 test\n") {
            Ok((started.elapsed(), text))
        } else {
            Err(format!("there is no test {} in {} {}", test.name, test.folder, test.program))
        }
    }
}

/// What was said where the test, or a task of it, panicked.
fn failures(output: &str) -> Vec<String> {
    let ends = |line: &&str| {
        let end = line.starts_with("note: ") || line.starts_with("thread '") || *line == "failures:";
        !end
    };
    // What follows `panicked at` in its line is the place.
    let failure = |text: &str| text.lines().skip(1).take_while(ends).collect::<Vec<_>>().join("\n");
    output.split("panicked at ").skip(1).map(failure).collect()
}

/// On one line; of a long one what leads up to `says`, or to its end.
fn told(failure: &str, says: &str) -> String {
    let line = failure.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= TOLD_MAX {
        return line;
    }
    let until = line.rfind(says).map_or(line.as_str(), |at| &line[..at + says.len()]);
    let told = until.chars().skip(until.chars().count().saturating_sub(TOLD_MAX));
    ['…'].into_iter().chain(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_what_the_panic_said() {
        let output = "running 1 test\ntest a ... FAILED\n\nfailures:\n\n---- a stdout ----\n\n\
                      thread 'a' (7) panicked at tests/a.rs:1:2:\nassertion `left == right` failed: units\n  left: 1\n \
                      right: 2\nnote: run with `RUST_BACKTRACE=1`\n\n\nfailures:\n    a\n";
        let failures = failures(output);
        assert_eq!(failures, ["assertion `left == right` failed: units\n  left: 1\n right: 2"]);
        assert_eq!(told(&failures[0], "left: 1"), "assertion `left == right` failed: units left: 1 right: 2");
        let long = format!("{} left: 1 {}", "x".repeat(TOLD_MAX), "y".repeat(TOLD_MAX));
        let short = told(&long, "left: 1");
        assert!(short.starts_with("…x") && short.ends_with("x left: 1"), "{short}");
        assert!(told(&long, "").ends_with('y'));
    }
}
