//! The resources, a room each of the same name as in the pure modules: observing
//! one, carrying its calls out, and waiting for it.

pub(crate) mod access_point;
pub(crate) mod addon;
pub(crate) mod canary;
pub(crate) mod claim;
pub(crate) mod driver;
pub(crate) mod file_system;
pub(crate) mod iam_role;
pub(crate) mod ingress;
pub(crate) mod mount_target;
pub(crate) mod namespace;
pub(crate) mod oidc_provider;
pub(crate) mod persistent_volume;
pub(crate) mod pod_identity_association;
pub(crate) mod release;
pub(crate) mod replica;
pub(crate) mod security_group;
pub(crate) mod stateful_set;
pub(crate) mod storage_class;
