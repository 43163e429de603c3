//! The file system.

mod before;
mod call;
mod limits;
mod metered;
mod planning;
mod policy;
mod protection;
mod replica_found;
mod replicating;
mod spec;
mod standing;
mod throughput;

pub use before::{not_its, not_ours};
pub use call::Call;
pub use metered::MeteredIn;
pub(crate) use planning::end_replication;
pub use planning::{Planned, Wanted, available, gone, plan, remove, row};
pub use policy::Policy;
pub(crate) use policy::{OUR_ID, statements};
pub use protection::{BackupPolicy, OverwriteProtection};
pub(crate) use replica_found::ago;
pub use replica_found::{Replica, replica_rows, replicas};
pub use replicating::{SEEN, UNSEEN, asks_of_the_copy, copy_tag, goes_where, is_leaving};
pub(crate) use replicating::{is_leaving_status, overwritten};
pub use spec::*;
pub use throughput::Throughput;
