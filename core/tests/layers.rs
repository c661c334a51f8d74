//! The layers of the core import downwards only; the picture is in the crate's documentation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The rows of the picture, first to last. A module may use its own row and the rows before it.
const ROWS: &[&[&str]] = &[
    &[
        "time",
        "rng",
        "id",
        "names",
        "message",
        "gather",
        "memory",
        "hash_order",
        "unique_id",
        "sys_flag",
        "config",
        "validators",
    ],
    &["rpc", "timer", "command", "fact", "outbox"],
    &[
        "store",
        "route",
        "fault_strategy",
        "queue_choice",
        "send_loop",
        "allocate",
        "rebalance",
        "pull_from_where",
        "filter",
        "retry_policy",
        "process_queue",
        "offset_store",
        "consume_result",
        "trace",
        "remoting",
        "client_instance",
        "dledger",
        "server_choice",
        "controller",
    ],
    &["name_server", "broker", "producer", "consumer", "mqadmin", "registry", "kafka"],
    &["node", "agenda", "network", "recording", "world"],
    &["view", "lab", "fidelity", "lesson", "score"],
];
/// The row whose modules do not use each other.
const NODES: usize = 3;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the sources can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The modules of the crate that a source names outside comments and its unit tests.
fn uses(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let parts = code.flat_map(|line| line.split("crate::").skip(1));
    parts.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()).collect()
}

#[test]
fn modules_use_only_their_own_row_and_those_before() {
    let rows: BTreeMap<&str, usize> =
        ROWS.iter().enumerate().flat_map(|(row, names)| names.iter().map(move |name| (*name, row))).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut checked = 0;
    for file in files {
        let inside = file.strip_prefix(&root).expect("a file of the crate");
        let first = inside.iter().next().expect("a name").to_string_lossy();
        let module = first.trim_end_matches(".rs").to_owned();
        if module == "lib" {
            continue;
        }
        let row = *rows.get(module.as_str()).unwrap_or_else(|| panic!("{module} stands in no row"));
        for used in uses(&std::fs::read_to_string(&file).expect("a source")) {
            let Some(other) = rows.get(used.as_str()) else { continue };
            assert!(*other <= row, "{} uses {used}, which stands in a later row", inside.display());
            let among_nodes = row == NODES && *other == NODES && used != module;
            assert!(!among_nodes, "{} uses {used}: nodes meet in rpc only", inside.display());
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked} uses were found; the test reads the wrong thing");
}
