//! The EFS module as its users meet it: inputs in, plans and documents out.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod chart;
mod cluster;
mod contested;
mod data;
mod documents;
mod file_system;
mod groups;
mod hostile;
mod ingress;
mod inputs;
mod mounts;
mod pending;
mod plans;
mod properties;
mod reachable;
mod together;
mod turns;
mod users;
mod world;
