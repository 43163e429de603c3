//! The file system.

mod before;
mod limits;
mod metered;
mod planning;
mod policy;
mod protection;
mod replicating;
mod spec;
mod standing;
mod throughput;

pub use before::{not_ours, not_taken_over};
pub use metered::MeteredIn;
pub(crate) use planning::end_replication;
pub use planning::{Call, Planned, Wanted, available, gone, plan, remove, row};
pub use policy::Policy;
pub(crate) use policy::{OUR_ID, statements};
pub use protection::{BackupPolicy, OverwriteProtection};
pub(crate) use replicating::is_leaving_status;
pub use replicating::{goes_where, is_leaving};
pub use spec::*;
pub use throughput::Throughput;
