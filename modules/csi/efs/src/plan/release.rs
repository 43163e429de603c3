//! A Helm release's part of a plan: the driver's, or a workload's.

use kubernetes::{same_values, unknown_keys, unread_keys};
use serde_json::Value;

use super::{Action, After, Difference, Operation, Refusal, Resource, Step};
use crate::driver::{FoundChart, Release, ReleaseStatus, WantedRelease};

/// The step that makes a release what it should be; `None` where it is.
/// `operation` is told of a revision that a killed run left unfinished.
pub fn step(
    id: &str,
    address: String,
    wanted: &WantedRelease,
    release: Option<&Release>,
    needs: Vec<String>,
    operation: impl FnOnce(Option<u64>) -> Operation,
) -> Option<Step> {
    if !differs(wanted, release) {
        return None;
    }
    let (action, reason, stuck) = match release {
        None => (Action::Create, "the chart is not installed".to_owned(), None),
        Some(release) => match &release.status {
            ReleaseStatus::Deployed => (Action::Update, "the release differs".to_owned(), None),
            ReleaseStatus::Pending(status) => (
                Action::Update,
                format!(
                    "revision {} is `{status}`: a run was killed, or is at it",
                    release.revision
                ),
                Some(release.revision),
            ),
            ReleaseStatus::Other(status) => {
                (Action::Update, format!("revision {} is `{status}`", release.revision), None)
            }
        },
    };
    Some(Step {
        id: id.to_owned(),
        action,
        resource: Resource::HelmRelease,
        address,
        reason,
        needs,
        differences: differences(wanted, release),
        operation: operation(stuck),
    })
}

/// Whether a release must be made or changed, and so its chart be looked at.
pub fn differs(wanted: &WantedRelease, release: Option<&Release>) -> bool {
    let settled = release.is_some_and(|release| release.status == ReleaseStatus::Deployed);
    !(settled && differences(wanted, release).is_empty())
}

/// What of the release is other than it should be.
fn differences(wanted: &WantedRelease, release: Option<&Release>) -> Vec<Difference> {
    let chart = format!("{}-{}", wanted.chart_name, wanted.version);
    let before = release.map(|release| release.chart.clone());
    let mut differences = Vec::new();
    if before.as_ref() != Some(&chart) {
        differences.push(Difference::new("chart", before, After::Value(chart)));
    }
    let had = release.map_or(&Value::Null, |release| &release.values);
    value_differences("values", had, &wanted.values, &mut differences);
    differences
}

/// A row per value that differs.
fn value_differences(path: &str, had: &Value, wanted: &Value, into: &mut Vec<Difference>) {
    let below = |path: &str, key: &str| format!("{path}.{key}");
    match (had, wanted) {
        _ if same_values(had, wanted) => {}
        (Value::Null, Value::Object(wanted)) if !wanted.is_empty() => {
            for (key, value) in wanted {
                value_differences(&below(path, key), &Value::Null, value, into);
            }
        }
        (Value::Object(had), Value::Object(wanted)) => {
            let mut keys: Vec<&String> = had.keys().chain(wanted.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let path = below(path, key);
                match (had.get(key), wanted.get(key)) {
                    (Some(had), Some(wanted)) => value_differences(&path, had, wanted, into),
                    (Some(had), None) => into.push(Difference::gone(&path, told(had))),
                    (None, wanted) => {
                        value_differences(
                            &path,
                            &Value::Null,
                            wanted.unwrap_or(&Value::Null),
                            into,
                        );
                    }
                }
            }
        }
        (Value::Null, wanted) => into.push(Difference::set(path, told(wanted))),
        (had, wanted) => {
            into.push(Difference::new(path, Some(told(had)), After::Value(told(wanted))));
        }
    }
}

fn told(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Why this chart cannot be what was asked for; all reasons at once.
pub fn unsuitable(address: &str, wanted: &WantedRelease, chart: &FoundChart) -> Vec<Refusal> {
    let WantedRelease { chart_name, version, values, digest, .. } = wanted;
    let refusal =
        |reason: String, remedy: String| Refusal { address: address.to_owned(), reason, remedy };
    let mut refusals = Vec::new();
    if chart.name != *chart_name {
        refusals.push(refusal(
            format!("the chart's name is `{}`", chart.name),
            format!("give a chart whose name is `{chart_name}` in `helm_chart`"),
        ));
    }
    if chart.version != *version {
        refusals.push(refusal(
            format!("the chart's version is {}, and {version} was asked for", chart.version),
            "set `helm_chart_version` to it, or give another `helm_chart`".to_owned(),
        ));
    } else if let (Some(known), Some(found)) = (digest, &chart.digest)
        && known != found
    {
        refusals.push(refusal(
            format!("the archive's digest is {found}, and that of chart {version} is {known}"),
            "find out who changed it; a chart of your own goes into `helm_chart` as a folder"
                .to_owned(),
        ));
    }
    for key in unknown_keys(&chart.values, values) {
        let remedy = match key.nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "leave it out of `helm_values`".to_owned(),
        };
        refusals.push(refusal(
            format!(
                "chart {} does not know the key `{}`, and Helm would ignore it",
                chart.version, key.path
            ),
            remedy,
        ));
    }
    refusals
}

/// Warnings for values that change nothing, as no template of this chart reads them.
pub fn unread_values(wanted: &WantedRelease, chart: &FoundChart) -> Vec<String> {
    let warning = |path: String| {
        format!("no template of chart {}-{} reads the value `{path}`", chart.name, chart.version)
    };
    unread_keys(&chart.values, &wanted.values).into_iter().map(warning).collect()
}
