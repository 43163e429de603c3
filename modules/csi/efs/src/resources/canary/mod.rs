//! The canary: a claim of the class that is bound and deleted again at the end of a deploy, so
//! that a deployment whose claims would stay pending is not reported as done.

mod assumed;
mod cause;
mod facts;
mod planning;

pub use assumed::is_not_assumed;
pub use cause::{Cause, binding, removal};
pub use facts::{Controller, Event, Facts};
pub use planning::{Call, FAILED, KIND, Wanted, after_changes, plan};
