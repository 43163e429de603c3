//! The file system, what is set for it, and its access points.

use std::collections::BTreeMap;

use plan::Warning;
use serde_json::{Value, json};

use super::deployed::{Deployed, Naming};
use super::resource::Resource;
use crate::import::attributes;
use crate::import::points::named;
use crate::resources::file_system::{
    BackupPolicy, FileSystem, OverwriteProtection, Spec, is_leaving_status,
};
use crate::users::{AccessPoint, CreationInfo, PosixUser};

/// Tags as Terraform writes them: those of AWS are set by AWS alone.
fn tags(all: &BTreeMap<String, String>) -> Option<Value> {
    let own: BTreeMap<&String, &String> =
        all.iter().filter(|(key, _)| !key.starts_with("aws:")).collect();
    (!own.is_empty()).then(|| json!(own))
}

pub(super) fn file_system(
    deployed: &Deployed,
    naming: &Naming,
    warnings: &mut Vec<Warning>,
) -> Vec<Resource> {
    let found = &deployed.found.file_system;
    let (id, of) = (&found.id, naming.file_system());
    let FileSystem { spec, .. } = found;
    // Every field is looked at: a new one does not compile until somebody says what it means.
    let Spec {
        encrypted: _,
        kms_key_id: _,
        availability_zone: _,
        performance_mode: _,
        throughput: _,
        lifecycle: _,            // `itself` has these,
        overwrite_protection: _, // and this;
        backup,
        policy,
        replication: _, // `deployed.found` has all of them.
    } = spec;
    let mut all = vec![itself(found, &naming.label)];
    // One that was never set has no resource: `BackupPolicy` by its `PolicyNotFound` is off.
    if *backup == Some(BackupPolicy::Enabled) {
        let policy = Resource::new("aws_efs_backup_policy", &naming.label, id)
            .expression("file_system_id", &of)
            .block("backup_policy", attributes([("status", json!("ENABLED"))], 2));
        all.push(policy);
    }
    if let Some(policy) = policy {
        let policy = Resource::new("aws_efs_file_system_policy", &naming.label, id)
            .expression("file_system_id", &of)
            .document("policy", &policy.document);
        all.push(policy);
    }
    let mut replications = deployed.found.replications.iter();
    let to = replications.find(|it| it.source == id.as_str() && !is_leaving_status(&it.status));
    if let Some(to) = to {
        let destination = attributes([("region", json!(to.destination_region))], 2);
        let replication = Resource::new("aws_efs_replication_configuration", &naming.label, id)
            .expression("source_file_system_id", &of)
            .block("destination", destination);
        all.push(replication);
        warnings.push(Warning::new(
            format!(
                "the copy {} in {} is no resource of this: Terraform made none either",
                to.destination, to.destination_region
            ),
            "write it with a provider for that region, if Terraform is to have it",
        ));
    }
    all
}

fn itself(found: &FileSystem, label: &str) -> Resource {
    let spec = &found.spec;
    let mut resource = Resource::new("aws_efs_file_system", label, &found.id)
        .with("creation_token", found.creation_token.as_str())
        .with("encrypted", spec.encrypted)
        .maybe("kms_key_id", spec.kms_key_id.as_deref())
        .maybe("availability_zone_name", spec.availability_zone.as_deref())
        .with("performance_mode", spec.performance_mode.as_str())
        .with("throughput_mode", spec.throughput.mode())
        .maybe("provisioned_throughput_in_mibps", spec.throughput.mibps())
        .maybe("tags", tags(&found.tags));
    for (transition, rule) in spec.lifecycle.iter().flatten() {
        let rule = attributes([(transition.as_str(), json!(rule))], 2);
        resource = resource.block("lifecycle_policy", rule);
    }
    match &spec.overwrite_protection {
        // EFS sets it itself for a copy.
        Some(protection) if *protection != OverwriteProtection::Replicating => {
            let text = attributes([("replication_overwrite", json!(protection.as_str()))], 2);
            resource.block("protection", text)
        }
        _ => resource,
    }
}

/// The access points but for those that the driver makes and deletes.
pub(super) fn access_points(deployed: &Deployed, naming: &Naming) -> Vec<Resource> {
    let all = named(deployed.found, &naming.names).into_iter();
    all.map(|(name, point)| {
        let AccessPoint { id, path, posix_user, creation_info, tags: of_point, .. } = point;
        let mut resource = Resource::new("aws_efs_access_point", naming.of(&name), id)
            .expression("file_system_id", naming.file_system())
            .maybe("tags", tags(of_point));
        if let Some(PosixUser { uid, gid, secondary_gids }) = posix_user {
            let mut user = vec![("gid", json!(gid)), ("uid", json!(uid))];
            if !secondary_gids.is_empty() {
                user.push(("secondary_gids", json!(secondary_gids)));
            }
            resource = resource.block("posix_user", attributes(user, 2));
        }
        if path == "/" && creation_info.is_none() {
            return resource;
        }
        let mut root = attributes([("path", json!(path))], 2);
        if let Some(CreationInfo { owner_uid, owner_gid, permissions }) = creation_info {
            let info = [
                ("owner_gid", json!(owner_gid)),
                ("owner_uid", json!(owner_uid)),
                ("permissions", json!(permissions)),
            ];
            root.push_str(&format!("\n    creation_info {{\n{}    }}\n", attributes(info, 3)));
        }
        resource.block("root_directory", root)
    })
    .collect()
}
