//! The sandbox as a library and as a program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod account;
mod clock;
mod killed;
mod requests;
mod state;
