//! `make check-invariants`: holds all that a running stack has on record against the invariants. Ends with 1 when one is
//! violated, with 2 when something could not be read.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use e2e::checker::{Options, Scope, check};
use e2e::stack::Stack;

/// Checks a running stack.
#[derive(Debug, Parser)]
struct Arguments {
    /// What clients did and were told; several may be given.
    #[arg(long, value_name = "FILE")]
    history: Vec<PathBuf>,
    /// First wait for so many seconds until the stack is at rest; what holds at rest only is then always looked at.
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
    /// Records may wait in the dead letters.
    #[arg(long)]
    allow_dead_letters: bool,
    /// Look at this order only, and at its SKUs if they are given; several may be.
    #[arg(long, value_name = "ord_…")]
    order: Vec<String>,
    /// A SKU that nobody but those orders has.
    #[arg(long)]
    sku: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("the invariants could not be checked: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<u64> {
    let stack = Stack::running()?;
    let scope = Scope { orders: arguments.order, skus: arguments.sku };
    let options = Options {
        histories: arguments.history,
        wait: arguments.wait.map(Duration::from_secs),
        allow_dead_letters: arguments.allow_dead_letters,
        only: (scope != Scope::default()).then_some(scope),
    };
    let report = check(&stack, &options).await?;
    println!("{report}");
    Ok(report.violations())
}
