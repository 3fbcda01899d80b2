//! The payment service's process.

fn main() -> std::process::ExitCode {
    runtime::run(payment::NAME, payment::run)
}
