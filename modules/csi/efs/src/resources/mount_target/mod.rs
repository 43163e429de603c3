//! The mount targets: one per Availability Zone.

mod addresses;
mod groups;
mod removal;
mod target;
mod turns;
mod wanted;
mod zones;

pub use addresses::{FixedAddresses, IpAddressType, NewAddresses, WantedAddresses};
pub use groups::MOST_GROUPS;
pub use removal::remove_all;
pub use target::{Call, Group, KIND, MountTarget, PROPERTIES, Spec, rows};
pub use wanted::{Consent, Wanted};
pub use zones::{Ready, plan};
