//! The destination of a replication: a file system that is made for it, or one that is there.

use serde::Deserialize;

use super::call::{Call, no_file_system, refused};
use super::file_systems::{backup, room_for_one_more};
use super::keys;
use super::names::{Kind, arn, invalid};
use super::network;
use crate::access::service_linked;
use crate::authorization::document::{Document, Effect, Principals, Statement, Use};
use crate::authorization::principal::Grantee;
use crate::ec2::zones;
use crate::error::{AwsError, Result};
use crate::life::{Life, State};
use crate::world::efs::{Arrival, FileSystem, OneZone, PerformanceMode, Protection};
use crate::world::iam::Role;
use crate::world::{Region, Tags, partition};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Destination {
    region: Option<String>,
    availability_zone_name: Option<String>,
    kms_key_id: Option<String>,
    file_system_id: Option<String>,
    pub(super) role_arn: Option<String>,
}

impl Destination {
    /// The account of the file system that is to be the destination, where that is another one.
    pub(super) fn other_account(&self, own: &str) -> Option<String> {
        let given = self.file_system_id.as_deref()?;
        let account = arn(given, Kind::FileSystem)?.account;
        (account != own).then(|| account.to_owned())
    }
}

/// The destination's region and id, and what becomes of it.
pub(super) fn prepared(
    call: &mut Call,
    source: &FileSystem,
    asked: Destination,
) -> Result<(String, String, Arrival)> {
    match asked.file_system_id.clone() {
        Some(id) => existing(call, source, &asked, &id),
        None => new(call, source, &asked),
    }
}

fn existing(
    call: &Call,
    source: &FileSystem,
    asked: &Destination,
    given: &str,
) -> Result<(String, String, Arrival)> {
    if asked.availability_zone_name.is_some() || asked.kms_key_id.is_some() {
        return Err(AwsError::bad_request(
            "AvailabilityZoneName and KmsKeyId cannot be specified for an existing destination file system.",
        ));
    }
    let parts = arn(given, Kind::FileSystem);
    let id = parts.as_ref().map_or(given, |parts| parts.id);
    if let Some(parts) = &parts {
        if !parts.is_of_its_partition() {
            return Err(invalid(given));
        }
        if parts.account != call.context.region.account {
            return in_other_account(call, asked, (parts.region, id));
        }
    }
    let here = call.context.region.name.as_str();
    let region = match (parts.map(|parts| parts.region), asked.region.as_deref()) {
        (Some(named), Some(asked)) if named != asked => {
            return Err(AwsError::bad_request(
                "The Region does not match the destination file system's ARN.",
            ));
        }
        (Some(region), _) | (None, Some(region)) => region,
        (None, None) => here,
    };
    in_reach(call, region)?;
    let found = find(call, region, id).ok_or_else(|| no_file_system(id))?;
    if region == here && id == source.id {
        return Err(AwsError::bad_request(
            "The source and the destination must be two file systems.",
        ));
    }
    if found.life.state != State::Available {
        let message =
            format!("The destination file system '{id}' is {}.", found.life.state.as_str());
        return Err(refused("IncorrectFileSystemLifeCycleState", message));
    }
    // "The file system's replication overwrite protection must be disabled."
    if found.protection != Protection::Disabled || taken(call, region, id) {
        return Err(AwsError::bad_request(format!(
            "The destination file system '{id}' cannot be overwritten: its replication overwrite protection must be DISABLED, and it must not be part of a replication configuration."
        )));
    }
    if source.encrypted && !found.encrypted {
        return Err(refused(
            "ConflictException",
            "The source file system is encrypted, but the destination file system is not.",
        ));
    }
    Ok((region.to_owned(), id.to_owned(), Arrival::Existing))
}

/// Whether a file system can be replicated to a region. "The Region must be enabled for the
/// Amazon Web Services account that owns the source file system"
/// (`CreateReplicationConfiguration`, in EFS's model); a region of another partition cannot be,
/// as accounts end with their partition (IAM User Guide, "IAM identifiers"). For the words no
/// recording was found.
fn in_reach(call: &Call, region: &str) -> Result<()> {
    let here = call.context.region.name.as_str();
    let refusal = if !zones::is_region(region) {
        "does not exist"
    } else if partition(region) != partition(here) {
        "is in another partition"
    } else if zones::needs_opt_in(region) && region != here && region_of(call, region).is_none() {
        "is not enabled for this account"
    } else {
        return Ok(());
    };
    Err(AwsError::bad_request(format!("Invalid Region: '{region}' {refusal}.")))
}

/// A destination of another account, which is not looked at: nothing of that account is here. AWS's
/// message for what is missing:
/// <https://github.com/hashicorp/terraform-provider-aws/issues/42814>. The role is one "in the
/// source account" (`DestinationToCreate`); for the words about another one no recording was found.
fn in_other_account(
    call: &Call,
    asked: &Destination,
    (region, id): (&str, &str),
) -> Result<(String, String, Arrival)> {
    let Some(role) = &asked.role_arn else {
        return Err(AwsError::bad_request(
            "No RoleArn provided.  RoleArn is required for cross-account replication.",
        ));
    };
    let here = &call.context.region;
    if role.split(':').nth(4) != Some(here.account.as_str()) {
        return Err(AwsError::bad_request(format!(
            "The role '{role}' does not belong to the account of the source file system."
        )));
    }
    if asked.region.as_deref().is_some_and(|asked| asked != region) {
        return Err(AwsError::bad_request(
            "The Region does not match the destination file system's ARN.",
        ));
    }
    in_reach(call, region)?;
    Ok((region.to_owned(), id.to_owned(), Arrival::Existing))
}

/// What is wrong with the role of a replication to another account: it "must have the … trust policy
/// to allow Amazon EFS to assume the role" (EFS User Guide, "Replicating EFS file systems across AWS
/// accounts"). A replication that lacks a permission is made, and paused: "Authorization error" is
/// among the causes (same guide, "Viewing replication details").
pub(super) fn unauthorized(call: &Call, role: &str) -> Option<String> {
    let trusts = |role: &Role| {
        let trust = Document::parse(&role.trust, Use::Trust).ok()?;
        let mut allowed = trust.statements.into_iter().filter(|it| it.effect == Effect::Allow);
        let efs = Grantee::Other(service_linked::EFS.to_owned());
        let to_efs = |it: Statement| matches!(it.principals, Some(Principals::Only(all)) if all.contains(&efs));
        Some(allowed.any(to_efs))
    };
    let may = call.context.role(role).and_then(trusts).unwrap_or(false);
    (!may).then(|| format!("Amazon EFS is not authorized to assume the role {role}."))
}

fn find<'a>(call: &'a Call, region: &str, id: &str) -> Option<&'a FileSystem> {
    region_of(call, region)?.efs.file_systems.get(id)
}

/// A region that was ever used.
fn region_of<'a>(call: &'a Call, name: &str) -> Option<&'a Region> {
    if call.context.region.name == name {
        return Some(&*call.context.region);
    }
    call.context.others.iter().copied().find(|region| region.name == name)
}

/// Whether a file system is part of a replication, whichever region it is in.
fn taken(call: &Call, region: &str, id: &str) -> bool {
    let all = &call.context.global.efs.replications;
    all.by("file_system", id).any(|found| found.is_seen(region, call.context.now))
}

fn new(
    call: &mut Call,
    source: &FileSystem,
    asked: &Destination,
) -> Result<(String, String, Arrival)> {
    let zone = asked.availability_zone_name.as_deref();
    let region = match (asked.region.as_deref(), zone) {
        // AWS's message (cdk-preflight, rule `pf-efs-replication-destination`).
        (Some(region), Some(zone)) if !zone.starts_with(region) => {
            return Err(AwsError::bad_request("Region and Availability Zone must match."));
        }
        (Some(region), _) => region,
        (None, Some(zone)) => zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase()),
        (None, None) => {
            return Err(AwsError::bad_request(
                "Specify a Region, an AvailabilityZoneName or a FileSystemId as destination.",
            ));
        }
    };
    in_reach(call, region)?;
    if let Some(zone) = zone.filter(|zone| !offered(call, region, zone)) {
        let message = format!("One Zone file systems are not supported in '{zone}'.");
        return Err(refused("UnsupportedAvailabilityZone", message));
    }
    let there = region_of(call, region).map_or(0, |found| found.efs.file_systems.len());
    let limit = call.context.options.efs.file_system_limit;
    room_for_one_more(there + on_their_way(call, region), limit)?;
    let found = region_of(call, region).ok_or((region, call.context.region.account.as_str()));
    let key = keys::of_replica(found, asked.kms_key_id.as_deref()).map_err(|why| {
        AwsError::bad_request(format!("Failed to create destination file system: {}", why.message))
    })?;
    let made = replica(call, source, zone, key);
    Ok((region.to_owned(), made.id.clone(), Arrival::New(Box::new(made))))
}

/// How many file systems were made as destinations in a region that has not seen them yet.
fn on_their_way(call: &Call, region: &str) -> usize {
    let pending = call.context.global.efs.replications.by("pending", region);
    pending.filter(|found| matches!(found.arrival, Some(Arrival::New(_)))).count()
}

/// Whether a region has a zone: a used one shows it, of others the number is known.
fn offered(call: &Call, region: &str, zone: &str) -> bool {
    if let Some(found) = region_of(call, region) {
        return network::zone(found, zone).is_some_and(|zone| zone.ordinary);
    }
    let letters = b'a'..b'a' + call.context.options.zones;
    let last = zone.bytes().last();
    network::ordinary(region, zone) && last.is_some_and(|last| letters.contains(&last))
}

/// The file system that EFS makes as a destination: encrypted always, with the source's
/// performance and throughput, but without its lifecycle rules, policy and tags (EFS user
/// guide, "Configuring replication to new EFS file system").
fn replica(call: &mut Call, source: &FileSystem, zone: Option<&str>, key: String) -> FileSystem {
    let now = call.context.now;
    let id = call.context.ids.next(Kind::FileSystem.prefix());
    FileSystem {
        token: format!("replica-of-{}", source.id),
        created_ms: now,
        life: Life::until(State::Creating, now, call.context.options.file_system_creating_ms),
        encrypted: true,
        kms_key: Some(key),
        performance_mode: match zone {
            Some(_) => PerformanceMode::GeneralPurpose,
            None => source.performance_mode,
        },
        throughput: source.throughput,
        throughput_changed_ms: None,
        // Its region knows the id.
        zone: zone.map(|name| OneZone { name: name.to_owned(), id: String::new() }),
        tags: Tags::new(),
        lifecycle: Vec::new(),
        backup: backup(zone.is_some()),
        policy: None,
        protection: Protection::Replicating,
        metered: None,
        id,
    }
}
