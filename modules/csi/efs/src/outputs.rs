//! What a deployment results in, for whatever uses it.

use std::collections::BTreeSet;

use inputs::Partition;
use network::SecurityGroupId;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use crate::ids::FileSystemId;
use crate::resources::file_system::{FileSystem, MeteredIn, Replica};
use crate::resources::mount_target::{IpAddressType, MountTarget};
use crate::users::AccessPoint;

/// The module's outputs; [`OUTPUTS`] says what each is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    pub storage_class_name: String,
    /// All classes, that one first.
    pub storage_class_names: Vec<String>,
    pub file_system_id: FileSystemId,
    pub region: String,
    /// The AWS account of the file system, where that is known.
    pub account: Option<String>,
    /// The EKS cluster.
    pub cluster_name: String,
    /// The ARN of the role that the driver assumes, where it has one that is known.
    pub role_arn: Option<String>,
    /// How large the file system is.
    pub size: Option<Size>,
    /// Its access points, where they were read: that takes calls of its own.
    pub access_points: Option<Vec<AccessPoint>>,
    /// Its copy, where the inputs ask for one or the command reads all.
    pub replica: Option<Replica>,
    /// One per Availability Zone.
    pub mount_targets: Vec<MountTarget>,
    /// The Availability Zones of the subnets, where a look at the network told them.
    pub zones: Option<BTreeSet<String>>,
    /// The cluster that holds the class, where one was the target.
    pub cluster: Option<String>,
    /// The directory that holds the documents, where one was the target.
    pub manifests: Option<String>,
    /// The directory that holds the driver's documents, where that is another one.
    pub driver_manifests: Option<String>,
}

/// The size of a file system in bytes, as AWS last metered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    pub all: Option<u64>,
    pub by_class: MeteredIn,
    /// When that was, as RFC 3339 writes times.
    pub metered_at: Option<String>,
}

impl Size {
    /// That of a file system that was just made: AWS says so with its creation.
    pub const NOTHING: Size = Size {
        all: Some(0),
        by_class: MeteredIn { standard: Some(0), ia: Some(0), archive: Some(0) },
        metered_at: None,
    };
}

impl From<&FileSystem> for Size {
    fn from(found: &FileSystem) -> Size {
        let metered_at = found.metered_at.clone();
        Size { all: found.metered_bytes, by_class: found.metered_in, metered_at }
    }
}

/// An output of the module.
pub struct Output {
    pub name: &'static str,
    /// One sentence for help texts and the reference, without a full stop.
    pub description: &'static str,
    /// Its value as JSON, where there is one.
    pub value: fn(&Outputs) -> Option<Value>,
    /// Whether people see it after a deploy too, and not only where they ask for all.
    pub after_deploy: bool,
}

/// The outputs that other modules can refer to, in the order in which they are shown.
pub const OUTPUTS: &[Output] = &[
    Output {
        name: "storage_class_name",
        description: "Registered StorageClass",
        value: |it| Some(json!(it.storage_class_name)),
        after_deploy: true,
    },
    Output {
        name: "storage_class_names",
        description: "All StorageClasses of the deployment, that one first",
        value: |it| Some(json!(it.storage_class_names)),
        after_deploy: false,
    },
    Output {
        name: "file_system_id",
        description: "ID of the created EFS instance",
        value: |it| Some(json!(it.file_system_id)),
        after_deploy: true,
    },
    Output {
        name: "file_system_dns_name",
        description: "DNS name to mount it by",
        value: |it| Some(json!(dns_name(&it.file_system_id, &it.region))),
        after_deploy: true,
    },
    Output {
        name: "file_system_arn",
        description: "ARN of the file system, where its account is known",
        value: |it| it.arn().map(|arn| json!(arn)),
        after_deploy: false,
    },
    Output {
        name: "file_system_size",
        description: "Size in bytes, as AWS last metered it: in all, and in each storage class",
        value: |it| it.size.as_ref().map(size),
        after_deploy: false,
    },
    Output {
        name: "cluster",
        description: "Cluster that holds the class, where one was the target",
        value: |it| it.cluster.as_ref().map(|name| json!(name)),
        after_deploy: true,
    },
    Output {
        name: "manifests",
        description: "Directory that holds the documents, where one was the target",
        value: |it| it.manifests.as_ref().map(|path| json!(path)),
        after_deploy: true,
    },
    Output {
        name: "driver_manifests",
        description: "Directory that holds the driver's documents, where it is another module's",
        value: |it| it.driver_manifests.as_ref().map(|path| json!(path)),
        after_deploy: true,
    },
    Output {
        name: "mount_targets",
        description: "One mount target per Availability Zone: its id, subnet, addresses and DNS name",
        value: |it| Some(it.mount_targets()),
        after_deploy: true,
    },
    Output {
        name: "zones_without_mount_target",
        description: "Availability Zones of the subnets that have no mount target yet",
        value: |it| it.zones.as_ref().map(|_| json!(it.zones_without_mount_target())),
        after_deploy: true,
    },
    Output {
        name: "security_group_ids",
        description: "Security groups of the mount targets",
        value: |it| Some(json!(it.security_groups())),
        after_deploy: false,
    },
    Output {
        name: "access_points",
        description: "Access points of the file system, with ARN, path, POSIX user and tags; a deploy has them where `access_points` is given",
        value: |it| it.access_points.as_ref().map(|found| it.access_points(found)),
        after_deploy: false,
    },
    Output {
        name: "replica",
        description: "Copy that the file system is replicated to: its id, ARN, region and account, the role, status and age of the last copy",
        value: |it| it.replica.as_ref().map(|copy| json!(copy)),
        after_deploy: false,
    },
    Output {
        name: "driver_iam_role_arn",
        description: "ARN of the IAM role that the driver assumes, where it has one",
        value: |it| it.role_arn.as_ref().map(|arn| json!(arn)),
        after_deploy: false,
    },
    Output {
        name: "cluster_name",
        description: "EKS cluster",
        value: |it| Some(json!(it.cluster_name)),
        after_deploy: false,
    },
    Output {
        name: "aws_account_id",
        description: "AWS account of the file system",
        value: |it| it.account.as_ref().map(|account| json!(account)),
        after_deploy: false,
    },
    Output {
        name: "aws_region",
        description: "AWS region",
        value: |it| Some(json!(it.region)),
        after_deploy: false,
    },
];

/// The members of a mount target among the outputs, that people see, in this order.
pub const MOUNT_TARGET: &[&str] =
    &["availability_zone", "mount_target_id", "subnet_id", "ip_address", "ipv6_address"];

impl Outputs {
    /// The zones whose targets could not be made: their pods depend on those of other zones.
    fn zones_without_mount_target(&self) -> Vec<&String> {
        let served = |zone: &&String| {
            self.mount_targets.iter().any(|target| target.availability_zone == **zone)
        };
        self.zones.iter().flatten().filter(|zone| !served(zone)).collect()
    }

    /// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticfilesystem.html>)
    fn arn(&self) -> Option<String> {
        let id = &self.file_system_id;
        Some(self.arn_of(self.account.as_ref()?, &format!("file-system/{id}")))
    }

    fn arn_of(&self, account: &str, resource: &str) -> String {
        let (partition, region) = (Partition::of(&self.region).name, &self.region);
        format!("arn:{partition}:elasticfilesystem:{region}:{account}:{resource}")
    }

    fn access_points(&self, found: &[AccessPoint]) -> Value {
        let mut by_path: Vec<&AccessPoint> = found.iter().collect();
        by_path.sort_by(|a, b| (&a.path, &a.id).cmp(&(&b.path, &b.id)));
        let one = |point: &AccessPoint| {
            let account = point.account.as_ref().or(self.account.as_ref());
            let arn = |account| self.arn_of(account, &format!("access-point/{}", point.id));
            json!({
                "access_point_id": point.id,
                "access_point_arn": account.map(|account| arn(account)),
                "name": point.declared_name(),
                "path": point.path,
                "posix_user": point.posix_user,
                "state": point.life_cycle.as_str(),
                "tags": point.tags,
            })
        };
        by_path.into_iter().map(one).collect()
    }

    fn security_groups(&self) -> BTreeSet<&SecurityGroupId> {
        self.mount_targets.iter().flat_map(|it| it.security_groups.iter().flatten()).collect()
    }

    /// The name that has the address of this target for clients of every zone of the VPC; the one
    /// of the file system has it for those of its zone. Where the target has an address of either
    /// family, so has the name: there is no other for IPv6
    /// (<https://docs.aws.amazon.com/efs/latest/ug/mounting-fs-mount-cmd-dns-name.html>).
    fn dns_name_of(&self, target: &MountTarget) -> String {
        let of_file_system = dns_name(&self.file_system_id, &self.region);
        format!("{}.{of_file_system}", target.availability_zone)
    }

    fn mount_targets(&self) -> Value {
        let mut by_zone: Vec<&MountTarget> = self.mount_targets.iter().collect();
        by_zone.sort_by(|a, b| a.availability_zone.cmp(&b.availability_zone));
        by_zone
            .into_iter()
            .map(|target| {
                json!({
                    "availability_zone": target.availability_zone,
                    "availability_zone_id": target.availability_zone_id,
                    "mount_target_id": target.id,
                    "subnet_id": target.subnet_id,
                    "vpc_id": target.vpc_id,
                    "ip_address": target.ip_address,
                    "ipv6_address": target.ipv6_address,
                    "ip_address_type": target.ip_address_type().map(IpAddressType::as_str),
                    "dns_name": self.dns_name_of(target),
                    "network_interface_id": target.network_interface_id,
                    "security_groups": target.security_groups,
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

fn size(size: &Size) -> Value {
    let MeteredIn { standard, ia, archive } = size.by_class;
    json!({
        "value": size.all,
        "value_in_standard": standard,
        "value_in_ia": ia,
        "value_in_archive": archive,
        "metered_at": size.metered_at,
    })
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
