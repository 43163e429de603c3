//! The plans of several modules of one job. A cluster has one driver: of the modules
//! that want it, the first installs it and the last uninstalls it.

use kubernetes::{RenderError, release};
use plan::{ChangeId, Refusal, Scope};

use crate::actual::Actual;
use crate::calls::Plan;
use crate::class_set::going;
use crate::deployment::{DriverPart, plan_part};
use crate::desired::Desired;
use crate::destroy::{Part, destroy_part};
use crate::guard::unknown_ids;
use crate::ids::FileSystemId;
use crate::inputs::Inputs;
use crate::managed_driver;
use crate::resources::driver::{self, DriverMode};
use crate::resources::file_system::FileSystemSource;
use crate::resources::{addon, canary, file_system, iam_role};
use crate::users::OtherClass;

/// [`plan`](crate::plan) for each of these modules, of which one installs the driver.
/// Modules that want different releases of it are refused.
pub fn plan_together(modules: &[(&Desired, &Actual)]) -> Result<Vec<Plan>, RenderError> {
    let mut installs: Option<&Desired> = None;
    let mut role = None;
    let owners: Vec<String> =
        modules.iter().map(|(desired, _)| desired.inputs.owner().name()).collect();
    let own = DriverPart::Own { of_this_job: &owners };
    let (mut plans, mut driver_changes) = (Vec::new(), Vec::new());
    let modules = &with_chart_of_job(modules);
    for (desired, actual) in modules {
        let wants = wants_driver(&desired.inputs);
        let first = installs.filter(|_| wants);
        let part = if first.is_some() { DriverPart::Others { role: role.as_ref() } } else { own };
        let mut plan = plan_part(desired, actual, part)?;
        // A cluster has one driver, which the claims of every class need.
        canary::after_changes(&mut plan, &driver_changes);
        driver_changes.extend(of_driver(&plan));
        match first {
            Some(first) => plan.refusals.extend(another_driver(first, desired)?),
            None if wants => {
                installs = Some(desired);
                let of_role =
                    plan.changes.iter().find(|change| change.address.kind == iam_role::KIND);
                role = of_role.map(|change| change.id.clone());
            }
            None => {}
        }
        let before = || modules.iter().map(|(desired, _)| desired).take(plans.len());
        plan.refusals.extend(managed_twice(before(), desired));
        let with_chart = managed_driver::with_known_chart(desired, actual);
        plan.refusals.extend(ranges_of_one_file_system(before(), &with_chart));
        plans.push(plan);
    }
    Ok(plans)
}

/// The modules, of which those that leave the driver alone know the chart of the one that installs it.
fn with_chart_of_job<'a>(modules: &[(&Desired, &'a Actual)]) -> Vec<(Desired, &'a Actual)> {
    let installs = modules.iter().find(|(desired, _)| wants_driver(&desired.inputs));
    let chart = installs.map(|(desired, actual)| {
        managed_driver::with_known_chart(desired, actual).inputs.driver.version
    });
    let each = |(desired, actual): &(&Desired, &'a Actual)| {
        let chart_of_job = chart.filter(|_| !wants_driver(&desired.inputs));
        (Desired { chart_of_job, ..(*desired).clone() }, *actual)
    };
    modules.iter().map(each).collect()
}

/// [`destroy`](crate::destroy) for each of these modules, which may delete the data of the file
/// systems of these ids. The driver goes after the classes of all of them, and a file system
/// after those that name it.
pub fn destroy_together(
    modules: &[(&Scope, &Inputs, &Actual)],
    delete_data: &[FileSystemId],
) -> Vec<Plan> {
    let last = modules.iter().rposition(|(_, inputs, _)| wants_driver(inputs));
    let going: Vec<Vec<(ChangeId, &str)>> =
        modules.iter().map(|(scope, inputs, actual)| going(scope, inputs, actual)).collect();
    let mut plans = Vec::new();
    for (number, (scope, inputs, actual)) in modules.iter().enumerate() {
        let others = going.iter().enumerate().filter(|(other, _)| *other != number);
        let others: Vec<(ChangeId, &str)> =
            others.flat_map(|(_, classes)| classes.clone()).collect();
        let after: Vec<ChangeId> = others.iter().map(|(id, _)| id.clone()).collect();
        let classes: Vec<&str> = others.iter().map(|(_, class)| *class).collect();
        let driver = if Some(number) == last {
            DriverPart::Last { classes: &classes, after: &after }
        } else {
            DriverPart::Others { role: None }
        };
        let policies: Vec<String> = modules
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != number)
            .map(|(_, (_, inputs, _))| inputs.owner().policy_name())
            .collect();
        let part = Part { driver, going: &others, policies: &policies, delete_data };
        plans.push(destroy_part(scope, inputs, actual, &part));
    }
    role_last(&mut plans);
    let found: Vec<Option<&FileSystemId>> = modules
        .iter()
        .map(|(_, _, actual)| actual.file_system.as_ref().map(|found| &found.id))
        .collect();
    if let Some(first) = plans.first_mut() {
        first.refusals.extend(unknown_ids(delete_data, &found));
    }
    plans
}

/// Has the role of the driver go after the policies of all modules in it.
fn role_last(plans: &mut [Plan]) {
    let policies: Vec<ChangeId> = plans
        .iter()
        .flat_map(|plan| &plan.changes)
        .filter(|change| change.address.kind == iam_role::POLICY_KIND)
        .map(|change| change.id.clone())
        .collect();
    let changes = plans.iter_mut().flat_map(|plan| &mut plan.changes);
    for change in changes.filter(|change| change.address.kind == iam_role::KIND) {
        change.needs.extend(policies.iter().cloned());
    }
}

/// Why a module cannot have the file system that one before it has as its own.
fn managed_twice<'a>(
    mut before: impl Iterator<Item = &'a Desired>,
    desired: &Desired,
) -> Option<Refusal> {
    let id = desired.inputs.imported.as_ref()?;
    let other = before.find(|other| other.inputs.imported.as_ref() == Some(id))?;
    Some(Refusal::new(
        desired.scope.address(file_system::KIND, None),
        format!("{id} is the file system of `module.{}`", other.scope.module),
        "leave `manage_file_system` out in one of them, or give it `storage_classes` instead",
    ))
}

/// Why a class cannot be on the file system that modules before it have adopted too.
fn ranges_of_one_file_system<'a>(
    before: impl Iterator<Item = &'a Desired>,
    desired: &Desired,
) -> Option<Refusal> {
    let FileSystemSource::Adopted(id) = &desired.inputs.file_system else { return None };
    let others: Vec<OtherClass> = before
        .filter(|other| other.inputs.file_system == desired.inputs.file_system)
        .flat_map(|other| other.inputs.classes())
        .map(|class| OtherClass {
            name: class.name.clone(),
            file_system: Some(id.to_string()),
            gid_range: class.hands_out(),
            unknown: None,
        })
        .collect();
    let mut classes = desired.inputs.classes().filter(|_| wants_driver(&desired.inputs));
    classes.find_map(|class| {
        let of_driver = &desired.inputs.driver;
        driver::shared_range(&desired.scope, of_driver, (class, id.as_str()), &others)
    })
}

/// What a plan does with the driver.
fn of_driver(plan: &Plan) -> Vec<ChangeId> {
    let changes = plan.changes.iter().map(|change| (&change.id, &change.address));
    let waits = plan.waits.iter().map(|wait| (&wait.id, &wait.address));
    let of_driver = changes
        .chain(waits)
        .filter(|(_, address)| [driver::KIND, addon::KIND].contains(&address.kind));
    of_driver.map(|(id, _)| id.clone()).collect()
}

fn wants_driver(inputs: &Inputs) -> bool {
    inputs.driver.mode != DriverMode::Skip
}

/// Why the second of two modules cannot share the driver of the first.
fn another_driver(first: &Desired, second: &Desired) -> Result<Option<Refusal>, RenderError> {
    let release = |desired: &Desired| desired.inputs.driver(&desired.inputs.owner()).release();
    let (one, other) = (&first.inputs.driver, &second.inputs.driver);
    let is_addon = |mode| mode == DriverMode::Addon;
    let mut differing = match (is_addon(one.mode), is_addon(other.mode)) {
        (true, true) => addon::disagreements(one, other),
        (false, false) => release::disagreements(&release(first)?, &release(second)?),
        _ => vec!["driver".to_owned()],
    };
    if first.inputs.driver.identity != second.inputs.driver.identity {
        differing.push("driver_identity".to_owned());
    }
    if differing.is_empty() {
        return Ok(None);
    }
    Ok(Some(Refusal::new(
        second.scope.address(driver::KIND, Some(crate::chart::RELEASE)),
        format!(
            "a cluster has one EFS driver, and `module.{}` and `module.{}` want different ones: {}",
            first.scope.module,
            second.scope.module,
            differing.join(", ")
        ),
        "give both modules the same inputs for it, or one of them `driver = \"skip\"`",
    )))
}
