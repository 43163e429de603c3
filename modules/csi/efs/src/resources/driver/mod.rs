//! The CSI driver: its release, what of it is found in a cluster, and its rows.

mod found;
mod ownership;
mod planning;
mod values;

pub use found::{Foreign, Found, Origin, Rollout};
pub use ownership::{Neighbours, contest};
pub use planning::{Call, KIND, Others, needs_chart, plan, remove, rows};
pub use values::{Driver, DriverInputs, DriverMode, check};
