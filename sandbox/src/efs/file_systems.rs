//! File systems.

use serde::Deserialize;
use serde_json::{Value, json};

use super::missing::{available, no_file_system};
use super::state::FileSystem;
use super::tags::{Tag, checked, told};
use super::{Call, PAGE, Told, bare};
use crate::error::{Answer, AwsError};
use crate::life::{Life, State};
use crate::world::Region;

/// How long provisioned throughput stays before it may be decreased again.
const BETWEEN_DECREASES_MS: u64 = 24 * 60 * 60 * 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    creation_token: Option<String>,
    performance_mode: Option<String>,
    encrypted: Option<bool>,
    kms_key_id: Option<String>,
    throughput_mode: Option<String>,
    provisioned_throughput_in_mibps: Option<f64>,
    availability_zone_name: Option<String>,
    backup: Option<bool>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    throughput_mode: Option<String>,
    provisioned_throughput_in_mibps: Option<f64>,
}

pub(super) fn create(call: &mut Call) -> Told {
    let asked: Create = call.body()?;
    let token = asked.creation_token.unwrap_or_default();
    if !(1..=64).contains(&token.chars().count()) {
        return Err(AwsError::bad_request("CreationToken must have 1 to 64 characters"));
    }
    let existing = call.context.region.efs.file_systems.by("token", &token).next();
    if let Some(found) = existing {
        let message =
            format!("File system '{}' already exists with creation token '{token}'", found.id);
        return Err(AwsError::new(409, "FileSystemAlreadyExists", message)
            .with("FileSystemId", found.id.clone()));
    }
    let performance_mode = asked.performance_mode.unwrap_or_else(|| "generalPurpose".to_owned());
    if !["generalPurpose", "maxIO"].contains(&performance_mode.as_str()) {
        return Err(AwsError::bad_request(format!("invalid PerformanceMode: {performance_mode}")));
    }
    let throughput_mode = asked.throughput_mode.unwrap_or_else(|| "bursting".to_owned());
    let mibps = throughput(&throughput_mode, asked.provisioned_throughput_in_mibps)?;
    let zone = asked.availability_zone_name;
    if performance_mode == "maxIO" && (throughput_mode == "elastic" || zone.is_some()) {
        return Err(AwsError::bad_request(
            "maxIO excludes elastic throughput and One Zone file systems",
        ));
    }
    if let Some(zone) = &zone
        && call.context.region.ec2.subnets.by("zone", zone).next().is_none()
    {
        let message = format!("Availability Zone '{zone}' is not supported");
        return Err(AwsError::new(400, "UnsupportedAvailabilityZone", message));
    }
    let encrypted = asked.encrypted.unwrap_or(false);
    if !encrypted && asked.kms_key_id.is_some() {
        return Err(AwsError::bad_request("KmsKeyId needs Encrypted to be true"));
    }
    let found = FileSystem {
        id: call.context.ids.next("fs-"),
        token,
        created_ms: call.context.now,
        life: Life::until(
            State::Creating,
            call.context.now,
            call.context.options.file_system_creating_ms,
        ),
        encrypted,
        kms_key_id: encrypted.then(|| key_arn(call.context.region, asked.kms_key_id.as_deref())),
        performance_mode,
        throughput_mode,
        mibps,
        decreased_ms: None,
        backup: asked.backup.unwrap_or(zone.is_some()),
        zone,
        tags: checked(asked.tags)?,
        lifecycle_policies: Vec::new(),
        policy: None,
    };
    let told = description(call, &found);
    call.context.region.efs.file_systems.insert(found.id.clone(), found);
    Ok((201, told))
}

/// The throughput that goes with a mode.
fn throughput(mode: &str, mibps: Option<f64>) -> Answer<Option<f64>> {
    match (mode, mibps) {
        ("bursting" | "elastic", None) => Ok(None),
        ("provisioned", Some(mibps)) if (1.0..=3414.0).contains(&mibps) => Ok(Some(mibps)),
        ("provisioned", Some(_)) => Err(AwsError::new(
            400,
            "ThroughputLimitExceeded",
            "ProvisionedThroughputInMibps must be between 1 and 3414",
        )),
        ("provisioned", None) => {
            Err(AwsError::bad_request("ProvisionedThroughputInMibps is required with provisioned"))
        }
        ("bursting" | "elastic", Some(_)) => Err(AwsError::bad_request(
            "ProvisionedThroughputInMibps needs ThroughputMode provisioned",
        )),
        _ => Err(AwsError::bad_request(format!("invalid ThroughputMode: {mode}"))),
    }
}

fn key_arn(region: &Region, asked: Option<&str>) -> String {
    match asked {
        Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
        Some(id) if !id.starts_with("alias/") => region.arn("kms", &format!("key/{id}")),
        _ => region.arn("kms", "key/0c0dec00-0000-4000-8000-000000000001"),
    }
}

pub(super) fn describe(call: &mut Call) -> Told {
    let id = call.query("FileSystemId").map(bare);
    let token = call.query("CreationToken");
    if id.is_some() && token.is_some() {
        return Err(AwsError::bad_request("give FileSystemId or CreationToken, not both"));
    }
    let listed: Vec<(String, Value)> = call
        .context
        .region
        .efs
        .file_systems
        .values()
        .filter(|found| id.is_none_or(|id| found.id == id))
        .filter(|found| token.is_none_or(|token| found.token == token))
        .map(|found| (found.id.clone(), description(call, found)))
        .collect();
    match id {
        Some(id) if listed.is_empty() => Err(no_file_system(id)),
        _ => call.page("FileSystems", PAGE, listed),
    }
}

pub(super) fn update(call: &mut Call, id: &str) -> Told {
    let asked: Update = call.body()?;
    let (now, updating) = (call.context.now, call.context.options.file_system_updating_ms);
    let id = bare(id);
    let Some(found) = call.context.region.efs.file_systems.get_mut(id) else {
        return Err(no_file_system(id));
    };
    available(found)?;
    let mode = asked.throughput_mode.unwrap_or_else(|| found.throughput_mode.clone());
    let kept = if mode == "provisioned" { found.mibps } else { None };
    let mibps = throughput(&mode, asked.provisioned_throughput_in_mibps.or(kept))?;
    if mode == "elastic" && found.performance_mode == "maxIO" {
        return Err(AwsError::bad_request("maxIO excludes elastic throughput"));
    }
    if mode == found.throughput_mode && mibps == found.mibps {
        return Err(AwsError::bad_request("the file system has this throughput already"));
    }
    if let (Some(before), Some(after)) = (found.mibps, mibps)
        && after < before
    {
        if found.decreased_ms.is_some_and(|at| now < at.saturating_add(BETWEEN_DECREASES_MS)) {
            let message = "throughput can be decreased once in 24 hours";
            return Err(AwsError::new(429, "TooManyRequests", message));
        }
        found.decreased_ms = Some(now);
    }
    found.throughput_mode = mode;
    found.mibps = mibps;
    found.life = Life::until(State::Updating, now, updating);
    let found = found.clone();
    Ok((202, description(call, &found)))
}

pub(super) fn delete(call: &mut Call, id: &str) -> Told {
    let (now, deleting) = (call.context.now, call.context.options.file_system_deleting_ms);
    let id = bare(id);
    let region = &mut *call.context.region;
    let Some(found) = region.efs.file_systems.get_mut(id) else {
        return Err(no_file_system(id));
    };
    if region.efs.mount_targets.by("file_system", id).next().is_some() {
        let message = format!("File system '{id}' has mount targets");
        return Err(AwsError::new(409, "FileSystemInUse", message));
    }
    if found.life.state != State::Deleting {
        found.life = Life::until(State::Deleting, now, deleting);
    }
    let points = region.efs.access_points.by("file_system", id);
    let points: Vec<String> = points.map(|point| point.id.clone()).collect();
    for point in points {
        region.efs.access_points.remove(&point);
    }
    Ok((204, Value::Null))
}

#[expect(clippy::cast_precision_loss, reason = "times of this millennium fit")]
fn description(call: &Call, found: &FileSystem) -> Value {
    let targets = call.context.region.efs.mount_targets.by("file_system", &found.id);
    let seconds = found.created_ms as f64 / 1000.0;
    let mut told = json!({
        "OwnerId": call.context.region.account,
        "CreationToken": found.token,
        "FileSystemId": found.id,
        "FileSystemArn": call.arn("file-system", &found.id),
        "CreationTime": seconds,
        "LifeCycleState": found.life.state.as_str(),
        "NumberOfMountTargets": targets.count(),
        "SizeInBytes": { "Value": 6144, "Timestamp": seconds, "ValueInIA": 0, "ValueInStandard": 6144, "ValueInArchive": 0 },
        "PerformanceMode": found.performance_mode,
        "Encrypted": found.encrypted,
        "ThroughputMode": found.throughput_mode,
        "FileSystemProtection": { "ReplicationOverwriteProtection": "ENABLED" },
        "Tags": told(&found.tags),
    });
    let optional = [
        ("Name", found.tags.get("Name").map(|name| json!(name))),
        ("KmsKeyId", found.kms_key_id.as_ref().map(|key| json!(key))),
        ("ProvisionedThroughputInMibps", found.mibps.map(|mibps| json!(mibps))),
        ("AvailabilityZoneName", found.zone.as_ref().map(|zone| json!(zone))),
    ];
    for (member, value) in optional {
        if let Some(value) = value {
            told[member] = value;
        }
    }
    told
}
