//! The program without an order of `cargo xtask`.
//!
//! For this test, Cargo builds the program with all others, before any test runs that needs it.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use xshell::{Shell, cmd};

#[test]
fn an_order_that_cannot_be_read_is_an_error_that_names_the_command_to_run() {
    let shell = Shell::new().unwrap();
    let program = env!("CARGO_BIN_EXE_live");
    let ran = cmd!(shell, "{program}").stdin("no order").quiet().ignore_status().output().unwrap();
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("error: reading the job from standard input\n"), "{stderr}");
    assert!(stderr.ends_with("help: start it with `cargo xtask deploy-efs`\n"), "{stderr}");
}
