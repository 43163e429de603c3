//! The file system.

mod limits;
mod planning;
mod policy;
mod replicating;
mod spec;
mod standing;
mod throughput;

pub(crate) use planning::end_replication;
pub use planning::{Call, Planned, Wanted, available, gone, not_ours, plan, remove, row};
pub use policy::Policy;
pub(crate) use policy::{OUR_ID, statements};
pub use spec::*;
pub use throughput::Throughput;
