fn main() -> std::process::ExitCode {
    runtime::run(auth::NAME, auth::run)
}
