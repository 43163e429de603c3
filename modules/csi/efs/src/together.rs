//! The plans of several modules of one job. A cluster has one driver: of the modules
//! that want it, the first installs it and the last uninstalls it.

use kubernetes::{RenderError, release};
use plan::{ChangeId, Refusal, Scope};

use crate::actual::Actual;
use crate::deployment::{DriverPart, Plan, plan_part};
use crate::desired::Desired;
use crate::destroy::{Part, destroy_part};
use crate::guard::unknown_ids;
use crate::ids::FileSystemId;
use crate::inputs::Inputs;
use crate::resources::driver::{self, DriverMode};
use crate::resources::storage_class;

/// [`plan`](crate::plan) for each of these modules, of which one installs the driver.
/// Modules that want different releases of it are refused.
pub fn plan_together(modules: &[(&Desired, &Actual)]) -> Result<Vec<Plan>, RenderError> {
    let mut installs: Option<&Desired> = None;
    let owners: Vec<String> =
        modules.iter().map(|(desired, _)| desired.inputs.owner().name()).collect();
    let own = DriverPart::Own { of_this_job: &owners };
    let mut plans = Vec::new();
    for (desired, actual) in modules {
        let wants = wants_driver(&desired.inputs);
        let first = installs.filter(|_| wants);
        let part = if first.is_some() { DriverPart::Others } else { own };
        let mut plan = plan_part(desired, actual, part)?;
        match first {
            Some(first) => plan.refusals.extend(another_driver(first, desired)?),
            None if wants => installs = Some(desired),
            None => {}
        }
        plans.push(plan);
    }
    Ok(plans)
}

/// [`destroy`](crate::destroy) for each of these modules, which may delete the data of the file
/// systems of these ids. The driver goes after the classes of all of them, and a file system
/// after those that name it.
pub fn destroy_together(
    modules: &[(&Scope, &Inputs, &Actual)],
    delete_data: &[FileSystemId],
) -> Vec<Plan> {
    let last = modules.iter().rposition(|(_, inputs, _)| wants_driver(inputs));
    let going: Vec<Option<(ChangeId, &str)>> =
        modules.iter().map(|(scope, inputs, actual)| class_going(scope, inputs, actual)).collect();
    let mut plans = Vec::new();
    for (number, (scope, inputs, actual)) in modules.iter().enumerate() {
        let others = going.iter().enumerate().filter(|(other, _)| *other != number);
        let others: Vec<(ChangeId, &str)> = others.filter_map(|(_, class)| class.clone()).collect();
        let after: Vec<ChangeId> = others.iter().map(|(id, _)| id.clone()).collect();
        let classes: Vec<&str> = others.iter().map(|(_, class)| *class).collect();
        let driver = if Some(number) == last {
            DriverPart::Last { classes: &classes, after: &after }
        } else {
            DriverPart::Others
        };
        let part = Part { driver, going: &others, delete_data };
        plans.push(destroy_part(scope, inputs, actual, &part));
    }
    let found: Vec<Option<&FileSystemId>> = modules
        .iter()
        .map(|(_, _, actual)| actual.file_system.as_ref().map(|found| &found.id))
        .collect();
    if let Some(first) = plans.first_mut() {
        first.refusals.extend(unknown_ids(delete_data, &found));
    }
    plans
}

/// The class that a module deletes, by the change that does.
fn class_going<'a>(
    scope: &Scope,
    inputs: &'a Inputs,
    actual: &Actual,
) -> Option<(ChangeId, &'a str)> {
    let found = actual.cluster.as_ref()?.storage_class.as_ref()?;
    let name = inputs.storage_class.name.as_str();
    found.is_of(&inputs.owner()).then(|| (storage_class::removal_id(scope), name))
}

fn wants_driver(inputs: &Inputs) -> bool {
    inputs.driver.mode != DriverMode::Skip
}

/// Why the second of two modules cannot share the driver of the first.
fn another_driver(first: &Desired, second: &Desired) -> Result<Option<Refusal>, RenderError> {
    let release = |desired: &Desired| desired.inputs.driver(&desired.inputs.owner()).release();
    let differing = release::disagreements(&release(first)?, &release(second)?);
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
