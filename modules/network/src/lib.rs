//! The network module: an observed VPC becomes [`Outputs`], or a [`Refusal`]
//! that names what is missing.
//!
//! Nothing here reads AWS. What was read arrives as [`Observed`]; what to read
//! is told by [`Inputs::search`].

mod ids;
mod inputs;
mod observed;
mod outputs;

pub use ids::{
    FileSystemId, IdError, MountTargetId, NetworkInterfaceId, SecurityGroupId, SubnetId, VpcId,
};
pub use inputs::{INPUTS, Inputs, OUTPUTS, Search, cluster_name, region};
pub use observed::{
    IngressRule, NFS_PORT, Observed, RouteTable, RuleSource, SecurityGroup, Subnet, Tags,
};
pub use outputs::{Outputs, Refusal, outputs};
