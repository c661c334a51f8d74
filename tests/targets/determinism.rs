//! A recording is the run: equal recordings give equal runs, on every machine.
//!
//! This file is compiled natively and, through `wasm.rs`, for the browser, with the same digests on both. The
//! recordings stand in `determinism/`; `UPDATE_GOLDEN=1 cargo test -p lab-tests --test determinism` writes the
//! digests of a native run into `determinism/digests`.

use lab_core::lab::Lab;
use lab_core::time::Instant;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Name and text of each recording.
const RECORDINGS: &[(&str, &str)] = &[
    ("cut_and_hold", include_str!("../determinism/cut_and_hold")),
    ("freeze_v4", include_str!("../determinism/freeze_v4")),
    ("kill_and_restart", include_str!("../determinism/kill_and_restart")),
    ("power_off", include_str!("../determinism/power_off")),
    ("slave_v4", include_str!("../determinism/slave_v4")),
];

/// Name and digest of each recording, a line each.
const DIGESTS: &str = include_str!("../determinism/digests");

/// Up to here each recording is run.
const END: Instant = Instant::from_millis(240_000);

fn run(text: &str) -> Lab {
    let recording = text.parse().expect("the recordings of this test are well-formed");
    let mut lab = Lab::new(recording);
    lab.run_until(END);
    lab
}

#[test]
fn the_same_recording_twice_gives_the_same_run() {
    for (name, text) in RECORDINGS {
        let (once, again) = (run(text), run(text));
        assert!(once.trace().len() > 100, "{name}: hardly anything happened");
        assert_eq!(once.digest(), again.digest(), "{name}");
    }
}

#[test]
fn going_back_and_forth_changes_nothing() {
    for (name, text) in RECORDINGS {
        let mut lab = run(text);
        let there = lab.digest();
        lab.go_to(Instant::from_millis(END.as_millis() / 2));
        assert_ne!(lab.digest(), there, "{name}: half of the run is not all of it");
        lab.go_to(END);
        assert_eq!(lab.digest(), there, "{name}");
    }
}

#[test]
fn the_digests_are_the_same_on_every_target() {
    let lines = RECORDINGS.iter().map(|(name, text)| format!("{name} {:016x}\n", run(text).digest()));
    let digests: String = lines.collect();
    #[cfg(not(target_arch = "wasm32"))]
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/determinism/digests");
        std::fs::write(path, digests).expect("the folder can be written");
        return;
    }
    assert_eq!(digests, DIGESTS, "digests now, and as committed");
}
