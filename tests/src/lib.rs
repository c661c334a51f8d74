//! Test support of RocketMQ Lab: replays of recorded clusters, golden scenarios, the fidelity list, and visits to the
//! built page. The tests themselves stand in `targets/`, their data in `recordings/`, `scenarios/` and `determinism/`.

#[cfg(not(target_arch = "wasm32"))]
pub mod chaos;
#[cfg(not(target_arch = "wasm32"))]
pub mod explore;
#[cfg(not(target_arch = "wasm32"))]
pub mod fidelity;
#[cfg(all(feature = "page", not(target_arch = "wasm32")))]
pub mod page;
#[cfg(not(target_arch = "wasm32"))]
pub mod replay;
#[cfg(not(target_arch = "wasm32"))]
pub mod scenario;
#[cfg(not(target_arch = "wasm32"))]
pub mod vectors;
