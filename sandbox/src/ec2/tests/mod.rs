//! EC2's rules as its users meet them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod acls;
mod default_vpc;
mod gateways;
mod groups;
mod interface_changes;
mod interfaces;
mod listings;
mod network;
mod routes;
mod rules;
mod speed;
mod tables;
mod worlds;

use crate::testing::Aws;

const VPC: &str = "vpc-0c0dec00000000001";
const SUBNET: &str = "subnet-0c0dec0000000010a";
const CLOSED: &str = "sg-0c0dec00000000003";

/// A VPC of 10.7.0.0/16, with IPv6.
fn vpc(aws: &Aws) -> String {
    let form = "Action=CreateVpc&CidrBlock=10.7.0.0/16&AmazonProvidedIpv6CidrBlock=true";
    aws.ec2(form).ok().text("vpcId")
}
