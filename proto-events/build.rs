//! Compiles the `.proto` files in pure Rust, so that no `protoc` has to be installed.

const PROTOS: [&str; 5] = ["order", "inventory", "payment", "catalog", "auth"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let files = PROTOS.map(|name| format!("proto/waybill/{name}.proto"));
    let descriptors = protox::compile(files, ["proto"])?;
    prost_build::Config::new().include_file("waybill.rs").compile_fds(descriptors)?;
    Ok(())
}
