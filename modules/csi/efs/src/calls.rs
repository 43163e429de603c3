//! The calls of a deployment, whatever resource they are of.

use kubernetes::{claim, release};
use plan::files;

use crate::resources::{
    access_point, addon, canary, driver, file_system, iam_role, ingress, mount_target,
    oidc_provider, persistent_volume, pod_identity_association, replica, security_group,
    storage_class,
};

/// A call of any resource of a deployment.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    AccessPoint(access_point::Call),
    Addon(addon::Call),
    File(files::Call),
    FileSystem(file_system::Call),
    MountTarget(mount_target::Call),
    Ingress(ingress::Call),
    SecurityGroup(security_group::Call),
    PersistentVolume(persistent_volume::Call),
    StorageClass(storage_class::Call),
    Driver(driver::Call),
    IamRole(iam_role::Call),
    OidcProvider(oidc_provider::Call),
    PodIdentityAssociation(pod_identity_association::Call),
    Release(release::Call),
    Replica(replica::Call),
    Expand(claim::Expand),
    Canary(canary::Call),
}

/// What a deployment's plan changes, and what stands against it.
pub type Plan = plan::Plan<Call>;

macro_rules! calls {
    ($($variant:ident($call:ty)),+) => {
        $(impl From<$call> for Call {
            fn from(call: $call) -> Call {
                Call::$variant(call)
            }
        })+
    };
}

calls!(
    AccessPoint(access_point::Call),
    Addon(addon::Call),
    File(files::Call),
    FileSystem(file_system::Call),
    MountTarget(mount_target::Call),
    Ingress(ingress::Call),
    SecurityGroup(security_group::Call),
    PersistentVolume(persistent_volume::Call),
    StorageClass(storage_class::Call),
    Driver(driver::Call),
    IamRole(iam_role::Call),
    OidcProvider(oidc_provider::Call),
    PodIdentityAssociation(pod_identity_association::Call),
    Release(release::Call),
    Replica(replica::Call),
    Expand(claim::Expand),
    Canary(canary::Call)
);
