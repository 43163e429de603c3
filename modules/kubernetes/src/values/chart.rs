//! A chart as the files that it is made of: its values, its templates, and the charts below it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::merged;
use crate::template::{Path, Reads, Source, Step};
use crate::yaml::{self, Unreadable};

/// The values that a chart takes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChartValues {
    /// The defaults of the chart, and of the charts below it under their names.
    pub defaults: Value,
    /// What templates read; `None` where only the defaults are known.
    pub(super) reads: Option<Reads>,
    /// Where the values of the charts below lie, which take no others than they know.
    pub(super) below: BTreeSet<Path>,
}

/// A chart that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    /// There is no `Chart.yaml`.
    #[error("there is no `{0}Chart.yaml`")]
    NoChart(String),
    /// A file of it is no YAML.
    #[error("`{file}`: {why}")]
    Unreadable {
        /// The file's path in the chart.
        file: String,
        /// Why.
        #[source]
        why: Unreadable,
    },
}

impl ChartValues {
    /// Reads a `values.yaml` alone, as `helm show values` prints it.
    pub fn parse(text: &str) -> Result<ChartValues, Unreadable> {
        let defaults = match yaml::read_published(text)? {
            Value::Null => Value::Object(Map::new()),
            values => values,
        };
        Ok(ChartValues::of_defaults(defaults))
    }

    /// A chart of which only the defaults are known.
    pub fn of_defaults(defaults: Value) -> ChartValues {
        ChartValues { defaults, ..ChartValues::default() }
    }

    /// Reads a whole chart: its files by their paths in its folder, such as
    /// `templates/node.yaml`. Charts below it are folders, `charts/NAME/…`; an
    /// archive among them counts as the folder that it holds.
    pub fn of_files(files: &BTreeMap<String, String>) -> Result<ChartValues, ChartError> {
        let mut reading = Reading {
            files,
            sources: Vec::new(),
            tested: BTreeSet::new(),
            missing: BTreeSet::new(),
        };
        let defaults = reading.chart("", &Vec::new())?;
        let mut reads = Reads::of(&reading.sources, reading.missing.is_empty());
        reads.tested.append(&mut reading.tested);
        reads.whole.append(&mut reading.missing);
        global(&reading.sources, &mut reads);
        let below = reading.sources.into_iter().map(|chart| chart.prefix).collect();
        Ok(ChartValues { defaults, reads: Some(reads), below })
    }
}

struct Reading<'a> {
    files: &'a BTreeMap<String, String>,
    sources: Vec<Source>,
    /// What `Chart.yaml` itself reads: the conditions of dependencies.
    tested: BTreeSet<Path>,
    /// Where the values of charts would lie that are named and not there.
    missing: BTreeSet<Path>,
}

/// A chart that another one names.
struct Dependency {
    name: String,
    /// Where its values lie.
    key: String,
}

impl Reading<'_> {
    /// Reads the chart in a folder, and all below it; the answer are the defaults.
    fn chart(&mut self, folder: &str, prefix: &Path) -> Result<Value, ChartError> {
        let about = self
            .yaml(&format!("{folder}Chart.yaml"))?
            .ok_or_else(|| ChartError::NoChart(folder.to_owned()))?;
        let values = self.yaml(&format!("{folder}values.yaml"))?.unwrap_or_default();
        let values = values.as_object().cloned().unwrap_or_default();
        let mut texts = Vec::new();
        template_texts(&Value::Object(values.clone()), &mut texts);
        let within = format!("{folder}templates/");
        let templates = self.files.range(within.clone()..);
        self.sources.push(Source {
            prefix: prefix.clone(),
            library: about["type"] == "library",
            templates: templates
                .take_while(|(path, _)| path.starts_with(&within))
                .map(|(path, text)| (path.clone(), text.clone()))
                .collect(),
            texts,
        });
        let below = self.below(folder, prefix, &about)?;
        Ok(merged(below, &values))
    }

    /// The defaults of the charts below one, each under its name.
    fn below(&mut self, folder: &str, prefix: &Path, about: &Value) -> Result<Value, ChartError> {
        // Charts of the older kind name them in a file of its own.
        let older = self.yaml(&format!("{folder}requirements.yaml"))?.unwrap_or_default();
        let named = self.dependencies(prefix, [&about["dependencies"], &older["dependencies"]]);
        let within = format!("{folder}charts/");
        let folders: BTreeSet<String> = self
            .files
            .range(within.clone()..)
            .take_while(|(path, _)| path.starts_with(&within))
            .filter_map(|(path, _)| {
                let (name, rest) = path[within.len()..].split_once('/')?;
                (rest == "Chart.yaml").then(|| format!("{within}{name}/"))
            })
            .collect();
        let mut defaults = Map::new();
        let mut absent: BTreeSet<&str> = named.iter().map(|it| it.key.as_str()).collect();
        for folder in folders {
            let about = self.yaml(&format!("{folder}Chart.yaml"))?.unwrap_or_default();
            let name = about["name"].as_str().unwrap_or_default();
            let mut keys: Vec<&str> =
                named.iter().filter(|it| it.name == name).map(|it| it.key.as_str()).collect();
            if keys.is_empty() {
                keys.push(name);
            }
            for key in keys {
                absent.remove(key);
                let mut prefix = prefix.clone();
                prefix.push(Step::Key(key.to_owned()));
                let values = self.chart(&folder, &prefix)?;
                self.tested.insert(prefix);
                defaults.insert(key.to_owned(), values);
            }
        }
        let key = |key: &str| [prefix.as_slice(), &[Step::Key(key.to_owned())]].concat();
        self.missing.extend(absent.into_iter().map(key));
        Ok(Value::Object(defaults))
    }

    /// The charts that this one names; what decides whether each is used is read.
    fn dependencies(&mut self, prefix: &Path, lists: [&Value; 2]) -> Vec<Dependency> {
        let mut named = Vec::new();
        for entry in lists.into_iter().filter_map(Value::as_array).flatten() {
            let text = |key: &str| entry[key].as_str().map(str::to_owned);
            let Some(name) = text("name") else { continue };
            let key = text("alias").unwrap_or_else(|| name.clone());
            let mut tested = |keys: &mut dyn Iterator<Item = &str>| {
                let keys = keys.map(|key| Step::Key(key.to_owned()));
                self.tested.insert(prefix.iter().cloned().chain(keys).collect());
            };
            tested(&mut std::iter::once(key.as_str()));
            for condition in text("condition").unwrap_or_default().split(',') {
                tested(&mut condition.trim().split('.'));
            }
            for tag in entry["tags"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                tested(&mut ["tags", tag].into_iter());
            }
            named.push(Dependency { name, key });
        }
        named
    }

    fn yaml(&self, path: &str) -> Result<Option<Value>, ChartError> {
        let Some(text) = self.files.get(path) else { return Ok(None) };
        let unreadable = |why| ChartError::Unreadable { file: path.to_owned(), why };
        yaml::read_published(text).map(Some).map_err(unreadable)
    }
}

/// The texts in values that may be templates.
fn template_texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains("{{") => into.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| template_texts(value, into)),
        Value::Object(entries) => entries.values().for_each(|value| template_texts(value, into)),
        _ => {}
    }
}

/// Helm hands `global` down: what a chart reads below it, any chart above may be given.
fn global(charts: &[Source], reads: &mut Reads) {
    for chart in charts {
        let mut begins = chart.prefix.clone();
        begins.push(Step::Key("global".to_owned()));
        for paths in [&mut reads.tested, &mut reads.whole] {
            let handed: Vec<Path> = paths
                .iter()
                .filter(|path| path.starts_with(&begins))
                .flat_map(|path| {
                    let below = &path[chart.prefix.len()..];
                    (0..chart.prefix.len())
                        .map(|above| [&chart.prefix[..above], below].concat())
                        .collect::<Vec<_>>()
                })
                .collect();
            paths.extend(handed);
        }
    }
}
