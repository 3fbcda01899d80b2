//! The seeded bugs that stand in the sources.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::MUTANTS;

/// Where production code is.
const FOLDERS: [&str; 2] = ["libs", "services"];
const HOOK: &str = "runtime::mutant!(\"";

/// Holds the table against the sources.
///
/// # Errors
/// When a bug is in one of them only, or the sources cannot be read.
pub fn check(root: &Path) -> anyhow::Result<()> {
    let mut seeded = BTreeSet::new();
    for folder in FOLDERS {
        for crate_folder in children(&root.join(folder))? {
            collect(&crate_folder.join("src"), &mut seeded)?;
        }
    }
    let known: BTreeSet<String> = MUTANTS.iter().map(|mutant| mutant.name.to_owned()).collect();
    ensure!(known.len() == MUTANTS.len(), "a name stands twice in the table");
    let untested: Vec<&String> = seeded.difference(&known).collect();
    ensure!(untested.is_empty(), "seeded, but not in the table: {untested:?}");
    let gone: Vec<&String> = known.difference(&seeded).collect();
    ensure!(gone.is_empty(), "in the table, but not in the sources: {gone:?}");
    Ok(())
}

/// Adds the names in all Rust files below `folder`.
fn collect(folder: &Path, names: &mut BTreeSet<String>) -> anyhow::Result<()> {
    for path in children(folder)? {
        if path.is_dir() {
            collect(&path, names)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let hooks = text.split(HOOK).skip(1);
            names.extend(hooks.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
        }
    }
    Ok(())
}

fn children(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_seeded_bug_is_in_the_table_and_each_of_the_table_is_seeded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the checkout");
        check(root).expect("they are the same");
    }
}
