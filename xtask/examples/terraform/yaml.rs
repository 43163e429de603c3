//! Made-up YAML: words that may be numbers, truths or moments, with tags, in maps and lists.

use fastrand::Rng;

const TAGS: &[&str] =
    &["!!str", "!!bool", "!!int", "!!float", "!!null", "!!timestamp", "!!binary", "!own"];

const WORDS: &[&str] = &[
    "x",
    "yes",
    "No",
    "on",
    "~",
    "null",
    "",
    "5",
    "-5",
    "+5",
    "010",
    "0x1F",
    "0o17",
    "0b11",
    "1_000",
    "1.5",
    ".5",
    "1.",
    "1e5",
    "1e-7",
    ".inf",
    ".nan",
    "aGk=",
    "<<",
    "-x",
    "5x",
    "1:30",
    "2001-01-01",
    "2001-13-01",
    "2001-12-14t21:59:43.10-05:00",
    "9007199254740993",
    "a b",
    "é",
];

/// A document as a text of HCL.
pub(crate) fn document(random: &mut Rng) -> String {
    let text = match random.u8(..5) {
        0 => format!("[{}, {}]", scalar(random), scalar(random)),
        1 => format!("{{{}: {}, b: {}}}", scalar(random), scalar(random), scalar(random)),
        2 => format!("a: &a {}\nb: *a\n", scalar(random)),
        3 => format!("a: &a {{k: {}}}\nb: {{<<: *a, j: {}}}\n", scalar(random), scalar(random)),
        _ => scalar(random),
    };
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

fn scalar(random: &mut Rng) -> String {
    let word = WORDS[random.usize(..WORDS.len())];
    let word = match random.u8(..6) {
        0 => format!("\"{word}\""),
        1 => format!("'{word}'"),
        _ => word.to_owned(),
    };
    match random.u8(..3) {
        0 => format!("{} {word}", TAGS[random.usize(..TAGS.len())]),
        _ => word,
    }
}
