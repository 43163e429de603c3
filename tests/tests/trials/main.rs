//! One deployment in many trials side by side: killed at any call, raced, and among random faults.
//!
//! They are one program, as most of their time is waiting: one fills the pauses of another.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod kept;
mod killed;
mod raced;
mod seeds;
mod worlds;
