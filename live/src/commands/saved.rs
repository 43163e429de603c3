//! Plans that are kept in a file: written, and held against what is planned now.

use std::collections::BTreeMap;
use std::path::Path;

use failure::{Help, failure};
use job::{Destination, Job, ModuleInputs};
use place::Verdict;
use plan::Plan;
use plan::saved::{FORMAT, Saved, digest};
use serde_json::Value;

use super::connection::Connection;
use crate::call::Call;
use crate::outcome::Ending;

/// How a person comes to a plan that holds.
const REMEDY: &str = "make the plan anew with `plan-efs --out FILE`, review it, and deploy that";

/// Keeps a plan in a file that nobody else can read.
pub(super) fn write(
    connection: &Connection<'_>,
    plan: &Plan<Call>,
    path: &Path,
) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(&saved(connection, plan)?)?;
    text.push('\n');
    directory::write_private(path, &text)?;
    connection.progress.say(&format!("The plan is in `{}`.", path.display()));
    Ok(())
}

/// How a run ends whose plan is not the one in the file; `None` where both do the same.
pub(super) fn moved(
    connection: &Connection<'_>,
    plan: &Plan<Call>,
    path: &Path,
) -> anyhow::Result<Option<Ending>> {
    let place = || format!("reading the plan `{}`", path.display());
    let text = std::fs::read_to_string(path).help(place(), REMEDY)?;
    let kept: Value = serde_json::from_str(&text).help(place(), REMEDY)?;
    if kept["format"] != FORMAT {
        return Err(failure(format!("`{}` is no plan of this program", path.display()), REMEDY));
    }
    let kept: Saved = serde_json::from_value(kept).help(place(), REMEDY)?;
    let moved = kept.moved(&saved(connection, plan)?);
    if moved.is_empty() {
        return Ok(None);
    }
    Ok(Some(Ending::Refused {
        why: format!(
            "The plan in `{}` does not hold any more: {}. Nothing was changed.",
            path.display(),
            moved.join("; ")
        ),
        remedy: Some(REMEDY.to_owned()),
    }))
}

fn saved(connection: &Connection<'_>, plan: &Plan<Call>) -> anyhow::Result<Saved> {
    let inputs = inputs(connection)?;
    Ok(Saved::new(plan, env!("CARGO_PKG_VERSION"), inputs, Call::meaning)?)
}

/// What a plan is made of, by name: each input, and where it goes.
fn inputs(connection: &Connection<'_>) -> anyhow::Result<BTreeMap<String, String>> {
    let Job { modules, target, .. } = connection.job;
    let mut all = BTreeMap::new();
    for module in modules {
        let value = match &module.inputs {
            ModuleInputs::Network(inputs) => serde_json::to_value(inputs),
            ModuleInputs::Efs(inputs) => serde_json::to_value(inputs),
            ModuleInputs::GraphScope(inputs) => serde_json::to_value(inputs),
        }?;
        for (name, value) in value.as_object().into_iter().flatten() {
            all.insert(format!("{}.{name}", module.label), digest(&value.to_string()));
        }
    }
    let place = match target {
        Destination::Directory(path) => std::path::absolute(path)?.display().to_string(),
        Destination::Cluster(_) => String::new(),
    };
    let mut places: Vec<Value> = connection.places().iter().map(Verdict::destination).collect();
    places.dedup();
    all.insert("target".to_owned(), digest(&format!("{place}\n{}", Value::from(places))));
    Ok(all)
}
