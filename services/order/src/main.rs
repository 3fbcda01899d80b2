fn main() -> std::process::ExitCode {
    runtime::run(order::NAME, order::run)
}
