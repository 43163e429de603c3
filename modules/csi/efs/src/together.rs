//! The plans of several modules of one job. A cluster has one driver: of the modules
//! that want it, the first installs it and the last uninstalls it.

use kubernetes::{RenderError, release};
use plan::{ChangeId, Refusal, Scope};

use crate::actual::Actual;
use crate::deployment::{DriverPart, Plan, destroy_part, plan_part};
use crate::desired::Desired;
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

/// [`destroy`](crate::destroy) for each of these modules. The driver goes after the
/// classes of all of them.
pub fn destroy_together(modules: &[(&Scope, &Inputs, &Actual)]) -> Vec<Plan> {
    let last = modules.iter().rposition(|(_, inputs, _)| wants_driver(inputs));
    let mut going: Vec<(ChangeId, &str)> = Vec::new();
    let mut plans = Vec::new();
    for (number, (scope, inputs, actual)) in modules.iter().enumerate() {
        // The last one that wants the driver is planned when all classes are known.
        if Some(number) == last {
            plans.push(Plan::default());
            continue;
        }
        let plan = destroy_part(scope, inputs, actual, DriverPart::Others);
        let of_class =
            plan.changes.iter().filter(|change| change.address.kind == storage_class::KIND);
        going
            .extend(of_class.map(|change| (change.id.clone(), inputs.storage_class.name.as_str())));
        plans.push(plan);
    }
    if let Some(number) = last
        && let (Some((scope, inputs, actual)), Some(plan)) =
            (modules.get(number), plans.get_mut(number))
    {
        let after: Vec<ChangeId> = going.iter().map(|(id, _)| id.clone()).collect();
        let classes: Vec<&str> = going.iter().map(|(_, class)| *class).collect();
        let part = DriverPart::Last { classes: &classes, after: &after };
        *plan = destroy_part(scope, inputs, actual, part);
    }
    plans
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
