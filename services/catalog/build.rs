//! Tells cargo that the migrations are compiled in, so that a change of SQL alone is a change.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
