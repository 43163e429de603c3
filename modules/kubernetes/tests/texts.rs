//! YAML that parsers read differently: refused where it stands, or read as Helm reads it.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use kubernetes::yaml::{read, read_map};
use serde_json::Value;

#[test]
fn a_tag_right_before_a_comma_is_refused_where_it_is() {
    for (text, place) in [
        ("a: [!, b]\n", (1, 5)),
        ("a: [!!str,b]\n", (1, 5)),
        ("a: {b: !c!d,}\n", (1, 8)),
        ("[a,\n!,", (2, 1)),
        ("# ä, !x,\na: [&b !c,]", (2, 5)),
        ("a: [!<tag:yaml.org,2002:str>,]\n", (1, 5)),
        ("\u{feff}a: [!x,]\n", (1, 5)),
    ] {
        let refused = read(text).expect_err(text);
        assert!(refused.message.contains("tag"), "{text}: {refused}");
        assert_eq!(refused.place, Some(place), "{text}: {refused}");
    }
}

#[test]
fn what_only_looks_like_one_is_read() {
    for (text, json) in [
        ("a: hello !b, c # !d,\n", r#"{"a":"hello !b, c"}"#),
        ("a: ['!b,c', \"!d,e\"]\n", r#"{"a":["!b,c","!d,e"]}"#),
        ("a: |\n  !b,\n", r#"{"a":"!b,\n"}"#),
        ("a: [b!, c!d, e]\n", r#"{"a":["b!","c!d","e"]}"#),
        ("a: [!!str , b]\n", r#"{"a":["","b"]}"#),
        ("a: !<tag:yaml.org,2002:str> 5\n", r#"{"a":"5"}"#),
        ("a: [!!str 5, !!int \"6\"]\n", r#"{"a":["5",6]}"#),
    ] {
        let read = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read.to_string(), json, "{text}");
    }
}

#[test]
fn a_text_that_ends_too_early_is_refused() {
    for text in
        ["!z\n|\n ?:!,", "\n[-,:\n!,", "\"\\", "a: \"\\", "'", "!<", "a: !%4", "a: [!%C3%A4"]
    {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn only_a_block_that_ends_with_the_file_needs_the_end_of_its_last_line() {
    assert!(read("a: |\n  one\nb: ääääääää").is_ok());
    assert!(read("a: ääääääää\nb: |\n  one\n").is_ok());
    let refused = read("a: ääääääää\nb: |\n  one").expect_err("Helm 3 and 4 differ");
    assert!(refused.remedy.contains("end the last line"), "{refused}");
    assert!(read("b: |\n  one\na: 1").is_ok(), "the block ends before the last line");
}

/// Helm's own answers, written by `cargo test -p tests --test values table -- --ignored` with
/// `CLOCKWORK_WRITE_HELM_ANSWERS=1`.
const ANSWERS: &str = include_str!("helm.json");

#[test]
fn every_text_means_what_it_means_to_helm_or_is_refused() {
    let answers: Vec<Value> = serde_json::from_str(ANSWERS).expect("the table");
    assert!(answers.len() >= 200, "only {} texts", answers.len());
    for answer in &answers {
        let text = answer["text"].as_str().expect("a text");
        let read = read_map(text).map(Value::Object);
        match (read, &answer["helm"]) {
            (Ok(value), helm) => assert!(same(&value, helm), "{text:?}: {value} and {helm}"),
            (Err(_), Value::Null) => {}
            (Err(error), helm) => {
                assert_eq!(answer["refused_here"], true, "{text:?}: {helm}, and here: {error}");
            }
        }
    }
}

/// Whether values are the same, however their numbers are written: Helm holds floating-point
/// ones.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|it| same(value, it)))
        }
        (one, other) => one == other,
    }
}
