//! Which values a chart knows: those that have a default, and those that its templates read.

use serde_json::Value;

use super::ChartValues;
use crate::template::{Path, Reads, Step};

/// A key that a chart does not know: Helm would ignore it without a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownKey {
    /// The whole path, with dots.
    pub path: String,
    /// The nearest path that the chart knows.
    pub nearest: Option<String>,
}

/// The keys of `set` that a chart neither has a default for nor reads.
///
/// Below an empty map, a list or a null the chart takes whatever it is given,
/// and so it does where a template reads a value with all that lies below.
pub fn unknown_keys(chart: &ChartValues, set: &Value) -> Vec<UnknownKey> {
    let nothing = Reads::default();
    let reads = chart.reads.as_ref().unwrap_or(&nothing);
    let mut known = Vec::new();
    paths(&chart.defaults, "", &mut known);
    known.extend(reads.tested.iter().chain(&reads.whole).filter_map(named));
    known.sort();
    known.dedup();
    let mut looking = Looking { chart, reads, known: &known, unknown: Vec::new() };
    looking.walk(Some(&chart.defaults), set, &mut Vec::new());
    looking.unknown
}

/// The values of `set` that the chart has a default for, and that no template reads: they change
/// nothing. Nothing is said of a chart whose templates are not known.
pub fn unread_keys(chart: &ChartValues, set: &Value) -> Vec<String> {
    let mut unread = Vec::new();
    if let Some(reads) = &chart.reads
        && !holds_template(set)
    {
        let mut leaves = Vec::new();
        self::leaves(set, &mut Vec::new(), &mut leaves);
        unread
            .extend(leaves.iter().filter(|path| !is_read(reads, path)).map(|path| path.join(".")));
        let unknown = unknown_keys(chart, set);
        let below = |path: &str, above: &str| {
            path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        unread.retain(|path| !unknown.iter().any(|key| below(path, &key.path)));
    }
    unread
}

struct Looking<'a> {
    chart: &'a ChartValues,
    reads: &'a Reads,
    known: &'a [String],
    unknown: Vec<UnknownKey>,
}

impl Looking<'_> {
    fn walk(&mut self, defaults: Option<&Value>, set: &Value, path: &mut Vec<String>) {
        let Value::Object(set) = set else { return };
        let is_chart = path.is_empty() || self.chart.below.iter().any(|chart| is(chart, path));
        let defaults = match defaults {
            Some(Value::Object(defaults)) if is_chart || !defaults.is_empty() => Some(defaults),
            Some(_) if !is_chart => return,
            _ => None,
        };
        for (key, value) in set {
            path.push(key.clone());
            let default = defaults.and_then(|defaults| defaults.get(key));
            if !self.reads.whole.iter().any(|read| leads_to(read, path)) {
                if default.is_some() || is_on_the_way(self.reads, path) {
                    self.walk(default, value, path);
                } else {
                    let path = path.join(".");
                    let nearest = nearest(&path, key, self.known);
                    self.unknown.push(UnknownKey { path, nearest });
                }
            }
            path.pop();
        }
    }
}

fn fits(step: &Step, key: &str) -> bool {
    match step {
        Step::Any => true,
        Step::Key(name) => name == key,
    }
}

fn is(read: &Path, path: &[String]) -> bool {
    read.len() == path.len() && leads_to(read, path)
}

/// Whether `read` is `path`, or something above it.
fn leads_to(read: &Path, path: &[String]) -> bool {
    read.len() <= path.len() && read.iter().zip(path).all(|(step, key)| fits(step, key))
}

/// Whether a template reads `path`, or something below it.
fn is_on_the_way(reads: &Reads, path: &[String]) -> bool {
    reads.tested.iter().chain(&reads.whole).any(|read| {
        read.len() >= path.len() && read.iter().zip(path).all(|(step, key)| fits(step, key))
    })
}

fn is_read(reads: &Reads, path: &[String]) -> bool {
    is_on_the_way(reads, path) || reads.whole.iter().any(|read| leads_to(read, path))
}

/// The paths of everything that is no map with entries.
fn leaves(value: &Value, path: &mut Vec<String>, into: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (key, below) in entries {
                path.push(key.clone());
                leaves(below, path, into);
                path.pop();
            }
        }
        _ => into.push(path.clone()),
    }
}

/// Whether a text among these values may be a template, which may read others of them.
fn holds_template(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{"),
        Value::Array(values) => values.iter().any(holds_template),
        Value::Object(entries) => entries.values().any(holds_template),
        _ => false,
    }
}

/// A path of keys alone, as people write it.
fn named(path: &Path) -> Option<String> {
    let keys: Option<Vec<&str>> = path
        .iter()
        .map(|step| match step {
            Step::Key(name) => Some(name.as_str()),
            Step::Any => None,
        })
        .collect();
    keys.filter(|keys| !keys.is_empty()).map(|keys| keys.join("."))
}

/// A misspelt neighbour, or the same key somewhere else, as keys move between
/// versions; else whatever path is nearest.
fn nearest(path: &str, key: &str, known: &[String]) -> Option<String> {
    let last = |known: &str| known.rsplit('.').next().unwrap_or_default().to_owned();
    let level = path.strip_suffix(key).unwrap_or_default();
    let beside = known.iter().filter_map(|known| known.strip_prefix(level));
    let misspelt = inputs::nearest(key, beside.filter(|known| !known.contains('.')))
        .map(|near| format!("{level}{near}"));
    misspelt
        .or_else(|| known.iter().find(|known| last(known) == key).cloned())
        .or_else(|| inputs::nearest(path, known.iter().map(String::as_str)).map(str::to_owned))
}

fn paths(value: &Value, prefix: &str, into: &mut Vec<String>) {
    if let Value::Object(members) = value {
        for (key, below) in members {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            paths(below, &path, into);
            into.push(path);
        }
    }
}

#[cfg(test)]
mod tests;
