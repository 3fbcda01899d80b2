//! Explores the saga: `make model`. Prints the bounds of each exploration, the number of states, and what was found.

use std::time::Instant;

use e2e::model::{Config, Saga, bounds};
use stateright::{Checker, Expectation, Model};

#[test]
fn late_payment() {
    explore(bounds::late_payment());
}

#[test]
fn after_sales() {
    explore(bounds::after_sales());
}

#[test]
fn declined() {
    explore(bounds::declined());
}

#[test]
fn two_orders() {
    explore(bounds::two_orders());
}

#[test]
fn two_skus() {
    explore(bounds::two_skus());
}

#[test]
fn faults() {
    explore(bounds::faults());
}

#[test]
fn late_charge() {
    explore(bounds::late_charge());
}

/// Explores all of it.
///
/// # Panics
/// When something is not so that has to be, with the steps that lead there.
fn explore(config: Config) {
    let started = Instant::now();
    println!("{config}");
    let name = config.name;
    let checker = Saga { config }.checker().threads(2).spawn_bfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    println!("  {states} states, up to {depth} steps, {:.1} s", started.elapsed().as_secs_f64());
    let mut held = 0;
    let mut wrong = vec![];
    for property in checker.model().properties() {
        let found = checker.discovery(property.name).map(|path| path.into_actions());
        match (property.expectation, found) {
            (Expectation::Always | Expectation::Eventually, None) => held += 1,
            (Expectation::Sometimes, Some(_)) => println!("  met: {}", property.name),
            (Expectation::Always | Expectation::Eventually, Some(steps)) => {
                let path: String = steps.iter().map(|step| format!("  {step:?}\n")).collect();
                wrong.push(format!("{name}: not so: {}; in {} steps:\n{path}", property.name, steps.len()));
            }
            (Expectation::Sometimes, None) => wrong.push(format!("{name}: never met: {}", property.name)),
        }
    }
    println!("  {held} properties hold in all of them");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
