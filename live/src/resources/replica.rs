//! A file system as the copy of another one.

use aws_sdk_efs::types::{DeletionMode, DestinationToCreate, ReplicationOverwriteProtection, Tag};
use efs::resources::file_system::OverwriteProtection;
use efs::resources::replica::{Call, Side, tag};
use efs::{FileSystemId, Replication};
use failure::failure;
use inputs::printable;

use crate::aws::{Aws, explain, is, second};
use crate::context::{Context, Done};
use crate::meaning::efs as codes;
use crate::progress::Line;
use crate::resources::file_system::{Lookup, observe as file_system};
use crate::users::replications;
use crate::wait::IN_USE_PAUSE;
use crate::watch::Watch;

/// The replications that a file system is part of.
pub(crate) async fn observe(aws: &Aws, id: &FileSystemId) -> anyhow::Result<Vec<Replication>> {
    Ok(replications(aws, id).await?.unwrap_or_default())
}

/// Carries a call out.
pub(crate) async fn carry_out(
    context: &Context,
    aws: &Aws,
    call: &Call,
    line: &Line,
) -> anyhow::Result<Done> {
    match call {
        Call::Mark { of, value } => {
            line.state("tagging");
            mark(aws, of, value).await?;
            Ok(Done::that("tagged"))
        }
        Call::Promote { source, replica, local } => {
            line.state("ending the replication");
            end(aws, source, *local).await?;
            line.state("waiting until it can be written to");
            writable(context, aws, replica, line).await?;
            Ok(Done::that("can be written to"))
        }
        Call::UntilCopied { replica, since } => {
            line.state("waiting for a copy");
            copied(context, aws, (replica, *since), line).await?;
            Ok(Done::that("copied"))
        }
        Call::Leave { source, local } => {
            line.state("ending the replication");
            end(aws, source, *local).await?;
            left(context, aws, source).await?;
            Ok(Done::that("ended"))
        }
        Call::Open { of } => {
            line.state("opening");
            let call = aws
                .efs
                .update_file_system_protection()
                .file_system_id(of.as_str())
                .replication_overwrite_protection(ReplicationOverwriteProtection::Disabled);
            let name = "elasticfilesystem:UpdateFileSystemProtection";
            let sent = call.send().await.map(drop);
            sent.map_err(|error| explain(name, &aws.region, error))?;
            Ok(Done::that("can be overwritten"))
        }
        Call::Replicate { source, replica, region } => {
            line.state("replicating");
            replicate(aws, source, (replica, region)).await?;
            Ok(Done::that("is replicated"))
        }
    }
}

/// Keeps on a file system how far its failover is.
pub(crate) async fn mark(aws: &Aws, of: &FileSystemId, value: &str) -> anyhow::Result<()> {
    let mark = Tag::builder().key(tag()).value(value).build()?;
    let call = aws.efs.tag_resource().resource_id(of.as_str()).tags(mark);
    let sent = call.send().await.map(drop);
    sent.map_err(|error| explain("elasticfilesystem:TagResource", &aws.region, error))
}

/// Ends the replication from a file system: in this region alone, where the other one answers
/// nothing. One that has ended already, or ends, is fine.
async fn end(aws: &Aws, source: &FileSystemId, local: bool) -> anyhow::Result<()> {
    let mode = local.then_some(DeletionMode::LocalConfigurationOnly);
    let call = aws.efs.delete_replication_configuration().source_file_system_id(source.as_str());
    match call.set_deletion_mode(mode).send().await {
        Ok(_) => Ok(()),
        // The source of a replication whose other side is gone is none of this region's.
        Err(error)
            if is(&error, codes::REPLICATION_NOT_FOUND)
                || is(&error, codes::FILE_SYSTEM_NOT_FOUND) =>
        {
            Ok(())
        }
        Err(error) => {
            let call = "elasticfilesystem:DeleteReplicationConfiguration";
            Err(explain(call, &aws.region, error))
        }
    }
}

/// Waits until a copy can be written to: it is part of no replication, and protected again ("can take
/// several minutes", <https://docs.aws.amazon.com/efs/latest/ug/delete-replications.html>).
async fn writable(
    context: &Context,
    aws: &Aws,
    replica: &FileSystemId,
    line: &Line,
) -> anyhow::Result<()> {
    let of = (aws.clone(), replica.clone());
    let watch = Watch::new(move || {
        let (aws, id) = of.clone();
        async move {
            let lookup = Lookup::Id(id.clone());
            let looks = (file_system(&aws, &lookup), observe(&aws, &id));
            let (found, replications) = tokio::try_join!(looks.0, looks.1)?;
            Ok((found, replications.into_iter().find(|it| it.destination == id.as_str())))
        }
    });
    let judge = |(found, replication): &(Option<_>, Option<Replication>)| {
        if let Some(replication) = replication {
            line.observed(&printable(&replication.status));
            return None;
        }
        let found: &efs::resources::file_system::FileSystem = found.as_ref()?;
        let protection = found.spec.overwrite_protection.as_ref();
        (protection != Some(&OverwriteProtection::Replicating)).then_some(())
    };
    context.wait(&watch, judge).await
}

/// Waits until a file system is the source of no replication.
async fn left(context: &Context, aws: &Aws, source: &FileSystemId) -> anyhow::Result<()> {
    while observe(aws, source).await?.iter().any(|it| it.source == source.as_str()) {
        context.pause(IN_USE_PAUSE).await?;
    }
    Ok(())
}

/// Waits until a copy is complete that has all that was written until a second, or any copy.
async fn copied(
    context: &Context,
    aws: &Aws,
    (replica, since): (&FileSystemId, Option<u64>),
    line: &Line,
) -> anyhow::Result<()> {
    let of = (aws.clone(), replica.clone());
    let watch = Watch::new(move || {
        let (aws, id) = of.clone();
        async move {
            let all = observe(&aws, &id).await?;
            Ok(all.into_iter().find(|it| it.destination == id.as_str()))
        }
    });
    let judge = |found: &Option<Replication>| {
        let Some(found) = found else {
            return Some(Err(failure(
                format!("the replication to {replica} is gone"),
                "run the same command again to see what is left",
            )));
        };
        let last = found.last_replicated.as_deref();
        line.observed(&printable(last.unwrap_or(&found.status)));
        if last.and_then(second).is_some_and(|last| since.is_none_or(|since| last > since)) {
            return Some(Ok(()));
        }
        let goes_on = ["ENABLED", "ENABLING"].contains(&found.status.as_str());
        (!goes_on).then(|| Err(stalled(found)))
    };
    context.wait(&watch, judge).await?
}

fn stalled(found: &Replication) -> anyhow::Error {
    let said = found.message.as_deref().map(|said| format!(": {said}")).unwrap_or_default();
    failure(
        printable(&format!(
            "no copy comes: the replication is in the state {}{said}",
            found.status
        )),
        "run the same command again to see the choices",
    )
}

/// Replicates a file system to one that is there, unless an earlier run did.
async fn replicate(
    aws: &Aws,
    source: &Side,
    (replica, region): (&FileSystemId, &str),
) -> anyhow::Result<()> {
    let there = aws.of_region(&source.region).await;
    let destination =
        DestinationToCreate::builder().file_system_id(replica.as_str()).region(region).build();
    let call = there
        .efs
        .create_replication_configuration()
        .source_file_system_id(source.file_system.as_str())
        .destinations(destination);
    let Err(error) = call.send().await else { return Ok(()) };
    let all = observe(aws, replica).await.unwrap_or_default();
    let is_it = |it: &Replication| {
        it.destination == replica.as_str() && it.source == source.file_system.as_str()
    };
    if all.iter().any(is_it) {
        return Ok(());
    }
    Err(explain("elasticfilesystem:CreateReplicationConfiguration", &there.region, error))
}
