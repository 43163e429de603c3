//! The EFS module: inputs become what should be, what should be and what is
//! become a plan, and everything becomes documents.
//!
//! Nothing here knows a network, a clock or a file. See [`plan`] and
//! [`destroy`] for the two plans, and [`Document`] for the documents.

mod actual;
mod cluster;
mod desired;
mod documents;
mod driver;
mod inputs;
mod outputs;
mod placement;
mod plan;
mod proof;
mod quantity;
mod status;
mod tags;
mod usage;

pub use ::inputs::{plain, printable};
pub use actual::{Actual, FileSystem, LifeCycle, MountTarget};
pub use cluster::{Claim, Cluster, StorageClass, eks_name};
pub use desired::Desired;
pub use documents::{
    Document, Immutable, KindCluster, RenderError, block, file_system_of, is_anybodys, is_ours,
    kustomize_source, parse_values, render,
};
pub use driver::chart::{NAME as CHART, PROVISIONER, RELEASE};
pub use driver::source::repository as chart_repository;
pub use driver::{
    ChartVersion, Driver, DriverInputs, DriverMode, Foreign, FoundChart, HelmChart, Origin,
    Release, ReleaseStatus, Rollout, WantedRelease, are_ours,
};
pub use inputs::{
    FileSystemInputs, Group, INPUTS, Inputs, NfsClients, OUTPUTS, PerformanceMode, ReclaimPolicy,
    StorageClassInputs, Subnets, Throughput, VolumeBindingMode,
};
pub use outputs::{MountTargetOutput, Outputs, dns_name};
pub use placement::{Zone, zones};
pub use plan::{
    Action, After, CreateFileSystem, CreateMountTarget, Difference, FileSystemRef, Operation, Plan,
    Refusal, Resource, Step, Styled, Until, Wait, address, destroy, expand, line_differences,
    needs_chart, plan, release_differs, release_step, unread_values, unsuitable_chart,
};
pub use proof::{Finding, Participant, Proof, Report, Role, judge};
pub use quantity::bytes;
pub use status::{Row, Status};
pub use tags::Owner;
pub use usage::{Usage, readable, usage};
