//! `outputs`: what others use of a deployment, read anew.

use std::collections::BTreeSet;

use anyhow::Context as _;
use efs::resources::file_system::Replica;
use efs::{OUTPUTS, OutputFormat, Outputs, Replication, Size, config_map, in_format};
use failure::failure;
use futures_util::future::try_join_all;
use inputs::counted;
use job::Asked;
use plan::Scope;
use serde_json::{Value, json};

use super::connection::Connection;
use super::file_outputs;
use super::made::{account, names_of_classes};
use super::terraform;
use crate::aws::Aws;
use crate::observe::Observed;
use crate::outcome::{Ending, Made, Outcome, Shown};
use crate::report::{self, step_name, values};
use crate::resources::file_system::Lookup;
use crate::resources::{file_system, iam_role, mount_target};
use crate::target::Target;
use crate::users;

pub(super) async fn run(connection: &Connection<'_>, asked: &Asked) -> anyhow::Result<Outcome> {
    if asked.terraform {
        return Box::pin(terraform::run(connection)).await;
    }
    let made = read(connection).await?;
    let shown = match (&asked.name, asked.format) {
        (Some(name), format) => {
            let (short, value) = named(&made, name)?;
            let text = match format {
                Some(format) => in_format(format, &[(short, value.clone())]),
                None => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            };
            Shown::new(text, &value)?
        }
        (None, Some(format)) => Shown::new(formatted(format, &made)?, &report::outputs(&made)?)?,
        (None, None) => {
            let mut document = report::outputs(&made)?;
            document["places"] = json!(report::places(connection.places()));
            let text = report::outputs_for_people(&made, true);
            Shown::new(text.trim_start().to_owned(), &document)?
        }
    };
    Ok(Outcome::unchanged(Ending::Shown(shown)))
}

/// The outputs of all modules, and of their file.
async fn read(connection: &Connection<'_>) -> anyhow::Result<Made> {
    let job = connection.job;
    let target = connection.connect().await?;
    let line = connection.progress.line("observing");
    let all = try_join_all(job.storage().map(|(label, inputs)| {
        let target = &target;
        async move {
            let aws = connection.clients.get(&inputs.aws_region);
            let aws = aws.context("a region has no client")?;
            let outputs = one(connection, (label, inputs), aws, target).await?;
            anyhow::Ok((label.to_owned(), outputs))
        }
    }));
    let looks = async { tokio::join!(all, connection.look_at_places(&target)).0 };
    let found = connection.stop.or(looks).await.inspect_err(|_| line.failed("stopped"))?;
    let mut modules = found.map_err(|error| connection.misplaced(error))?;
    line.done(&format!("read AWS in {}", counted(connection.calls.count(), "call")));
    for ((_, inputs), (_, outputs)) in job.storage().zip(&mut modules) {
        outputs.account = outputs.account.take().or_else(|| account(connection.places(), inputs));
    }
    // Networks are not looked for: an output of the file that passes one on comes with a deploy.
    let observed = Observed::default();
    let file = file_outputs::of(job, &observed, &modules);
    Ok(Made { modules, file })
}

/// The outputs of a module whose file system is there.
async fn one(
    connection: &Connection<'_>,
    (label, inputs): (&str, &efs::Inputs),
    aws: &Aws,
    target: &Target,
) -> anyhow::Result<Outputs> {
    let lookup = Lookup::of(inputs);
    let (found, role_arn) =
        tokio::try_join!(file_system::observe(aws, &lookup), role_arn(inputs, aws))?;
    let found = found.ok_or_else(|| {
        failure(
            format!("`module.{label}` has no file system in {}", inputs.aws_region),
            "deploy it first: `cargo xtask deploy-efs`",
        )
    })?;
    let (mount_targets, access_points, replications) = tokio::try_join!(
        mount_target::observe_with_groups(aws, &found.id),
        users::access_points(aws, &found.id),
        async { anyhow::Ok(users::replications(aws, &found.id).await.ok().flatten()) },
    )?;
    let from_here = |it: &&Replication| it.source == found.id.as_str();
    let replica = replications.iter().flatten().find(from_here).map(Replica::from);
    let folder = |scope: &Scope| match target {
        Target::Directory(directory) => {
            let path = directory.join(scope.path("")).display().to_string();
            Some(path.trim_end_matches('/').to_owned())
        }
        Target::Cluster(_) => None,
    };
    let job = connection.job;
    let driver_in = job.driver_documents(label).elsewhere().map(Scope::among);
    Ok(Outputs {
        storage_class_name: inputs.storage_class.name.clone(),
        storage_class_names: names_of_classes(inputs),
        region: inputs.aws_region.clone(),
        account: found.account.clone(),
        cluster_name: inputs.cluster_name.clone(),
        role_arn,
        size: Some(Size::from(&found)),
        access_points: Some(access_points),
        replica,
        mount_targets,
        // Which zones the subnets are in takes a look at the network, which a deploy has.
        zones: None,
        cluster: target.cluster().map(|cluster| cluster.kube.name.clone()),
        manifests: folder(&job.storage_scope(label)),
        driver_manifests: driver_in.as_ref().and_then(folder),
        file_system_id: found.id,
    })
}

/// The role of the driver, where it has one that this project knows. Where none was asked for,
/// what may not be looked at is no error.
async fn role_arn(inputs: &efs::Inputs, aws: &Aws) -> anyhow::Result<Option<String>> {
    let identity = &inputs.driver.identity;
    if let Some(given) = identity.role() {
        return Ok(Some(given.to_owned()));
    }
    if !identity.is_looked_at() {
        return Ok(None);
    }
    match iam_role::observe(aws, &inputs.owner(), false).await {
        Ok(role) => Ok(role.filter(|role| role.ours).map(|role| role.arn)),
        Err(error) if identity.is_ours() => Err(error),
        Err(_) => Ok(None),
    }
}

/// The value that a name stands for, and the name without the module.
fn named(made: &Made, name: &str) -> anyhow::Result<(String, Value)> {
    if let Some(value) = made.file.get(name) {
        return Ok((name.to_owned(), value.clone()));
    }
    let (label, short) = name.rsplit_once('.').map_or((None, name), |(a, b)| (Some(a), b));
    let mut of_label =
        made.modules.iter().filter(|(module, _)| label.is_none_or(|label| label == module));
    let outputs = match (of_label.next(), of_label.next()) {
        (Some((_, outputs)), None) => outputs,
        (None, _) => {
            return Err(failure(
                format!("there is no output `{name}` of this command"),
                "an output that passes on what a network module found is printed by a deploy",
            ));
        }
        (Some(_), Some(_)) => {
            let labels: Vec<String> =
                made.modules.iter().map(|(label, _)| format!("`{label}.{short}`")).collect();
            return Err(failure(
                format!("several modules have an output `{short}`"),
                format!("write {}", labels.join(" or ")),
            ));
        }
    };
    let output = OUTPUTS.iter().find(|output| output.name == short);
    let value = output.and_then(|output| (output.value)(outputs));
    match value {
        Some(value) => Ok((short.to_owned(), value)),
        None => Err(failure(
            format!("the output `{name}` has no value here"),
            "`cargo xtask outputs` prints those that have one",
        )),
    }
}

/// Everything in one of the forms. The names of several modules begin with their labels.
fn formatted(format: OutputFormat, made: &Made) -> anyhow::Result<String> {
    if format == OutputFormat::ConfigMap {
        let maps = made.modules.iter().map(|(_, outputs)| {
            let text = config_map(&outputs.storage_class_name, &values(format, outputs, ""))?;
            anyhow::Ok(text.trim_end().to_owned())
        });
        return Ok(maps.collect::<Result<Vec<_>, _>>()?.join("\n---\n"));
    }
    let several = made.modules.len() > 1;
    let mut all = Vec::new();
    for (label, outputs) in &made.modules {
        let prefix =
            if several || label.contains('[') { step_name(label) + "_" } else { String::new() };
        all.extend(values(format, outputs, &prefix));
    }
    let known: BTreeSet<String> = all.iter().map(|(name, _)| name.clone()).collect();
    let of_file = made.file.iter().filter(|(name, _)| !known.contains(*name));
    all.extend(of_file.map(|(name, value)| (name.clone(), value.clone())));
    Ok(in_format(format, &all))
}
