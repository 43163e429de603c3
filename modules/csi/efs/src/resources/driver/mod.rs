//! The CSI driver: its release, what of it is found in a cluster, and its rows. All that people
//! choose of it ends in its release, whose properties are those of any.

mod found;
mod ownership;
mod planning;
mod rollout;
mod values;

pub use kubernetes::release::PROPERTIES;

pub use found::{Foreign, Found, Origin};
pub use ownership::{Neighbours, contest};
pub use planning::{Call, KIND, Others, needs_chart, plan, remove, rows};
pub use rollout::{Away, Missing, Rollout, away, max_unavailable};
pub use values::{Driver, DriverInputs, DriverMode, check};
