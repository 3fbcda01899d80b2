//! Trades on the running stack while a seeded schedule of faults disturbs it, and checks the books. `make chaos`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use e2e::chaos::{Options, run};

/// The least that has room for a fault with calm at both ends, and far more than anybody waits for, in seconds.
const DURATION_S: std::ops::RangeInclusive<u64> = 10..=86_400;

#[derive(Debug, Parser)]
struct Arguments {
    /// Decides what goes wrong, when, and what the buyers want.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How long buyers come, in seconds.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(DURATION_S))]
    duration: u64,
    /// How many buyers come in a second.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rate: u16,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let options = Options {
        seed: arguments.seed,
        duration: Duration::from_secs(arguments.duration),
        rate: f64::from(arguments.rate),
    };
    let report = run(options).await?;
    print!("{report}");
    Ok(if report.violations().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
