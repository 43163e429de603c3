//! Any text as YAML: it is read or refused, and what was read is read the same again after
//! it was written.
#![no_main]

use kubernetes::yaml::{Block, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(value) = read(text) else { return };
    let written = Block(&value).to_string();
    assert_eq!(read(&written).as_ref(), Ok(&value), "{written}");
});
