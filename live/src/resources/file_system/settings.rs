//! What takes a call of its own to read and to set: the lifecycle, backup and file-system
//! policies, and the protection against replication.

use anyhow::Context as _;
use aws_sdk_efs::types::{
    BackupPolicy as SdkBackupPolicy, LifecyclePolicy, ReplicationOverwriteProtection, Status,
    TransitionToArchiveRules as ToArchive, TransitionToIaRules as ToIa,
    TransitionToPrimaryStorageClassRules as ToPrimary,
};
use efs::resources::file_system::{
    BackupPolicy, FileSystem, FileSystemSource, Group, Lifecycle, Policy, Spec, Throughput,
    Transition,
};
use efs::{FileSystemId, Replication};
use tokio::try_join;

use super::replication;
use crate::aws::{Aws, explain, is};
use crate::context::Context;
use crate::meaning::efs as codes;
use crate::progress::Line;
use crate::propagation::{New, known, principal_is_unknown};
use crate::users::{policy, replications};

/// Reads what takes calls of its own, side by side, into the properties of a file system of our
/// own. An adopted one stays as it is, and nobody looks.
pub(crate) async fn settings(
    aws: &Aws,
    source: Option<&FileSystemSource>,
    found: Option<&FileSystem>,
) -> anyhow::Result<Option<Spec>> {
    let (Some(FileSystemSource::Own(wanted)), Some(found)) = (source, found) else {
        return Ok(None);
    };
    let (lifecycle, backup, policy, replication) = try_join!(
        lifecycle(aws, wanted, &found.id),
        backup(aws, &found.id),
        policy(aws, &found.id),
        replication::wanted(aws, wanted, found)
    )?;
    let policy = policy.as_deref().and_then(Policy::found);
    Ok(Some(Spec { lifecycle, backup, policy, replication, ..found.spec.clone() }))
}

/// Everything that takes calls of its own to read, whether or not anybody asks for it; and the
/// replications that the file system is part of.
pub(crate) async fn everything(
    aws: &Aws,
    found: &FileSystem,
) -> anyhow::Result<(Spec, Vec<Replication>)> {
    let id = &found.id;
    let (lifecycle, backup, policy, replications) =
        try_join!(lifecycle_of(aws, id), backup(aws, id), policy(aws, id), replications(aws, id))?;
    let policy = policy.as_deref().and_then(Policy::found);
    let replications = replications.unwrap_or_default();
    let from_here = replications.iter().find(|it| it.source == id.as_str()).cloned();
    let replication = from_here.map(replication::properties);
    Ok((Spec { lifecycle, backup, policy, replication, ..found.spec.clone() }, replications))
}

/// Sets the properties of a group.
pub(super) async fn put(
    context: &Context,
    aws: &Aws,
    id: &FileSystemId,
    (group, spec): (Group, &Spec),
    line: &Line,
) -> anyhow::Result<()> {
    match group {
        Group::Throughput => Ok(()),
        Group::Lifecycle => put_lifecycle(aws, id, spec.lifecycle.iter().flatten()).await,
        Group::Backup => put_backup(aws, id, spec.backup).await,
        Group::Protection => put_protection(aws, id, spec).await,
        Group::Policy => match &spec.policy {
            Some(policy) => put_policy((context, aws, line), id, policy).await,
            None => delete_policy(aws, id).await,
        },
        Group::Replication => replication::put(context, aws, id, spec).await,
    }
}

/// The lifecycle policy of a file system that should have one, or whose throughput may be
/// at odds with one.
async fn lifecycle(
    aws: &Aws,
    wanted: &Spec,
    id: &FileSystemId,
) -> anyhow::Result<Option<Lifecycle>> {
    if wanted.lifecycle.is_none() && wanted.throughput == Throughput::Elastic {
        return Ok(None);
    }
    lifecycle_of(aws, id).await
}

/// The lifecycle policy of a file system.
async fn lifecycle_of(aws: &Aws, id: &FileSystemId) -> anyhow::Result<Option<Lifecycle>> {
    let call = aws.efs.describe_lifecycle_configuration().file_system_id(id.as_str());
    let response = match call.send().await {
        Ok(response) => response,
        // Deleted since it was listed.
        Err(error) if is(&error, codes::FILE_SYSTEM_NOT_FOUND) => return Ok(None),
        Err(error) => {
            let call = "elasticfilesystem:DescribeLifecycleConfiguration";
            return Err(explain(call, &aws.region, error));
        }
    };
    let rules = response.lifecycle_policies().iter().flat_map(|policy| {
        [
            (Transition::ToIa, policy.transition_to_ia().map(ToIa::as_str)),
            (Transition::ToArchive, policy.transition_to_archive().map(ToArchive::as_str)),
            (
                Transition::ToPrimary,
                policy.transition_to_primary_storage_class().map(ToPrimary::as_str),
            ),
        ]
    });
    Ok(Some(rules.filter_map(|(one, rule)| Some((one, rule?.to_owned()))).collect()))
}

/// Sets all transitions; those that are not given go off. Each is a policy of its own
/// (<https://docs.aws.amazon.com/efs/latest/ug/API_PutLifecycleConfiguration.html>).
async fn put_lifecycle(
    aws: &Aws,
    id: &FileSystemId,
    wanted: impl Iterator<Item = (&Transition, &String)>,
) -> anyhow::Result<()> {
    let policies = wanted.map(|(transition, rule)| {
        let (policy, rule) = (LifecyclePolicy::builder(), rule.as_str());
        match transition {
            Transition::ToIa => policy.transition_to_ia(rule.into()),
            Transition::ToArchive => policy.transition_to_archive(rule.into()),
            Transition::ToPrimary => policy.transition_to_primary_storage_class(rule.into()),
        }
        .build()
    });
    let call = aws.efs.put_lifecycle_configuration().file_system_id(id.as_str());
    let call = call.set_lifecycle_policies(Some(policies.collect()));
    let put = call.send().await.map(drop);
    put.map_err(|error| explain("elasticfilesystem:PutLifecycleConfiguration", &aws.region, error))
}

/// Whether it is backed up: where the region has no AWS Backup, nothing is. `None` where the file
/// system was deleted since it was listed.
async fn backup(aws: &Aws, id: &FileSystemId) -> anyhow::Result<Option<BackupPolicy>> {
    let call = aws.efs.describe_backup_policy().file_system_id(id.as_str());
    let response = match call.send().await {
        Ok(response) => response,
        // Nobody ever set it; or "the AWS Backup service is not available in the AWS Region"
        // (`DescribeBackupPolicy`, `ValidationException`).
        Err(error)
            if is(&error, codes::POLICY_NOT_FOUND) || is(&error, codes::VALIDATION_EXCEPTION) =>
        {
            return Ok(Some(BackupPolicy::Disabled));
        }
        Err(error) if is(&error, codes::FILE_SYSTEM_NOT_FOUND) => return Ok(None),
        Err(error) => {
            return Err(explain("elasticfilesystem:DescribeBackupPolicy", &aws.region, error));
        }
    };
    let status = response.backup_policy().map(|policy| policy.status().as_str());
    Ok(status.and_then(BackupPolicy::found))
}

/// Turns backups on or off. EFS answers `ENABLING` or `DISABLING`, which ends by itself: nothing
/// depends on it.
async fn put_backup(
    aws: &Aws,
    id: &FileSystemId,
    wanted: Option<BackupPolicy>,
) -> anyhow::Result<()> {
    let Some(wanted) = wanted else { return Ok(()) };
    let status = Status::from(wanted.as_str());
    let policy = SdkBackupPolicy::builder().status(status).build()?;
    let call = aws.efs.put_backup_policy().file_system_id(id.as_str()).backup_policy(policy);
    let put = call.send().await.map(drop);
    put.map_err(|error| explain("elasticfilesystem:PutBackupPolicy", &aws.region, error))
}

async fn put_protection(aws: &Aws, id: &FileSystemId, wanted: &Spec) -> anyhow::Result<()> {
    let wanted = wanted.overwrite_protection.as_ref().context("no protection is wanted")?;
    let call = aws
        .efs
        .update_file_system_protection()
        .file_system_id(id.as_str())
        .replication_overwrite_protection(ReplicationOverwriteProtection::from(wanted.as_str()));
    let put = call.send().await.map(drop);
    let name = "elasticfilesystem:UpdateFileSystemProtection";
    put.map_err(|error| explain(name, &aws.region, error))
}

async fn put_policy(
    (context, aws, line): (&Context, &Aws, &Line),
    id: &FileSystemId,
    wanted: &Policy,
) -> anyhow::Result<()> {
    let call = aws
        .efs
        .put_file_system_policy()
        .file_system_id(id.as_str())
        .policy(wanted.document.to_string())
        .set_bypass_policy_lockout_safety_check(wanted.bypass_lockout_check.then_some(true));
    let send = || call.clone().send();
    let put = known(context, line, New::Principal, principal_is_unknown, send).await?.map(drop);
    put.map_err(|error| explain("elasticfilesystem:PutFileSystemPolicy", &aws.region, error))
}

async fn delete_policy(aws: &Aws, id: &FileSystemId) -> anyhow::Result<()> {
    let call = aws.efs.delete_file_system_policy().file_system_id(id.as_str());
    let deleted = call.send().await.map(drop);
    deleted.map_err(|error| explain("elasticfilesystem:DeleteFileSystemPolicy", &aws.region, error))
}
