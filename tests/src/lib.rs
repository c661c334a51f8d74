//! Test support of RocketMQ Lab: replays of recorded clusters, and golden scenarios. The tests themselves stand in
//! `targets/`, their data in `recordings/`, `scenarios/` and `determinism/`.

#[cfg(not(target_arch = "wasm32"))]
pub mod chaos;
#[cfg(not(target_arch = "wasm32"))]
pub mod replay;
#[cfg(not(target_arch = "wasm32"))]
pub mod scenario;
