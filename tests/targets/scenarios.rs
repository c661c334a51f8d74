//! Every scenario in `scenarios/` happens as it is written there; see [`lab_tests::scenario`].

use std::path::{Path, PathBuf};

use lab_tests::scenario;

#[test]
fn scenarios_happen_as_they_are_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(!files.is_empty(), "{} holds no scenario", root.display());
    let failures: Vec<_> = files
        .iter()
        .filter_map(|path| {
            let name = path.strip_prefix(&root).unwrap_or(path).display();
            scenario::check(path, update).err().map(|why| format!("scenarios/{name}, {why}"))
        })
        .collect();
    let (failed, all) = (failures.len(), files.len());
    assert!(failures.is_empty(), "{failed} of {all} scenarios differ:\n\n{}", failures.join("\n\n"));
    println!("{all} scenarios");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
