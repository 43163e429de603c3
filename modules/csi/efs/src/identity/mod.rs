//! The driver's identity in AWS: what was found of it, which one it gets, and its part of a plan.

mod choice;
mod found;
mod given;
mod leaving;
mod looks;
mod planning;

pub(crate) use choice::is_of_ours;
pub use choice::keeps_its_own;
pub use found::{EksIdentity, IdentityFound};
pub(crate) use given::{Given, Part};
pub(crate) use leaving::remove;
pub use looks::{Looks, looks, role_to_look_at};
pub(crate) use planning::{irsa_trust, plan, pod_identity_trust};
