//! The language of deployment files means what it means to Terraform.
//!
//! `tests/terraform/answers.json` holds the answers of Terraform 1.11 to the expressions
//! and declarations beside it, written by `cargo run --package xtask --example terraform -- answers`.
//! Each is answered here in the same way, or refused where `differences.txt` says why.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terraform")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

/// What is refused here although Terraform has an answer: expressions, each with the reason.
fn differences() -> BTreeMap<String, String> {
    let mut differences = BTreeMap::new();
    let mut reason = None;
    for line in read("differences.txt").lines().filter(|line| !line.trim().is_empty()) {
        if let Some(why) = line.strip_prefix("# ") {
            reason = Some(why.to_owned());
        } else {
            let why = reason.clone().unwrap_or_else(|| panic!("{line} has no reason"));
            assert!(differences.insert(line.trim().to_owned(), why).is_none(), "{line} twice");
        }
    }
    differences
}

/// Each program's file and values.
fn programs() -> BTreeMap<String, (String, String)> {
    let text = read("programs.txt");
    let all = text.split("\n=== ").filter(|program| !program.trim().is_empty());
    all.map(|program| {
        let (name, rest) = program.split_once('\n').unwrap();
        let (file, rest) = rest.split_once("\n--- values").unwrap();
        let (values, _) = rest.split_once("\n--- expressions").unwrap();
        (name.trim().to_owned(), (file.to_owned(), values.to_owned()))
    })
    .collect()
}

#[test]
fn every_answer_is_terraforms_or_its_difference_is_named_and_refused() {
    let answers: Vec<Value> = serde_json::from_str(&read("answers.json")).unwrap();
    assert!(answers.len() >= 400, "{} answers are few", answers.len());
    let (mut differences, programs) = (differences(), programs());
    let mut wrong = Vec::new();
    for answer in &answers {
        let expression = answer["expression"].as_str().unwrap();
        let text = |name: &str| answer.get(name).map(|text| text.as_str().unwrap().to_owned());
        let (file, values) = match answer.get("program") {
            Some(name) => programs[name.as_str().unwrap()].clone(),
            None => (text("file").unwrap_or_default(), text("values").unwrap_or_default()),
        };
        let asked = text("line").unwrap_or_else(|| expression.to_owned());
        let terraform = answer.get("value").map(|value| value.as_str().unwrap());
        let here = xtask::answer(&file, &values, expression);
        let named = differences.remove(&asked);
        match (terraform, &here, named) {
            (Some(there), Ok(here), None) if there == here => {}
            (None, Err(_), None) | (Some(_), Err(_), Some(_)) => {}
            (there, here, named) => wrong.push(format!(
                "{asked}\n  terraform: {}\n  here:      {}\n  difference: {named:?}",
                there.unwrap_or("an error"),
                here.as_deref().unwrap_or_else(|error| error),
            )),
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), answers.len(), wrong.join("\n"));
    assert!(differences.is_empty(), "nobody asks these: {differences:?}");
}

#[test]
fn all_expressions_have_an_answer() {
    let answers: Vec<Value> = serde_json::from_str(&read("answers.json")).unwrap();
    let known: Vec<&str> = answers
        .iter()
        .map(|answer| answer.get("line").unwrap_or(&answer["expression"]).as_str().unwrap())
        .collect();
    for table in ["expressions.txt", "declarations.txt", "values.txt"] {
        let text = read(table);
        let asked =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        for asked in asked {
            assert!(known.contains(&asked), "{asked} has no answer; write them anew");
        }
    }
}

#[test]
fn what_is_refused_says_where_and_what_to_write() {
    for (expression, place, remedy) in [
        ("\"a-${null}\"", "<console>:1:6", "coalesce"),
        ("\"a-${[1, 2]}\"", "<console>:1:6", "join"),
        ("\"%{ if null }a%{ endif }\"", "<console>:1:8", "true"),
        ("{ (null) = 1 }", "<console>:1:", "coalesce"),
        ("upper(\"a\", \"b\")", "<console>:1:1", "upper(STRING)"),
        ("[1, 2].a", "<console>:1:", "[*]"),
        ("toset([\"a\"])[0]", "<console>:1:", "tolist"),
        ("timestamp()", "<console>:1:1", "--var"),
        ("uper(\"a\")", "<console>:1:1", "did you mean `upper`"),
    ] {
        let told = xtask::answer("", "", expression).unwrap_err();
        assert!(told.contains(place), "{expression}: no place in\n{told}");
        assert!(told.contains("help: ") && told.contains(remedy), "{expression}:\n{told}");
    }
}
