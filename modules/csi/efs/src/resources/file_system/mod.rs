//! The file system.

mod planning;
mod spec;

pub use planning::{Call, KIND, Planned, Wanted, available, gone, not_ours, plan, remove, row};
pub use spec::*;
