//! Which deployment of a cluster keeps the driver's release, where several share it.

use plan::{After, Difference, Plan, Refusal, Scope, Warning};

use super::found::Found;
use super::planning::KIND;
use super::values::{Driver, DriverMode};
use crate::inputs::driver_settings::input_of;

/// Who else may keep the release.
#[derive(Debug, Clone, Copy)]
pub struct Neighbours<'a> {
    /// The other classes of the driver that are in the cluster.
    pub classes: &'a [String],
    /// The deployments of this job, by the name of their owner: they are planned together.
    pub of_this_job: &'a [String],
}

/// How many settings a message names.
const NAMED: usize = 5;

/// Refuses the planned change of a release that another deployment keeps, as each of the two
/// would undo the other's for ever. A deployment whose class is gone keeps nothing.
///
/// With `driver = "adopt"` the release changes hands, and a warning says so.
pub fn contest<C>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Driver,
    found: &Found,
    neighbours: Neighbours,
) {
    let here = wanted.owner.name();
    let keeper = found.release.as_ref().and_then(|release| release.owner.as_deref());
    let Some(there) = keeper.filter(|there| keeps(there, &here, neighbours)) else { return };
    let id = scope.id(KIND);
    let Some(change) = plan.changes.iter().find(|change| change.id == id) else { return };
    if change.differences.is_empty() {
        return;
    }
    let inputs = inputs(&change.differences);
    if wanted.inputs.mode == DriverMode::Adopt {
        plan.warnings.push(Warning::new(
            format!(
                "the driver's release changes hands, from `{there}` to `{here}`: plans of `{there}` \
                 are refused from now on"
            ),
            format!("give both the same {inputs}, or `{there}` the line `driver = \"skip\"`"),
        ));
        return;
    }
    let before = settings(&change.differences, |difference| difference.before.as_deref());
    let after = settings(&change.differences, |difference| match &difference.after {
        After::Value(value) => Some(value),
        _ => None,
    });
    plan.refusals.push(Refusal::new(
        &change.address,
        format!(
            "`{there}` keeps the driver of this cluster with other settings: `{here}` would undo \
             {before}, and the next run of `{there}` would undo {after}"
        ),
        format!(
            "give both the same {inputs}, or one of them `driver = \"skip\"`; with `--driver adopt` \
             `{here}` keeps it from now on"
        ),
    ));
}

/// Whether another deployment keeps the release: one of another job, whose class is there.
fn keeps(there: &str, here: &str, neighbours: Neighbours) -> bool {
    let class = there.rsplit('/').next().unwrap_or(there);
    there != here
        && !neighbours.of_this_job.iter().any(|name| name == there)
        && neighbours.classes.iter().any(|name| name == class)
}

/// Settings with their values, as a list in a sentence.
fn settings(differences: &[Difference], value: impl Fn(&Difference) -> Option<&str>) -> String {
    let named = differences.iter().take(NAMED).map(|difference| {
        let name = difference.attribute.as_str();
        match value(difference) {
            Some(value) => format!("`{name}` = {value}"),
            None => format!("that `{name}` is not set"),
        }
    });
    let mut named: Vec<String> = named.collect();
    if let Some(more) = differences.len().checked_sub(NAMED).filter(|more| *more > 0) {
        named.push(format!("{more} more"));
    }
    named.join(", ")
}

/// Whether it is a value that names the role: an annotation of a service account, or that of the pods
/// which start anew with it, alone or as a whole map that goes.
fn names_role(difference: &Difference) -> bool {
    let attribute = difference.attribute.as_str();
    let goes = difference.before.as_deref().is_some_and(|before| before.contains(ROLE_OF_PODS));
    attribute.ends_with("eks.amazonaws.com/role-arn")
        || attribute.ends_with(ROLE_OF_PODS)
        || (attribute.ends_with(".podAnnotations") && goes)
}

/// The annotation of the controller's pods in `values.yaml.j2`.
const ROLE_OF_PODS: &str = "clockwork-codex/role";

/// The inputs that these settings come from.
fn inputs(differences: &[Difference]) -> String {
    let of_input = |name: &str| input_of(name.strip_prefix("values.")?);
    let mut inputs: Vec<String> = differences
        .iter()
        .map(|difference| match difference.attribute.as_str() {
            "chart" => "`helm_chart_version`".to_owned(),
            name if name.starts_with("values.controller.tags") => "`access_point_tags`".to_owned(),
            _ if names_role(difference) => "`driver_role_arn`".to_owned(),
            name => match of_input(name) {
                Some(input) => format!("`helm_values` or `{input}`"),
                None => "`helm_values`".to_owned(),
            },
        })
        .collect();
    inputs.sort_unstable();
    inputs.dedup();
    match inputs.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
