//! Who may depend on whom, so that it holds without anyone remembering it.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

const SERVICES: [&str; 5] = ["auth", "catalog", "inventory", "order", "payment"];
const LIBRARIES: [&str; 4] = ["messaging", "web", "runtime", "testkit"];

/// An edge of the workspace: from, to, kind.
type Arrows = Vec<(String, String, DependencyKind)>;

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path("../Cargo.toml").exec().expect("cargo knows the workspace")
}

fn arrows(metadata: &Metadata) -> Arrows {
    let members: BTreeSet<String> = metadata.workspace_packages().iter().map(|p| p.name.to_string()).collect();
    let mut arrows = Vec::new();
    for package in metadata.workspace_packages() {
        for dependency in package.dependencies.iter().filter(|d| members.contains(&d.name)) {
            arrows.push((package.name.to_string(), dependency.name.clone(), dependency.kind));
        }
    }
    arrows
}

fn is(name: &str, among: &[&str]) -> bool {
    among.contains(&name)
}

#[test]
fn arrows_point_one_way() {
    let metadata = metadata();
    let broken: Vec<String> = arrows(&metadata)
        .into_iter()
        .filter(|(from, to, kind)| {
            let from_service_to_service = is(from, &SERVICES) && is(to, &SERVICES);
            let from_library_upwards = is(from, &LIBRARIES) && is(to, &SERVICES);
            let between_web_and_messaging =
                is(from, &["web", "messaging"]) && is(to, &["web", "messaging"]) && from != to;
            let from_the_contract = from == "proto-events";
            let from_the_ground = from == "runtime";
            let to_the_top = to == "e2e";
            let testkit_in_production = to == "testkit" && *kind == DependencyKind::Normal && from != "e2e";
            let simulator_in_production = to == "simulator" && *kind == DependencyKind::Normal && from != "e2e";
            from_service_to_service
                || from_library_upwards
                || between_web_and_messaging
                || from_the_contract
                || from_the_ground
                || to_the_top
                || testkit_in_production
                || simulator_in_production
        })
        .map(|(from, to, kind)| format!("{from} -> {to} ({kind:?})"))
        .collect();
    assert!(broken.is_empty(), "these dependencies must not be: {broken:#?}");
}

#[test]
fn the_test_sees_the_whole_workspace() {
    let metadata = metadata();
    let names: BTreeSet<String> = metadata.workspace_packages().iter().map(|p| p.name.to_string()).collect();
    for name in SERVICES.iter().chain(&LIBRARIES) {
        assert!(names.contains(*name), "{name} is not a member of the workspace");
    }
    let arrows = arrows(&metadata);
    assert!(arrows.iter().any(|(from, to, _)| from == "order" && to == "messaging"), "no arrows were read");
}

#[test]
fn the_contract_does_no_io() {
    let metadata = metadata();
    let contract = metadata.packages.iter().find(|p| p.name.as_str() == "proto-events").expect("the contract");
    let allowed = ["prost", "uuid", "chrono", "thiserror", "serde"];
    let others: Vec<&str> = contract
        .dependencies
        .iter()
        .filter(|d| d.kind == DependencyKind::Normal && !allowed.contains(&d.name.as_str()))
        .map(|d| d.name.as_str())
        .collect();
    assert!(others.is_empty(), "proto-events is values and bytes only: {others:?}");
}

/// The pure core of a service imports values and the contract, and nothing that could do IO.
#[test]
fn domains_import_values_only() {
    let mut imports: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for service in ["order", "inventory", "payment"] {
        for file in domain_files(service) {
            let text = std::fs::read_to_string(&file).expect("a source file");
            let production = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            for line in production.lines().filter(|line| line.starts_with("use ") || line.starts_with("pub use ")) {
                let root = line.trim_start_matches("pub ").trim_start_matches("use ");
                let root = root.split([':', ';', ' ', '{']).next().unwrap_or_default();
                let local = ["super", "self", "crate"].contains(&root)
                    || root.chars().next().is_some_and(char::is_lowercase) && line.starts_with("pub use ");
                if !local && !["std", "chrono", "uuid", "proto_events"].contains(&root) {
                    imports.entry(file.display().to_string()).or_default().push(root.to_owned());
                }
            }
        }
    }
    assert!(imports.is_empty(), "a domain imports more than values: {imports:#?}");
}

fn domain_files(service: &str) -> Vec<std::path::PathBuf> {
    let source = std::path::Path::new("../services").join(service).join("src");
    let single = source.join("domain.rs");
    let mut files: Vec<_> = single.exists().then_some(single).into_iter().collect();
    if let Ok(folder) = std::fs::read_dir(source.join("domain")) {
        files.extend(
            folder.filter_map(|entry| Some(entry.ok()?.path())).filter(|p| p.extension().is_some_and(|e| e == "rs")),
        );
    }
    assert!(!files.is_empty(), "{service} has no domain");
    files
}
