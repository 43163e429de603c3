//! The AWS actions that this program takes: each with the call that needs it, on what, and under
//! which conditions.
//!
//! Sources: Service Authorization Reference, the pages of EFS, EC2, EKS, IAM, KMS and STS, for
//! actions, resources and condition keys; Amazon EFS API Reference for what `CreateMountTarget`,
//! `DeleteMountTarget` and `ModifyMountTargetSecurityGroups` need of EC2 beside themselves; EFS User
//! Guide, "Using service-linked roles" and "Using AWS KMS keys".

use std::collections::BTreeSet;

/// One action, and why a policy allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// Such as `elasticfilesystem:CreateFileSystem`.
    pub action: &'static str,
    /// The call that needs it: itself, or one that does it on the caller's behalf.
    pub of: &'static str,
    pub(super) on: On,
    /// Condition keys and the values that they must have (`StringEquals`); those with
    /// [`ALL_OF_THEM`] before them have several values, each of which must be it.
    pub(super) only: &'static [(&'static str, &'static str)],
    pub(super) when: When,
}

/// On what an action is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum On {
    /// Actions that know no resources, or whose resources are not known yet.
    Everything,
    FileSystems,
    /// The copy of a replication, in its region: EFS makes it, and so its id is not known.
    Copies,
    AccessPoints,
    SecurityGroups,
    SecurityGroupRules,
    /// A group and the VPC that it is made in.
    NewGroup,
    /// A group and the rules in it: the rule too is a resource of the call that makes it.
    NewRules,
    /// Network interfaces, and what they are made of.
    Interfaces,
    /// The role that EFS itself uses.
    ServiceRole,
    /// The role that AWS Backup itself uses.
    BackupRole,
    /// The role by which EFS replicates to another account.
    ReplicationRole,
    DriverRole,
    Providers,
    Cluster,
    Associations,
    /// The cluster and its associations: a new one has no id yet.
    NewAssociations,
    /// The driver among the cluster's add-ons.
    Addon,
    /// The cluster and that add-on: a new one has no id yet.
    NewAddon,
    /// The role that the inputs give the driver.
    GivenRole,
    Key,
    /// The same, looked at by whoever plans and not by EFS.
    SeenKey,
    /// The key of the copy that a replication makes, in its region.
    ReplicaKey,
    /// The same, looked at by whoever plans and not by EFS.
    SeenReplicaKey,
}

/// For which deployments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Always,
    /// The file system is not adopted.
    Own,
    Lifecycle,
    /// A policy is asked for, or the throughput may be at odds with one that is there.
    LifecycleIsRead,
    /// The deployment has access points of its own.
    AccessPoints,
    /// The replication overwrite protection is set.
    Protection,
    /// It is replicated.
    Replication,
    /// To a file system that EFS makes for it.
    NewReplica,
    /// To one with a key of its own.
    ReplicaKey,
    /// By a role, as to another account.
    ReplicationRole,
    /// AWS Backup copies it, or may.
    Backups,
    IngressRules,
    /// The mount targets get a security group that the deployment makes.
    OwnGroup,
    Key,
    /// A role of ours is made.
    Role,
    /// The driver is the deployment's own.
    OwnDriver,
    /// It has a role of the inputs.
    GivenRole,
    Irsa,
    PodIdentity,
    /// The driver is an EKS add-on.
    Addon,
    /// It has a role of ours by IRSA.
    AddonWithRole,
    /// It has the role of the inputs.
    AddonWithGivenRole,
}

/// What stands before a condition key with several values.
pub(super) const ALL_OF_THEM: &str = "ForAllValues:";

/// The tag of what is ours.
pub(super) const OURS: (&str, &str) =
    ("aws:ResourceTag/clockwork-codex/managed-by", "clockwork-codex");
const NEW: (&str, &str) = ("aws:RequestTag/clockwork-codex/managed-by", "clockwork-codex");

/// An action that a call needs itself.
const fn own(action: &'static str, on: On, when: When) -> Permission {
    Permission { action, of: action, on, only: &[], when }
}

/// One that it needs of another service, or of the same for tags.
const fn within(action: &'static str, of: &'static str, on: On, when: When) -> Permission {
    Permission { action, of, on, only: &[], when }
}

impl Permission {
    const fn only(self, only: &'static [(&'static str, &'static str)]) -> Permission {
        Permission { only, ..self }
    }
}

pub(super) const CREATE: &str = "elasticfilesystem:CreateFileSystem";
const POINT: &str = "elasticfilesystem:CreateAccessPoint";
const REPLICATE: &str = "elasticfilesystem:CreateReplicationConfiguration";
const BACKUP: &str = "elasticfilesystem:PutBackupPolicy";
const TARGET: &str = "elasticfilesystem:CreateMountTarget";
const GROUPS: &str = "elasticfilesystem:ModifyMountTargetSecurityGroups";
const INGRESS: &str = "ec2:AuthorizeSecurityGroupIngress";
const GROUP: &str = "ec2:CreateSecurityGroup";
const ROLE: &str = "iam:CreateRole";
const PROVIDER: &str = "iam:CreateOpenIDConnectProvider";
const ASSOCIATION: &str = "eks:CreatePodIdentityAssociation";
const ADDON: &str = "eks:CreateAddon";
const ADDON_UPDATE: &str = "eks:UpdateAddon";
const COPY_OF: &[(&str, &str)] = &[("ForAllValues:aws:TagKeys", "clockwork-codex/copy-of")];
const ASSOCIATION_UPDATE: &str = "eks:UpdatePodIdentityAssociation";
/// Whom the role of an association is passed to (Amazon EMR on EKS Development Guide, "Set up EKS pod
/// identity associations", whose policy is for `eks:CreatePodIdentityAssociation`).
const TO_PODS: &[(&str, &str)] = &[("iam:PassedToService", "pods.eks.amazonaws.com")];
/// Whom that of an add-on is passed to: EKS itself. AWS has no page for `CreateAddon` alone; its
/// policy for all that EKS makes has this value (Amazon EKS User Guide, "Amazon EKS identity-based
/// policy examples", "Using the Amazon EKS console").
const TO_EKS: &[(&str, &str)] = &[("iam:PassedToService", "eks.amazonaws.com")];

/// All actions, by service.
pub const PERMISSIONS: &[Permission] = &[
    own("elasticfilesystem:DescribeFileSystems", On::FileSystems, When::Always),
    own("elasticfilesystem:DescribeMountTargets", On::FileSystems, When::Always),
    // Who uses a file system: for a destroy, and before data of before is taken over.
    own("elasticfilesystem:DescribeAccessPoints", On::FileSystems, When::Always),
    own("elasticfilesystem:DescribeReplicationConfigurations", On::FileSystems, When::Own),
    own("elasticfilesystem:DescribeFileSystemPolicy", On::FileSystems, When::Own),
    own("elasticfilesystem:DescribeLifecycleConfiguration", On::FileSystems, When::LifecycleIsRead),
    own("elasticfilesystem:DescribeBackupPolicy", On::FileSystems, When::Own),
    own(CREATE, On::Everything, When::Own).only(&[NEW]),
    within("elasticfilesystem:TagResource", CREATE, On::FileSystems, When::Own)
        .only(&[("elasticfilesystem:CreateAction", "CreateFileSystem")]),
    own("elasticfilesystem:TagResource", On::FileSystems, When::Own).only(&[OURS]),
    own("elasticfilesystem:UpdateFileSystem", On::FileSystems, When::Own).only(&[OURS]),
    own("elasticfilesystem:PutLifecycleConfiguration", On::FileSystems, When::Lifecycle)
        .only(&[OURS]),
    own(BACKUP, On::FileSystems, When::Own).only(&[OURS]),
    own("elasticfilesystem:UpdateFileSystemProtection", On::FileSystems, When::Protection)
        .only(&[OURS]),
    own("elasticfilesystem:PutFileSystemPolicy", On::FileSystems, When::Own).only(&[OURS]),
    own("elasticfilesystem:DeleteFileSystemPolicy", On::FileSystems, When::Own).only(&[OURS]),
    // "Amazon EFS replication does not support using tags for attribute-based access control": no
    // condition on tags (EFS User Guide, "Using tags with Amazon EFS").
    own(REPLICATE, On::FileSystems, When::Replication),
    own("elasticfilesystem:DeleteReplicationConfiguration", On::FileSystems, When::Replication),
    // A plan compares the zone and the key of the copy; without this, it says that it does not know.
    own("elasticfilesystem:DescribeFileSystems", On::Copies, When::Replication),
    // Before the replication ends: this tag and no other, as it has none of ours.
    own("elasticfilesystem:TagResource", On::Copies, When::Replication).only(COPY_OF),
    // The copy that EFS makes is in another region, and has none of our tags.
    within(CREATE, REPLICATE, On::Everything, When::NewReplica),
    within("iam:PassRole", REPLICATE, On::ReplicationRole, When::ReplicationRole)
        .only(&[("iam:PassedToService", "elasticfilesystem.amazonaws.com")]),
    own("kms:DescribeKey", On::SeenReplicaKey, When::ReplicaKey),
    within("kms:DescribeKey", REPLICATE, On::ReplicaKey, When::ReplicaKey),
    within("kms:CreateGrant", REPLICATE, On::ReplicaKey, When::ReplicaKey),
    within("kms:GenerateDataKeyWithoutPlaintext", REPLICATE, On::ReplicaKey, When::ReplicaKey),
    within("kms:Decrypt", REPLICATE, On::ReplicaKey, When::ReplicaKey),
    own(POINT, On::FileSystems, When::AccessPoints).only(&[NEW]),
    within("elasticfilesystem:TagResource", POINT, On::AccessPoints, When::AccessPoints)
        .only(&[("elasticfilesystem:CreateAction", "CreateAccessPoint")]),
    own("elasticfilesystem:TagResource", On::AccessPoints, When::AccessPoints).only(&[OURS]),
    own("elasticfilesystem:DeleteAccessPoint", On::AccessPoints, When::AccessPoints).only(&[OURS]),
    own("elasticfilesystem:DeleteFileSystem", On::FileSystems, When::Own).only(&[OURS]),
    own(TARGET, On::FileSystems, When::Always).only(&[OURS]),
    own(GROUPS, On::FileSystems, When::Always).only(&[OURS]),
    own("elasticfilesystem:DeleteMountTarget", On::FileSystems, When::Always).only(&[OURS]),
    own("ec2:DescribeSubnets", On::Everything, When::Always),
    own("ec2:DescribeRouteTables", On::Everything, When::Always),
    own("ec2:DescribeSecurityGroups", On::Everything, When::Always),
    own("ec2:DescribeSecurityGroupRules", On::Everything, When::Always),
    own("ec2:DescribeNetworkInterfaces", On::Everything, When::Always),
    own("ec2:DescribeInstances", On::Everything, When::Always),
    own("ec2:DescribeNetworkAcls", On::Everything, When::Always),
    own("ec2:DescribeVpcs", On::Everything, When::Always),
    own("ec2:DescribeVpcAttribute", On::Everything, When::Always),
    own("ec2:DescribeDhcpOptions", On::Everything, When::Always),
    within("ec2:DescribeSubnets", TARGET, On::Everything, When::Always),
    within("ec2:DescribeNetworkInterfaces", TARGET, On::Everything, When::Always),
    within("ec2:CreateNetworkInterface", TARGET, On::Interfaces, When::Always),
    within("ec2:ModifyNetworkInterfaceAttribute", GROUPS, On::Interfaces, When::Always),
    within(
        "ec2:DeleteNetworkInterface",
        "elasticfilesystem:DeleteMountTarget",
        On::Interfaces,
        When::Always,
    ),
    own(INGRESS, On::NewRules, When::IngressRules),
    within("ec2:CreateTags", INGRESS, On::SecurityGroupRules, When::IngressRules)
        .only(&[("ec2:CreateAction", "AuthorizeSecurityGroupIngress")]),
    own("ec2:RevokeSecurityGroupIngress", On::SecurityGroups, When::IngressRules),
    own(GROUP, On::NewGroup, When::OwnGroup),
    within("ec2:CreateTags", GROUP, On::SecurityGroups, When::OwnGroup)
        .only(&[("ec2:CreateAction", "CreateSecurityGroup")]),
    own("ec2:CreateTags", On::SecurityGroups, When::OwnGroup).only(&[OURS]),
    own("ec2:DeleteSecurityGroup", On::SecurityGroups, When::OwnGroup).only(&[OURS]),
    within("iam:CreateServiceLinkedRole", CREATE, On::ServiceRole, When::Always)
        .only(&[("iam:AWSServiceName", "elasticfilesystem.amazonaws.com")]),
    // The first use of EFS in an account makes its role, whichever call that is.
    within("iam:CreateServiceLinkedRole", TARGET, On::ServiceRole, When::Always)
        .only(&[("iam:AWSServiceName", "elasticfilesystem.amazonaws.com")]),
    // "When you set up … Amazon EFS automatic backup …, AWS Backup creates the service-linked role
    // for you": the first time in an account, whoever turns backups on needs this, as for the role
    // of EFS (AWS Backup Developer Guide, "Service-linked roles for AWS Backup").
    within("iam:CreateServiceLinkedRole", CREATE, On::BackupRole, When::Backups)
        .only(&[("iam:AWSServiceName", "backup.amazonaws.com")]),
    within("iam:CreateServiceLinkedRole", BACKUP, On::BackupRole, When::Backups)
        .only(&[("iam:AWSServiceName", "backup.amazonaws.com")]),
    own("sts:GetCallerIdentity", On::Everything, When::Always),
    own("eks:DescribeCluster", On::Cluster, When::Always),
    // A plan looks at it itself; without this, it says that it does not know.
    own("kms:DescribeKey", On::SeenKey, When::Key),
    within("kms:DescribeKey", CREATE, On::Key, When::Key),
    within("kms:CreateGrant", CREATE, On::Key, When::Key),
    within("kms:GenerateDataKeyWithoutPlaintext", CREATE, On::Key, When::Key),
    within("kms:Decrypt", CREATE, On::Key, When::Key),
    own("iam:GetRole", On::DriverRole, When::OwnDriver),
    own("iam:GetRole", On::GivenRole, When::GivenRole),
    own("iam:GetRolePolicy", On::DriverRole, When::Role),
    own(ROLE, On::DriverRole, When::Role),
    within("iam:TagRole", ROLE, On::DriverRole, When::Role),
    own("iam:UpdateAssumeRolePolicy", On::DriverRole, When::Role),
    own("iam:PutRolePolicy", On::DriverRole, When::Role),
    own("iam:ListRolePolicies", On::DriverRole, When::Role),
    own("iam:ListAttachedRolePolicies", On::DriverRole, When::Role),
    own("iam:DeleteRolePolicy", On::DriverRole, When::Role),
    own("iam:DeleteRole", On::DriverRole, When::Role),
    own("iam:GetOpenIDConnectProvider", On::Providers, When::Role),
    own(PROVIDER, On::Providers, When::Irsa),
    within("iam:TagOpenIDConnectProvider", PROVIDER, On::Providers, When::Irsa),
    own("iam:AddClientIDToOpenIDConnectProvider", On::Providers, When::Irsa),
    // Who else trusts a provider of ours, before it is deleted.
    own("iam:ListRoles", On::Everything, When::Irsa),
    own("iam:DeleteOpenIDConnectProvider", On::Providers, When::Irsa),
    // Whatever identity is asked for: an association of before would win over it.
    own("eks:ListPodIdentityAssociations", On::Cluster, When::OwnDriver),
    own("eks:DescribePodIdentityAssociation", On::Associations, When::OwnDriver),
    own("eks:DeletePodIdentityAssociation", On::Associations, When::OwnDriver),
    own(ASSOCIATION, On::Cluster, When::PodIdentity),
    within("eks:TagResource", ASSOCIATION, On::NewAssociations, When::PodIdentity),
    own(ASSOCIATION_UPDATE, On::Associations, When::PodIdentity),
    within("iam:PassRole", ASSOCIATION, On::DriverRole, When::PodIdentity).only(TO_PODS),
    within("iam:PassRole", ASSOCIATION_UPDATE, On::DriverRole, When::PodIdentity).only(TO_PODS),
    own("eks:DescribeAddon", On::Addon, When::Addon),
    own("eks:DescribeAddonVersions", On::Everything, When::Addon),
    own("eks:DescribeAddonConfiguration", On::Everything, When::Addon),
    own(ADDON, On::Cluster, When::Addon),
    within("eks:TagResource", ADDON, On::NewAddon, When::Addon),
    own(ADDON_UPDATE, On::Addon, When::Addon),
    own("eks:DeleteAddon", On::Addon, When::Addon),
    within("iam:PassRole", ADDON, On::DriverRole, When::AddonWithRole).only(TO_EKS),
    within("iam:PassRole", ADDON_UPDATE, On::DriverRole, When::AddonWithRole).only(TO_EKS),
    within("iam:PassRole", ADDON, On::GivenRole, When::AddonWithGivenRole).only(TO_EKS),
    within("iam:PassRole", ADDON_UPDATE, On::GivenRole, When::AddonWithGivenRole).only(TO_EKS),
];

/// The actions of other services that a call needs beside its own, each once: one may be needed
/// for two resources.
pub fn needed_elsewhere(call: &str) -> impl Iterator<Item = &'static str> {
    let service = |action: &str| action.split(':').next().unwrap_or_default().to_owned();
    let (own, mut seen) = (service(call), BTreeSet::new());
    let needed = PERMISSIONS.iter().filter(move |known| known.of == call);
    let elsewhere = needed.map(|known| known.action).filter(move |action| service(action) != own);
    elsewhere.filter(move |action| seen.insert(*action))
}

/// The call that needs an action, where this program makes it: of several, the one that failed.
pub fn needed_by(action: &str, failed: &str) -> Option<&'static str> {
    let all = || PERMISSIONS.iter().filter(|known| known.action == action);
    all().find(|known| known.of == failed).or_else(|| all().next()).map(|known| known.of)
}
