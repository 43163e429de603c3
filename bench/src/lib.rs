//! How long everything takes, as a ratio to how long it must take.

mod deployments;
mod fleet;
mod measure;
mod report;
mod runs;
mod sandbox;
mod starts;

pub use deployments::Deployment;
pub use fleet::fleet;
pub use report::{Figure, table};
pub use runs::{Zones, runs};
pub use sandbox::sandbox;
pub use starts::{builds, starts};

/// Deployments that are planned and rendered.
pub fn pure() -> Vec<Figure> {
    deployments::figures()
}
