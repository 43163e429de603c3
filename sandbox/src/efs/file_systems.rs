//! File systems.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, refused};
use super::names::Kind;
use super::tags::{Tag, checked, shown};
use super::{keys, network, pages, replicated, throughput};
use crate::error::{AwsError, Result};
use crate::life::{Life, State};
use crate::service::Context;
use crate::world::Region;
use crate::world::efs::{
    Backup, FileSystem, Metered, OneZone, PerformanceMode, Protection, Throughput, ThroughputMode,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    creation_token: String,
    performance_mode: Option<PerformanceMode>,
    encrypted: Option<bool>,
    kms_key_id: Option<String>,
    throughput_mode: Option<ThroughputMode>,
    provisioned_throughput_in_mibps: Option<f64>,
    availability_zone_name: Option<String>,
    backup: Option<bool>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    throughput_mode: Option<ThroughputMode>,
    provisioned_throughput_in_mibps: Option<f64>,
}

pub(super) fn create(call: &mut Call) -> Result<Value> {
    let asked: Create = call.read()?;
    if let Some(found) =
        call.context.region.efs.file_systems.by("token", &asked.creation_token).next()
    {
        let message = format!(
            "File system '{}' already exists with creation token '{}'",
            found.id, asked.creation_token
        );
        return Err(
            refused("FileSystemAlreadyExists", message).with("FileSystemId", found.id.clone())
        );
    }
    let (now, options) = (call.context.now, call.context.options);
    let mode = asked.throughput_mode.unwrap_or(ThroughputMode::Bursting);
    let throughput = throughput::throughput(
        &call.context.region.name,
        mode,
        asked.provisioned_throughput_in_mibps,
    )?;
    let performance_mode = asked.performance_mode.unwrap_or(PerformanceMode::GeneralPurpose);
    let zone = one_zone(call.context.region, asked.availability_zone_name.as_deref())?;
    throughput::performance(performance_mode, mode, zone.is_some())?;
    let encrypted = asked.encrypted.unwrap_or(false) || options.efs.encrypt_always;
    let kms_key = keys::key(call.context.region, encrypted, asked.kms_key_id.as_deref())?;
    let tags = checked(asked.tags)?;
    room_for_one_more(call.context.region.efs.file_systems.len(), options.efs.file_system_limit)?;
    let found = FileSystem {
        id: call.context.ids.next(Kind::FileSystem.prefix()),
        token: asked.creation_token,
        created_ms: now,
        life: Life::until(State::Creating, now, options.file_system_creating_ms),
        encrypted,
        kms_key,
        performance_mode,
        throughput,
        throughput_changed_ms: None,
        // "Default is false. However, if you specify an AvailabilityZoneName, the default is true."
        backup: backup(asked.backup.unwrap_or(zone.is_some())),
        zone,
        tags,
        lifecycle: Vec::new(),
        policy: None,
        protection: Protection::Enabled,
        metered: None,
    };
    let body = description(call.context, &found);
    call.context.region.efs.file_systems.insert(found.id.clone(), found);
    Ok(body)
}

/// A backup policy from the start; none counts as never set.
pub(super) fn backup(enabled: bool) -> Option<Backup> {
    enabled.then_some(Backup { enabled: true, until_ms: 0 })
}

/// The account's quota of file systems per region.
pub(super) fn room_for_one_more(there: usize, limit: usize) -> Result<()> {
    if there < limit {
        return Ok(());
    }
    let message = format!("You have reached the maximum of {limit} file systems in this Region.");
    Err(refused("FileSystemLimitExceeded", message))
}

/// The zone of a One Zone file system: one of the region's, and of a kind that EFS is in.
fn one_zone(region: &Region, name: Option<&str>) -> Result<Option<OneZone>> {
    let Some(name) = name else {
        return Ok(None);
    };
    match network::zone(region, name) {
        Some(zone) if zone.ordinary => Ok(Some(OneZone { name: name.to_owned(), id: zone.id })),
        Some(_) => Err(refused(
            "UnsupportedAvailabilityZone",
            format!("One Zone file systems are not supported in '{name}'."),
        )),
        // AWS's message (cdk-preflight, rule `pf-efs-availability-zone-region`).
        None => Err(AwsError::bad_request("Invalid Availability Zone Name provided.")),
    }
}

pub(super) fn describe(call: &mut Call) -> Result<Value> {
    let token = call.text("CreationToken");
    if call.text("FileSystemId").is_some() {
        if token.is_some() {
            return Err(AwsError::bad_request(
                "Specify either FileSystemId or CreationToken, not both",
            ));
        }
        let found = call.file_system("FileSystemId")?;
        return Ok(json!({ "FileSystems": [description(call.context, found)] }));
    }
    let page = pages::Page::of(call, pages::MARKERS)?;
    let context = &*call.context;
    let id = |found: &&FileSystem| found.id.clone();
    let shown = |found: &FileSystem| description(context, found);
    let all = &context.region.efs.file_systems;
    let after = page.after().to_owned();
    Ok(match token {
        Some(token) => page.response("FileSystems", all.by("token", token), id, shown),
        None => page.response("FileSystems", all.after(&after).map(|(_, found)| found), id, shown),
    })
}

pub(super) fn update(call: &mut Call) -> Result<Value> {
    let asked: Update = call.read()?;
    let now = call.context.now;
    let found = call.available("FileSystemId")?;
    let (id, before) = (found.id.clone(), found.throughput);
    let after = wanted(&call.context.region.name, found, &asked)?;
    let wait = call.context.options.efs.throughput_change_ms;
    let free = found.throughput_changed_ms.map(|at| at.saturating_add(wait));
    throughput::change(before, after, free, now)?;
    let updating = call.context.options.file_system_updating_ms;
    if let Some(found) = call.context.region.efs.file_systems.get_mut(&id) {
        found.throughput = after;
        found.throughput_changed_ms = Some(now);
        found.life = Life::until(State::Updating, now, updating);
    }
    call.file_system("FileSystemId").map(|found| description(call.context, found))
}

/// The throughput that an update asks for, if this file system can have it.
fn wanted(region: &str, found: &FileSystem, asked: &Update) -> Result<Throughput> {
    let before = found.throughput;
    let mode = asked.throughput_mode.unwrap_or(before.mode);
    let kept = before.mibps.filter(|_| mode == ThroughputMode::Provisioned);
    let after =
        throughput::throughput(region, mode, asked.provisioned_throughput_in_mibps.or(kept))?;
    throughput::performance(found.performance_mode, mode, found.zone.is_some())?;
    if after == before {
        return Err(AwsError::bad_request(
            "The file system already has the requested throughput mode and amount.",
        ));
    }
    // Data in Archive keeps a file system elastic (EFS user guide, "EFS storage classes").
    let archived = found.metered.is_some_and(|metered| metered.archive > 0)
        || found.lifecycle.iter().any(|policy| policy.to_archive.is_some());
    if archived && mode != ThroughputMode::Elastic {
        return Err(AwsError::bad_request(
            "The throughput mode of a file system that uses Archive storage must be elastic.",
        ));
    }
    Ok(after)
}

pub(super) fn delete(call: &mut Call) -> Result<Value> {
    let now = call.context.now;
    let found = call.file_system("FileSystemId")?;
    let id = found.id.clone();
    if found.life.state == State::Deleting {
        return Ok(Value::Null);
    }
    if call.context.region.efs.mount_targets.count("file_system", &id) > 0 {
        let message = format!("File system '{id}' has mount targets; delete them first.");
        return Err(refused("FileSystemInUse", message));
    }
    let of_target = format!("for {id} (");
    let mut interfaces = call.context.region.ec2.interfaces.values();
    if interfaces.any(|found| found.goes_ms.is_some() && found.description.contains(&of_target)) {
        let message = format!("File system '{id}' has network interfaces that are still in use.");
        return Err(refused("FileSystemInUse", message));
    }
    // "You cannot delete a file system that is part of an EFS replication configuration"
    // (`DeleteFileSystem`).
    if replicated::part_of_one(call, &id) {
        let message = format!(
            "File system '{id}' is part of a replication configuration; delete that first."
        );
        return Err(refused("FileSystemInUse", message));
    }
    let deleting = call.context.options.file_system_deleting_ms;
    if let Some(found) = call.context.region.efs.file_systems.get_mut(&id) {
        found.life = Life::until(State::Deleting, now, deleting);
    }
    Ok(Value::Null)
}

/// What EFS meters in a file system that nobody wrote to: 6 KiB of its own.
const EMPTY: u64 = 6144;

/// A file system as the API describes it.
pub(super) fn description(context: &Context, found: &FileSystem) -> Value {
    let region = &*context.region;
    let targets = region.efs.mount_targets.count("file_system", &found.id);
    let mut body = json!({
        "OwnerId": region.account,
        "CreationToken": found.token,
        "FileSystemId": found.id,
        "FileSystemArn": region.arn("elasticfilesystem", &format!("file-system/{}", found.id)),
        "CreationTime": seconds(found.created_ms),
        "LifeCycleState": found.life.state.as_str(),
        "NumberOfMountTargets": targets,
        "SizeInBytes": size(found.metered.or_else(|| first_metered(context, found))),
        "PerformanceMode": found.performance_mode,
        "Encrypted": found.encrypted,
        "ThroughputMode": found.throughput.mode,
        "FileSystemProtection": { "ReplicationOverwriteProtection": found.protection },
        "Tags": shown(&found.tags),
    });
    let optional = [
        ("Name", found.tags.get("Name").map(|name| json!(name))),
        ("KmsKeyId", found.kms_key.as_ref().map(|key| json!(key))),
        ("ProvisionedThroughputInMibps", found.throughput.mibps.map(|mibps| json!(mibps))),
        ("AvailabilityZoneName", found.zone.as_ref().map(|zone| json!(zone.name))),
        ("AvailabilityZoneId", found.zone.as_ref().map(|zone| json!(zone.id))),
    ];
    for (member, value) in optional {
        if let Some(value) = value {
            body[member] = value;
        }
    }
    body
}

/// What the first metering finds, once it was: at creation there is no size and no time.
fn first_metered(context: &Context, found: &FileSystem) -> Option<Metered> {
    let at_ms = found.created_ms.saturating_add(context.options.efs.metering_ms);
    let metered = Metered { standard: EMPTY, infrequent: 0, archive: 0, at_ms };
    (at_ms <= context.now).then_some(metered)
}

/// The metered size: 0 and no time until EFS has metered for the first time.
fn size(metered: Option<Metered>) -> Value {
    let Some(metered) = metered else {
        return json!({ "Value": 0, "ValueInIA": 0, "ValueInStandard": 0, "ValueInArchive": 0 });
    };
    json!({
        "Value": metered.standard.saturating_add(metered.infrequent).saturating_add(metered.archive),
        "Timestamp": metered.at_ms / 1000,
        "ValueInIA": metered.infrequent,
        "ValueInStandard": metered.standard,
        "ValueInArchive": metered.archive,
    })
}

/// A moment as the API writes it: seconds since 1970.
#[expect(clippy::cast_precision_loss, reason = "times of this millennium fit")]
pub(super) fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}
