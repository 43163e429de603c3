//! Replication from one file system to another, mostly of another region.
//!
//! A replication is stored once, for all regions. [`arrive`] applies its changes to the
//! destination's region before the next call there is carried out.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, refused};
use super::file_systems::seconds;
use super::names::Kind;
use super::pages::{Page, TOKENS};
use super::replicated::part_of_one;
use super::{destinations, network};
use crate::error::{AwsError, Result};
use crate::life::Life;
use crate::service::Context;
use crate::world::efs::{Arrival, FileSystem, Forced, Protection, Replication, Side};
use crate::world::partition;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    destinations: Vec<destinations::Destination>,
}

pub(super) fn create(call: &mut Call) -> Result<Value> {
    let mut asked: Create = call.read()?;
    let source = call.available("SourceFileSystemId")?.clone();
    // "Only one destination configuration object is supported."
    let (Some(destination), true) = (asked.destinations.pop(), asked.destinations.is_empty())
    else {
        return Err(AwsError::bad_request("Specify exactly one destination."));
    };
    // "This file system cannot already be a source or destination file system in another
    // replication configuration."
    if part_of_one(call, &source.id) {
        let message = format!(
            "The file system '{}' is already part of a replication configuration.",
            source.id
        );
        return Err(AwsError::bad_request(message));
    }
    let role_arn = destination.role_arn.clone();
    let to_account = destination.other_account(&call.context.region.account);
    let unauthorized = to_account.as_ref().zip(role_arn.as_deref());
    let unauthorized = unauthorized.and_then(|(_, role)| destinations::unauthorized(call, role));
    let (region, id, arrival) = destinations::prepared(call, &source, destination)?;
    let (now, options) = (call.context.now, call.context.options);
    let replication = Replication {
        id: call.context.ids.next("replication-"),
        source: side(&call.context.region.name, &source.id),
        destination: side(&region, &id),
        role_arn,
        to_account,
        created_ms: now,
        enabled_ms: now.saturating_add(options.efs.replication_enabling_ms),
        interval_ms: options.efs.replication_interval_ms,
        deleted: None,
        forced: unauthorized.map(|message| Forced {
            status: "PAUSED".to_owned(),
            message: Some(message),
            since_ms: now,
        }),
        arrival: Some(arrival),
        sizes: source.metered.into_iter().collect(),
    };
    let body = description(call.context, &replication);
    call.context.global.efs.replications.insert(replication.id.clone(), replication);
    Ok(body)
}

fn side(region: &str, file_system: &str) -> Side {
    Side { region: region.to_owned(), file_system: file_system.to_owned(), configured: true }
}

pub(super) fn describe(call: &mut Call) -> Result<Value> {
    let context = &*call.context;
    let visible = |found: &&Replication| found.is_seen(&context.region.name, context.now);
    let all = &context.global.efs.replications;
    if call.text("FileSystemId").is_some() {
        let id = &call.file_system("FileSystemId")?.id;
        let found = all.by("file_system", id).find(visible).ok_or_else(|| none(id))?;
        return Ok(json!({ "Replications": [description(context, found)] }));
    }
    let page = Page::of(call, TOKENS)?;
    let id = |found: &&Replication| found.id.clone();
    let shown = |found: &Replication| description(context, found);
    Ok(page.response("Replications", all.values().filter(visible), id, shown))
}

fn none(id: &str) -> AwsError {
    let message = format!("The file system '{id}' has no replication configuration.");
    refused("ReplicationNotFound", message)
}

pub(super) fn delete(call: &mut Call) -> Result<Value> {
    let local = call.text("DeletionMode") == Some("LOCAL_CONFIGURATION_ONLY");
    let id = call.id("SourceFileSystemId", Kind::FileSystem)?.unwrap_or_default();
    let (region, now) = (call.context.region.name.clone(), call.context.now);
    let Some(found) = of_source(call, &id) else {
        call.file_system("SourceFileSystemId")?;
        return Err(none(&id));
    };
    // "Do not use this mode for same-account, same-region replication as doing so results in
    // a BadRequest exception error."
    if local && found.to_account.is_none() && found.source.region == found.destination.region {
        return Err(AwsError::bad_request(
            "LOCAL_CONFIGURATION_ONLY is not valid for a replication within one account and Region.",
        ));
    }
    let (key, deleted) = (found.id.clone(), found.deleted);
    let deleting = call.context.options.efs.replication_deleting_ms;
    let Some(found) = call.context.global.efs.replications.get_mut(&key) else {
        return Err(none(&id));
    };
    if local {
        let elsewhere = if found.source.region == region {
            found.source.configured = false;
            "source"
        } else {
            found.destination.configured = false;
            "destination"
        };
        let message =
            format!("The replication configuration was deleted in the {elsewhere}'s Region.");
        let message = Some(message);
        found.forced = Some(Forced { status: "ERROR".to_owned(), message, since_ms: now });
        if found.destination.region == region {
            let freed = found.destination.file_system.clone();
            protect(call.context, &freed, Protection::Enabled);
        }
    } else if deleted.is_none() {
        found.deleted = Some((now, now.saturating_add(deleting)));
    }
    arrive(call.context);
    Ok(Value::Null)
}

/// The replication that a file system is the source of, as this region sees it.
fn of_source<'a>(call: &'a Call, id: &str) -> Option<&'a Replication> {
    let context = &*call.context;
    context
        .global
        .efs
        .replications
        .by("file_system", id)
        .filter(|found| found.source.file_system == id)
        .find(|found| found.is_seen(&context.region.name, context.now))
}

/// Brings about in a region what replications to it have changed meanwhile: destinations
/// that are new, or read-only now, or written to, or free again.
pub(super) fn arrive(context: &mut Context) {
    let (region, now) = (context.region.name.clone(), context.now);
    let here = context.global.efs.replications.by("pending", &region);
    let due: Vec<Replication> = here.filter(|found| found.is_due(now)).cloned().collect();
    for found in due {
        let id = found.destination.file_system.clone();
        if let Some(arrival) = &found.arrival {
            if let Arrival::New(made) = arrival {
                let made = settled((**made).clone(), context);
                context.region.efs.file_systems.insert(id.clone(), made);
            }
            protect(context, &id, Protection::Replicating);
            if let Some(kept) = context.global.efs.replications.get_mut(&found.id) {
                kept.arrival = None;
            }
        }
        let size = found.replicated(now);
        if let (Some(size), Some(destination)) = (size, context.region.efs.file_systems.get(&id))
            && destination.metered != Some(size)
            && let Some(destination) = context.region.efs.file_systems.get_mut(&id)
        {
            destination.metered = Some(size);
        }
        if let Some(size) = size
            && let Some(kept) = context.global.efs.replications.get_mut(&found.id)
        {
            kept.sizes.retain(|kept| kept.at_ms > size.at_ms);
        }
        if found.is_gone(now) {
            // "The destination file system becomes Writeable and its replication overwrite
            // protection is re-enabled."
            protect(context, &id, Protection::Enabled);
        }
        if found.is_gone(now) || !(found.source.configured || found.destination.configured) {
            context.global.efs.replications.remove(&found.id);
        }
    }
}

/// A destination that was made, as it is now, with the id of its zone.
fn settled(mut made: FileSystem, context: &Context) -> FileSystem {
    if made.life.until.is_some_and(|until| until <= context.now) {
        made.life = Life::AVAILABLE;
    }
    if let Some(zone) = &mut made.zone
        && let Some(found) = network::zone(context.region, &zone.name)
    {
        zone.id = found.id;
    }
    made
}

fn protect(context: &mut Context, id: &str, protection: Protection) {
    let files = &mut context.region.efs.file_systems;
    if files.get(id).is_some_and(|found| found.protection != protection)
        && let Some(found) = files.get_mut(id)
    {
        found.protection = protection;
    }
}

/// A replication as the API describes it.
fn description(context: &Context, found: &Replication) -> Value {
    let account = &context.region.account;
    let arn = format!(
        "arn:{}:elasticfilesystem:{}:{account}:file-system/{}",
        partition(&found.source.region),
        found.source.region,
        found.source.file_system
    );
    let mut destination = json!({
        "Status": found.status(context.now),
        "FileSystemId": found.destination.file_system,
        "Region": found.destination.region,
        "OwnerId": found.to_account.as_ref().unwrap_or(account),
    });
    let message = found.forced.as_ref().and_then(|forced| forced.message.clone());
    let optional = [
        ("LastReplicatedTimestamp", found.last_copy(context.now).map(|at| json!(seconds(at)))),
        ("RoleArn", found.role_arn.clone().map(Value::from)),
        ("StatusMessage", message.map(Value::from)),
    ];
    for (member, value) in optional {
        if let Some(value) = value {
            destination[member] = value;
        }
    }
    json!({
        "SourceFileSystemId": found.source.file_system,
        "SourceFileSystemRegion": found.source.region,
        "SourceFileSystemArn": arn,
        "OriginalSourceFileSystemArn": arn,
        "CreationTime": seconds(found.created_ms),
        "SourceFileSystemOwnerId": account,
        "Destinations": [destination],
    })
}
