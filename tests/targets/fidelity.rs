//! `FIDELITY.md` says what the fidelity list says, and the list names only what exists.
//!
//! `UPDATE_GOLDEN=1 cargo test -p lab-tests --test fidelity` writes `FIDELITY.md`.

use std::path::Path;

use lab_core::fidelity::rules;
use lab_tests::fidelity::document;
use lab_tests::fidelity::names::Known;

#[test]
fn the_document_says_what_the_list_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../FIDELITY.md");
    let text = document::text();
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        std::fs::write(path, text).expect("the folder can be written");
        return;
    }
    let committed = std::fs::read_to_string(path).expect("FIDELITY.md is there");
    assert!(committed == text, "FIDELITY.md is old; UPDATE_GOLDEN=1 writes it");
}

#[test]
fn every_check_fact_and_command_that_a_rule_names_exists() {
    let known = Known::under(Path::new(env!("CARGO_MANIFEST_DIR")));
    let missing: Vec<_> = rules().iter().flat_map(|rule| known.missing(rule)).collect();
    assert!(missing.is_empty(), "rules name what does not exist:\n{}", missing.join("\n"));
}
