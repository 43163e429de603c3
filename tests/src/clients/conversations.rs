//! Recorded conversations, replayed against the sandbox and the emulators, and where the
//! answers differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use xshell::cmd;

use super::seen::Seen;
use super::{files, python, shell};

/// What one AWS answered: the answers by conversation, in the order of its steps.
pub struct Replayed(BTreeMap<String, Vec<Value>>);

/// The recorded conversations, by name: their steps.
pub fn recorded() -> BTreeMap<String, Vec<Value>> {
    let folder = std::fs::read_dir(files().join("conversations")).unwrap();
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let conversation: Value = serde_json::from_str(&text).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, conversation["steps"].as_array().unwrap().clone())
    };
    folder.map(|entry| read(entry.unwrap().path())).collect()
}

impl Replayed {
    /// Has all conversations with the AWS at an address.
    pub fn with(url: &str) -> Replayed {
        let shell = shell(url);
        let (python, files) = (python().join("bin/python"), files());
        let (script, folder) = (files.join("python/replay.py"), files.join("conversations"));
        let told = cmd!(shell, "{python} {script} {url} {folder}").quiet().read().unwrap();
        Replayed(serde_json::from_str(&told).unwrap())
    }

    /// Where it answered otherwise than the recorded conversations say, and with other members
    /// than `model` did. One line each, in the words of `differences.json`.
    pub fn differences(&self, model: Option<&Replayed>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (name, steps) in recorded() {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            let mut lost: BTreeSet<&str> = BTreeSet::new();
            for (index, step) in steps.iter().enumerate() {
                let call = step["call"].as_str().unwrap();
                let count = counts.entry(call).or_default();
                *count += 1;
                let place = format!("{name}: {call} {count}");
                let answer = &self.0[&name][index];
                if let Some(missing) = unreached(answer) {
                    // The step that was to keep it has a difference of its own.
                    let is_known = lost.iter().any(|kept| missing.contains(&format!("${kept}")));
                    if !is_known {
                        found.insert(format!("{place}: {missing}"));
                    }
                    lost.extend(keeps(step));
                    continue;
                }
                let own = outcome(step, answer);
                if !own.is_empty() {
                    lost.extend(keeps(step));
                } else if let Some(model) = model {
                    found.extend(other_members(call, answer, &model.0[&name][index]));
                }
                found.extend(own.into_iter().map(|difference| format!("{place}: {difference}")));
            }
        }
        found
    }

    /// What it answered EFS's operations with.
    pub fn seen(&self) -> Seen {
        let mut seen = Seen::default();
        for (name, steps) in recorded() {
            for (step, answer) in steps.iter().zip(&self.0[&name]) {
                let is_efs = step.get("service").is_none();
                if is_efs && unreached(answer).is_none() {
                    let status = answer["status"].as_u64().unwrap();
                    let call = step["call"].as_str().unwrap();
                    seen.add("elasticfilesystem", call, status, answer["error"].as_str());
                }
            }
        }
        seen
    }
}

/// What a step needs that an earlier one did not keep.
fn unreached(answer: &Value) -> Option<&str> {
    answer["error"].as_str().filter(|error| error.starts_with("not reached"))
}

fn keeps(step: &Value) -> impl Iterator<Item = &str> {
    step["keep"].as_object().into_iter().flat_map(|kept| kept.keys().map(String::as_str))
}

/// How an answer's outcome differs from what its step says.
fn outcome(step: &Value, answer: &Value) -> Vec<String> {
    let text = |status: &Value, error: &Value| match error.as_str() {
        Some(error) => format!("{status} {error}"),
        None => status.to_string(),
    };
    let wanted = text(&step["status"], step.get("error").unwrap_or(&Value::Null));
    let got = text(&answer["status"], &answer["error"]);
    if got != wanted {
        return vec![format!("{got} instead of {wanted}")];
    }
    let values = answer["wanted"].as_object().into_iter().flatten();
    values
        .filter(|(path, wanted)| answer["values"][path.as_str()] != **wanted)
        .map(|(path, wanted)| format!("{path} is {} instead of {wanted}", answer["values"][path]))
        .collect()
}

/// The members that only one of two answers has. A null is as good as nothing, and errors have
/// one form over all operations.
fn other_members(call: &str, answer: &Value, model: &Value) -> Vec<String> {
    let call = if answer["error"].is_null() { call } else { "an error of EFS" };
    let members = |answer: &Value| -> BTreeSet<String> {
        let members = answer["members"].as_array().into_iter().flatten();
        let members = members.filter_map(Value::as_str);
        members.filter(|member| !member.ends_with(": null")).map(str::to_owned).collect()
    };
    let (ours, theirs) = (members(model), members(answer));
    let only = |these: &BTreeSet<String>, others: &BTreeSet<String>, verb: &str| -> Vec<String> {
        these.difference(others).map(|member| format!("{call} {verb} {member}")).collect()
    };
    [only(&ours, &theirs, "lacks"), only(&theirs, &ours, "also has")].concat()
}

/// The explained differences of an emulator, each with its reason.
pub fn explained(emulator: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(files().join("differences.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let mut explained = BTreeMap::new();
    for group in all[emulator].as_array().unwrap() {
        let why = group["why"].as_str().unwrap();
        assert!(why.split_whitespace().count() >= 4, "no reason: {group}");
        for difference in group["differences"].as_array().unwrap() {
            let difference = difference.as_str().unwrap().to_owned();
            let twice = explained.insert(difference, why.to_owned());
            assert_eq!(twice, None, "explained twice: {group}");
        }
    }
    explained
}
