//! The driver's part of a plan, where the target is a cluster.

use serde_json::Value;

use super::{
    Action, After, Difference, Operation, Plan, Refusal, Resource, Step, Until, Wait, address,
};
use crate::cluster::Cluster;
use crate::desired::Desired;
use crate::driver::chart::{self, RELEASE};
use crate::driver::{
    DriverInputs, DriverMode, Foreign, FoundChart, Release, ReleaseStatus, same_values,
    unknown_keys,
};
use crate::inputs::Inputs;

const STEP: &str = "helm_release";

pub(super) fn plan(plan: &mut Plan, desired: &Desired, cluster: &Cluster) {
    let inputs = &desired.inputs.driver;
    let found = &cluster.driver;
    if inputs.mode == DriverMode::Skip {
        if found.release.is_none() && found.foreign.is_empty() {
            plan.warnings.push(
                "no CSI driver for EFS was found, and `driver` is `skip`: claims will stay pending"
                    .to_owned(),
            );
        }
        return;
    }
    let address = address(&desired.module, Resource::HelmRelease, Some(RELEASE));
    plan.refusals.extend(found.foreign.iter().map(|foreign| installed(&address, foreign)));
    let release = found.release.as_ref();
    if let Some(release) = release
        && !release.ours
        && inputs.mode != DriverMode::Adopt
    {
        plan.refusals.push(somebody_elses(&address, release, inputs));
        return;
    }
    let differences = differences(&desired.inputs, release);
    let settled = release.is_some_and(|release| release.status == ReleaseStatus::Deployed);
    if settled && differences.is_empty() {
        let behind: Vec<String> = found
            .rollouts
            .iter()
            .filter(|rollout| !rollout.is_complete())
            .map(|rollout| format!("{} {} of {}", rollout.name, rollout.ready, rollout.desired))
            .collect();
        if !behind.is_empty() && desired.wait_for_driver {
            plan.waits.push(Wait {
                id: "driver.ready".to_owned(),
                address,
                reason: format!("not all of it runs yet: {}", behind.join(", ")),
                until: Until::DriverReady,
            });
        }
        return;
    }
    if let Some(chart) = &found.chart {
        plan.refusals.extend(unsuitable(&address, &desired.inputs, chart));
    }
    let (action, reason, stuck) = match release {
        None => (Action::Create, "the driver is not installed".to_owned(), None),
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
    plan.steps.push(Step {
        id: STEP.to_owned(),
        action,
        resource: Resource::HelmRelease,
        address,
        reason,
        needs: Vec::new(),
        differences,
        operation: Operation::UpgradeRelease { stuck, wait: desired.wait_for_driver },
    });
}

/// Whether the release must be made or changed, and so its chart be looked at.
pub fn needs_chart(inputs: &Inputs, release: Option<&Release>) -> bool {
    let settled = release.is_some_and(|release| release.status == ReleaseStatus::Deployed);
    inputs.driver.mode != DriverMode::Skip && !(settled && differences(inputs, release).is_empty())
}

/// What of the release is other than it should be.
fn differences(inputs: &Inputs, release: Option<&Release>) -> Vec<Difference> {
    let chart = format!("{}-{}", chart::NAME, inputs.driver.version);
    let before = release.map(|release| release.chart.clone());
    let mut differences = Vec::new();
    if before.as_ref() != Some(&chart) {
        differences.push(Difference::new("chart", before, After::Value(chart)));
    }
    let wanted = inputs.release_values();
    let had = release.map_or(&Value::Null, |release| &release.values);
    value_differences("values", had, &wanted, &mut differences);
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

/// Another installation of the driver: two of them do not live in one cluster.
fn installed(address: &str, foreign: &Foreign) -> Refusal {
    let (reason, remove) = match foreign {
        Foreign::Release { name, namespace } => (
            format!("the driver is installed already, by the release `{name}` in `{namespace}`"),
            format!("`helm uninstall {name} --namespace {namespace}`"),
        ),
        Foreign::AddOn => (
            "the driver is installed already, as an EKS add-on".to_owned(),
            "`aws eks delete-addon --addon-name aws-efs-csi-driver --cluster-name …`".to_owned(),
        ),
        Foreign::Manifests { namespace } => (
            format!("the driver is installed already, by plain manifests in `{namespace}`"),
            "delete those manifests".to_owned(),
        ),
    };
    Refusal {
        address: address.to_owned(),
        reason,
        remedy: format!(
            "keep it and leave it alone with `--driver skip`, or remove it first: {remove}"
        ),
    }
}

/// A release of our name that we never made.
fn somebody_elses(address: &str, release: &Release, inputs: &DriverInputs) -> Refusal {
    Refusal {
        address: address.to_owned(),
        reason: format!(
            "somebody else made the release `{RELEASE}` in `{}` ({}, revision {})",
            inputs.namespace, release.chart, release.revision
        ),
        remedy: "take it over with `--driver adopt`, whose plan shows what changes, \
                 or leave it alone with `--driver skip`"
            .to_owned(),
    }
}

/// Why this chart cannot be what was asked for; all reasons at once.
fn unsuitable(address: &str, inputs: &Inputs, chart: &FoundChart) -> Vec<Refusal> {
    let wanted = inputs.driver.version;
    let refusal =
        |reason: String, remedy: String| Refusal { address: address.to_owned(), reason, remedy };
    let mut refusals = Vec::new();
    if chart.name != chart::NAME {
        refusals.push(refusal(
            format!("the chart's name is `{}`", chart.name),
            format!("give a chart whose name is `{}` in `helm_chart`", chart::NAME),
        ));
    }
    if chart.version != wanted.to_string() {
        refusals.push(refusal(
            format!("the chart's version is {}, and {wanted} was asked for", chart.version),
            "set `helm_chart_version` to it, or give another `helm_chart`".to_owned(),
        ));
    } else if let (Some(known), Some(found)) = (chart::digest(wanted), &chart.digest)
        && known != found
    {
        refusals.push(refusal(
            format!("the archive's digest is {found}, and that of chart {wanted} is {known}"),
            "find out who changed it; a chart of your own goes into `helm_chart` as a folder"
                .to_owned(),
        ));
    }
    for key in unknown_keys(&chart.values, &inputs.release_values()) {
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

/// The step that uninstalls the driver, where it is ours and nobody needs it.
pub(super) fn remove(
    plan: &mut Plan,
    module: &str,
    inputs: &DriverInputs,
    cluster: &Cluster,
    needs: &[String],
) -> Option<String> {
    let release = cluster.driver.release.as_ref()?;
    let mut stays = |why: String| {
        plan.notes.push(format!("the release `{RELEASE}` stays: {why}"));
        None
    };
    if inputs.mode == DriverMode::Skip {
        return stays("`driver` is `skip`".to_owned());
    }
    if !release.ours {
        return stays("this project did not make it".to_owned());
    }
    if !cluster.other_classes.is_empty() {
        return stays(format!("it serves the class {}", cluster.other_classes.join(", ")));
    }
    if !cluster.other_volumes.is_empty() {
        return stays(format!("it serves the volume {}", cluster.other_volumes.join(", ")));
    }
    let id = format!("{STEP}.delete");
    plan.steps.push(Step {
        id: id.clone(),
        action: Action::Delete,
        resource: Resource::HelmRelease,
        address: address(module, Resource::HelmRelease, Some(RELEASE)),
        reason: "the deployment is taken down".to_owned(),
        needs: needs.to_vec(),
        differences: vec![Difference::gone("chart", &release.chart)],
        operation: Operation::UninstallRelease,
    });
    Some(id)
}
