//! Every property at once: deployments that set all inputs are made, planned to nothing, changed by
//! hand in everything that can be, repaired, and taken down.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod by_hand;
mod complete;
mod declared;
mod deployments;
mod fixed;
mod installed;
mod managed;
mod named;
mod shown;
