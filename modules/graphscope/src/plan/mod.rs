//! From what a workload should be and what is there to what will be done.

mod documents;

use efs::{
    Action, After, Difference, FoundChart, Operation, Plan, Refusal, Release, Resource, Step,
    WantedRelease, address, bytes, release_differs, release_step, unread_values, unsuitable_chart,
};

use crate::claims::Claim;
use crate::documents::claim_document;
use crate::inputs::Inputs;

pub use documents::FoundDocuments;

/// What was observed of a workload.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Actual {
    /// Its documents, where the target is a directory; there is no cluster then.
    pub documents: Option<FoundDocuments>,
    /// The claims of its namespace that have its names, or its label.
    pub claims: Vec<FoundClaim>,
    /// Its release.
    pub release: Option<Release>,
    /// Its chart, where the release must be made or changed.
    pub chart: Option<FoundChart>,
}

/// A claim that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundClaim {
    /// What every claim has.
    pub claim: efs::Claim,
    /// Its class.
    pub class: Option<String>,
    /// Whether this workload made it.
    pub ours: bool,
    /// Whether its chart made it, one for each pod of a StatefulSet, as the store's data.
    pub of_release: bool,
}

impl Inputs {
    /// The workload's release as it should be.
    pub fn release(&self) -> Result<WantedRelease, efs::RenderError> {
        Ok(WantedRelease {
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            chart_name: self.kind.chart().to_owned(),
            chart: self.helm_chart.clone(),
            version: self.helm_chart_version.clone(),
            digest: None,
            values: self.release_values()?,
            owner: format!("{}/{}", self.namespace, self.name),
        })
    }

    /// Whether the release must be made or changed, and so its chart be looked at.
    pub fn needs_chart(&self, release: Option<&Release>) -> Result<bool, efs::RenderError> {
        Ok(release_differs(&self.release()?, release))
    }
}

/// What has to be done so that a workload is what it should be, after `needs`.
///
/// A claim that is wanted no more stays with its data, unless `delete_data`.
pub fn plan(
    label: &str,
    inputs: &Inputs,
    actual: &Actual,
    needs: &[String],
    delete_data: bool,
) -> Result<Plan, efs::RenderError> {
    if let Some(found) = &actual.documents {
        return documents::plan(label, inputs, found, needs, delete_data);
    }
    let mut plan = Plan::default();
    for claim in inputs.claims() {
        let found = actual.claims.iter().find(|found| found.claim.name == claim.name);
        wanted(&mut plan, label, inputs, &claim, found, needs)?;
    }
    let before: Vec<String> =
        needs.iter().cloned().chain(plan.steps.iter().map(|step| step.id.clone())).collect();
    let release_address = address(label, Resource::HelmRelease, Some(&inputs.name));
    let foreign = actual.release.as_ref().filter(|release| !release.ours);
    if let Some(release) = foreign {
        plan.refusals.push(Refusal {
            address: release_address,
            reason: format!(
                "somebody else made the release `{}` in `{}` ({})",
                inputs.name, inputs.namespace, release.chart
            ),
            remedy: "give the workload another `name` or `namespace`".to_owned(),
        });
    } else {
        let release = inputs.release()?;
        if let Some(chart) = &actual.chart {
            plan.refusals.extend(unsuitable_chart(&release_address, &release, chart));
            plan.warnings.extend(unread_values(&release, chart));
        }
        let workload = label.to_owned();
        let step = release_step(
            &format!("{label}.helm_release"),
            release_address,
            &release,
            actual.release.as_ref(),
            before,
            |stuck| Operation::UpgradeWorkload { workload, stuck },
        );
        plan.steps.extend(step);
    }
    let after: Vec<String> = plan.steps.iter().map(|step| step.id.clone()).collect();
    let known = inputs.claims();
    let gone = actual
        .claims
        .iter()
        .filter(|found| found.ours && !known.iter().any(|claim| claim.name == found.claim.name));
    for found in gone {
        leave(&mut plan, label, found, &after, delete_data);
    }
    Ok(plan)
}

/// What has to be done so that nothing of a workload is left but its data, and
/// not even that with `delete_data`.
pub fn destroy(label: &str, inputs: &Inputs, actual: &Actual, delete_data: bool) -> Plan {
    if let Some(found) = &actual.documents {
        return documents::destroy(label, inputs, found, delete_data);
    }
    let mut plan = Plan::default();
    let mut before = Vec::new();
    match &actual.release {
        Some(release) if release.ours => {
            let id = format!("{label}.helm_release.delete");
            plan.steps.push(Step {
                id: id.clone(),
                action: Action::Delete,
                resource: Resource::HelmRelease,
                address: address(label, Resource::HelmRelease, Some(&inputs.name)),
                reason: "the workload is taken down".to_owned(),
                needs: Vec::new(),
                differences: Vec::new(),
                operation: Operation::UninstallWorkload { workload: label.to_owned() },
            });
            before.push(id);
        }
        Some(_) => plan
            .notes
            .push(format!("the release `{}` stays: this project did not make it", inputs.name)),
        None => {}
    }
    // What somebody else's release keeps is theirs.
    let theirs = actual.release.as_ref().is_some_and(|release| !release.ours);
    let of_us = |found: &&FoundClaim| found.ours || (found.of_release && !theirs);
    for found in actual.claims.iter().filter(of_us) {
        leave(&mut plan, label, found, &before, delete_data);
    }
    plan
}

/// A claim that should be there.
fn wanted(
    plan: &mut Plan,
    label: &str,
    inputs: &Inputs,
    claim: &Claim,
    found: Option<&FoundClaim>,
    needs: &[String],
) -> Result<(), efs::RenderError> {
    let address = address(label, Resource::PersistentVolumeClaim, Some(&claim.name));
    let class = &inputs.storage_class_name;
    let mut refuse = |reason: String, remedy: String| {
        plan.refusals.push(Refusal { address: address.clone(), reason, remedy });
    };
    let (action, reason, differences) = match found {
        None => (
            Action::Create,
            "the claim is not there",
            vec![
                Difference::new("storageClassName", None, After::Value(class.clone())),
                Difference::new("accessModes", None, After::Value("ReadWriteMany".to_owned())),
                Difference::new("storage", None, After::Value(claim.size.clone())),
            ],
        ),
        Some(found) if !found.ours => {
            refuse(
                format!("`{}` has a claim of that name that was not made here", inputs.namespace),
                "give the workload another `name` or `namespace`".to_owned(),
            );
            return Ok(());
        }
        Some(found) => {
            if let Some((reason, remedy)) = may_not_become(inputs, claim, found) {
                refuse(reason, remedy);
                return Ok(());
            }
            let had = found.claim.requested.clone().unwrap_or_default();
            let (asked, has) = (bytes(&claim.size), bytes(&had));
            if asked == has && !found.claim.wants_more {
                return Ok(());
            }
            let before = found.claim.capacity.clone().or(Some(had));
            let after = After::Value(claim.size.clone());
            (
                Action::Update,
                "it asks for more than it has",
                vec![Difference::new("storage", before, after)],
            )
        }
    };
    plan.steps.push(Step {
        id: format!("{label}.claim.{}", claim.name),
        action,
        resource: Resource::PersistentVolumeClaim,
        address,
        reason: reason.to_owned(),
        needs: needs.to_vec(),
        differences,
        operation: Operation::ApplyClaim {
            namespace: inputs.namespace.clone(),
            name: claim.name.clone(),
            document: claim_document(inputs, claim)?,
        },
    });
    Ok(())
}

/// Why a claim that is there can never be what is wanted, and what to do then.
fn may_not_become(inputs: &Inputs, claim: &Claim, found: &FoundClaim) -> Option<(String, String)> {
    let class = &inputs.storage_class_name;
    if found.class.as_ref() != Some(class) {
        let had = found.class.as_deref().unwrap_or("no class");
        return Some((
            format!("the claim is of `{had}`, and a claim never changes its class"),
            format!(
                "keep `storage_class_name = \"{had}\"`, or copy the data to a workload of another \
                 `name` and take this one down with `--delete-data`"
            ),
        ));
    }
    let had = found.claim.requested.as_deref().unwrap_or_default();
    if bytes(&claim.size) < bytes(had) {
        return Some((
            format!("the claim asks for {had}, and claims never shrink"),
            format!("keep `{} = \"{had}\"`", claim.directory),
        ));
    }
    None
}

/// A claim that is wanted no more: its data outlives the workload.
fn leave(plan: &mut Plan, label: &str, found: &FoundClaim, needs: &[String], delete_data: bool) {
    let name = &found.claim.name;
    if !delete_data {
        plan.notes
            .push(format!("the claim `{name}` stays with its data; `--delete-data` deletes it"));
        return;
    }
    let address = address(label, Resource::PersistentVolumeClaim, Some(name));
    // Pods of the release go with it; others are somebody's who still works on the data.
    if !found.claim.used_by.is_empty() && needs.is_empty() {
        plan.refusals.push(Refusal {
            address,
            reason: format!("pods use it: {}", found.claim.used_by.join(", ")),
            remedy: "stop them first".to_owned(),
        });
        return;
    }
    plan.steps.push(Step {
        id: format!("{label}.claim.{name}.delete"),
        action: Action::Delete,
        resource: Resource::PersistentVolumeClaim,
        address,
        reason: "nothing asks for it any more, and `--delete-data` was given".to_owned(),
        needs: needs.to_vec(),
        differences: Vec::new(),
        operation: Operation::DeleteClaim {
            namespace: found.claim.namespace.clone(),
            name: name.clone(),
        },
    });
}
