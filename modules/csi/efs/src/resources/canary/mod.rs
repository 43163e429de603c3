//! The canary: a claim of the class that is bound and deleted again at the end of a deploy, so
//! that a deployment whose claims would stay pending is not reported as done.

mod cause;
mod planning;

pub use cause::{Cause, Controller, Event, Facts, binding, removal};
pub use planning::{Call, FAILED, KIND, Wanted, after_changes, plan};
