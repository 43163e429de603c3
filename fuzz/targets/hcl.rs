//! Any text as a deployment file: no message about it has a control character.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for message in xtask::mistakes(text) {
        assert!(message.chars().all(|c| c == '\n' || !c.is_control()), "{message:?}");
    }
});
