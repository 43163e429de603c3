//! The table of the module's inputs.

use inputs::{Input, Kind};

/// The inputs that `source = "./modules/csi/efs"` takes, those of the seed first.
pub const INPUTS: &[Input] = &[
    required("aws_region", Kind::String, "AWS region for deployment"),
    required("cluster_name", Kind::String, "Cluster name to tag and label EFS"),
    required("subnet_ids", Kind::Strings, "Private subnet IDs to mount into"),
    required("security_group_id", Kind::String, "Security group for EFS mount targets"),
    default("namespace", Kind::String, "kube-system", "Kubernetes namespace for the CSI driver"),
    default("storage_class_name", Kind::String, "efs-sc", "Name of the EFS storage class"),
    default("helm_chart_version", Kind::String, "2.4.5", "Helm chart version"),
    default(
        "driver",
        Kind::String,
        "install",
        "`install`, `skip` to leave the CSI driver alone, or `adopt` to take over a release of its name",
    ),
    default(
        "helm_chart",
        Kind::String,
        "aws-efs-csi-driver",
        "The driver's chart: its name in the repository, an `oci://` reference, a `.tgz` file, or a folder with a `/` in it",
    ),
    default(
        "helm_repository",
        Kind::String,
        "https://kubernetes-sigs.github.io/aws-efs-csi-driver/",
        "Chart repository",
    ),
    optional(
        "helm_values",
        Kind::Values,
        "Chart values of your own, as a map or the path of a YAML file; they win, and are checked against the chart",
    ),
    optional(
        "driver_role_arn",
        Kind::String,
        "IAM role that the driver's service accounts assume (IRSA)",
    ),
    optional("tags", Kind::Map, "Tags for everything that is created in AWS"),
    default("encrypted", Kind::Bool, "true", "Whether the file system is encrypted at rest"),
    optional(
        "kms_key_id",
        Kind::String,
        "KMS key for the encryption, where not the AWS managed one",
    ),
    default("performance_mode", Kind::String, "generalPurpose", "`generalPurpose` or `maxIO`"),
    default("throughput_mode", Kind::String, "elastic", "`elastic`, `bursting` or `provisioned`"),
    optional(
        "provisioned_throughput_in_mibps",
        Kind::Number,
        "MiB/s, 1 to 3414, with `throughput_mode = \"provisioned\"`",
    ),
    optional(
        "file_system_id",
        Kind::String,
        "Existing file system to adopt: it gets the missing mount targets, and nothing of it is changed or deleted",
    ),
    optional(
        "nfs_client_security_group_id",
        Kind::String,
        "Security group of the nodes; the rule that admits their NFS traffic is added where it is missing",
    ),
    optional(
        "nfs_client_cidr",
        Kind::String,
        "Address range of the nodes; the rule that admits their NFS traffic is added where it is missing",
    ),
    default(
        "directory_perms",
        Kind::String,
        "700",
        "Permissions of each volume's root directory, in octal",
    ),
    optional("uid", Kind::Number, "POSIX user id of each volume"),
    optional("gid", Kind::Number, "POSIX group id of each volume"),
    optional("gid_range_start", Kind::Number, "First group id that the driver may hand out"),
    optional("gid_range_end", Kind::Number, "Last group id that the driver may hand out"),
    optional(
        "base_path",
        Kind::String,
        "Directory of the file system under which volumes are made",
    ),
    optional(
        "sub_path_pattern",
        Kind::String,
        "Pattern of each volume's directory (chart 2.5.0 or later)",
    ),
    optional(
        "ensure_unique_directory",
        Kind::Bool,
        "Whether a unique id is added to that pattern (chart 2.5.0 or later)",
    ),
    optional(
        "reuse_access_point",
        Kind::Bool,
        "Whether a claim of the same name gets the same access point (chart 2.5.0 or later)",
    ),
    default("reclaim_policy", Kind::String, "Delete", "`Delete` or `Retain`"),
    default(
        "volume_binding_mode",
        Kind::String,
        "Immediate",
        "`Immediate` or `WaitForFirstConsumer`",
    ),
    optional("mount_options", Kind::Strings, "Mount options, such as `iam`"),
    default("allow_volume_expansion", Kind::Bool, "true", "Whether claims may ask for more"),
    optional("storage_class_labels", Kind::Map, "Labels of the StorageClass"),
    optional("storage_class_annotations", Kind::Map, "Annotations of the StorageClass"),
    default(
        "default_storage_class",
        Kind::Bool,
        "false",
        "Whether claims without a class get this one",
    ),
];

/// The outputs that other modules can refer to, with what they are.
pub const OUTPUTS: &[(&str, &str)] = &[
    ("storage_class_name", "Registered StorageClass"),
    ("file_system_id", "ID of the created EFS instance"),
    ("file_system_dns_name", "DNS name to mount it by"),
    ("mount_targets", "One mount target per Availability Zone: its id, subnet and address"),
    ("cluster", "Cluster that holds the class, where one was the target"),
    ("manifests", "Directory that holds the documents, where one was the target"),
];

const fn required(name: &'static str, kind: Kind, description: &'static str) -> Input {
    Input { name, kind, required: true, default: None, description }
}

const fn optional(name: &'static str, kind: Kind, description: &'static str) -> Input {
    Input { name, kind, required: false, default: None, description }
}

const fn default(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    description: &'static str,
) -> Input {
    Input { name, kind, required: false, default: Some(default), description }
}
