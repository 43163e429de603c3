//! Where each value of a deployment came from: flag, variable, file or default.

use std::collections::BTreeMap;

use inputs::{Given, GivenInputs, Input, redacted};
use serde_json::Value;

use crate::config::{Config, Values};
use crate::diagnostic::Place;

/// A module's inputs, as they were gathered.
pub(super) struct Explained<'a> {
    /// The module's label.
    pub(super) label: &'a str,
    pub(super) schema: &'static [Input],
    pub(super) inputs: &'a GivenInputs,
    pub(super) places: &'a BTreeMap<String, Place>,
    /// What each input's expression refers to, where a block gives it.
    pub(super) uses: Option<&'a BTreeMap<String, Vec<String>>>,
}

/// One line for each input that has a value.
pub(super) fn explain(module: &Explained, config: &Config, values: &Values) -> Vec<String> {
    let mut rows: Vec<(String, String)> = Vec::new();
    for input in module.schema {
        let given = module.inputs.get(input.name).filter(|given| !given.is_null());
        let (value, origin) = match (given, input.default) {
            (Some(given), _) => {
                (shown(input.name, given), origin(module, input.name, config, values))
            }
            (None, Some(default)) => (format!("{default:?}"), "default".to_owned()),
            (None, None) => continue,
        };
        rows.push((format!("module.{}.{} = {value}", module.label, input.name), origin));
    }
    let width = rows.iter().map(|(left, _)| left.chars().count()).max().unwrap_or(0).min(72);
    rows.into_iter().map(|(left, origin)| format!("{left:width$}  # {origin}")).collect()
}

fn shown(name: &str, given: &Given) -> String {
    match given {
        Given::Output { module, output } => format!("module.{module}.{output}"),
        Given::List(elements) => {
            let elements: Vec<String> = elements.iter().map(|it| shown(name, it)).collect();
            format!("[{}]", elements.join(", "))
        }
        Given::Literal(value) => match redacted(name, value) {
            Value::String(text) => format!("{text:?}"),
            value => value.to_string(),
        },
    }
}

/// The place of a value, and those of the variables and locals that it was made of.
fn origin(module: &Explained, name: &str, config: &Config, values: &Values) -> String {
    let Some(place) = module.places.get(name) else { return "default".to_owned() };
    let mut origin = place.short();
    if matches!(place, Place::Named(_)) {
        return origin;
    }
    let used = module.uses.and_then(|uses| uses.get(name)).into_iter().flatten();
    for name in used {
        if let Some(place) = source(name, config, values) {
            origin.push_str(&format!(", {name}: {place}"));
        }
    }
    origin
}

fn source(name: &str, config: &Config, values: &Values) -> Option<String> {
    if let Some(local) = name.strip_prefix("local.") {
        return Some(config.locals.get(local)?.place.short());
    }
    let variable = name.strip_prefix("var.")?;
    if let Some(supplied) = values.get(variable) {
        return Some(supplied.place(false).short());
    }
    let default = config.variables.get(variable)?.default.as_ref()?;
    Some(format!("default at {}", default.place.short()))
}
