//! Benchmarks: how long everything takes, as a ratio to the theoretical best.

mod big;
mod clusters;
mod deployments;
mod fleet;
mod measure;
mod report;
mod runs;
mod sandbox;
mod starts;

pub use big::big;
pub use clusters::clusters;
pub use deployments::Deployment;
pub use fleet::fleet;
pub use report::{Figure, over, table};
pub use runs::runs;
pub use sandbox::sandbox;
pub use starts::{builds, starts};

/// Measures planning and rendering, without any I/O.
pub fn pure() -> Vec<Figure> {
    deployments::figures()
}
