//! The CSI driver: its release, what of it is found in a cluster, and its rows. All that people
//! choose of it ends in its release, whose properties are those of any.

mod call;
mod credentials;
mod csi_driver;
mod found;
mod identity;
mod images;
mod ownership;
mod planning;
mod pods;
mod rollout;
mod traps;
mod values;

pub use kubernetes::release::PROPERTIES;

pub use call::Call;
pub(crate) use credentials::with_credentials;
pub use csi_driver::{CsiDriver, CsiDriverFound, CsiDriverMade, CsiDriverSpec};
pub use found::{Beyond, Foreign, Found, Made, Origin};
pub use identity::{CONTROLLER_ACCOUNT, Identity, NODE_ACCOUNT, ProviderPolicy, Way};
pub(crate) use identity::{annotated_role, service_accounts};
pub use images::{Registry, Version, version_of_image};
pub use ownership::{Neighbours, contest};
pub(crate) use planning::installed;
pub use planning::{KIND, Others, may_be_older, needs_chart, plan, remove, rows};
pub use pods::{
    ControllerPod, Credentials, POD_IDENTITY, PODS_KIND, Pods, ROLE_OF_IRSA, SKIPS_CONTAINERS,
    SKIPS_WEBHOOK,
};
pub use rollout::{Away, Missing, Rollout, away, max_unavailable};
pub(crate) use traps::shared_range;
pub use values::{Driver, DriverInputs, DriverMode, check};
