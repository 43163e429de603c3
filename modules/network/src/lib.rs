//! The network module: an observed VPC becomes [`Outputs`], or a [`Refusal`]
//! that names what is missing.
//!
//! Nothing here reads AWS. What was read arrives as [`Observed`]; [`Inputs::search`]
//! says what to read.

mod cluster_subnets;
mod module;
mod observed;
mod outputs;
mod paths;
pub mod reach;
mod refusal;
mod rules;

inputs::id!(VpcId, "vpc-", "VPC id");
inputs::id!(SubnetId, "subnet-", "subnet id");
inputs::id!(SecurityGroupId, "sg-", "security group id");
inputs::id!(PrefixListId, "pl-", "prefix list id");
inputs::id!(InstanceId, "i-", "instance id");
inputs::id!(NetworkInterfaceId, "eni-", "network interface id");

pub use ipnet::IpNet;
pub use module::{INPUTS, Inputs, OUTPUTS, Search, cluster_name, region};
pub use observed::{
    Addresses, ClusterNetwork, IngressRule, NFS_PORT, Observed, RouteTable, SecurityGroup, Subnet,
    Tags,
};
pub use outputs::{Outputs, outputs};
pub use refusal::Refusal;
pub use rules::RuleSource;
