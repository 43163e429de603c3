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

pub use before::{not_its, not_ours};
pub use metered::MeteredIn;
pub(crate) use planning::end_replication;
pub use planning::{Call, Planned, Wanted, available, gone, plan, remove, row};
pub use policy::Policy;
pub(crate) use policy::{OUR_ID, statements};
pub use protection::{BackupPolicy, OverwriteProtection};
pub use replicating::{goes_where, is_leaving};
pub(crate) use replicating::{is_leaving_status, overwritten};
pub use spec::*;
pub use throughput::Throughput;
