//! The error codes of EC2 that calls about networks, security groups and interfaces return
//! (EC2 API Reference, "Error codes for the Amazon EC2 API").

use super::{Meaning, Table};

pub(crate) const DEPENDENCY: &str = "DependencyViolation";
pub(crate) const DUPLICATE_GROUP: &str = "InvalidGroup.Duplicate";
pub(crate) const DUPLICATE_RULE: &str = "InvalidPermission.Duplicate";
pub(crate) const GROUP_IN_USE: &str = "InvalidGroup.InUse";
pub(crate) const GROUP_NOT_FOUND: &str = "InvalidGroup.NotFound";
pub(crate) const RULE_NOT_FOUND: &str = "InvalidSecurityGroupRuleId.NotFound";

/// What to do about a security group that something uses.
const USED: &str = "take the security group off what still has it (`aws ec2 \
    describe-network-interfaces --filters Name=group-id,Values=ID` lists network interfaces), and out \
    of the rules of other groups that name it";

/// The codes, by letter.
pub(super) const CODES: Table = &[
    ("AuthFailure", Meaning::NotAccepted),
    ("Blocked", Meaning::Never("AWS has blocked the account: contact AWS Support")),
    (DEPENDENCY, Meaning::Never(USED)),
    ("InsufficientFreeAddressesInSubnet", Meaning::Never("free an IP address of the subnet")),
    ("InternalError", Meaning::Passing),
    ("InvalidAddress.Malformed", Meaning::Never(super::common::INVALID)),
    (DUPLICATE_GROUP, Meaning::Raced),
    (GROUP_IN_USE, Meaning::Never(USED)),
    (GROUP_NOT_FOUND, Meaning::Never("correct `security_group_id` or `aws_region`")),
    ("InvalidGroupId.Malformed", Meaning::Never("correct `security_group_id`")),
    ("InvalidParameterCombination", Meaning::Never(super::common::INVALID)),
    ("InvalidParameterValue", Meaning::Never(super::common::INVALID)),
    (DUPLICATE_RULE, Meaning::Raced),
    ("InvalidPermission.Malformed", Meaning::Never(super::common::INVALID)),
    ("InvalidPermission.NotFound", Meaning::Raced),
    (RULE_NOT_FOUND, Meaning::Raced),
    ("InvalidSubnetID.NotFound", Meaning::Never("correct `subnet_ids` or `aws_region`")),
    ("InvalidVpcID.NotFound", Meaning::Never("correct `vpc_id` or `aws_region`")),
    (
        "PendingVerification",
        Meaning::Never("AWS is still verifying the account for this region: wait for its e-mail"),
    ),
    // EC2's word for temporary credentials that have ended, too.
    ("RequestExpired", Meaning::Expired),
    ("RequestLimitExceeded", Meaning::Throttled),
    (
        "RulesPerSecurityGroupLimitExceeded",
        Meaning::Never(
            "remove a rule of the security group (one that names a prefix list counts as as many as \
             the list may have entries), or request a higher quota in the Service Quotas console",
        ),
    ),
    (
        "SecurityGroupLimitExceeded",
        Meaning::Never(
            "delete a security group that is no longer used, or request a higher quota of \
             security groups in the Service Quotas console",
        ),
    ),
    (
        "SecurityGroupsPerInterfaceLimitExceeded",
        Meaning::Never(
            "give fewer security groups, or request a higher quota in the Service Quotas console",
        ),
    ),
    ("TagLimitExceeded", Meaning::Never("give fewer `tags`: a resource has at most 50")),
    ("Unavailable", Meaning::Passing),
    ("UnauthorizedOperation", Meaning::Denied),
    ("UnsupportedOperation", Meaning::Never(super::common::INVALID)),
];
