//! The EFS module: inputs become what should be, what should be and what is
//! become a plan, and everything becomes documents.
//!
//! Nothing here knows a network, a clock or a file. See [`plan`] and
//! [`destroy`] for the two plans, [`resources`] for what they are made of, and
//! [`documents`] for the documents.

mod actual;
mod adopt_existing;
mod calls;
mod chart;
mod class_references;
mod class_set;
mod cluster;
pub mod costs;
mod data;
mod denied;
mod deployment;
mod desired;
mod destroy;
mod digests;
mod documents;
mod documents_beside;
mod driver_policy;
mod failover;
mod guard;
mod identity;
mod ids;
pub mod import;
mod inputs;
mod key;
mod life_cycle;
mod lock_out;
mod managed_driver;
mod mounts;
mod nfs_access;
mod nfs_source;
mod nodes;
mod output_formats;
mod outputs;
mod own_group;
mod owner;
pub mod permissions;
mod placement;
mod policy;
mod provisioner_secret;
mod reach;
mod referred;
pub mod resources;
mod rule_quota;
mod static_access;
mod subnets;
mod take_over;
mod templates;
pub mod terraform;
mod together;
mod users;
mod warnings;

pub use actual::{Actual, NamedBefore};
pub use adopt_existing::{ADOPT_EXISTING, AdoptExisting};
pub use calls::{Call, Plan};
pub use chart::{ChartVersion, NAME as CHART, PROVISIONER, RELEASE};
pub use cluster::Cluster;
pub use data::USERS;
pub use deployment::{
    changes_of_classes, class_changes, class_ids, disturbs_mounts, expand, plan, rows, zones_of,
};
pub use desired::{Canary, Desired, Networks};
pub use destroy::destroy;
pub use digests::unlike_index;
pub use documents::{DOCUMENTS, documents, file_system_of, needs_driver, rendered};
pub use failover::{
    Failing, Failover, LOSE_WRITES_SINCE, Moment, Moved, MovedClaim, MovedVolume, OVERWRITE,
    SOURCE_LOST, WRITES_STOPPED_AT, Writes, failover_together, source_of,
};
pub use identity::{EksIdentity, IdentityFound, Looks, keeps_its_own, looks, role_to_look_at};
pub use ids::{AccessPointId, FileSystemId, MountTargetId};
pub use inputs::{DeletionPolicy, Group, INPUTS, Inputs, NfsClients, Subnets};
pub use key::{Key, KeyMetadata, alias_to_look_at, key_to_look_at};
pub use life_cycle::LifeCycle;
pub use nodes::{Node, Taint};
pub use output_formats::{OutputFormat, config_map, in_format};
pub use outputs::{MOUNT_TARGET, OUTPUTS, Output, Outputs, Size};
pub use owner::{Owner, is_anybodys};
pub use placement::{Zone, zones};
pub use provisioner_secret::{ProvisionerSecret, SecretFound, SecretKeys};
pub use referred::{Led, Referred};
pub use resources::mount_target::Consent as TargetConsent;
pub use take_over::{may_be_taken_over, named_by_class};
pub use together::{destroy_together, plan_together};
pub use users::{
    AccessPoint, CreationInfo, OtherClass, Pod, PosixUser, Reference, Replication, Running, Volume,
};
