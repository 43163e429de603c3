//! Who uses a file system, as AWS and a cluster list them: all of it is read only where a file
//! system may be deleted or taken over.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use aws_smithy_types::DateTime;
use efs::resources::file_system::FileSystemSource;
use efs::{
    AccessPoint, AccessPointId, Actual, CreationInfo, FileSystemId, Inputs, LifeCycle, PosixUser,
    Replication, Volume,
};
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeSpec, Pod};
use kube::api::ListParams;
use tokio::try_join;

use crate::aws::{Aws, explain, is, is_missing_operation, moment};
use crate::cluster::Kube;
use crate::context::Context;
use crate::meaning::efs as codes;
use crate::target::Target;

/// What uses a file system in AWS, and what keeps EFS from deleting it.
#[derive(Debug, Default)]
pub(crate) struct InAws {
    pub(crate) access_points: Vec<AccessPoint>,
    /// `None` where an emulator has no such operation.
    pub(crate) replications: Option<Vec<Replication>>,
    pub(crate) policy: Option<String>,
}

/// Everything that a destroy must know of a file system.
pub(crate) async fn observe(aws: &Aws, id: &FileSystemId) -> anyhow::Result<InAws> {
    let (access_points, replications, policy) =
        tokio::try_join!(access_points(aws, id), replications(aws, id), policy(aws, id))?;
    Ok(InAws { access_points, replications, policy })
}

/// Who uses a file system and did not when the plan was made: other than these access points.
/// Volumes mount it by its id, or by one of these addresses; the plan ends the replications to
/// these file systems.
pub(crate) async fn new_ones(
    context: &Context,
    aws: &Aws,
    id: &FileSystemId,
    (known, addresses, replicas): (&[AccessPointId], &[String], &[String]),
) -> anyhow::Result<Vec<String>> {
    let volumes = async {
        match context.cluster() {
            Ok(cluster) => in_cluster(&cluster.kube).await,
            Err(_) => Ok(Vec::new()),
        }
    };
    let (points, replications, volumes) =
        tokio::try_join!(access_points(aws, id), replications(aws, id), volumes)?;
    let points = points.iter().filter(|point| !point.life_cycle.is_leaving());
    let points = points.filter(|point| !known.contains(&point.id));
    let mounts = |it: &&Volume| it.mounts(id, addresses.iter().map(String::as_str));
    let replications = replications.unwrap_or_default();
    let ends = |it: &&Replication| it.source == id.as_str() && replicas.contains(&it.destination);
    let replications = replications.iter().filter(|it| !ends(it));
    Ok(points
        .map(|point| format!("the access point {}", point.id))
        .chain(replications.map(|it| format!("a replication to {}", it.destination)))
        .chain(volumes.iter().filter(mounts).map(|it| format!("the volume {}", it.name)))
        .collect())
}

/// All access points of a file system; none where it does not exist any more.
pub(crate) async fn access_points(
    aws: &Aws,
    id: &FileSystemId,
) -> anyhow::Result<Vec<AccessPoint>> {
    let call = aws.efs.describe_access_points().file_system_id(id.as_str());
    let mut pages = call.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(found) = pages.next().await {
        let found = match found {
            Ok(found) => found,
            Err(error) if is(&error, codes::FILE_SYSTEM_NOT_FOUND) => return Ok(Vec::new()),
            Err(error) => {
                return Err(explain("elasticfilesystem:DescribeAccessPoints", &aws.region, error));
            }
        };
        let tags = found.tags().iter();
        let id = AccessPointId::try_from(found.access_point_id().unwrap_or_default());
        all.push(AccessPoint {
            id: id.context("reading an access point")?,
            life_cycle: LifeCycle::parse(
                found.life_cycle_state().map_or("available", |state| state.as_str()),
            ),
            client_token: found.client_token().map(str::to_owned),
            posix_user: found.posix_user().map(|user| PosixUser {
                uid: user.uid(),
                gid: user.gid(),
                secondary_gids: user.secondary_gids().to_vec(),
            }),
            path: found.root_directory().and_then(|root| root.path()).unwrap_or("/").to_owned(),
            creation_info: found.root_directory().and_then(|root| root.creation_info()).map(
                |info| CreationInfo {
                    owner_uid: info.owner_uid(),
                    owner_gid: info.owner_gid(),
                    permissions: info.permissions().to_owned(),
                },
            ),
            account: found.owner_id().map(str::to_owned),
            tags: tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect(),
        });
    }
    Ok(all)
}

/// The access points of a file system; `None` where there is no file system.
pub(crate) async fn listed(aws: &Aws, actual: &Actual) -> anyhow::Result<Option<Vec<AccessPoint>>> {
    let Some(found) = &actual.file_system else { return Ok(None) };
    access_points(aws, &found.id).await.map(Some)
}

/// The replications that a file system is part of, as their source or their destination; `None`
/// where an emulator has no such operation.
pub(crate) async fn replications(
    aws: &Aws,
    id: &FileSystemId,
) -> anyhow::Result<Option<Vec<Replication>>> {
    let call = aws.efs.describe_replication_configurations().file_system_id(id.as_str());
    let mut pages = call.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(found) = pages.next().await {
        let found = match found {
            Ok(found) => found,
            // EFS answers so where there is none.
            Err(error)
                if is(&error, codes::REPLICATION_NOT_FOUND)
                    || is(&error, codes::FILE_SYSTEM_NOT_FOUND) =>
            {
                return Ok(Some(Vec::new()));
            }
            // moto has no replications, and answers so.
            Err(error) if aws.elsewhere && is_missing_operation(&error) => return Ok(None),
            Err(error) => {
                let call = "elasticfilesystem:DescribeReplicationConfigurations";
                return Err(explain(call, &aws.region, error));
            }
        };
        all.extend(found.destinations().iter().map(|destination| Replication {
            source: found.source_file_system_id().to_owned(),
            source_region: found.source_file_system_region().to_owned(),
            destination: destination.file_system_id().to_owned(),
            destination_region: destination.region().to_owned(),
            status: destination.status().as_str().to_owned(),
            last_replicated: destination.last_replicated_timestamp().map(moment),
            lag_seconds: destination.last_replicated_timestamp().map(lag),
            message: destination.status_message().map(str::to_owned),
            account: destination.owner_id().map(str::to_owned),
            role_arn: destination.role_arn().map(str::to_owned),
        }));
    }
    Ok(Some(all))
}

/// How many seconds a moment is past; none where the clock of AWS is ahead of this one.
fn lag(of: &DateTime) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    now.saturating_sub(u64::try_from(of.secs()).unwrap_or_default())
}

/// Who uses a file system that nothing seems to name: another deployment of these names may
/// have left it with data. An ordinary run costs no call for it.
pub(crate) async fn of_old_data(
    inputs: &Inputs,
    aws: &Aws,
    target: &Target,
    actual: &mut Actual,
) -> anyhow::Result<()> {
    // One that is named by its id is no surprise.
    if matches!(inputs.file_system, FileSystemSource::Adopted(_)) || inputs.imported.is_some() {
        return Ok(());
    }
    let Some(id) = actual.file_system.as_ref().map(|found| found.id.clone()) else { return Ok(()) };
    if !efs::may_be_taken_over(&inputs.owner(), actual) {
        return Ok(());
    }
    let volumes = async {
        match target.cluster() {
            Some(cluster) => volumes(&cluster.kube).await,
            None => Ok(Vec::new()),
        }
    };
    let (access_points, volumes) = try_join!(access_points(aws, &id), volumes)?;
    actual.access_points = access_points;
    if let Some(cluster) = &mut actual.cluster {
        cluster.volumes = volumes;
    }
    Ok(())
}

/// The policy of a file system as JSON, where it has one.
pub(crate) async fn policy(aws: &Aws, id: &FileSystemId) -> anyhow::Result<Option<String>> {
    let call = aws.efs.describe_file_system_policy().file_system_id(id.as_str());
    match call.send().await {
        Ok(response) => Ok(response.policy().map(str::to_owned)),
        Err(error)
            if is(&error, codes::POLICY_NOT_FOUND) || is(&error, codes::FILE_SYSTEM_NOT_FOUND) =>
        {
            Ok(None)
        }
        Err(error) => {
            Err(explain("elasticfilesystem:DescribeFileSystemPolicy", &aws.region, error))
        }
    }
}

/// The volumes of a cluster, and what its pods mount over NFS without one.
pub(crate) async fn in_cluster(kube: &Kube) -> anyhow::Result<Vec<Volume>> {
    let (mut volumes, by_pods) = try_join!(volumes(kube), mounted_by_pods(kube))?;
    volumes.extend(by_pods);
    Ok(volumes)
}

/// What the pods of a cluster mount over NFS without a volume.
pub(crate) async fn mounted_by_pods(kube: &Kube) -> anyhow::Result<Vec<Volume>> {
    let pods = kube.pods_if_allowed(|pod| Some(mounted_by(&pod))).await?;
    Ok(pods.into_iter().flatten().flatten().collect())
}

/// What a pod mounts over NFS by itself; one that ended mounts nothing.
fn mounted_by(pod: &Pod) -> Vec<Volume> {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    if matches!(phase, Some("Succeeded" | "Failed")) {
        return Vec::new();
    }
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    let pod_name = format!("{}/{}", name(&pod.metadata.namespace), name(&pod.metadata.name));
    let all = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    let over_nfs = all.filter_map(|volume| Some((volume, volume.nfs.as_ref()?)));
    let mounts = over_nfs.map(|(volume, nfs)| Volume {
        name: format!("{} of the pod {pod_name}", volume.name),
        handle: nfs.server.clone(),
        ..Volume::default()
    });
    mounts.collect()
}

/// The volumes of all CSI drivers, and those that mount over NFS.
pub(crate) async fn volumes(kube: &Kube) -> anyhow::Result<Vec<Volume>> {
    let all = kube.all::<PersistentVolume>();
    kube.list_each(&all, &ListParams::default(), |found| volume(&found)).await
}

/// A volume as a user of a file system, where it may be one.
pub(crate) fn volume(found: &PersistentVolume) -> Option<Volume> {
    let spec = found.spec.as_ref()?;
    let (handle, of_driver) = handle(spec)?;
    let claim = spec.claim_ref.as_ref().map(|claim| {
        let name = |name: &Option<String>| name.clone().unwrap_or_default();
        format!("{}/{}", name(&claim.namespace), name(&claim.name))
    });
    let capacity = spec.capacity.as_ref().and_then(|capacity| capacity.get("storage"));
    Some(Volume {
        access_points: access_points_of(spec),
        name: found.metadata.name.clone().unwrap_or_default(),
        handle: handle.to_owned(),
        of_driver,
        target_address: attribute(spec, "mounttargetip"),
        target_zone: attribute(spec, "az"),
        class: spec.storage_class_name.clone(),
        capacity: capacity.map(|quantity| quantity.0.clone()),
        claim,
    })
}

/// Every access point that a volume names: in its handle, as the mount option `accesspoint=…`, or
/// in whatever else a driver or a later version of it reads.
fn access_points_of(spec: &PersistentVolumeSpec) -> BTreeSet<String> {
    let text = serde_json::to_string(spec).unwrap_or_default();
    let ids = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    ids.filter(|id| id.starts_with("fsap-")).map(str::to_owned).collect()
}

/// What the EFS driver is told of the mount target to use
/// (<https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/docs/README.md>).
fn attribute(spec: &PersistentVolumeSpec, name: &str) -> Option<String> {
    let csi = spec.csi.as_ref().filter(|csi| csi.driver == efs::PROVISIONER)?;
    csi.volume_attributes.as_ref()?.get(name).cloned()
}

/// What a volume says of its file system, and whether the EFS driver serves it. The NFS driver
/// has the server among its attributes
/// (<https://github.com/kubernetes-csi/csi-driver-nfs/blob/master/docs/driver-parameters.md>).
fn handle(spec: &PersistentVolumeSpec) -> Option<(&str, bool)> {
    match (&spec.csi, &spec.nfs) {
        (Some(csi), _) if csi.driver == efs::PROVISIONER => Some((&csi.volume_handle, true)),
        (Some(csi), _) => {
            let server = csi.volume_attributes.iter().find_map(|all| all.get("server"));
            Some((server.unwrap_or(&csi.volume_handle), false))
        }
        (_, Some(nfs)) => Some((&nfs.server, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_volume_of_any_driver_names_its_server_or_its_handle() {
        let server = "fs-00000001.efs.eu-west-1.amazonaws.com";
        let csi = |driver: &str, attributes: serde_json::Value| {
            json!({ "csi": {
                "driver": driver, "volumeHandle": "handle", "volumeAttributes": attributes,
            } })
        };
        for (spec, handle, of_driver) in [
            (csi("efs.csi.aws.com", json!({})), "handle", true),
            (csi("nfs.csi.k8s.io", json!({ "server": server, "share": "/" })), server, false),
            (csi("ebs.csi.aws.com", json!({})), "handle", false),
            (json!({ "nfs": { "server": "10.0.0.4", "path": "/" } }), "10.0.0.4", false),
        ] {
            let found = json!({ "metadata": { "name": "pv-1" }, "spec": spec });
            let found = volume(&serde_json::from_value(found).unwrap()).unwrap();
            assert_eq!((found.handle.as_str(), found.of_driver), (handle, of_driver));
        }
    }

    #[test]
    fn every_access_point_that_a_volume_names_is_found_wherever_it_stands() {
        let named = |spec: serde_json::Value| {
            let found = json!({ "metadata": { "name": "pv-1" }, "spec": spec });
            volume(&serde_json::from_value(found).unwrap()).unwrap().access_points
        };
        let csi = |handle: &str| json!({ "driver": "efs.csi.aws.com", "volumeHandle": handle });
        for spec in [
            json!({ "csi": csi("fs-1::fsap-0a") }),
            json!({ "csi": csi("efs:fs-1:/a:fsap-0a") }),
            json!({ "csi": csi("fs-1"), "mountOptions": ["tls", "accesspoint=fsap-0a"] }),
            json!({ "csi": csi("fs-1"), "mountOptions": ["tls,accesspoint=fsap-0a,iam"] }),
        ] {
            assert_eq!(named(spec.clone()), ["fsap-0a".to_owned()].into(), "{spec}");
        }
        assert!(named(json!({ "csi": csi("fs-1:/fsap") })).is_empty());
    }
}
