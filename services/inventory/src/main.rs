fn main() -> std::process::ExitCode {
    runtime::run(inventory::NAME, inventory::run)
}
