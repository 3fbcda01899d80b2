//! `make mutants`: shows that a test notices each seeded bug. Needs the test servers' addresses, as all tests do.

use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, ensure};
use clap::Parser;
use e2e::mutants::report::{Outcome, Report};
use e2e::mutants::run::Programs;
use e2e::mutants::{MUTANTS, Mutant, sources};

#[derive(Debug, Parser)]
struct Arguments {
    /// Only these bugs.
    names: Vec<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mutants = chosen(&Arguments::parse().names)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the checkout")?;
    sources::check(root)?;
    let programs = Programs::build(root).await?;
    let started = Instant::now();
    let mut outcomes = Vec::new();
    let mut clean_runs = HashMap::new();
    for mutant in mutants {
        // Two bugs may have one test, which passes without either.
        let clean = match clean_runs.get(&mutant.test) {
            Some(known) => Clone::clone(known),
            None => programs.passes(&mutant.test).await,
        };
        clean_runs.insert(mutant.test, clean.clone());
        let outcome = Outcome { mutant, caught: programs.catches(&mutant).await, clean };
        println!("{outcome}");
        outcomes.push(outcome);
    }
    let report = Report { outcomes, took: started.elapsed() };
    let file = report.write(root)?;
    println!("\n{report}  {}", file.strip_prefix(root).unwrap_or(&file).display());
    Ok(if report.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<Mutant>> {
    for name in names {
        ensure!(MUTANTS.iter().any(|mutant| mutant.name == name), "there is no seeded bug {name}");
    }
    let wanted = |mutant: &&Mutant| names.is_empty() || names.iter().any(|name| mutant.name == name);
    Ok(MUTANTS.iter().filter(wanted).copied().collect())
}
