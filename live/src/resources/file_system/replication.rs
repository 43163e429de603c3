//! The replication from a file system, as a property of it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use aws_sdk_efs::types::{Destination, DestinationToCreate, Tag};
use efs::resources::file_system::{
    FileSystem, Replica, SEEN, Spec, UNSEEN, asks_of_the_copy, copy_tag, goes_where, is_leaving,
};
use efs::{FileSystemId, Replication};
use inputs::printable;

use super::reading::read;
use crate::aws::{Aws, explain, is, moment};
use crate::context::{Context, Done};
use crate::meaning::efs as codes;
use crate::users::replications;
use crate::wait::IN_USE_PAUSE;

/// The replications that a file system is the source of: of others it is the destination.
async fn from_here(aws: &Aws, id: &FileSystemId) -> anyhow::Result<Vec<BTreeMap<String, String>>> {
    let all = replications(aws, id).await?.unwrap_or_default();
    let of_source = all.into_iter().filter(|it| it.source == id.as_str());
    Ok(of_source.map(properties).collect())
}

/// A replication as a property of its source.
pub(super) fn properties(found: Replication) -> BTreeMap<String, String> {
    let entries = [
        ("region", Some(found.destination_region)),
        ("file_system_id", Some(found.destination)),
        ("status", Some(found.status)),
        ("message", found.message),
        ("last_replicated", found.last_replicated),
        ("lag_seconds", found.lag_seconds.map(|lag| lag.to_string())),
        ("account", found.account),
        ("role_arn", found.role_arn),
    ];
    entries.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?))).collect()
}

/// The replication of a file system whose inputs say something of it; with the zone and the key of
/// the copy, where they ask for these.
pub(super) async fn wanted(
    aws: &Aws,
    wanted: &Spec,
    source: &FileSystem,
) -> anyhow::Result<Option<BTreeMap<String, String>>> {
    let Some(wants) = &wanted.replication else { return Ok(None) };
    let found = from_here(aws, &source.id).await?.into_iter().next();
    let Some(mut found) = found else { return Ok(None) };
    let of_another = found.get("account").zip(source.account.as_ref());
    let is_ours = of_another.is_none_or(|(copy, source)| copy == source);
    if is_ours && asks_of_the_copy(wants) && goes_where(wants, &found) && !is_leaving(&found) {
        match of_the_copy(aws, wants, &found).await {
            Ok(seen) => found.extend(seen),
            // The source is planned while the region of its copy does not answer.
            Err(error) => drop(found.insert(UNSEEN.to_owned(), format!("{error:#}"))),
        }
    }
    Ok(Some(found))
}

/// What the copy itself has, which EFS does not say of the replication.
async fn of_the_copy(
    aws: &Aws,
    wants: &BTreeMap<String, String>,
    found: &BTreeMap<String, String>,
) -> anyhow::Result<BTreeMap<String, String>> {
    let text = |key: &str| found.get(key).map(String::as_str).unwrap_or_default();
    let there = aws.of_region(text("region")).await;
    let looked = there.efs.describe_file_systems().file_system_id(text("file_system_id"));
    let named = wants.get("kms_key_id").filter(|key| key.contains("alias/"));
    let (copy, aliased) = tokio::join!(looked.send(), async {
        match named {
            Some(alias) => key_of(&there, alias).await,
            None => None,
        }
    });
    let call = "elasticfilesystem:DescribeFileSystems";
    let copy = copy.map_err(|error| explain(call, &there.region, error))?;
    let copy = copy.file_systems().first().context("the copy does not exist any more")?;
    let copy = read(copy)?.spec;
    let key = match (named, copy.kms_key_id) {
        (Some(alias), Some(key)) if aliased.as_ref() == Some(&key) => Some(alias.clone()),
        // Which key an alias names is not known: no difference is.
        (Some(_), _) if aliased.is_none() => None,
        (_, key) => key,
    };
    let entries = [
        (SEEN, Some("true".to_owned())),
        ("availability_zone_name", copy.availability_zone),
        ("kms_key_id", key),
    ];
    Ok(entries.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?))).collect())
}

/// The ARN of the key that an alias names.
async fn key_of(aws: &Aws, alias: &str) -> Option<String> {
    let answer = aws.kms.describe_key().key_id(alias).send().await.ok()?;
    answer.key_metadata()?.arn().map(str::to_owned)
}

/// Replicates a file system. The first copy may take hours, and is not waited for; `status` shows
/// how far it is. A file system has one: an earlier one that is being deleted ends first.
pub(super) async fn put(
    context: &Context,
    aws: &Aws,
    id: &FileSystemId,
    wanted: &Spec,
) -> anyhow::Result<()> {
    while from_here(aws, id).await?.iter().any(is_leaving) {
        context.pause(IN_USE_PAUSE).await?;
    }
    let wanted = wanted.replication.as_ref().context("no replication is wanted")?;
    let text = |key: &str| wanted.get(key).cloned();
    let destination = DestinationToCreate::builder()
        .set_region(text("region"))
        .set_availability_zone_name(text("availability_zone_name"))
        .set_kms_key_id(text("kms_key_id"))
        .set_file_system_id(text("file_system_id"))
        .set_role_arn(text("role_arn"))
        .build();
    let call = aws.efs.create_replication_configuration().source_file_system_id(id.as_str());
    let error = match call.destinations(destination).send().await {
        Ok(made) => {
            let copy = made.destinations().first().map(made_properties);
            let copy = copy.map(|copy| Replica::of_source(id, &aws.region, &copy));
            context.results.set_replica(id, copy);
            return Ok(());
        }
        Err(error) => error,
    };
    // A run beside this one, or one that was cut off, may have made it. Where that cannot be seen,
    // the error of the call is what counts.
    let there = from_here(aws, id).await.unwrap_or_default();
    let there = there.iter().find(|it| !is_leaving(it) && goes_where(wanted, it));
    if let Some(there) = there {
        context.results.set_replica(id, Some(Replica::of_source(id, &aws.region, there)));
        return Ok(());
    }
    Err(explain("elasticfilesystem:CreateReplicationConfiguration", &aws.region, error))
}

/// What EFS answers of a replication that it just made.
fn made_properties(made: &Destination) -> BTreeMap<String, String> {
    properties(Replication {
        destination: made.file_system_id().to_owned(),
        destination_region: made.region().to_owned(),
        status: made.status().as_str().to_owned(),
        last_replicated: made.last_replicated_timestamp().map(moment),
        message: made.status_message().map(str::to_owned),
        account: made.owner_id().map(str::to_owned),
        role_arn: made.role_arn().map(str::to_owned),
        ..Replication::default()
    })
}

/// Keeps on a copy of which file system it is one. Where that is refused, as by a policy that was
/// rendered before this was a call, the replication ends without it: the run says so.
pub(super) async fn mark(aws: &Aws, (copy, region): (&str, &str), value: &str) -> Done {
    let there = aws.of_region(region).await;
    let tagged = async {
        let tag = Tag::builder().key(copy_tag()).value(value).build()?;
        let call = there.efs.tag_resource().resource_id(copy).tags(tag);
        let sent = call.send().await.map(drop);
        sent.map_err(|error| explain("elasticfilesystem:TagResource", &there.region, error))
    };
    match tagged.await {
        Ok(()) => Done::that("tagged the copy"),
        Err(error) => Done::that(printable(&format!("the copy {copy} has no tag: {error:#}"))),
    }
}

/// Ends the replication from a file system, and waits until it is gone.
pub(super) async fn end(context: &Context, aws: &Aws, id: &FileSystemId) -> anyhow::Result<()> {
    let call = aws.efs.delete_replication_configuration().source_file_system_id(id.as_str());
    match call.send().await {
        Ok(_) => {}
        Err(error) if is(&error, codes::REPLICATION_NOT_FOUND) => return Ok(()),
        Err(error) => {
            let call = "elasticfilesystem:DeleteReplicationConfiguration";
            return Err(explain(call, &aws.region, error));
        }
    }
    while !from_here(aws, id).await?.is_empty() {
        context.pause(IN_USE_PAUSE).await?;
    }
    Ok(())
}
