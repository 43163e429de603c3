//! An access point: those that a deployment makes itself, and those of a file system that nobody
//! names any more.

mod declared;
mod leftovers;
mod planning;
mod standing;

pub(crate) use declared::Points;
pub use declared::{AccessPointInputs, PROPERTIES, Spec, VolumeInputs};
pub(crate) use leftovers::near_quota;
pub use leftovers::{Call, Deletion, KIND, Wanted, plan, quota, table};
pub(crate) use planning::removal_id;
pub use planning::{Declared, FoundPoints, declare, id, remove_declared, rows};
pub use standing::{Seen, Standing, UnboundClaim, awaiting, standing};
