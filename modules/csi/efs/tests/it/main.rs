//! The EFS module as its users meet it: inputs in, plans and documents out.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod access_points;
mod addresses;
mod admitted;
mod canary;
mod chart;
mod classes;
mod cluster;
mod contested;
mod contradictions;
mod data;
mod documents;
mod file_system;
mod groups;
mod hostile;
mod identity;
mod ingress;
mod inputs;
mod mounts;
mod moved;
mod nodes;
mod obeying;
mod own_group;
mod pending;
mod permissions;
mod plans;
mod properties;
mod reach;
mod reachable;
mod replication;
mod settings;
mod together;
mod traps;
mod turns;
mod users;
mod world;
