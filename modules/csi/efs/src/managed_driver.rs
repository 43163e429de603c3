//! The driver where EKS installs it as an add-on: its part of whole plans.

use kubernetes::RenderError;
use plan::{ChangeId, Known, Refusal};

use crate::actual::Actual;
use crate::calls::Plan;
use crate::chart::NEWER_PARAMETERS;
use crate::cluster::Cluster;
use crate::desired::Desired;
use crate::identity::Given;
use crate::inputs::Inputs;
use crate::owner::Owner;
use crate::resources::addon::{self, Observed};
use crate::resources::driver::{CsiDriver, DriverMode, Foreign, Found, Others};
use crate::resources::{file_system, storage_class};

/// The same with the chart whose driver the add-on has: what depends on the driver is known by
/// charts.
pub(crate) fn with_chart_of_addon(desired: &Desired, actual: &Actual) -> Desired {
    let mut desired = desired.clone();
    let driver = &mut desired.inputs.driver;
    if driver.mode == DriverMode::Addon {
        let observed = actual.addon.clone().unwrap_or_default();
        let version = addon::version(driver, &observed).ok();
        if let Some(chart) = version.and_then(|version| addon::chart_of(&version)) {
            driver.version = chart;
        }
    }
    desired
}

/// Plans the add-on, where the driver is one.
pub(crate) fn plan(
    plan: &mut Plan,
    desired: &Desired,
    actual: &Actual,
    (of_this_job, given): (&[String], &Given),
) {
    let Desired { scope, inputs, .. } = desired;
    if inputs.driver.mode != DriverMode::Addon {
        return;
    }
    plan.refusals.extend(newer_parameters(desired));
    let (owner, classes) = (inputs.owner(), classes(actual.cluster.as_ref()));
    let driver = actual.cluster.as_ref().map(|cluster| &cluster.driver);
    let wanted = wanted(desired, (&owner, driver), (classes.as_deref(), of_this_job), given);
    let nothing = Observed::default();
    addon::plan(plan, scope, &wanted, actual.addon.as_ref().unwrap_or(&nothing));
}

fn wanted<'a>(
    desired: &'a Desired,
    (owner, driver): (&'a Owner, Option<&'a Found>),
    (classes, of_this_job): (Option<&'a [String]>, &'a [String]),
    given: &'a Given,
) -> addon::Wanted<'a> {
    let inputs = &desired.inputs;
    addon::Wanted {
        owner,
        inputs: &inputs.driver,
        role: given.driver(inputs.driver(owner)).role,
        tags: &inputs.tags,
        needs: &given.before_driver,
        wait: desired.wait_for_driver,
        driver,
        classes,
        of_this_job,
    }
}

fn classes(cluster: Option<&Cluster>) -> Option<Vec<String>> {
    let cluster = cluster?;
    Some(cluster.other_classes.iter().map(|class| class.name.clone()).collect())
}

/// Plans that a release of the chart takes the place of an add-on of ours; the answer is the driver
/// as the release finds it, and what must be done before.
pub(crate) fn leave(
    plan: &mut Plan,
    desired: &Desired,
    (actual, cluster): (&Actual, &Cluster),
    (of_this_job, given): (&[String], &Given),
) -> Result<(Found, Vec<ChangeId>), RenderError> {
    let (mut driver, mut needs) = (cluster.driver.clone(), given.before_driver.clone());
    let inputs = &desired.inputs;
    let owner = inputs.owner();
    let found = actual.addon.as_ref().and_then(|observed| observed.found.as_ref());
    let Some(found) = found.filter(|found| {
        inputs.driver.mode.has_chart() && driver.release.is_none() && found.is_of(&owner)
    }) else {
        return Ok((driver, needs));
    };
    let becomes = given.driver(inputs.driver(&owner)).release()?;
    let classes = classes(Some(cluster));
    let wanted =
        wanted(desired, (&owner, Some(&cluster.driver)), (classes.as_deref(), of_this_job), given);
    needs.extend(addon::leave(plan, &desired.scope, &wanted, (found, &becomes)));
    driver.foreign.retain(|foreign| *foreign != Foreign::AddOn);
    // It is among the objects that Helm is given.
    if let CsiDriver::There(found) = &mut driver.csi_driver {
        found.release = Some(becomes.id.clone());
    }
    Ok((driver, needs))
}

/// Parameters of the class that the driver of the add-on would ignore without a word.
fn newer_parameters(desired: &Desired) -> Vec<Refusal> {
    let Desired { scope, inputs, .. } = desired;
    let chart = inputs.driver.version;
    let (owner, any) = (inputs.owner(), Known::After(file_system::KIND.into()));
    let parameters = inputs.storage_class(&owner, &any).spec().parameters;
    let unknown = NEWER_PARAMETERS
        .iter()
        .filter(|(_, parameter, first)| chart < *first && parameters.contains_key(*parameter));
    unknown
        .map(|(input, parameter, _)| {
            Refusal::new(
                scope.address(storage_class::KIND, Some(&inputs.storage_class.name)),
                format!("the driver of the add-on would ignore `{parameter}` without a word"),
                format!("choose a newer `addon_version`, or leave `{input}` out"),
            )
        })
        .collect()
}

/// Plans the removal of the add-on, after `needs`.
pub(crate) fn remove(
    plan: &mut Plan,
    (scope, inputs): (&plan::Scope, &Inputs),
    actual: &Actual,
    others: Option<Others>,
    needs: &[ChangeId],
) -> Option<ChangeId> {
    let found = actual.addon.as_ref().and_then(|observed| observed.found.as_ref());
    let found = found.filter(|_| inputs.driver.mode != DriverMode::Skip);
    addon::remove(plan, scope, (&inputs.owner(), found), others, needs)
}
