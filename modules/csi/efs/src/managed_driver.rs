//! The driver where EKS installs it as an add-on: its part of whole plans.

use kubernetes::RenderError;
use plan::{ChangeId, Known, Refusal, Warning};

use crate::actual::Actual;
use crate::calls::Plan;
use crate::chart::{self, ChartVersion, NEWER_PARAMETERS};
use crate::cluster::Cluster;
use crate::desired::Desired;
use crate::identity::Given;
use crate::inputs::Inputs;
use crate::owner::Owner;
use crate::resources::addon::{self, Observed};
use crate::resources::driver::{self, CsiDriver, DriverMode, Foreign, Found, Others};
use crate::resources::{file_system, storage_class};
use crate::users::OtherClass;

/// The same with the chart whose driver the add-on has, or which runs where it is somebody else's:
/// what depends on the driver is known by charts.
pub(crate) fn with_known_chart(desired: &Desired, actual: &Actual) -> Desired {
    let mut desired = desired.clone();
    let of_job = desired.chart_of_job;
    let driver = &mut desired.inputs.driver;
    if driver.mode == DriverMode::Skip {
        let running = actual.cluster.as_ref().and_then(|cluster| cluster.driver.running);
        if let Some(chart) = of_job.or(running.map(chart::of_driver)) {
            driver.version = chart;
            driver.assumed = false;
        }
    }
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
        by_associations: given.by_associations,
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

/// What the driver of the add-on, or of somebody else, does not do for the classes. Of a chart, whose
/// version is an input, the inputs are refused where they are read.
pub(crate) fn not_for_classes(plan: &mut Plan, desired: &Desired) {
    let driver = &desired.inputs.driver;
    if driver.mode.has_chart() {
        return;
    }
    if driver.assumed {
        plan.warnings.extend(assumed(desired));
        return;
    }
    plan.refusals.extend(newer_parameters(desired));
    plan.refusals.extend(ranges_of_classes(desired));
}

/// The parameters of the classes that drivers know from a chart on: the class, the input, the
/// parameter and that chart.
fn parameters_of_newer(
    desired: &Desired,
) -> Vec<(String, (&'static str, &'static str, ChartVersion))> {
    let inputs = &desired.inputs;
    let (owner, any) = (inputs.owner(), Known::After(file_system::KIND.into()));
    let own = inputs.storage_class(&owner, &any);
    let mut found = Vec::new();
    for class in std::iter::once(own).chain(inputs.classes_beside(&owner, &any)) {
        let parameters = class.spec().parameters;
        let of_class = NEWER_PARAMETERS.iter().filter(|(_, it, _)| parameters.contains_key(*it));
        found.extend(of_class.map(|newer| (class.inputs.name.clone(), *newer)));
    }
    found
}

/// Parameters of the classes that the driver would ignore without a word.
fn newer_parameters(desired: &Desired) -> Vec<Refusal> {
    let Desired { scope, inputs, .. } = desired;
    let chart = inputs.driver.version;
    let is_addon = inputs.driver.mode == DriverMode::Addon;
    let unknown = parameters_of_newer(desired).into_iter().filter(|(_, newer)| chart < newer.2);
    let refusal = |(class, (input, parameter, first)): (String, (&str, &str, ChartVersion))| {
        let (driver, remedy) = if is_addon {
            ("of the add-on".to_owned(), "choose a newer `addon_version`".to_owned())
        } else {
            (
                format!("that runs, of chart {chart},"),
                format!("have it upgraded to that of chart {first} or later"),
            )
        };
        Refusal::new(
            scope.address(storage_class::KIND, Some(&class)),
            format!("the driver {driver} would ignore `{parameter}` without a word"),
            format!("{remedy}, or leave `{input}` out"),
        )
    };
    unknown.map(refusal).collect()
}

/// What somebody else's driver is assumed to know, where nothing tells its version.
fn assumed(desired: &Desired) -> Option<Warning> {
    let mut newer: Vec<String> = parameters_of_newer(desired)
        .into_iter()
        .map(|(_, (_, parameter, first))| format!("`{parameter}` from chart {first} on"))
        .collect();
    newer.sort();
    newer.dedup();
    (!newer.is_empty()).then(|| {
        Warning::new(
            format!(
                "which version of the driver runs is not known, as it is somebody else's, and an older \
                 one ignores without a word: drivers know {}",
                newer.join(", ")
            ),
            "make sure of it, and name the chart with that driver: `helm_chart_version`",
        )
    })
}

/// Classes of the deployment that hand out other group ids than one before them, with a driver that
/// keeps one range for their file system.
fn ranges_of_classes(desired: &Desired) -> Option<Refusal> {
    // They are on the same one, which may not be there yet.
    const SAME: &str = "";
    let Desired { scope, inputs, .. } = desired;
    let mut before: Vec<OtherClass> = Vec::new();
    inputs.classes().find_map(|class| {
        let refusal = driver::shared_range(scope, &inputs.driver, (class, SAME), &before);
        before.push(OtherClass {
            name: class.name.clone(),
            file_system: Some(SAME.to_owned()),
            gid_range: class.hands_out(),
            unknown: None,
        });
        refusal
    })
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
