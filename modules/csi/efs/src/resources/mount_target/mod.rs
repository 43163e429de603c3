//! The mount targets: one per Availability Zone.

mod groups;
mod removal;
mod target;
mod turns;
mod wanted;
mod zones;

pub use groups::MOST_GROUPS;
pub use removal::remove_all;
pub use target::{Call, Group, KIND, MountTarget, PROPERTIES, Spec, rows};
pub use wanted::{Consent, Wanted};
pub use zones::{Ready, plan};
