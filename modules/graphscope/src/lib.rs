//! The GraphScope module: the workloads that use the storage.
//!
//! Three kinds of workload, one chart each. Inputs become claims, the values of
//! the chart, and documents. Nothing here knows a network, a clock or a file.
//!
//! # What belongs on shared storage, and what must not
//!
//! | Directory | Of | Shared | Why |
//! | --- | --- | --- | --- |
//! | `datasets` | engine | yes | loaded once, read by every worker side by side |
//! | `checkpoints` | engine | yes | written by one session, restored by another on whatever node |
//! | `logs` | engine, store | yes | many pods append, and they outlive the pods |
//! | `streams` | engine | yes | whole files handed from producers to consumers |
//! | `data` | store | yes | each pod's own claim, which a pod finds again on another node |
//! | `data` | interactive | yes | engine and frontend work on one claim |
//! | `vineyard` | all | no | shared memory and a socket: memory of the node, which no network file system has |
//! | `etcd` | engine | no | waits for the disk with every write; etcd asks for a local one |
//! | `kafka` | store | no | brokers map their segments into memory and delete open files |
//! | `scratch` | all | no | written and thrown away by one pod: the node's disk is faster and free |
//!
//! The same table is in code, as [`DIRECTORIES`]; asking for the wrong one is a
//! mistake that names the reason.

mod deployment;
mod directories;
mod documents;
mod examples;
mod files;
mod inputs;
mod kafka;
mod kind;
pub mod resources;
mod status;
mod templates;
mod wanted;

pub use deployment::{Actual, Call, Plan, destroy, plan};
pub use directories::{DIRECTORIES, Directory};
pub use documents::{DOCUMENTS, documents, is_anybodys};
pub use examples::{Example, Part, Reports, Trial};
pub use inputs::{FLAGS, INPUTS, Inputs, STORE_USER};
pub use kafka::DefaultClass;
pub use kind::Workload;
pub use resources::claim::{Claim, FoundClaim};
pub use status::{WorkloadStatus, status};
