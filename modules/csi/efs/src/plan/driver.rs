//! The driver's part of a plan, where the target is a cluster.

use super::{
    Action, Difference, Operation, Plan, Refusal, Resource, Step, Until, Wait, address,
    release as helm_release,
};
use crate::cluster::Cluster;
use crate::desired::Desired;
use crate::driver::chart::RELEASE;
use crate::driver::{DriverInputs, DriverMode, Foreign, Release};
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
    let wanted = desired.inputs.release();
    if !helm_release::differs(&wanted, release) {
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
        plan.refusals.extend(helm_release::unsuitable(&address, &wanted, chart));
        plan.warnings.extend(helm_release::unread_values(&wanted, chart));
    }
    let operation = |stuck| Operation::UpgradeRelease { stuck, wait: desired.wait_for_driver };
    plan.steps.extend(helm_release::step(STEP, address, &wanted, release, Vec::new(), operation));
}

/// Whether the driver's release must be made or changed, and so its chart be looked at.
pub fn needs_chart(inputs: &Inputs, release: Option<&Release>) -> bool {
    inputs.driver.mode != DriverMode::Skip && helm_release::differs(&inputs.release(), release)
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
