//! A call of any resource of any module, with the clients that it goes to.

use plan::files;

use efs::resources::{
    access_point, addon, canary, driver, file_system, iam_role, ingress, mount_target,
    oidc_provider, persistent_volume, pod_identity_association, replica, security_group,
    storage_class,
};
use graphscope::resources::{claim, namespace, stateful_set};
use kubernetes::claim::Expand;
use kubernetes::release;

use crate::aws::Aws;

/// All that it takes to carry out one step of a change.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    AccessPoint(Aws, access_point::Call),
    Addon(Aws, addon::Call),
    File(files::Call),
    FileSystem(Aws, file_system::Call),
    MountTarget(Aws, mount_target::Call),
    Ingress(Aws, ingress::Call),
    SecurityGroup(Aws, security_group::Call),
    PersistentVolume(persistent_volume::Call),
    StorageClass(storage_class::Call),
    Driver(driver::Call),
    IamRole(Aws, iam_role::Call),
    OidcProvider(Aws, oidc_provider::Call),
    PodIdentityAssociation(Aws, pod_identity_association::Call),
    Namespace(namespace::Call),
    Claim(claim::Call),
    Expand(Expand),
    StatefulSet(stateful_set::Call),
    Release(release::Call),
    Replica(Aws, replica::Call),
    Canary(Aws, canary::Call),
}

impl Call {
    /// A call of a storage module whose AWS resources are there.
    pub(crate) fn of_storage(call: efs::Call, aws: &Aws) -> Call {
        match call {
            efs::Call::AccessPoint(call) => Call::AccessPoint(aws.clone(), call),
            efs::Call::Addon(call) => Call::Addon(aws.clone(), call),
            efs::Call::File(call) => Call::File(call),
            efs::Call::FileSystem(call) => Call::FileSystem(aws.clone(), call),
            efs::Call::MountTarget(call) => Call::MountTarget(aws.clone(), call),
            efs::Call::Ingress(call) => Call::Ingress(aws.clone(), call),
            efs::Call::SecurityGroup(call) => Call::SecurityGroup(aws.clone(), call),
            efs::Call::PersistentVolume(call) => Call::PersistentVolume(call),
            efs::Call::StorageClass(call) => Call::StorageClass(call),
            efs::Call::Driver(call) => Call::Driver(call),
            efs::Call::IamRole(call) => Call::IamRole(aws.clone(), call),
            efs::Call::OidcProvider(call) => Call::OidcProvider(aws.clone(), call),
            efs::Call::PodIdentityAssociation(call) => {
                Call::PodIdentityAssociation(aws.clone(), call)
            }
            efs::Call::Release(call) => Call::Release(call),
            efs::Call::Replica(call) => Call::Replica(aws.clone(), call),
            efs::Call::Expand(call) => Call::Expand(call),
            efs::Call::Canary(call) => Call::Canary(aws.clone(), call),
        }
    }

    /// A call of a workload.
    pub(crate) fn of_workload(call: graphscope::Call) -> Call {
        match call {
            graphscope::Call::File(call) => Call::File(call),
            graphscope::Call::Namespace(call) => Call::Namespace(call),
            graphscope::Call::Claim(call) => Call::Claim(call),
            graphscope::Call::Expand(call) => Call::Expand(call),
            graphscope::Call::StatefulSet(call) => Call::StatefulSet(call),
            graphscope::Call::Release(call) => Call::Release(call),
        }
    }

    /// All that it takes, as a text: two calls of one meaning do the same.
    pub(crate) fn meaning(&self) -> String {
        match self {
            Call::AccessPoint(aws, call) => format!("{} {call:?}", aws.region),
            Call::Addon(aws, call) => format!("{} {call:?}", aws.region),
            Call::File(call) => format!("{call:?}"),
            Call::FileSystem(aws, call) => format!("{} {call:?}", aws.region),
            Call::MountTarget(aws, call) => format!("{} {call:?}", aws.region),
            Call::Ingress(aws, call) => format!("{} {call:?}", aws.region),
            Call::SecurityGroup(aws, call) => format!("{} {call:?}", aws.region),
            Call::PersistentVolume(call) => format!("{call:?}"),
            Call::StorageClass(call) => format!("{call:?}"),
            Call::Driver(call) => format!("{call:?}"),
            Call::IamRole(_, call) => format!("{call:?}"),
            Call::OidcProvider(_, call) => format!("{call:?}"),
            Call::PodIdentityAssociation(aws, call) => format!("{} {call:?}", aws.region),
            Call::Namespace(call) => format!("{call:?}"),
            Call::Claim(call) => format!("{call:?}"),
            Call::Expand(call) => format!("{call:?}"),
            Call::StatefulSet(call) => format!("{call:?}"),
            Call::Release(call) => format!("{call:?}"),
            Call::Replica(aws, call) => format!("{} {call:?}", aws.region),
            Call::Canary(aws, call) => format!("{} {call:?}", aws.region),
        }
    }

    /// Whether it waits for what another run does, so that what is left to do shows afterwards:
    /// a deletion, or a revision of Helm.
    pub(crate) fn awaits_another_run(&self) -> bool {
        matches!(
            self,
            Call::Addon(_, addon::Call::UntilSettled { .. })
                | Call::FileSystem(_, file_system::Call::UntilGone { .. })
                | Call::MountTarget(_, mount_target::Call::UntilGone { .. })
                | Call::Release(release::Call::UntilFinished { .. })
        )
    }
}
