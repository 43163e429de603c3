//! The sandbox as a library.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod access;
mod account;
mod clients;
mod clock;
mod iam;
mod keys;
mod needs;
mod partitions;
mod policies;
mod requests;
mod simulate;
mod state;
mod sts;
mod support;
