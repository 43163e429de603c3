//! The deployments that together set every input, as their owners would write them.

use std::collections::BTreeSet;
use std::path::Path;

/// A deployment: each input with the HCL of its value, and what of its resources is changed by hand.
pub(crate) struct Deployment {
    pub name: &'static str,
    /// Why its inputs do not stand in the first one.
    pub why: &'static str,
    pub inputs: &'static [(&'static str, &'static str)],
    /// The properties that somebody changes, by the kind of the resource.
    pub drifts: &'static [(&'static str, &'static [&'static str])],
}

/// What of a value is known when the test runs: a folder of files, the repository of the charts, and
/// a file system that is there.
pub(crate) const CHARTS: &str = "@charts@";
pub(crate) const FILE_SYSTEM: &str = "@file-system@";

impl Deployment {
    /// The deployment file.
    pub(crate) fn hcl(&self, known: &[(&str, &str)]) -> String {
        let line = |(name, value): &(&str, &str)| {
            let value =
                known.iter().fold((*value).to_owned(), |text, (slot, is)| text.replace(slot, is));
            format!("  {name} = {value}\n")
        };
        let lines: String = self.inputs.iter().map(line).collect();
        format!("module \"efs_csi\" {{\n  source = \"./modules/csi/efs\"\n{lines}}}\n")
    }

    /// Writes the file into a folder; returns the flag that names it.
    pub(crate) fn write(&self, folder: &Path, known: &[(&str, &str)]) -> String {
        let file = folder.join(format!("{}.hcl", self.name));
        std::fs::write(&file, self.hcl(known)).unwrap();
        format!("--config={}", file.display())
    }

    /// What drifts, as kind and property.
    pub(crate) fn drifts(&self) -> BTreeSet<(String, String)> {
        let all =
            self.drifts.iter().flat_map(|(kind, names)| names.iter().map(move |name| (kind, name)));
        all.map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned())).collect()
    }
}

/// All of them, the one with the most inputs first.
pub(crate) const DEPLOYMENTS: &[&Deployment] = &[&INSTALLED, &MANAGED, &TAKEN_OVER, &ADOPTED];

/// How it shows that a property which nobody can change is compared.
pub(crate) enum Fixed {
    /// Another wish is refused: with this flag.
    Refused(&'static str),
    /// There is no other wish, for this reason; the first plan shows it.
    Alone(&'static str),
}

/// The properties that nobody changes by hand, as no call does: kind, name and deployment.
pub(crate) const FIXED: &[(&str, &str, &Deployment, Fixed)] = &[
    (
        "file_system",
        "encrypted",
        &INSTALLED,
        Fixed::Alone("more encryption than was asked for is no difference"),
    ),
    (
        "file_system",
        "kms_key_id",
        &INSTALLED,
        Fixed::Refused("--kms-key-id=0c0dec00-0000-4000-8000-000000000001"),
    ),
    (
        "file_system",
        "availability_zone_name",
        &MANAGED,
        Fixed::Refused("--availability-zone-name=eu-west-1b"),
    ),
    ("file_system", "performance_mode", &INSTALLED, Fixed::Refused("--performance-mode=maxIO")),
    ("eks_addon", "namespace", &MANAGED, Fixed::Refused("--namespace=elsewhere")),
    ("security_group", "name", &INSTALLED, Fixed::Alone("it is made of the deployment's names")),
    ("security_group", "description", &INSTALLED, Fixed::Alone("it says whose it is")),
    ("security_group", "vpc_id", &INSTALLED, Fixed::Alone("it is that of the subnets")),
];

/// A regional file system with the driver's chart, in a real cluster.
pub(crate) const INSTALLED: Deployment = Deployment {
    name: "installed",
    why: "",
    inputs: &[
        ("aws_region", r#""eu-west-1""#),
        ("cluster_name", r#""graphscope-dev""#),
        ("subnet_ids", r#"["subnet-0c0dec0000000010a", "subnet-0c0dec0000000010b"]"#),
        ("security_group_id", r#""sg-0c0dec00000000001""#),
        ("security_group_ids", r#"["sg-0c0dec00000000002"]"#),
        ("security_group", r#""own""#),
        ("security_group_name", r#""graphs-nfs""#),
        ("namespace", r#""kube-system""#),
        ("storage_class_name", r#""efs-sc""#),
        ("helm_chart_version", r#""4.4.99""#),
        ("helm_chart", r#""aws-efs-csi-driver""#),
        ("helm_repository", r#""@charts@""#),
        ("helm_values", "{ node = { volMetricsOptIn = true }, useHelmHooksForCSIDriver = false }"),
        ("driver", r#""install""#),
        ("image_registry", r#""registry.example/efs""#),
        ("driver_replicas", "3"),
        ("driver_log_level", "4"),
        ("driver_tolerations", r#"["dedicated=graphs:NoSchedule"]"#),
        ("driver_controller_node_selector", r#"{ "kubernetes.io/os" = "linux" }"#),
        ("driver_node_selector", r#"{ "kubernetes.io/os" = "linux" }"#),
        ("driver_controller_resources", r#"{ "requests.cpu" = "100m" }"#),
        ("driver_node_resources", r#"{ "limits.memory" = "4Gi" }"#),
        ("driver_use_fips", "true"),
        ("driver_host_network", "true"),
        ("driver_controller_priority_class", r#""system-cluster-critical""#),
        ("driver_node_priority_class", r#""system-node-critical""#),
        ("driver_volume_attach_limit", "40"),
        ("driver_max_inflight_mounts", "8"),
        ("driver_metrics", "true"),
        ("driver_service_monitor", "true"),
        ("driver_identity", r#""irsa""#),
        ("oidc_provider", r#""create""#),
        ("access_point_tags", r#"{ team = "graphs" }"#),
        ("aws_account_id", r#""111122223333""#),
        ("tags", r#"{ team = "graphs" }"#),
        ("ip_address_type", r#""DUAL_STACK""#),
        ("mount_target_addresses", r#"{ "subnet-0c0dec0000000010a" = "10.0.0.77" }"#),
        ("mount_targets", MOUNT_TARGETS),
        ("encrypted", "true"),
        ("kms_key_id", r#""0c0dec00-0000-4000-8000-000000000002""#),
        ("performance_mode", r#""generalPurpose""#),
        ("throughput_mode", r#""provisioned""#),
        ("provisioned_throughput_in_mibps", "64"),
        ("lifecycle_policy", r#"{ transition_to_ia = "AFTER_30_DAYS" }"#),
        ("backup_policy", r#""DISABLED""#),
        ("replication_overwrite_protection", r#""DISABLED""#),
        ("replication", r#"{ region = "eu-central-1" }"#),
        ("enforce_tls", "true"),
        ("root_squash", "true"),
        ("allow_anonymous", "false"),
        ("policy_statements", STATEMENTS),
        ("source_policy_documents", SOURCES),
        ("override_policy_documents", OVERRIDES),
        ("bypass_policy_lockout_safety_check", "true"),
        ("deletion_policy", r#""delete""#),
        ("access_points", ACCESS_POINTS),
        ("nfs_clients", r#""nodes""#),
        ("nfs_client_security_group_id", r#""sg-0c0dec00000000002""#),
        ("nfs_client_cidr", r#""10.0.0.0/16""#),
        ("nfs_client_security_groups", r#"["sg-0c0dec00000000001"]"#),
        ("nfs_client_cidrs", r#"["10.1.0.0/16", "fd00::/64"]"#),
        ("nfs_client_prefix_lists", r#"["pl-0123456789abcdef0"]"#),
        ("directory_perms", r#""750""#),
        ("uid", "1000"),
        ("gid", "1000"),
        ("gid_range_start", "50000"),
        ("gid_range_end", "60000"),
        ("base_path", r#""/volumes""#),
        ("sub_path_pattern", r#""$${.PVC.namespace}/$${.PVC.name}""#),
        ("ensure_unique_directory", "true"),
        ("reuse_access_point", "true"),
        ("az", r#""eu-west-1a""#),
        ("provisioner_secret", r#""kube-system/x-account""#),
        ("enable_tagging", "true"),
        ("reclaim_policy", r#""Retain""#),
        ("volume_binding_mode", r#""WaitForFirstConsumer""#),
        ("allowed_topologies", r#"["eu-west-1a", "eu-west-1b"]"#),
        ("mount_options", r#"["iam"]"#),
        ("allow_volume_expansion", "true"),
        ("storage_class_labels", r#"{ team = "graphs" }"#),
        ("storage_class_annotations", r#"{ "example.com/owner" = "graphs" }"#),
        ("default_storage_class", "true"),
        (
            "storage_classes",
            r#"{ efs-store = { uid = 1001, gid = 1001, mount_options = ["iam"] } }"#,
        ),
    ],
    drifts: &[
        (
            "file_system",
            &[
                "throughput_mode",
                "provisioned_throughput_in_mibps",
                "lifecycle_policy",
                "backup_policy",
                "replication_overwrite_protection",
                "replication",
                "file_system_policy",
                "tags",
            ],
        ),
        (
            "access_point",
            &["root_directory.path", "posix_user", "root_directory.creation_info", "tags"],
        ),
        ("mount_target", &["subnet_id", "ip_address_type", "ip_address", "security_groups"]),
        ("security_group_rule", &["group_id", "protocol", "port", "source"]),
        ("security_group", &["tags"]),
        ("helm_release", &["status", "chart", "values"]),
        ("csi_driver", &["attachRequired", "volumeLifecycleModes"]),
        ("iam_role", &["trust"]),
        ("iam_role_policy", &["policy"]),
        ("oidc_provider", &["url", "client_id"]),
        (
            "persistent_volume",
            &[
                "volumeHandle",
                "claimRef",
                "capacity",
                "mountOptions",
                "persistentVolumeReclaimPolicy",
            ],
        ),
        ("persistent_volume_claim", &["volumeName", "storageClassName", "storage"]),
        (
            "storage_class",
            &[
                "provisioner",
                "reclaimPolicy",
                "volumeBindingMode",
                "allowedTopologies",
                "mountOptions",
                "parameters",
                "labels",
                "annotations",
                "allowVolumeExpansion",
            ],
        ),
    ],
};

const MOUNT_TARGETS: &str = r#"{ "subnet-0c0dec0000000010b" = {
    subnet_id  = "subnet-0c0dec0000000010b"
    ip_address = "10.0.16.77"
  } }"#;
const STATEMENTS: &str = r#"{ Own = {
    actions    = ["elasticfilesystem:ListTags*"]
    principals = [{ type = "AWS", identifiers = ["*"] }]
    conditions = [{ test = "Bool", variable = "aws:SecureTransport", values = ["true"] }]
  } }"#;
const SOURCES: &str = r#"[jsonencode({ Statement = {
    Sid = "Audit", Effect = "Allow", Principal = "*", Action = "elasticfilesystem:DescribeTags",
  } })]"#;
const OVERRIDES: &str = r#"[jsonencode({ Statement = {
    Sid = "Audit", Effect = "Allow", Principal = "*", Action = "elasticfilesystem:Describe*",
  } })]"#;
const ACCESS_POINTS: &str = r#"{ logs = {
    posix_user = { uid = 7, gid = 7, secondary_gids = [5] }
    root_directory = { path = "/logs", creation_info = {
      owner_uid = 7, owner_gid = 7, permissions = "750",
    } }
    tags = { kind = "logs" }
    claim = { namespace = "default", name = "logs", size = "1Gi", mount_options = ["iam"] }
  } }"#;

/// A One Zone file system, and the driver as an add-on.
pub(crate) const MANAGED: Deployment = Deployment {
    name: "managed",
    why: "One Zone has one mount target; an add-on takes the place of the chart, Pod Identity that of \
          IRSA, elastic throughput, which Archive needs, that of provisioned, and the whole policy that \
          of the switches",
    inputs: &[
        ("aws_region", r#""eu-west-1""#),
        ("cluster_name", r#""graphscope-dev""#),
        ("subnet_ids", r#"["subnet-0c0dec0000000010a"]"#),
        ("security_group_id", r#""sg-0c0dec00000000001""#),
        ("driver", r#""addon""#),
        ("addon_version", r#""v2.1.7-eksbuild.1""#),
        ("addon_resolve_conflicts", r#""OVERWRITE""#),
        ("addon_configuration", "{ controller = { logLevel = 3 } }"),
        ("driver_identity", r#""pod-identity""#),
        ("tags", r#"{ team = "graphs" }"#),
        ("availability_zone_name", r#""eu-west-1a""#),
        ("kms_key_id", r#""alias/graphscope-dev""#),
        ("throughput_mode", r#""elastic""#),
        (
            "lifecycle_policy",
            r#"{ transition_to_ia = "AFTER_30_DAYS", transition_to_archive = "AFTER_90_DAYS" }"#,
        ),
        ("file_system_policy", POLICY),
        ("deletion_policy", r#""retain""#),
    ],
    drifts: &[
        (
            "eks_addon",
            &["status", "addon_version", "service_account_role_arn", "configuration", "tags"],
        ),
        ("pod_identity_association", &["role_arn"]),
    ],
};

const POLICY: &str = r#"{ Version = "2012-10-17", Statement = [{
    Sid = "Mount", Effect = "Allow", Principal = { AWS = "*" }, Action = "elasticfilesystem:Client*",
  }] }"#;

/// A file system that somebody made, which becomes the deployment's own.
pub(crate) const TAKEN_OVER: Deployment = Deployment {
    name: "taken-over",
    why: "`file_system_id` names one that is there, a reference takes the place of its id in the \
          class, and `driver_role_arn` that of `driver_identity`; zone affinity is for One Zone, and \
          for no version of the add-on yet",
    inputs: &[
        ("aws_region", r#""eu-west-1""#),
        ("cluster_name", r#""graphscope-dev""#),
        ("subnet_ids", r#"["subnet-0c0dec0000000010a"]"#),
        ("security_group_id", r#""sg-0c0dec00000000001""#),
        ("helm_chart_version", r#""4.4.1""#),
        ("driver_role_arn", r#""arn:aws:iam::111122223333:role/efs""#),
        ("file_system_id", r#""@file-system@""#),
        ("manage_file_system", "true"),
        ("enforce_zone_affinity", "true"),
        ("file_system_id_config_ref", r#""kube-system/efs/id""#),
    ],
    drifts: &[],
};

/// A file system that stays somebody else's.
pub(crate) const ADOPTED: Deployment = Deployment {
    name: "adopted",
    why: "a class has one reference: to a ConfigMap or to a Secret",
    inputs: &[
        ("aws_region", r#""eu-west-1""#),
        ("cluster_name", r#""graphscope-dev""#),
        ("subnet_ids", r#"["subnet-0c0dec0000000010a"]"#),
        ("security_group_id", r#""sg-0c0dec00000000001""#),
        ("helm_chart_version", r#""4.4.1""#),
        ("driver", r#""skip""#),
        ("file_system_id", r#""@file-system@""#),
        ("file_system_id_secret_ref", r#""kube-system/efs/id""#),
    ],
    drifts: &[],
};
