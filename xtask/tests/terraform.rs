//! The language of deployment files means what it means to Terraform.
//!
//! `tests/terraform/answers.json` holds the answers of Terraform 1.11 to the expressions
//! and declarations beside it, written by `cargo run --package xtask --example terraform -- answers`.
//! Each is answered here in the same way, or refused where `differences.txt` says why. Where Terraform
//! is installed, `cargo xtask clients` asks it anew whether these are its answers still.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use xshell::{Shell, cmd};

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

/// The functions whose results are not the same in every run or on every machine, or that take a
/// private key.
const REFUSED: [&str; 6] =
    ["base64gzip", "bcrypt", "plantimestamp", "rsadecrypt", "timestamp", "uuid"];

#[test]
fn every_function_of_terraform_is_served_or_refused_by_name_with_the_reason() {
    let text = read("functions.txt");
    let all: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(all.len() > 100, "{} functions are few", all.len());
    let mut refused = Vec::new();
    for name in all {
        for call in [format!("{name}()"), format!("core::{name}()")] {
            // Called without arguments, most are wrong, and say how they are called.
            let told = xtask::answer("", "", &call).err().unwrap_or_default();
            assert!(!told.contains("there is no function"), "{call}:\n{told}");
            let is_refused = told.contains(&format!("the function `{name}` is refused: "));
            assert!(!is_refused || told.contains("help: "), "{call} has no remedy:\n{told}");
            if is_refused && !call.starts_with("core::") {
                refused.push(name);
            }
        }
    }
    assert_eq!(refused, REFUSED);
}

#[test]
fn every_function_that_is_served_has_answers_of_terraform() {
    let asked = ["expressions.txt", "programs.txt", "declarations.txt"].map(read).concat();
    let text = read("functions.txt");
    let names = text.lines().filter(|line| !line.starts_with('#'));
    // What reads files is compared in `files.rs`, with digests that other programs computed.
    let names = names.filter(|name| !name.starts_with("file") && !REFUSED.contains(name));
    let unasked: Vec<&str> = names.filter(|name| !asked.contains(&format!("{name}("))).collect();
    assert!(unasked.is_empty(), "nobody asks Terraform for these: {unasked:?}");
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

/// What has another result whenever it is asked.
const NEVER_THE_SAME: [&str; 4] = ["bcrypt(", "plantimestamp(", "timestamp(", "uuid("];

/// The mistakes that `try` catches; with others in it, nothing of a text is evaluated.
const CAUGHT: [&str; 2] = ["Error in function call", "Invalid function argument"];

/// How many expressions are asked at once: starting Terraform takes longer than they do.
const BATCH: usize = 60;

/// The installed Terraform in a folder of its own, without the settings of whoever runs this.
fn installed() -> (Shell, tempfile::TempDir) {
    let (shell, folder) = (Shell::new().unwrap(), tempfile::tempdir().unwrap());
    shell.change_dir(folder.path());
    shell.write_file("none.tfrc", "").unwrap();
    shell.set_var("TF_CLI_CONFIG_FILE", folder.path().join("none.tfrc"));
    shell.set_var("CHECKPOINT_DISABLE", "1");
    (shell, folder)
}

/// What Terraform prints for an expression; nothing where it is a mistake.
fn ask(shell: &Shell, expression: &str) -> Option<String> {
    let output = cmd!(shell, "terraform console").stdin(format!("{expression}\n")).quiet();
    let output = output.ignore_status().output().expect("help: install Terraform 1.11");
    let printed = String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned();
    output.status.success().then_some(printed)
}

/// The kept answers among these that are not Terraform's. Those of a batch are compared at once,
/// with ours, which are the kept ones.
fn differing(shell: &Shell, answers: &[&Value]) -> Vec<String> {
    if let [answer] = answers {
        let expression = answer["expression"].as_str().unwrap();
        let told = ask(shell, expression);
        let kept = answer.get("value").map(|value| value.as_str().unwrap());
        let differ = told.as_deref() != kept;
        return differ
            .then(|| format!("{expression}\n  kept: {answer}\n  told: {told:?}"))
            .into_iter()
            .collect();
    }
    let tried = answers.iter().map(|one| one["expression"].as_str().unwrap());
    let tried: Vec<String> = tried.map(|text| format!("try({text}, \"a mistake\")")).collect();
    let all = format!("[{}]", tried.join(", "));
    if ask(shell, &all) == xtask::answer("", "", &all).ok() {
        return Vec::new();
    }
    answers.iter().flat_map(|one| differing(shell, &[*one])).collect()
}

#[test]
#[ignore = "needs terraform"]
fn the_kept_answers_are_those_of_the_installed_terraform() {
    let answers: Vec<Value> = serde_json::from_str(&read("answers.json")).unwrap();
    let differences = differences();
    // Those within a file are asked for by the example that writes all of them.
    let alone = answers.iter().filter(|one| one.get("program").or(one.get("file")).is_none());
    let is_same = |one: &&Value| {
        let expression = one["expression"].as_str().unwrap();
        !NEVER_THE_SAME.iter().any(|call| expression.starts_with(call))
    };
    let (together, singly): (Vec<&Value>, Vec<&Value>) = alone.filter(is_same).partition(|one| {
        let is_caught = one["error"].as_str().is_none_or(|error| CAUGHT.contains(&error));
        is_caught && !differences.contains_key(one["expression"].as_str().unwrap())
    });
    assert!(together.len() > 1000 && singly.len() > 100, "{} answers", answers.len());
    let batches: Vec<&[&Value]> = together.chunks(BATCH).chain(singly.chunks(1)).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let (shell, _folder) = installed();
        let mut found = Vec::new();
        while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
            found.extend(differing(&shell, batch));
        }
        found
    };
    let differ: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let again = "`cargo run --package xtask --example terraform -- answers` writes them anew";
    assert!(differ.is_empty(), "{} differ; {again}:\n{}", differ.len(), differ.join("\n"));
}

#[test]
#[ignore = "needs terraform"]
fn the_kept_functions_are_those_of_the_installed_terraform() {
    let (shell, _folder) = installed();
    let told = cmd!(shell, "terraform metadata functions -json").quiet().read().unwrap();
    let told: Value = serde_json::from_str(&told).unwrap();
    let all = told["function_signatures"].as_object().unwrap().keys();
    let now: Vec<&str> = all.map(String::as_str).filter(|name| !name.contains("::")).collect();
    let text = read("functions.txt");
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(kept, now);
}
