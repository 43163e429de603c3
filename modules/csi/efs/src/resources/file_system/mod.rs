//! The file system.

mod metered;
mod planning;
mod policy;
mod spec;

pub use metered::MeteredIn;
pub use planning::{Call, KIND, Planned, Wanted, available, gone, not_ours, plan, remove, row};
pub use policy::Policy;
pub(crate) use policy::{OUR_ID, statements};
pub use spec::*;
