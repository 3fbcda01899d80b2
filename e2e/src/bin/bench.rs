//! `make bench`: measures the stack that `WAYBILL_TEST_ENV` names, prints a table, and leaves `.local/bench/latest.json`
//! and the curves.

use clap::Parser;
use e2e::bench::{self, Part, Scale};
use e2e::stack::Stack;

#[derive(Parser)]
struct Args {
    /// A minute or two, to see that everything works: its figures say nothing.
    #[arg(long)]
    quick: bool,
    /// Leaves a flame graph of each rate.
    #[arg(long)]
    profile: bool,
    /// Only these scenarios.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
    /// Only these rates of orders per second.
    #[arg(long, value_delimiter = ',')]
    rates: Vec<f64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let mut scale = if args.quick { Scale::quick() } else { Scale::full() };
    if !args.rates.is_empty() {
        scale.rates = args.rates;
    }
    let parts = if args.only.is_empty() { Part::ALL.to_vec() } else { args.only };
    let stack = Stack::running()?;
    println!("Waybill bench against {}", stack.url());
    let report = bench::run(stack.clone(), &scale, &parts, args.profile).await?;
    let folder = bench::report::folder(&stack);
    report.write(&folder)?;
    report.print();
    println!("\n  {}/latest.json, latency.svg, cost.svg", folder.display());
    anyhow::ensure!(report.violations.is_empty(), "a run with a violation has no figure");
    Ok(())
}
