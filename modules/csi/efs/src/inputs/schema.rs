//! The table of the module's inputs.

use inputs::{Input, Kind};

use super::tables::{CLIENTS, OF_ALL_AND_EACH};
use crate::chart;

/// The inputs that `source = "./modules/csi/efs"` takes, those of the seed first.
pub const INPUTS: &[Input] = &joined::<
    { FIRST.len() + OF_ALL_AND_EACH.len() + NEXT.len() + CLIENTS.len() + LAST.len() },
>([FIRST, OF_ALL_AND_EACH, NEXT, CLIENTS, LAST]);

/// The tables one after the other.
const fn joined<const N: usize>(tables: [&[Input]; 5]) -> [Input; N] {
    let mut all = [tables[0][0]; N];
    let (mut table, mut at, mut next) = (0, 0, 0);
    while next < N {
        if at == tables[table].len() {
            (table, at) = (table + 1, 0);
        } else {
            all[next] = tables[table][at];
            (at, next) = (at + 1, next + 1);
        }
    }
    all
}

/// The inputs before those of the mount targets.
const FIRST: &[Input] = &[
    Input::required("aws_region", Kind::String, "AWS region for deployment"),
    Input::required("cluster_name", Kind::String, "Cluster name to tag and label EFS"),
    Input::required("subnet_ids", Kind::Strings, "Private subnet IDs to mount into")
        .or(&["mount_targets"]),
    Input::required("security_group_id", Kind::String, "Security group for EFS mount targets")
        .or(&["security_group_ids", "security_group"]),
    Input::default(
        "namespace",
        Kind::String,
        "kube-system",
        "Kubernetes namespace for the CSI driver",
    ),
    Input::default("storage_class_name", Kind::String, "efs-sc", "Name of the EFS storage class"),
    Input::default("helm_chart_version", Kind::String, chart::DEFAULT, "Helm chart version"),
];

/// The inputs between those of the mount targets and of the NFS clients.
const NEXT: &[Input] = &[
    Input::default(
        "driver",
        Kind::String,
        "install",
        "`install`, `skip` to leave the CSI driver alone, `adopt` to take over a release of its name, or `addon` to have EKS install it as a managed add-on",
    ),
    Input::optional(
        "addon_version",
        Kind::String,
        "Version of the add-on, such as `v2.1.4-eksbuild.1`; the default of the cluster's Kubernetes version without it",
    ),
    Input::default(
        "addon_resolve_conflicts",
        Kind::String,
        "NONE",
        "What EKS does about fields of the add-on's objects that others set: `NONE` fails, `OVERWRITE` sets them, `PRESERVE` leaves them when it is updated",
    ),
    Input::optional(
        "addon_configuration",
        Kind::Values,
        "Configuration values of the add-on, as a map or the path of a file; they override those of other inputs, and are checked against the add-on's schema",
    ),
    Input::default(
        "helm_chart",
        Kind::String,
        chart::NAME,
        "The driver's chart: its name in the repository, an `oci://` reference, a `.tgz` file, or a folder with a `/` in it",
    ),
    Input::default("helm_repository", Kind::String, chart::REPOSITORY, "Chart repository"),
    Input::optional(
        "helm_values",
        Kind::Values,
        "Chart values of your own, as a map or the path of a YAML file; they override the defaults, and are checked against the chart",
    ),
    Input::optional(
        "image_registry",
        Kind::String,
        "Registry of the driver's images and its sidecars', where nodes do not reach the internet: `eks` for the one of EKS in the region, or a mirror as `HOST/PATH`",
    ),
    Input::optional("driver_replicas", Kind::Number, "Number of the driver's controllers"),
    Input::optional("driver_log_level", Kind::Number, "Verbosity of the driver's log, 0 to 10"),
    Input::optional(
        "driver_tolerations",
        Kind::Strings,
        "Taints that the controller tolerates, as `KEY=VALUE:EFFECT`, beside those of the chart",
    ),
    Input::optional(
        "driver_controller_node_selector",
        Kind::Map,
        "Labels of the nodes that run the controller",
    ),
    Input::optional(
        "driver_node_selector",
        Kind::Map,
        "Labels of the nodes that run the driver: on others, no pod can mount",
    ),
    Input::optional(
        "driver_controller_resources",
        Kind::Map,
        "Requests and limits of the controller, such as `requests.cpu = \"100m\"`",
    ),
    Input::optional(
        "driver_node_resources",
        Kind::Map,
        "Requests and limits of the driver on each node, such as `limits.memory = \"1Gi\"`",
    ),
    Input::optional(
        "driver_use_fips",
        Kind::Bool,
        "Whether the driver calls the FIPS endpoints of AWS",
    ),
    Input::optional(
        "driver_host_network",
        Kind::Bool,
        "Whether the controller uses the network of its node (chart 2.5.6 or later)",
    ),
    Input::optional(
        "driver_controller_priority_class",
        Kind::String,
        "PriorityClass of the controller (chart 2.5.6 or later)",
    ),
    Input::optional(
        "driver_node_priority_class",
        Kind::String,
        "PriorityClass of the driver on each node (chart 3.0.1 or later)",
    ),
    Input::optional(
        "driver_volume_attach_limit",
        Kind::Number,
        "Most volumes on a node (chart 3.2.4 or later); `limits.memory` must be enough for them",
    ),
    Input::optional(
        "driver_max_inflight_mounts",
        Kind::Number,
        "Most mounts that a node makes at once (chart 3.2.4 or later)",
    ),
    Input::optional(
        "driver_metrics",
        Kind::Bool,
        "Whether the controller serves metrics (chart 4.4.0 or later)",
    ),
    Input::optional(
        "driver_service_monitor",
        Kind::Bool,
        "Whether Prometheus's operator finds them by a ServiceMonitor (chart 4.4.0 or later)",
    ),
    Input::default(
        "driver_identity",
        Kind::String,
        "auto",
        "How the driver gets its IAM role: `irsa` or `pod-identity` make one, `node` and `none` make none, the ARN of a role is used as it is; `auto` takes what the cluster offers",
    ),
    Input::optional(
        "driver_role_arn",
        Kind::String,
        "IAM role that the driver's service accounts assume (IRSA), as in `driver_identity`",
    ),
    Input::default(
        "oidc_provider",
        Kind::String,
        "check",
        "What IRSA does about the cluster's OpenID Connect provider in IAM: `check` that it is there, or `create` it",
    ),
    Input::optional(
        "access_point_tags",
        Kind::Map,
        "Tags that the driver puts on access points; AWS's own policy for the driver does not allow any",
    ),
    Input::optional(
        "aws_account_id",
        Kind::String,
        "AWS account that the deployment belongs to; credentials of any other are refused",
    ),
    Input::optional("tags", Kind::Map, "Tags for everything that is created in AWS"),
    Input::default("encrypted", Kind::Bool, "true", "Whether the file system is encrypted at rest"),
    Input::optional(
        "kms_key_id",
        Kind::String,
        "KMS key for the encryption, where not the AWS managed one",
    ),
    Input::optional(
        "availability_zone_name",
        Kind::String,
        "Availability Zone, by name or by id, of a One Zone file system, which costs less, stores in that zone only and has one mount target; without it, all zones of the region",
    ),
    Input::default(
        "performance_mode",
        Kind::String,
        "generalPurpose",
        "`generalPurpose` or `maxIO`",
    ),
    Input::default(
        "throughput_mode",
        Kind::String,
        "elastic",
        "`elastic`, `bursting` or `provisioned`",
    ),
    Input::optional(
        "provisioned_throughput_in_mibps",
        Kind::Number,
        "MiB/s, 1 to 3414, with `throughput_mode = \"provisioned\"`",
    ),
    Input::optional(
        "lifecycle_policy",
        Kind::Map,
        "When files move between storage classes: `transition_to_ia`, `transition_to_archive`, `transition_to_primary_storage_class`, each such as `AFTER_30_DAYS`; `{}` turns all off",
    ),
    Input::default(
        "backup_policy",
        Kind::String,
        "ENABLED",
        "`ENABLED` has AWS Backup copy the file system every day, `DISABLED` does not",
    ),
    Input::optional(
        "replication_overwrite_protection",
        Kind::String,
        "`ENABLED` keeps the file system from being overwritten as the destination of a replication, `DISABLED` does not; a new one has it enabled",
    ),
    Input::optional(
        "file_system_policy",
        Kind::Values,
        "The whole file-system policy, as a map or the path of a file, in place of what the next three make",
    ),
    Input::default(
        "enforce_tls",
        Kind::Bool,
        "true",
        "Whether the file-system policy denies clients that mount without TLS",
    ),
    Input::default(
        "root_squash",
        Kind::Bool,
        "false",
        "Whether the file-system policy takes root access from clients",
    ),
    Input::default(
        "allow_anonymous",
        Kind::Bool,
        "true",
        "Whether the file-system policy lets clients mount without IAM; `false` needs `iam` among `mount_options`",
    ),
    Input::optional(
        "policy_statements",
        Kind::Values,
        "Statements of your own for the file-system policy, by their `Sid`, in the names of IAM or of Terraform's `aws_iam_policy_document`; as a map or the path of a file",
    ),
    Input::optional(
        "source_policy_documents",
        Kind::Strings,
        "Policies as JSON whose statements are added; each `Sid` stands once",
    ),
    Input::optional(
        "override_policy_documents",
        Kind::Strings,
        "Policies as JSON whose statements take the place of those with the same `Sid`",
    ),
    Input::default(
        "bypass_policy_lockout_safety_check",
        Kind::Bool,
        "false",
        "Whether EFS puts a policy that would keep this identity from changing it again",
    ),
    Input::optional(
        "replication",
        Kind::Map,
        "Where the file system is replicated to: `region`, or `availability_zone_name` for One Zone; `kms_key_id` for a key of its own; `file_system_id` for one that is there, by its ARN and with `role_arn` for another account's; `{}` ends one that is there, and leaves its copy",
    ),
    Input::optional(
        "file_system_id",
        Kind::String,
        "Existing file system to adopt: it gets the missing mount targets, and nothing of it is changed or deleted",
    ),
    Input::optional(
        "manage_file_system",
        Kind::Bool,
        "Whether the file system of `file_system_id` is this deployment's own from now on: tagged, changed and destroyed as one that it made",
    ),
    Input::default(
        "deletion_policy",
        Kind::String,
        "delete",
        "What a destroy does with the file system: `delete`, or `retain` to keep it with its data in any case",
    ),
    Input::optional(
        "access_points",
        Kind::Values,
        "Access points of the deployment's own, by name, each with `root_directory`, `posix_user`, `tags`, `deletion_policy`, and a `volume` or a `claim`; as a map or the path of a file",
    ),
];

/// The inputs after those of the NFS clients.
const LAST: &[Input] = &[
    Input::default(
        "directory_perms",
        Kind::String,
        "700",
        "Permissions of each volume's root directory, in octal",
    ),
    Input::optional("uid", Kind::Number, "POSIX user id of each volume"),
    Input::optional("gid", Kind::Number, "POSIX group id of each volume"),
    Input::optional("gid_range_start", Kind::Number, "First group id that the driver may hand out"),
    Input::optional("gid_range_end", Kind::Number, "Last group id that the driver may hand out"),
    Input::optional(
        "base_path",
        Kind::String,
        "Directory of the file system under which volumes are made",
    ),
    Input::optional(
        "sub_path_pattern",
        Kind::String,
        "Pattern of each volume's directory (chart 2.5.0 or later)",
    ),
    Input::optional(
        "ensure_unique_directory",
        Kind::Bool,
        "Whether a unique id is added to that pattern (chart 2.5.0 or later)",
    ),
    Input::optional(
        "reuse_access_point",
        Kind::Bool,
        "Whether a claim of the same name gets the same access point (chart 2.5.0 or later)",
    ),
    Input::optional(
        "az",
        Kind::String,
        "Zone whose mount target the driver prefers for volumes of another account, with `provisioner_secret`",
    ),
    Input::optional(
        "provisioner_secret",
        Kind::String,
        "Secret with the role (`awsRoleArn`) by which the driver calls EFS for a file system of another account, as `NAMESPACE/NAME`",
    ),
    Input::optional(
        "enforce_zone_affinity",
        Kind::Bool,
        "Whether pods go to the zone of a One Zone file system (chart 3.4.0 or later)",
    ),
    Input::optional(
        "enable_tagging",
        Kind::Bool,
        "Whether the driver tags access points; `false` is for many volumes at once (chart 4.4.0 or later)",
    ),
    Input::optional(
        "file_system_id_config_ref",
        Kind::String,
        "Key of a ConfigMap that the class names in place of the file system's id, as `NAMESPACE/NAME/KEY` (chart 3.2.6 or later)",
    ),
    Input::optional(
        "file_system_id_secret_ref",
        Kind::String,
        "The same of a Secret (chart 3.2.6 or later)",
    ),
    Input::default("reclaim_policy", Kind::String, "Delete", "`Delete` or `Retain`"),
    Input::default(
        "volume_binding_mode",
        Kind::String,
        "Immediate",
        "`Immediate` or `WaitForFirstConsumer`",
    ),
    Input::optional(
        "allowed_topologies",
        Kind::Strings,
        "Zones to which the first pod of each claim goes, with `volume_binding_mode = \"WaitForFirstConsumer\"`",
    ),
    Input::optional("mount_options", Kind::Strings, "Mount options, such as `iam`"),
    Input::default("allow_volume_expansion", Kind::Bool, "true", "Whether claims can be expanded"),
    Input::optional("storage_class_labels", Kind::Map, "Labels of the StorageClass"),
    Input::optional("storage_class_annotations", Kind::Map, "Annotations of the StorageClass"),
    Input::default(
        "default_storage_class",
        Kind::Bool,
        "false",
        "Whether claims without a class get this one",
    ),
    Input::optional(
        "storage_classes",
        Kind::Values,
        "More storage classes on the same file system, by name, each with inputs from `directory_perms` to `default_storage_class`; as a map or the path of a file",
    ),
];
