fn main() -> std::process::ExitCode {
    runtime::run(catalog::NAME, catalog::run)
}
