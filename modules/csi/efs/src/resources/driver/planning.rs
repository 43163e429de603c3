//! The driver's part of a plan where the target is a cluster, and its rows.

use inputs::plain;
use kubernetes::RenderError;
use kubernetes::release::{self, Planned, Release, Status};
use plan::{Action, Address, Change, ChangeId, Known, Plan, Refusal, Row, Scope, Wait, Warning};

use super::call::Call;
use super::csi_driver::{self, CsiDriver};
use super::found::{Foreign, Found};
use super::identity::annotated_role;
use super::traps::{escalates, hung, mounts_of_before, unknown_handles};
use super::values::{Driver, DriverInputs, DriverMode};
use crate::chart::{ChartVersion, PROVISIONER, RELEASE};

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = release::KIND;

/// Plans the driver, which changes after `needs`; with `wait`, one that does not run yet is waited
/// for.
pub fn plan<C: From<Call> + From<release::Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Driver,
    (found, needs): (&Found, &[ChangeId]),
    wait: bool,
) -> Result<(), RenderError> {
    let Found { release, foreign, .. } = found;
    let (inputs, release) = (wanted.inputs, release.as_ref());
    if !inputs.mode.has_chart() {
        if inputs.mode == DriverMode::Skip && release.is_none() && foreign.is_empty() {
            plan.warnings.push(Warning::new(
                "no CSI driver for EFS was found, and `driver` is `skip`: claims will stay pending",
                "install one, or leave out `driver = \"skip\"` to have it installed",
            ));
        }
        return Ok(());
    }
    let address = address(scope);
    plan.refusals.extend(foreign.iter().map(|foreign| installed(&address, foreign)));
    let theirs = release.filter(|release| !release.ours && inputs.mode != DriverMode::Adopt);
    if let Some(release) = theirs {
        plan.refusals.push(foreign_release(&address, release, inputs));
        return Ok(());
    }
    let wanted = wanted.release()?;
    let until_ready = || Call::UntilReady { namespace: inputs.namespace.clone() };
    let mut planned = release::plan(scope, address.clone(), &wanted, release);
    if matches!(planned, Planned::Nothing) && found.lacks_csi_driver() {
        planned = registered_again(scope, &address, &wanted, release);
    }
    if let Planned::Change(change) = &mut planned {
        change.needs.extend(before(plan, scope, (&wanted, inputs.version), found));
        change.needs.extend(needs.iter().cloned());
        if wait {
            change.calls.push(until_ready().into());
        }
    }
    if matches!(planned, Planned::Nothing) && wait && !found.behind().is_empty() {
        plan.waits.push(Wait {
            id: scope.id("driver.ready"),
            address,
            reason: format!("not all pods are ready: {}", found.behind().join(", ")),
            call: until_ready().into(),
        });
    }
    if matches!(planned, Planned::Nothing) {
        let partly = found.not_waited_for();
        plan.warnings.extend(partly.into_iter().map(|it| {
            Warning::new(plain(&format!("{it}: not waited for")), "look at these nodes and pods")
        }));
    }
    release::add(plan, planned);
    Ok(())
}

/// What stands against a change of the release, and what must come before it.
fn before<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (wanted, version): (&release::Wanted, ChartVersion),
    found: &Found,
) -> Option<ChangeId> {
    // Every field is looked at: a new one does not compile until somebody says what it means.
    let Found {
        release,
        foreign: _,
        pods: _,
        rollouts: _,
        volumes,
        chart,
        csi_driver,
        made,
        running: _,
        applied_by_eks: _,
    } = found;
    let address = address(scope);
    plan.refusals.extend(unknown_handles(scope, version, volumes));
    let installed = release.as_ref().map(|release| release.chart.as_str());
    plan.warnings.extend(installed.and_then(|chart| mounts_of_before(chart, version)));
    plan.refusals.extend(installed.and_then(|chart| hung(&address, chart, version, volumes)));
    if let Some(chart) = chart {
        plan.refusals.extend(release::incompatible_chart(&address, wanted, chart));
        plan.warnings.extend(release::unread_values(wanted, chart));
    }
    let made = made.as_ref()?;
    plan.refusals.extend(made.beyond.iter().map(|beyond| escalates(&address, beyond)));
    csi_driver::plan(plan, scope, &wanted.id, csi_driver, made.csi_driver.as_ref())
}

/// An upgrade to what is there already, for the object that is missing of it: Helm makes it anew.
fn registered_again<C: From<Call> + From<release::Call>>(
    scope: &Scope,
    address: &Address,
    wanted: &release::Wanted,
    found: Option<&Release>,
) -> Planned<C> {
    let Some(found) = found.filter(|found| found.status == Status::Deployed) else {
        return Planned::Nothing;
    };
    let upgrade =
        release::Call::Upgrade { release: Box::new(wanted.clone()), follows: Some(found.revision) };
    let change = Change::new(Action::Update, scope.id(KIND), address.clone())
        .because(format!("the CSIDriver `{PROVISIONER}` is gone, and no pod can mount without it"));
    Planned::Change(change.calling(upgrade))
}

/// Whether the release must be made or changed, and so its chart be looked at. One without its
/// CSIDriver is looked at too: not every chart makes one. Of an add-on no chart is.
///
/// A role of ours that the release has is not known yet when this is asked.
pub fn needs_chart(
    wanted: &Driver,
    release: Option<&Release>,
    csi_driver: &CsiDriver,
) -> Result<bool, RenderError> {
    if !wanted.inputs.mode.has_chart() {
        return Ok(false);
    }
    if release.is_some() && *csi_driver == CsiDriver::Missing {
        return Ok(true);
    }
    let mut wanted = wanted.clone();
    let annotated = release.and_then(|release| annotated_role(release.values.as_object()?));
    let name = format!(":role/{}", wanted.owner.role_name());
    if let Some(role) = annotated.filter(|role| wanted.role.is_none() && role.ends_with(&name)) {
        wanted.role = Some(Known::Now(role.to_owned()));
    }
    Ok(release::differs(&wanted.release()?, release))
}

/// Whether an older driver may be installed than the one that made the volumes that are there,
/// and so these be looked at.
pub fn may_be_older(inputs: &DriverInputs) -> bool {
    inputs.version < ChartVersion::PREFIXED_HANDLES
}

/// What else in the cluster needs the driver.
#[derive(Debug, Clone, Copy)]
pub struct Others<'a> {
    /// Other classes of the driver.
    pub classes: &'a [String],
    /// Volumes of the driver that are of other classes, or of none.
    pub volumes: &'a [String],
}

/// Plans to uninstall the driver, where it is ours and nobody needs it.
pub fn remove<C: From<Call> + From<release::Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    inputs: &DriverInputs,
    (found, others): (&Found, Others),
    needs: &[ChangeId],
) -> Option<ChangeId> {
    let release = found.release.as_ref()?;
    let stays = if inputs.mode == DriverMode::Skip {
        Some("`driver` is `skip`".to_owned())
    } else if !release.ours {
        Some("this project did not make it".to_owned())
    } else if !others.classes.is_empty() {
        Some(format!("it serves the class {}", others.classes.join(", ")))
    } else if !others.volumes.is_empty() {
        Some(format!("it serves the volume {}", others.volumes.join(", ")))
    } else {
        None
    };
    if let Some(why) = stays {
        plan.notes.push(format!("the release `{RELEASE}` stays: {why}"));
        return None;
    }
    let id = release::Id { name: RELEASE.to_owned(), namespace: inputs.namespace.clone() };
    let change = Change::new(Action::Delete, scope.id("helm_release.delete"), address(scope))
        .because("the deployment is destroyed")
        .needing(needs.to_vec())
        .showing(plan::gone([&release::CHART], &release.spec()))
        .calling(release::Call::Uninstall(id))
        .calling(Call::DeleteCsiDriver { name: PROVISIONER.to_owned(), observed: None });
    let id = change.id.clone();
    plan.changes.push(change);
    Some(id)
}

/// Its rows in a status.
pub fn rows(found: &Found) -> Vec<Row> {
    let mut rows = Vec::new();
    match &found.release {
        Some(release) => rows.push(Row {
            resource: "driver",
            name: format!("release {RELEASE}"),
            state: plain(release.status.as_str()),
            detail: plain(&format!("{}, revision {}", release.chart, release.revision)),
            healthy: release.status == Status::Deployed,
        }),
        None if found.foreign.is_empty() => {
            rows.push(Row::missing("driver", format!("release {RELEASE}")));
        }
        None => {}
    }
    if found.release.is_some() && found.csi_driver == CsiDriver::Missing {
        rows.push(Row::missing("driver", format!("CSIDriver {PROVISIONER}")));
    }
    rows.extend(found.foreign.iter().map(|foreign| Row {
        resource: "driver",
        name: match foreign {
            Foreign::Release { name, namespace } => format!("release {namespace}/{name}"),
            Foreign::AddOn => "EKS add-on".to_owned(),
            Foreign::Manifests { namespace } => format!("manifests in {namespace}"),
        },
        state: "installed".to_owned(),
        detail: "by another owner".to_owned(),
        healthy: true,
    }));
    rows.extend(found.rollouts.iter().map(|rollout| Row {
        resource: "driver",
        name: rollout.name.clone(),
        state: if rollout.is_complete() { "ready" } else { "not ready" }.to_owned(),
        detail: plain(&format!(
            "{} of {} {}",
            rollout.done(),
            rollout.desired,
            rollout.not_waited_for().or(rollout.why.clone()).unwrap_or_default()
        )),
        healthy: rollout.is_complete(),
    }));
    rows
}

fn address(scope: &Scope) -> Address {
    scope.address(KIND, Some(RELEASE))
}

/// Another installation of the driver: two of them do not live in one cluster.
pub(crate) fn installed(address: &Address, foreign: &Foreign) -> Refusal {
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
    Refusal::new(
        address,
        reason,
        format!("keep it and leave it alone with `--driver skip`, or remove it first: {remove}"),
    )
}

/// A release of our name that we never made.
fn foreign_release(address: &Address, release: &Release, inputs: &DriverInputs) -> Refusal {
    let held = release::held(release).map(|held| format!("; {held}")).unwrap_or_default();
    Refusal::new(
        address,
        format!(
            "the release `{RELEASE}` in `{}` ({}, revision {}) is not managed by Clockwork Codex{held}",
            inputs.namespace, release.chart, release.revision
        ),
        "take it over with `--driver adopt`, whose plan shows what changes, \
         or leave it alone with `--driver skip`",
    )
}
