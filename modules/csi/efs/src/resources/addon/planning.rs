//! The add-on's part of a plan.

use std::collections::BTreeSet;

use kubernetes::same_values;
use plan::{Action, Address, Change, ChangeId, Difference, Plan, Refusal, Scope, compare};

use super::moving::{self, mounts_of_before, runs, unknown_handles, without_proxy};
use super::spec::{Found, Group, KIND, NAME, Observed, PROPERTIES, Spec, Status, configuration};
use super::told::{contested, degraded, moved, not_ours, not_taken, unresolved, withdrawn};
use super::versions::{chart_of, is_offered, newer_default, version};
use super::wanted::{Call, Wanted, under_way};
use crate::resources::driver::{self, DriverInputs, Foreign, installed};

/// The version whose schema the configuration is held against, where that is going to be sent.
pub fn needs_schema(inputs: &DriverInputs, observed: &Observed) -> Option<String> {
    // EKS describes what it offers.
    let version = version(inputs, observed).ok().filter(|it| is_offered(it, observed))?;
    let has = observed.found.as_ref().filter(|found| found.version == version).map(Found::spec);
    let same = has.is_some_and(|has| same_values(&has.configuration.value, &configuration(inputs)));
    (!same).then_some(version)
}

/// Plans the add-on, and that a release of the chart becomes it.
pub fn plan<C: From<Call> + From<driver::Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    observed: &Observed,
) {
    let address = scope.address(KIND, Some(NAME));
    let found = observed.found.as_ref();
    let foreign = wanted.driver.map(|driver| driver.foreign.as_slice()).unwrap_or_default();
    let foreign = foreign.iter().filter(|foreign| **foreign != Foreign::AddOn);
    let refused = plan.refusals.len();
    plan.refusals.extend(foreign.map(|foreign| installed(&address, foreign)));
    if let Some(found) = found.filter(|found| !found.is_of(wanted.owner)) {
        plan.refusals.push(not_ours(&address, wanted.owner, found));
    }
    plan.refusals.extend(moving::refusals(&address, wanted, observed));
    let version = match version(wanted.inputs, observed) {
        Ok(version) => version,
        Err((reason, remedy)) => {
            plan.refusals.push(Refusal::new(&address, reason, remedy));
            return;
        }
    };
    if plan.refusals.len() > refused {
        return;
    }
    if let Some(wait) = found.and_then(|found| under_way(scope, &address, wanted.owner, found)) {
        plan.waits.push(wait);
        return;
    }
    let stays = found.is_some_and(|found| found.version == version);
    if !is_offered(&version, observed) {
        plan.warnings.push(withdrawn(&version, observed));
    }
    if let Some(default) = newer_default(wanted.inputs, observed).filter(|_| stays) {
        plan.notes.push(format!(
            "the add-on stays at {version}; EKS's default is {default}, which \
             `addon_version = \"{default}\"` moves it to"
        ));
    }
    let change = change(plan, scope, (&address, wanted), observed, version);
    moving::hand_over(plan, scope, wanted, change);
}

/// Plans what makes the add-on what it should be; the answer is the change's id.
fn change<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (address, wanted): (&Address, &Wanted),
    observed: &Observed,
    version: String,
) -> Option<ChangeId> {
    let found = observed.found.as_ref();
    let spec = wanted.spec(version, found);
    let has = found.map(Found::spec);
    // Something new is to be active in any case.
    let shown = if has.is_some() { PROPERTIES } else { &PROPERTIES[1..] };
    let compared = compare(shown, &spec, has.as_ref());
    let mut refusals = Vec::new();
    refusals.extend(compared.forbidden.iter().map(|it| moved(address, it)));
    refusals.extend(unresolved(address, wanted, found));
    if compared.differences.is_empty() && refusals.is_empty() {
        plan.warnings.extend(found.filter(|it| it.status == Status::Degraded).map(degraded));
        return None;
    }
    if let Some(found) = found.filter(|found| wanted.is_kept_elsewhere(found)) {
        refusals.push(contested(address, wanted.owner, found, &compared.differences));
    }
    if let Some(schema) = &observed.schema {
        refusals.extend(not_taken(address, &spec, schema));
    }
    refusals.extend(unknown_handles(address, &spec.version, wanted.driver));
    let before = runs(wanted.driver, found);
    refusals.extend(without_proxy(address, before, chart_of(&spec.version), "addon_version"));
    if !refusals.is_empty() {
        plan.refusals.extend(refusals);
        return None;
    }
    plan.warnings.extend(mounts_of_before(before, chart_of(&spec.version)));
    let groups = compared.groups;
    if let Some(role) = wanted.kept_role(found).filter(|_| groups.contains(&Group::Update)) {
        plan.notes.push(format!(
            "the add-on keeps its role `{role}`, which whoever updates it must be allowed to pass to \
             EKS (`iam:PassRole`)"
        ));
    }
    let change = Change::new(Action::Create, scope.id(KIND), address.clone())
        .needing(wanted.needs.to_vec())
        .showing(compared.differences);
    let change = calls(change, (wanted, spec), found, &groups);
    let id = change.id.clone();
    plan.changes.push(change);
    Some(id)
}

/// The calls of a change, and why it is made.
fn calls<C: From<Call>>(
    mut change: Change<C>,
    (wanted, spec): (&Wanted, Spec),
    found: Option<&Found>,
    groups: &BTreeSet<Group>,
) -> Change<C> {
    let cluster = || wanted.owner.cluster.clone();
    let resolve_conflicts = wanted.inputs.addon.resolve_conflicts;
    let tags = spec.tags.clone();
    let spec = Box::new(spec);
    let replaces =
        found.filter(|it| matches!(it.status, Status::CreateFailed | Status::DeleteFailed));
    let waits = wanted.wait || moving::moves(wanted);
    let is_new = found.is_none() || replaces.is_some();
    let until_active = waits.then(|| Call::UntilActive { cluster: cluster(), is_new });
    change = match (found, replaces) {
        (None, _) => change
            .showing([Difference::later("arn")])
            .because("the add-on is not installed")
            .calling(Call::Create { cluster: cluster(), spec, resolve_conflicts }),
        (Some(_), Some(failed)) => {
            change.action = Action::Replace;
            change
                .because(format!("it is {}: {}", failed.status.as_str(), failed.told()))
                .calling(Call::Delete { cluster: cluster(), preserve: true })
                .calling(Call::UntilGone { cluster: cluster() })
                .calling(Call::Create { cluster: cluster(), spec, resolve_conflicts })
        }
        (Some(found), None) => {
            change.action = Action::Update;
            change = change.because("the add-on differs");
            if groups.contains(&Group::Tags) {
                let missing = tags.into_iter();
                let missing = missing.filter(|(key, value)| found.tags.get(key) != Some(value));
                let (arn, tags) = (found.arn.clone(), missing.collect());
                change = change.calling(Call::Tag { arn, tags });
            }
            if !groups.contains(&Group::Update) {
                return change;
            }
            change.calling(Call::Update { cluster: cluster(), spec, resolve_conflicts })
        }
    };
    change.calls.extend(until_active.map(Into::into));
    change
}
