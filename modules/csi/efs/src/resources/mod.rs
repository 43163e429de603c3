//! The resources of a deployment, a room each: what is wanted, what was found,
//! its properties, its calls, its change, and its row in a status.
//!
//! Each room has its counterpart of the same name in `live`, which observes it
//! and carries its calls out. The rooms know each other's results only: what a
//! change results in is a [`plan::Known`].

pub mod access_point;
pub mod addon;
pub mod canary;
pub mod driver;
pub mod file_system;
pub mod iam_role;
pub mod ingress;
pub mod mount_target;
pub mod oidc_provider;
pub mod persistent_volume;
pub mod pod_identity_association;
pub mod replica;
pub mod security_group;
pub mod storage_class;
