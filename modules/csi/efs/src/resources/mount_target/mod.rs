//! The mount targets: one per Availability Zone.

mod addresses;
mod groups;
mod inputs;
mod removal;
mod target;
mod turns;
mod wanted;
mod zones;

pub use addresses::{IpAddressType, NewAddresses};
pub use groups::MOST_GROUPS;
pub use inputs::{TargetInputs, TargetsInputs, WantedTargets};
pub(crate) use inputs::{is_about, is_zone_of};
pub use removal::remove_all;
pub use target::{Call, Group, KIND, MountTarget, PROPERTIES, Spec, rows};
pub use wanted::{Consent, Ready, Wanted};
pub use zones::plan;
