//! Bad input: every case names the input, the place and the remedy, exits with
//! 2, and is found before anything is compiled or called.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod command_line;
mod files;
mod module_block;
mod support;

use files::FILES;
use module_block::IN_THE_MODULE;

#[test]
fn there_are_at_least_sixty_cases() {
    assert!(IN_THE_MODULE.len() + FILES.len() >= 60, "{} and {}", IN_THE_MODULE.len(), FILES.len());
}
