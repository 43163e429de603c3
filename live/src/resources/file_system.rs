//! The file system.

mod deletion;
mod reading;
mod replication;
mod settings;

use anyhow::{Context as _, anyhow, bail};
use aws_sdk_efs::types::{PerformanceMode, Tag, ThroughputMode};
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use efs::resources::file_system::{
    BackupPolicy, Call, FileSystem, FileSystemSource, Group, Spec, THROUGHPUT_FROM, Throughput,
    Transition,
};
use efs::{FileSystemId, LifeCycle};
use failure::failure;
use inputs::printable;
use network::Tags;
use plan::ChangeId;

use crate::absence::Absence;
use crate::aws::{Aws, explain, is};
use crate::context::{Context, Done};
use crate::meaning::efs as codes;
use crate::progress::Line;
use crate::raced::Raced;
use crate::users;
use crate::wait::IN_USE;

use reading::read;
pub(crate) use settings::{everything, settings};

/// How a file system is looked up.
#[derive(Debug, Clone)]
pub(crate) enum Lookup {
    /// By the token that it was created with.
    Token(String),
    Id(FileSystemId),
}

impl Lookup {
    /// That of the file system of a deployment.
    pub(crate) fn of(inputs: &efs::Inputs) -> Lookup {
        match (&inputs.file_system, &inputs.imported) {
            (FileSystemSource::Adopted(id), _) | (FileSystemSource::Own(_), Some(id)) => {
                Lookup::Id(id.clone())
            }
            (FileSystemSource::Own(_), None) => Lookup::Token(inputs.owner().creation_token()),
        }
    }
}

/// The file system, if there is one.
pub(crate) async fn observe(aws: &Aws, lookup: &Lookup) -> anyhow::Result<Option<FileSystem>> {
    let call = aws.efs.describe_file_systems();
    let call = match lookup {
        Lookup::Token(token) => call.creation_token(token),
        Lookup::Id(id) => call.file_system_id(id.as_str()),
    };
    match call.send().await {
        Ok(response) => response.file_systems().first().map(read).transpose(),
        Err(error) if is(&error, codes::FILE_SYSTEM_NOT_FOUND) => Ok(None),
        Err(error) => Err(explain("elasticfilesystem:DescribeFileSystems", &aws.region, error)),
    }
}

/// The file systems of a region that have all of these tags, and are not being deleted.
pub(crate) async fn tagged(aws: &Aws, tags: &Tags) -> anyhow::Result<Vec<FileSystem>> {
    let mut pages = aws.efs.describe_file_systems().into_paginator().items().send();
    let (mut all, mut listed) = (Vec::new(), 0);
    while let Some(found) = pages.next().await {
        let found = found.map_err(|error| {
            explain("elasticfilesystem:DescribeFileSystems", &aws.region, error)
        })?;
        let found = read(&found)?;
        listed += 1;
        let has = |(key, value): (&String, &String)| found.tags.get(key) == Some(value);
        if tags.iter().all(has) && !found.life_cycle.is_leaving() {
            all.push(found);
        }
    }
    if all.is_empty() {
        let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        return Err(failure(
            format!(
                "none of the {listed} file systems in {} has the tags {}",
                aws.region,
                tags.join(", ")
            ),
            "correct `--tag` or `--aws-region`, or name it by `--file-system-id`",
        ));
    }
    Ok(all)
}

/// Carries a call out for a change.
pub(crate) async fn carry_out(
    context: &Context,
    aws: &Aws,
    change: &ChangeId,
    call: &Call,
    line: &Line,
) -> anyhow::Result<Done> {
    match call {
        Call::Create { token, spec, tags, marks } => {
            let id = create(aws, (token, spec), tags, marks, line).await?;
            // What needs it may be named from now on, also where the wait fails.
            context.results.add(change, id.to_string());
            available(context, aws, &id, line).await?;
            Ok(Done::created(id))
        }
        Call::Put { of, group, spec } => {
            let id = context.results.resolve(of)?;
            let later = put(context, aws, &id, (*group, spec), line).await?;
            Ok(Done::that(later.unwrap_or_else(|| "updated".to_owned())))
        }
        Call::Tag { of, tags } => {
            let id: FileSystemId = context.results.resolve(of)?;
            line.state("tagging");
            tag(aws, &id, tags).await?;
            Ok(Done::that("tagged"))
        }
        Call::StillUnused { id, access_points, addresses, replicas, again } => {
            let look = users::new_ones(context, aws, id, (access_points, addresses, replicas));
            let look = Box::pin(look);
            let new = context.newcomers.of((id, *again), look).await?.join(", ");
            if !new.is_empty() {
                let why = "which was not there when the plan was made";
                bail!(Raced(format!("{id} has {new}, {why}")));
            }
            Ok(Done::default())
        }
        Call::Delete { id } => {
            Box::pin(deletion::delete(context, aws, id, line, IN_USE)).await?;
            Ok(Done::that("destroyed"))
        }
        Call::MarkCopy { copy, region, value } => {
            line.state("tagging the copy");
            Ok(replication::mark(aws, (copy, region), value).await)
        }
        Call::EndReplication { id } => {
            line.state("ending the replication");
            replication::end(context, aws, id).await?;
            context.results.set_replica(id, None);
            Ok(Done::that("ended"))
        }
        Call::UntilAvailable { id } => {
            available(context, aws, id, line).await?;
            Ok(Done::that("available"))
        }
        Call::UntilGone { id } => {
            deletion::gone(context, aws, id, line).await?;
            Ok(Done::that("gone"))
        }
    }
}

/// Waits until a file system is available.
pub(crate) async fn available(
    context: &Context,
    aws: &Aws,
    id: &FileSystemId,
    line: &Line,
) -> anyhow::Result<FileSystem> {
    line.state("waiting until available");
    let mut absence = Absence::default();
    let judge = |found: &Option<FileSystem>| {
        let Some(found) = found.as_ref() else {
            return absence.noticed("the file system").map(Err);
        };
        absence.ended();
        line.observed(found.life_cycle.as_str());
        match &found.life_cycle {
            LifeCycle::Available => Some(Ok(found.clone())),
            LifeCycle::Creating | LifeCycle::Updating => None,
            LifeCycle::Deleting | LifeCycle::Deleted => {
                Some(Err(anyhow!(Raced(format!("another run is deleting {}", found.id)))))
            }
            LifeCycle::Other(state) => {
                Some(Err(anyhow!("{} is in the state `{}`", found.id, state.escape_debug())))
            }
        }
    };
    let watch = context.file_systems.of((aws.clone(), id.clone()));
    context.wait(&watch, judge).await?
}

async fn create(
    aws: &Aws,
    (token, spec): (&str, &Spec),
    tags: &Tags,
    marks: &Tags,
    line: &Line,
) -> anyhow::Result<FileSystemId> {
    line.state("creating");
    let call = aws
        .efs
        .create_file_system()
        .creation_token(token)
        .encrypted(spec.encrypted)
        .set_kms_key_id(spec.kms_key_id.clone())
        .set_availability_zone_name(spec.availability_zone.clone())
        .performance_mode(PerformanceMode::from(spec.performance_mode.as_str()))
        .throughput_mode(ThroughputMode::from(spec.throughput.mode()))
        .set_provisioned_throughput_in_mibps(spec.throughput.mibps())
        .set_backup(spec.backup.map(|backup| backup == BackupPolicy::Enabled))
        .set_tags(Some(sdk_tags(tags)?));
    match call.send().await {
        Ok(response) => Ok(FileSystemId::try_from(response.file_system_id())?),
        // Another run was faster; some emulators do not say which one it is.
        Err(error) if is(&error, codes::FILE_SYSTEM_ALREADY_EXISTS) => {
            let found = observe(aws, &Lookup::Token(token.to_owned())).await?;
            let found = found
                .context("a file system with this creation token exists and cannot be found")?;
            let ours = marks.iter().all(|(key, value)| found.tags.get(key) == Some(value));
            if !ours {
                bail!(failure::Failure::new(
                    format!("{} has this deployment's creation token, but not its tags", found.id),
                    "run the same command again to see the choices",
                ));
            }
            Ok(found.id)
        }
        Err(error) => Err(explain("elasticfilesystem:CreateFileSystem", &aws.region, error)),
    }
}

async fn tag(aws: &Aws, id: &FileSystemId, tags: &Tags) -> anyhow::Result<()> {
    let call = aws.efs.tag_resource().resource_id(id.as_str()).set_tags(Some(sdk_tags(tags)?));
    let tagged = call.send().await.map(drop);
    tagged.map_err(|error| explain("elasticfilesystem:TagResource", &aws.region, error))
}

/// Sets the properties of a group, and waits until they are in force; what stays as it is for
/// now, where EFS does not allow the change yet.
async fn put(
    context: &Context,
    aws: &Aws,
    id: &FileSystemId,
    (group, spec): (Group, &Spec),
    line: &Line,
) -> anyhow::Result<Option<String>> {
    line.state("updating");
    match group {
        Group::Throughput => {
            if let Some(later) = put_throughput(aws, id, &spec.throughput).await? {
                return Ok(Some(later));
            }
        }
        // These change at once, or are in force while they do.
        others => match settings::put(context, aws, id, (others, spec), line).await {
            Err(_) if others == Group::Lifecycle && awaits_elastic(aws, id, spec).await? => {
                return Ok(Some(
                    "Archive waits for the throughput, which is not elastic yet".into(),
                ));
            }
            put => return put.map(|()| None),
        },
    }
    available(context, aws, id, line).await.map(|_| None)
}

/// Whether files are to go to Archive, which EFS takes of elastic file systems only, and EFS has
/// put off making this one elastic.
async fn awaits_elastic(aws: &Aws, id: &FileSystemId, wanted: &Spec) -> anyhow::Result<bool> {
    let archives = wanted
        .lifecycle
        .iter()
        .flatten()
        .any(|(transition, _)| *transition == Transition::ToArchive);
    if !archives || wanted.throughput != Throughput::Elastic {
        return Ok(false);
    }
    let found = observe(aws, &Lookup::Id(id.clone())).await?;
    Ok(found.is_some_and(|found| found.spec.throughput != Throughput::Elastic))
}

/// Changes the throughput; what stays, where the last change is younger than 24 hours. That is
/// no failure: everything else goes on, and the next run tries again. The time that EFS names is
/// kept in a tag, as nothing else tells it to the plans until then.
async fn put_throughput(
    aws: &Aws,
    id: &FileSystemId,
    wanted: &Throughput,
) -> anyhow::Result<Option<String>> {
    let call = aws
        .efs
        .update_file_system()
        .file_system_id(id.as_str())
        .throughput_mode(ThroughputMode::from(wanted.mode()))
        .set_provisioned_throughput_in_mibps(wanted.mibps());
    let Err(error) = call.send().await else { return Ok(None) };
    if is(&error, codes::TOO_MANY_REQUESTS) {
        let Some(from) = codes::allowed_from(error.message().unwrap_or_default()) else {
            return Ok(Some("the throughput stays: EFS changes it once in 24 hours".to_owned()));
        };
        let tags = Tags::from([(THROUGHPUT_FROM.to_owned(), from.to_owned())]);
        tag(aws, id, &tags).await?;
        let from = printable(from);
        return Ok(Some(format!("the throughput stays: EFS changes it again from {from} UTC on")));
    }
    // A run beside this one may have done it.
    let raced = is(&error, codes::BAD_REQUEST) || is(&error, codes::INCORRECT_FILE_SYSTEM_STATE);
    let same = |found: &FileSystem| found.spec.throughput == *wanted;
    if raced && observe(aws, &Lookup::Id(id.clone())).await?.is_some_and(|found| same(&found)) {
        return Ok(None);
    }
    Err(explain("elasticfilesystem:UpdateFileSystem", &aws.region, error))
}

fn sdk_tags(tags: &Tags) -> anyhow::Result<Vec<Tag>> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    Ok(tags.iter().map(tag).collect::<Result<_, _>>()?)
}
