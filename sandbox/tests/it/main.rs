//! The sandbox as a library.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod account;
mod clock;
mod requests;
mod state;
