//! What a run made, as the outputs of its modules and of their file.

use efs::resources::file_system::{FileSystem, Replica};
use efs::resources::{access_point, file_system, iam_role};
use efs::{FileSystemId, Outputs, Size};
use place::Verdict;
use plan::{Plan, Scope};

use super::connection::Connection;
use super::file_outputs;
use crate::call::Call;
use crate::context::Context;
use crate::observe::{Observed, Storage};
use crate::outcome::Made;
use crate::run::Ran;
use crate::users;

/// The outputs of every storage module that can be used, as its file system and its class are
/// there, and of their file.
pub(super) fn outputs(
    connection: &Connection<'_>,
    context: &Context,
    observed: &Observed,
    plan: &Plan<Call>,
    ran: &Ran,
) -> Made {
    let job = connection.job;
    let of = |label: &str, inputs: &efs::Inputs| {
        let scope = job.storage_scope(label);
        let created = scope.id(file_system::KIND);
        let made = plan.changes.iter().any(|change| change.id == created);
        let made = made.then(|| context.results.of(&created).ok()).flatten();
        let Storage { desired, actual, .. } = observed.storage.get(label)?;
        let desired = desired.as_ref()?;
        if efs::class_ids(desired).iter().any(|class| ran.lacks(class)) {
            return None;
        }
        let found = actual.file_system.as_ref();
        let file_system_id = match made {
            Some(id) => FileSystemId::try_from(id).ok()?,
            None => found?.id.clone(),
        };
        let folder = |scope: &Scope| {
            let path = context.directory().ok()?.join(scope.path("")).display().to_string();
            Some(path.trim_end_matches('/').to_owned())
        };
        let driver_in = job.driver_documents(label).elsewhere().map(Scope::among);
        let mine = found.filter(|found| found.id == file_system_id);
        let of_caller = || account(connection.places(), inputs);
        Some(Outputs {
            storage_class_name: inputs.storage_class.name.clone(),
            storage_class_names: names_of_classes(inputs),
            mount_targets: context.results.targets(&file_system_id),
            zones: Some(efs::zones_of(desired, actual)),
            account: mine.and_then(|found| found.account.clone()).or_else(of_caller),
            size: Some(mine.map_or(Size::NOTHING, Size::from)),
            access_points: inputs.access_points.as_ref().map(|_| actual.access_points.clone()),
            replica: replica(context, (&file_system_id, mine), inputs),
            role_arn: role_arn(context, plan, (inputs, actual)),
            cluster_name: inputs.cluster_name.clone(),
            file_system_id,
            region: inputs.aws_region.clone(),
            cluster: context.cluster().ok().map(|cluster| cluster.kube.name.clone()),
            manifests: folder(&scope),
            driver_manifests: driver_in.as_ref().and_then(folder),
        })
    };
    let all =
        job.storage().filter_map(|(label, inputs)| Some((label.to_owned(), of(label, inputs)?)));
    let modules: Vec<(String, Outputs)> = all.collect();
    let file = file_outputs::of(job, observed, &modules);
    Made { modules, file }
}

/// Reads the access points of modules that say which there are, where the run changed any: those that
/// it made have ids now. What cannot be read is left out, as everything is done.
pub(super) async fn read_access_points(
    connection: &Connection<'_>,
    plan: &Plan<Call>,
    made: &mut Made,
) {
    let changed = plan.changes.iter().any(|change| change.address.kind == access_point::KIND);
    for (label, outputs) in made.modules.iter_mut().filter(|_| changed) {
        let inputs = connection.job.storage().find(|(of, _)| of == label).map(|(_, inputs)| inputs);
        let aws = inputs.and_then(|inputs| connection.clients.get(&inputs.aws_region));
        if let (Some(aws), Some(_)) = (aws, &outputs.access_points) {
            outputs.access_points = users::access_points(aws, &outputs.file_system_id).await.ok();
        }
    }
}

/// The classes of a deployment, its own first.
pub(super) fn names_of_classes(inputs: &efs::Inputs) -> Vec<String> {
    inputs.classes().map(|class| class.name.clone()).collect()
}

/// The account of whoever calls AWS for these inputs: what they create belongs to it.
pub(super) fn account(places: &[Verdict], inputs: &efs::Inputs) -> Option<String> {
    let place = inputs.place();
    let of_it = places.iter().find(|verdict| verdict.wanted == place)?;
    of_it.caller.as_ref().map(|caller| caller.account.clone())
}

/// The copy of a file system: the one that the run made or ended, or that was there.
fn replica(
    context: &Context,
    (id, found): (&FileSystemId, Option<&FileSystem>),
    inputs: &efs::Inputs,
) -> Option<Replica> {
    let there = || {
        let replication = found?.spec.replication.as_ref()?;
        Some(Replica::of_source(id, &inputs.aws_region, replication))
    };
    context.results.replica(id, there)
}

/// The role of the driver: the one that is given, was there, or was created.
fn role_arn(
    context: &Context,
    plan: &Plan<Call>,
    (inputs, actual): (&efs::Inputs, &efs::Actual),
) -> Option<String> {
    let given = inputs.driver.identity.role().map(str::to_owned);
    let found = || {
        let role = actual.identity.as_ref()?.role.as_ref()?;
        role.ours.then(|| role.arn.clone())
    };
    let created = || {
        let makes = |call: &Call| match call {
            Call::IamRole(_, iam_role::Call::Create { name, .. }) => {
                *name == inputs.owner().role_name()
            }
            _ => false,
        };
        let change = plan.changes.iter().find(|change| change.calls.iter().any(makes))?;
        context.results.of(&change.id).ok()
    };
    given.or_else(found).or_else(created)
}
