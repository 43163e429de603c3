//! The job that `xtask` hands to `live`: typed, serialised, complete.
//!
//! Everything that a person can ask for was read and checked before; `live`
//! observes and carries out, and looks nothing up.

mod bench;
mod cluster;
mod e2e;
mod file_output;
mod goal;
mod import;
mod job;
mod module;
mod order;
mod output;

pub use bench::Bench;
pub use cluster::{ClusterTarget, ContextChoice, Destination, Helm, HelmVersion};
pub use e2e::{AwsChoice, ClusterChoice, DriverChoice, DriverPolicy, EndToEnd};
pub use file_output::{FileOutput, OutputValue};
pub use goal::{Asked, ClaimName, Goal, PlanReport, TakeOver, Verify};
pub use import::{Find, Import};
pub use job::Job;
pub use module::{DriverDocuments, Module, ModuleInputs};
pub use order::{Fleet, Order, Pace, Sandbox, Session, Work};
pub use output::{LogFormat, Output};
