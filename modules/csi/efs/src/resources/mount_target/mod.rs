//! The mount targets: one per Availability Zone.

mod target;
mod zones;

pub use target::{Call, Group, KIND, MountTarget, PROPERTIES, Spec, rows};
pub use zones::{Ready, Wanted, plan, remove_all};
