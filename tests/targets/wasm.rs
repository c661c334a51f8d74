//! What must hold in the browser as it does natively.

#![cfg(target_arch = "wasm32")]

use std::arch::wasm32::memory_size;
use std::hint::black_box;

use lab_core::memory::grow_ahead;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

mod determinism;

/// The allocator must keep what [`grow_ahead`] gives back to it: a library may change its mind about that.
#[wasm_bindgen_test]
fn memory_that_was_asked_for_ahead_is_used() {
    grow_ahead();
    // Whatever was free before is used up, so that the memory has to grow.
    let mut pieces = Vec::new();
    let before = memory_size::<0>();
    while memory_size::<0>() == before {
        pieces.push(black_box(vec![1_u8; 4096]));
    }
    grow_ahead();
    let ahead = memory_size::<0>();
    assert!(ahead >= before + 128, "eight MiB at once: {before} pages became {ahead}");
    for _ in 0..1024 {
        pieces.push(black_box(vec![1_u8; 4096]));
    }
    assert_eq!(memory_size::<0>(), ahead, "four MiB later");
}
