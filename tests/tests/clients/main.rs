//! Clients that others wrote live in the sandbox: `cargo xtask clients` runs them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod conversations;
mod terraform;

use tests::clients::seen::Seen;
use tests::clients::{javascript, serve, shell, story};
use xshell::cmd;

#[test]
#[ignore = "needs Python 3 with venv, and PyPI"]
fn boto3_tells_the_story_of_all_operations() {
    let aws = serve(2_000);
    story("boto3", &aws);
    Seen::of(&aws).settle("boto3", "boto3");
}

#[test]
#[ignore = "needs Python 3 with venv, and PyPI"]
fn the_cli_tells_the_story_of_all_operations() {
    // A process a call: a second or so on a busy machine.
    let aws = serve(4_000);
    story("cli", &aws);
    Seen::of(&aws).settle("cli", "AWS CLI");
}

#[test]
#[ignore = "needs Node.js with npm, and its registry"]
fn the_javascript_sdk_lives_a_life() {
    let aws = serve(300);
    let (shell, folder) = (shell(&aws.url), javascript());
    shell.change_dir(folder);
    let (subnet, group) = ("subnet-0c0dec0000000010a", "sg-0c0dec00000000001");
    let told = cmd!(shell, "node story.mjs {subnet} {group}").quiet().ignore_status().output();
    let told = told.unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    Seen::of(&aws).settle("javascript", "SDK for JavaScript 3");
}
