//! The mount targets: one per Availability Zone.

mod groups;
mod removal;
mod target;
mod zones;

pub use groups::MOST_GROUPS;
pub use removal::remove_all;
pub use target::{Call, Group, KIND, MountTarget, PROPERTIES, Spec, rows};
pub use zones::{Consent, Ready, Wanted, plan};
