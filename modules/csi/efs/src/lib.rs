//! The EFS module: inputs become what should be, what should be and what is
//! become a plan, and everything becomes documents.
//!
//! Nothing here knows a network, a clock or a file. See [`plan`] and
//! [`destroy`] for the two plans, [`resources`] for what they are made of, and
//! [`documents`] for the documents.

mod actual;
mod chart;
mod cluster;
mod data;
mod deployment;
mod desired;
mod destroy;
mod digests;
mod documents;
mod driver_policy;
mod ids;
mod inputs;
mod life_cycle;
mod mounts;
mod outputs;
mod owner;
mod placement;
mod policy;
pub mod resources;
mod templates;
mod together;
mod users;

pub use actual::Actual;
pub use chart::{ChartVersion, NAME as CHART, PROVISIONER, RELEASE};
pub use cluster::Cluster;
pub use data::{ADOPT_EXISTING, USERS, may_be_taken_over};
pub use deployment::{
    Call, Plan, class_changes, class_ids, disturbs_mounts, expand, plan, rows, zones_of,
};
pub use desired::{Desired, Networks};
pub use destroy::destroy;
pub use documents::{DOCUMENTS, documents, file_system_of, rendered};
pub use ids::{AccessPointId, FileSystemId, MountTargetId};
pub use inputs::{DeletionPolicy, Group, INPUTS, Inputs, NfsClients, Subnets};
pub use life_cycle::LifeCycle;
pub use outputs::{MOUNT_TARGET, OUTPUTS, Output, Outputs};
pub use owner::{Owner, is_anybodys};
pub use placement::{Zone, zones};
pub use resources::mount_target::Consent as TargetConsent;
pub use together::{destroy_together, plan_together};
pub use users::{AccessPoint, OtherClass, Pod, Replication, Running, Volume};
