//! What real accounts have in addition to the default network: values of `--world`.

use clap::ValueEnum;

/// What a new region has in addition to its default network. Values can be combined; they are
/// added in this order, each to what the earlier ones added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum World {
    /// A Local Zone with a private subnet, where EFS makes no mount targets
    LocalZone,
    /// A Wavelength Zone with a private subnet, where EFS makes no mount targets
    Wavelength,
    /// A private subnet on an Outpost, where EFS makes no mount targets
    Outpost,
    /// Untagged subnets without a route to the internet, one per zone
    DatabaseTier,
    /// An untagged /28 subnet per zone, as AWS recommends for transit gateways
    TransitSubnets,
    /// A /28 subnet per zone for the control plane alone: EKS names these, and not those of the nodes
    IntraSubnets,
    /// A node per zone, as an instance in the cluster's security group
    Nodes,
    /// A node per zone, as an instance in a security group that is not the cluster's
    ForeignNodes,
    /// Clusters of the same name in every region, with identifiers of their own
    TwinClusters,
    /// A second group with the cluster's tag, left by a former cluster of this name
    StaleGroup,
    /// An IPv6-only private subnet in the first zone
    Ipv6Only,
    /// IPv6 ranges for all private subnets
    DualStack,
    /// A VPC without DNS host names
    NoDnsHostnames,
    /// 5,000 network interfaces
    ManyInterfaces,
    /// A VPC of another account, whose tags and main route table this one cannot see
    SharedVpc,
    /// The default VPC as AWS makes it, beside the cluster's
    DefaultVpc,
    /// Roles and security groups that other calls and services do not know until 2 s after their
    /// creation
    LateVisibility,
    /// Network interfaces of mount targets that stay for 2 s after these are gone, and keep their
    /// security groups and their file system in use
    LateRelease,
}

#[cfg(test)]
mod tests;
