//! Parts of the table of inputs: mount targets, and NFS clients.

use ::inputs::{Input, Kind};

/// The part of the table of inputs that is about mount targets, all of them or single ones.
pub(super) const OF_ALL_AND_EACH: &[Input] = &[
    Input::optional(
        "security_group_ids",
        Kind::Strings,
        "Security groups for EFS mount targets, beside `security_group_id` or in its place; at most 5 together",
    ),
    Input::optional(
        "ip_address_type",
        Kind::String,
        "Addresses of the mount targets: `IPV4_ONLY`, `IPV6_ONLY` or `DUAL_STACK`; EFS chooses IPv4 by itself",
    ),
    Input::optional(
        "mount_target_addresses",
        Kind::Map,
        "Addresses that mount targets must have, by their subnets: an IPv4 address, an IPv6 address, or both with a space between",
    ),
    Input::optional(
        "mount_targets",
        Kind::Values,
        "What single mount targets have, by their subnet or Availability Zone: `subnet_id`, `ip_address`, `ipv6_address`, `ip_address_type`, and `security_groups` beside those of all; as a map or the path of a file. Where each entry names its subnet, it takes the place of `subnet_ids`",
    ),
    Input::optional(
        "security_group",
        Kind::String,
        "`own` makes a security group for the mount targets, beside the others or in their place: its rules are kept exact, and it is deleted with the deployment",
    ),
    Input::optional(
        "security_group_name",
        Kind::String,
        "Name of the group of `security_group = \"own\"`, where not one made of region, cluster and class; EC2 changes no name, so that another one means another group",
    ),
];

/// The part that says whose NFS traffic is admitted.
pub(super) const CLIENTS: &[Input] = &[
    Input::optional(
        "nfs_clients",
        Kind::String,
        "`nodes` admits the NFS traffic of the security groups that the cluster's nodes have, and keeps it so",
    ),
    Input::optional(
        "nfs_client_security_group_id",
        Kind::String,
        "Security group of the nodes; the rule that admits their NFS traffic is added where it is missing",
    ),
    Input::optional(
        "nfs_client_cidr",
        Kind::String,
        "Address range of the nodes; the rule that admits their NFS traffic is added where it is missing",
    ),
    Input::optional(
        "nfs_client_security_groups",
        Kind::Strings,
        "Security groups whose NFS traffic is admitted, each by a rule of its own",
    ),
    Input::optional(
        "nfs_client_cidrs",
        Kind::Strings,
        "Address ranges, of IPv4 or IPv6, whose NFS traffic is admitted, each by a rule of its own",
    ),
    Input::optional(
        "nfs_client_prefix_lists",
        Kind::Strings,
        "Prefix lists of ranges whose NFS traffic is admitted, each by a rule of its own, which counts as as many as the list may have entries",
    ),
];
