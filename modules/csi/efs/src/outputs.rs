//! What a deployment results in, for whatever uses it.

use std::collections::BTreeSet;

use inputs::Partition;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use crate::ids::FileSystemId;
use crate::resources::mount_target::MountTarget;

/// The module's outputs; [`OUTPUTS`] says what each is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    pub storage_class_name: String,
    pub file_system_id: FileSystemId,
    pub region: String,
    /// One per Availability Zone.
    pub mount_targets: Vec<MountTarget>,
    /// The Availability Zones of the subnets.
    pub zones: BTreeSet<String>,
    /// The cluster that holds the class, where one was the target.
    pub cluster: Option<String>,
    /// The directory that holds the documents, where one was the target.
    pub manifests: Option<String>,
    /// The directory that holds the driver's documents, where that is another one.
    pub driver_manifests: Option<String>,
}

/// An output of the module.
pub struct Output {
    pub name: &'static str,
    /// One sentence for help texts and the README, without a full stop.
    pub description: &'static str,
    /// Its value as JSON, where there is one.
    pub value: fn(&Outputs) -> Option<Value>,
    /// Whether it is an output of a step in a GitHub workflow.
    pub of_step: bool,
}

/// The outputs that other modules can refer to, in the order in which they are shown.
pub const OUTPUTS: &[Output] = &[
    Output {
        name: "storage_class_name",
        description: "Registered StorageClass",
        value: |it| Some(json!(it.storage_class_name)),
        of_step: true,
    },
    Output {
        name: "file_system_id",
        description: "ID of the created EFS instance",
        value: |it| Some(json!(it.file_system_id)),
        of_step: true,
    },
    Output {
        name: "file_system_dns_name",
        description: "DNS name to mount it by",
        value: |it| Some(json!(dns_name(&it.file_system_id, &it.region))),
        of_step: true,
    },
    Output {
        name: "cluster",
        description: "Cluster that holds the class, where one was the target",
        value: |it| it.cluster.as_ref().map(|name| json!(name)),
        of_step: false,
    },
    Output {
        name: "manifests",
        description: "Directory that holds the documents, where one was the target",
        value: |it| it.manifests.as_ref().map(|path| json!(path)),
        of_step: false,
    },
    Output {
        name: "driver_manifests",
        description: "Directory that holds the driver's documents, where it is another module's",
        value: |it| it.driver_manifests.as_ref().map(|path| json!(path)),
        of_step: false,
    },
    Output {
        name: "mount_targets",
        description: "One mount target per Availability Zone: its id, subnet and address",
        value: |it| Some(it.mount_targets()),
        of_step: false,
    },
    Output {
        name: "zones_without_mount_target",
        description: "Availability Zones of the subnets that have no mount target yet",
        value: |it| Some(json!(it.zones_without_mount_target())),
        of_step: false,
    },
];

/// The members of a mount target among the outputs, in the order in which they are shown.
pub const MOUNT_TARGET: &[&str] =
    &["availability_zone", "mount_target_id", "subnet_id", "ip_address"];

impl Outputs {
    /// The zones whose targets could not be made: their pods depend on those of other zones.
    fn zones_without_mount_target(&self) -> Vec<&String> {
        let served = |zone: &&String| {
            self.mount_targets.iter().any(|target| target.availability_zone == **zone)
        };
        self.zones.iter().filter(|zone| !served(zone)).collect()
    }

    fn mount_targets(&self) -> Value {
        let mut by_zone: Vec<&MountTarget> = self.mount_targets.iter().collect();
        by_zone.sort_by(|a, b| a.availability_zone.cmp(&b.availability_zone));
        by_zone
            .into_iter()
            .map(|target| {
                json!({
                    "availability_zone": target.availability_zone,
                    "mount_target_id": target.id,
                    "subnet_id": target.subnet_id,
                    "ip_address": target.ip_address.as_ref().or(target.ipv6_address.as_ref()),
                })
            })
            .collect()
    }
}

impl Serialize for Outputs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for Output { name, value, .. } in OUTPUTS {
            if let Some(value) = value(self) {
                map.serialize_entry(name, &value)?;
            }
        }
        map.end()
    }
}

/// The DNS name of a file system
/// (<https://docs.aws.amazon.com/efs/latest/ug/mounting-fs-mount-cmd-dns-name.html>);
/// each partition has a suffix of its own.
fn dns_name(file_system: &FileSystemId, region: &str) -> String {
    let suffix = Partition::of(region).dns_suffix;
    format!("{file_system}.efs.{region}.{suffix}")
}

#[cfg(test)]
mod tests {
    use inputs::{PARTITIONS, REGIONS};

    use super::*;

    #[test]
    fn a_file_system_has_a_name_in_every_region_of_every_partition() {
        let id = FileSystemId::try_from("fs-00000001").unwrap();
        for (name, regions) in REGIONS {
            let partition = PARTITIONS.iter().find(|partition| partition.name == *name).unwrap();
            for region in *regions {
                let expected = format!("fs-00000001.efs.{region}.{}", partition.dns_suffix);
                assert_eq!(dns_name(&id, region), expected);
            }
        }
        assert_eq!(dns_name(&id, "cn-north-1"), "fs-00000001.efs.cn-north-1.amazonaws.com.cn");
        assert_eq!(dns_name(&id, "eusc-de-east-1"), "fs-00000001.efs.eusc-de-east-1.amazonaws.eu");
    }
}
