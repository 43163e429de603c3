//! Results on standard output.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use efs::{MOUNT_TARGET, OUTPUTS, OutputFormat, Outputs, in_format};
use inputs::{counted, printable};
use job::{Goal, Output};
use place::Verdict;
use serde_json::{Value, json};

use crate::log::millis;
use crate::outcome::Made;

/// What a run that is done did, or one of which only a part failed.
pub(crate) struct Summary<'a> {
    /// How many changes were carried out.
    pub(crate) changed: usize,
    pub(crate) calls: usize,
    pub(crate) rounds: usize,
    pub(crate) elapsed: Duration,
    pub(crate) places: &'a [Verdict],
    pub(crate) made: &'a Made,
    /// What failed beside it.
    pub(crate) errors: &'a [anyhow::Error],
}

/// A result for people.
pub(crate) fn text(result: &impl Display) {
    // A reader that went away has seen enough.
    let _ = writeln!(std::io::stdout(), "{result}");
}

/// A result for programs: one document.
pub(crate) fn json(result: &impl serde::Serialize) {
    let mut out = std::io::stdout().lock();
    let _ = serde_json::to_writer_pretty(&mut out, result);
    let _ = writeln!(out);
}

/// Whether a stream takes colour: it is a terminal, and nobody said otherwise
/// (<https://no-color.org>).
pub(crate) fn takes_colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The result of a run that is done.
pub(crate) fn done(goal: &Goal, output: Output, summary: &Summary) -> anyhow::Result<()> {
    match output {
        Output::Json => json(&document(summary)?),
        Output::Text => text(&for_people(goal, summary)),
    }
    step_outputs(&summary.made.modules)
}

fn document(summary: &Summary) -> anyhow::Result<Value> {
    let mut document = json!({
        "changed": summary.changed,
        "aws_calls": summary.calls,
        "aws_rounds": summary.rounds,
        "elapsed_ms": millis(summary.elapsed),
        "places": places(summary.places),
    });
    let outputs = outputs(summary.made)?;
    for (name, value) in outputs.as_object().into_iter().flatten() {
        document[name] = value.clone();
    }
    if !summary.errors.is_empty() {
        let errors = summary.errors.iter().map(|error| printable(&format!("{error:#}")));
        document["errors"] = errors.collect();
    }
    Ok(document)
}

/// Outputs for programs: those of one module under `outputs`, of several under `modules`.
pub(crate) fn outputs(made: &Made) -> anyhow::Result<Value> {
    let mut document = json!({});
    match made.modules.as_slice() {
        [] => {}
        [(label, outputs)] if !label.contains('[') => {
            document["outputs"] = serde_json::to_value(outputs)?;
        }
        several => {
            for (label, outputs) in several {
                document["modules"][label]["outputs"] = serde_json::to_value(outputs)?;
            }
        }
    }
    if !made.file.is_empty() {
        document["file_outputs"] = json!(made.file);
    }
    Ok(document)
}

fn for_people(goal: &Goal, summary: &Summary) -> String {
    let changes = counted(summary.changed, "change");
    let verb = match (goal, summary.changed) {
        _ if !summary.errors.is_empty() => format!("Deployed in part: {changes}"),
        (Goal::Destroy { .. }, 0) => "Nothing to destroy".to_owned(),
        (Goal::Expand, 0) => "Nothing to expand".to_owned(),
        (Goal::Failover(_), 0) => "Nothing to take over".to_owned(),
        (Goal::AccessPoints(_), 0) => "Nothing to delete".to_owned(),
        (_, 0) => "Nothing to do".to_owned(),
        (Goal::Destroy { .. }, _) => format!("Destroyed: {changes}"),
        (Goal::AccessPoints(_), count) => format!("Deleted: {}", counted(count, "access point")),
        (Goal::Failover(_), _) => format!("Failed over: {changes}"),
        (Goal::Expand, count) => format!("Expanded: {}", counted(count, "claim")),
        _ => format!("Deployed: {changes}"),
    };
    let seconds = summary.elapsed.as_secs_f64();
    let mut text = format!("{verb}, {}, {seconds:.1} s.", counted(summary.calls, "AWS call"));
    for line in place::lines(summary.places) {
        text.push_str(&format!("\n{line}"));
    }
    text + &outputs_for_people(summary.made, false)
}

/// Outputs for people: all that there are, or those that matter after a deploy.
pub(crate) fn outputs_for_people(made: &Made, all: bool) -> String {
    let mut text = String::new();
    for (label, outputs) in &made.modules {
        text.push_str(&match made.modules.len() {
            1 => "\n\nOutputs:\n".to_owned(),
            _ => format!("\n\nOutputs of module.{label}:\n"),
        });
        for output in OUTPUTS.iter().filter(|output| all || output.after_deploy) {
            let Some(value) = (output.value)(outputs) else { continue };
            add_output(&mut text, output.name, &lines(&value));
        }
    }
    if !made.file.is_empty() {
        text.push_str("\n\nOutputs of the file:\n");
    }
    for (name, value) in &made.file {
        let lines: Vec<String> = match value {
            Value::Array(all) if !all.is_empty() => all.iter().map(in_a_line).collect(),
            value => vec![in_a_line(value)],
        };
        add_output(&mut text, name, &lines);
    }
    text
}

/// A value of any kind in one line.
fn in_a_line(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn add_output(text: &mut String, name: &str, lines: &[String]) {
    for (at, line) in lines.iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        text.push_str(&format!("\n{name:20} = {line}"));
    }
}

/// Accounts and clusters as JSON, each once.
pub(crate) fn places(places: &[Verdict]) -> Vec<Value> {
    let mut all: Vec<Value> = places.iter().map(Verdict::json).collect();
    all.dedup();
    all
}

/// An output for people: a line each of a list, its members side by side.
fn lines(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![from_here(text).to_owned()],
        Value::Array(all) => all.iter().flat_map(lines).collect(),
        Value::Object(members) if !members.contains_key(MOUNT_TARGET[1]) => {
            let there = members.iter().filter(|(_, value)| !value.is_null());
            vec![
                there
                    .map(|(name, it)| format!("{name}={}", in_a_line(it)))
                    .collect::<Vec<_>>()
                    .join(" "),
            ]
        }
        Value::Object(members) => {
            let of = |name: &&str| members.get(*name).and_then(Value::as_str);
            let (about, addresses) = MOUNT_TARGET.split_at(MOUNT_TARGET.len() - 2);
            let mut shown: Vec<&str> = about.iter().filter_map(of).collect();
            let before = shown.len();
            shown.extend(addresses.iter().filter_map(of));
            shown.extend((shown.len() == before).then_some("none yet"));
            vec![shown.join(" ")]
        }
        other => vec![other.to_string()],
    }
}

/// A path as it is typed from here, where it lies below.
fn from_here(path: &str) -> &str {
    let here = std::env::current_dir().unwrap_or_default();
    let below = Path::new(path).strip_prefix(here).ok().and_then(Path::to_str);
    below.filter(|below| !below.is_empty()).unwrap_or(path)
}

/// The outputs of a module that have a value and that the form takes, with this before their names.
pub(crate) fn values(
    format: OutputFormat,
    outputs: &Outputs,
    prefix: &str,
) -> Vec<(String, Value)> {
    let there = OUTPUTS
        .iter()
        .filter(|output| format.takes(output.name))
        .filter_map(|output| Some((format!("{prefix}{}", output.name), (output.value)(outputs)?)));
    there.collect()
}

/// A label as workflows can refer to it: `efs["a.b"]` becomes `efs_a_2Eb`.
pub(crate) fn step_name(label: &str) -> String {
    let (block, key) = label.split_once('[').unwrap_or((label, ""));
    let key = key.trim_end_matches(']').trim_matches('"');
    let joint = if key.is_empty() { "" } else { "_" };
    let mut name = String::new();
    for c in block.chars().chain(joint.chars()).chain(key.chars()) {
        if c.is_ascii_alphanumeric() || "_-".contains(c) {
            name.push(c);
        } else {
            name.push_str(&format!("_{:X}", u32::from(c)));
        }
    }
    name
}

/// Outputs for the later steps of a GitHub workflow, as `outputs --format github` prints them. Those of several modules begin with
/// their labels, such as `logs_file_system_id`.
fn step_outputs(all: &[(String, Outputs)]) -> anyhow::Result<()> {
    let Some(path) = std::env::var_os("GITHUB_OUTPUT").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let mut lines = String::new();
    for (label, outputs) in all {
        let prefix = if all.len() > 1 || label.contains('[') {
            step_name(label) + "_"
        } else {
            String::new()
        };
        lines.push_str(&in_format(
            OutputFormat::Github,
            &values(OutputFormat::Github, outputs, &prefix),
        ));
        lines.push('\n');
    }
    let append = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    append
        .and_then(|mut file| file.write_all(lines.as_bytes()))
        .with_context(|| format!("writing step outputs to `{}`", path.display()))
}
