//! An access point: which of a file system nobody names any more, and what removes those.

mod leftovers;
mod standing;

pub use leftovers::{Call, Deletion, KIND, Wanted, plan, quota, table};
pub use standing::{Seen, Standing, UnboundClaim, awaiting, standing};
