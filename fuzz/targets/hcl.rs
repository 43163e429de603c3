//! Any text as a deployment file: every mistake is told, and nothing that a terminal acts on.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for told in xtask::mistakes(text) {
        assert!(told.chars().all(|c| c == '\n' || !c.is_control()), "{told:?}");
    }
});
