//! The table from AWS's error codes to their meaning: every code that the model of
//! EFS names (botocore, `efs/2015-02-01/service-2.json`), and those of EC2 and of
//! all services that are met here.

/// What an error code means for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Another run changed things after this one had looked.
    Raced,
    /// This identity may not do it.
    Denied,
    /// The credentials have expired.
    Expired,
    /// AWS does not accept the credentials.
    NotAccepted,
    /// The request was not signed at the time that AWS has, or not by this secret.
    Clock,
    /// Too many calls in too short a time.
    Throttled,
    /// It may work at another time.
    Passing,
    /// A quota of the account is used up.
    Quota,
    /// It can never work, whatever is done again: here is what to change.
    Never(&'static str),
}

impl Meaning {
    /// What to do about it.
    pub(crate) fn remedy(self, operation: &str, region: &str) -> String {
        match self {
            Meaning::Raced | Meaning::Passing => {
                "run the same command again; what is done already stays done".to_owned()
            }
            Meaning::Denied => format!(
                "allow `{operation}` to the identity that `aws sts get-caller-identity` shows"
            ),
            Meaning::Expired => {
                "the credentials have expired: log in again, for instance with `aws sso login`"
                    .to_owned()
            }
            Meaning::NotAccepted => format!(
                "AWS does not accept the credentials: check AWS_PROFILE, and that `{region}` is enabled"
            ),
            Meaning::Clock => "set this machine's clock: AWS takes requests that were signed within \
                               five minutes of its own time; where the clock is right, check the secret key"
                .to_owned(),
            Meaning::Throttled => {
                "the account's rate is used up: run the same command again later".to_owned()
            }
            Meaning::Quota => {
                "ask for a higher quota in the Service Quotas console, or free some".to_owned()
            }
            Meaning::Never(remedy) => remedy.to_owned(),
        }
    }
}

/// What a code means, where it is known.
pub(crate) fn meaning(code: &str) -> Option<Meaning> {
    TABLE.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning)
}

/// The codes, by service and then by letter.
const TABLE: &[(&str, Meaning)] = &[
    // EFS
    ("AccessPointAlreadyExists", Meaning::Raced),
    ("AccessPointLimitExceeded", Meaning::Quota),
    ("AccessPointNotFound", Meaning::Raced),
    (
        "AvailabilityZonesMismatch",
        Meaning::Never(
            "a One Zone file system takes a mount target in its own zone only: give a subnet of it",
        ),
    ),
    (
        "BadRequest",
        Meaning::Never("correct what AWS names; if no input says that, please report it"),
    ),
    ("ConflictException", Meaning::Passing),
    ("DependencyTimeout", Meaning::Passing),
    ("FileSystemAlreadyExists", Meaning::Raced),
    ("FileSystemInUse", Meaning::Raced),
    ("FileSystemLimitExceeded", Meaning::Quota),
    ("FileSystemNotFound", Meaning::Raced),
    ("IncorrectFileSystemLifeCycleState", Meaning::Raced),
    ("IncorrectMountTargetState", Meaning::Raced),
    (
        "InsufficientThroughputCapacity",
        Meaning::Never(
            "AWS has no capacity for this throughput now: try later, or choose `elastic`",
        ),
    ),
    ("InternalServerError", Meaning::Passing),
    (
        "InvalidPolicyException",
        Meaning::Never("correct the file-system policy: AWS names what is wrong with it"),
    ),
    ("IpAddressInUse", Meaning::Never("give another address of the subnet, or leave it to EFS")),
    ("MountTargetConflict", Meaning::Raced),
    ("MountTargetNotFound", Meaning::Raced),
    ("NetworkInterfaceLimitExceeded", Meaning::Quota),
    (
        "NoFreeAddressesInSubnet",
        Meaning::Never("free an address of the subnet, or give another subnet of its zone"),
    ),
    ("PolicyNotFound", Meaning::Raced),
    ("ReplicationAlreadyExists", Meaning::Raced),
    ("ReplicationNotFound", Meaning::Raced),
    (
        "SecurityGroupLimitExceeded",
        Meaning::Never("a mount target takes five security groups: give fewer"),
    ),
    (
        "SecurityGroupNotFound",
        Meaning::Never("correct `security_group_id`: the group is not in the VPC of the subnets"),
    ),
    ("SubnetNotFound", Meaning::Never("correct `subnet_ids`, or `aws_region`")),
    ("ThrottlingException", Meaning::Throttled),
    ("ThroughputLimitExceeded", Meaning::Quota),
    // The 24-hour rule (`UpdateFileSystem`), and no matter of the rate of calls.
    (
        "TooManyRequests",
        Meaning::Never(
            "EFS changes the throughput mode, and lowers provisioned throughput, once in 24 hours: \
             run the same command again after that time, or set the throughput back",
        ),
    ),
    (
        "UnsupportedAvailabilityZone",
        Meaning::Never(
            "EFS has no mount targets in this zone, such as a Local Zone: leave its subnets out",
        ),
    ),
    (
        "ValidationException",
        Meaning::Never("correct what AWS names; if no input says that, please report it"),
    ),
    // EC2
    (
        "RulesPerSecurityGroupLimitExceeded",
        Meaning::Never(
            "the security group has no room for another rule: remove one, or ask for a higher quota",
        ),
    ),
    ("InternalError", Meaning::Passing),
    ("RequestLimitExceeded", Meaning::Throttled),
    ("UnauthorizedOperation", Meaning::Denied),
    ("AuthFailure", Meaning::NotAccepted),
    ("InvalidGroup.NotFound", Meaning::Never("correct `security_group_id`")),
    ("InvalidSubnetID.NotFound", Meaning::Never("correct `subnet_ids`")),
    ("OptInRequired", Meaning::NotAccepted),
    ("RequestExpired", Meaning::Clock),
    // All services
    ("AccessDenied", Meaning::Denied),
    ("AccessDeniedException", Meaning::Denied),
    ("AuthorizationError", Meaning::Denied),
    ("ExpiredToken", Meaning::Expired),
    ("ExpiredTokenException", Meaning::Expired),
    ("InvalidClientTokenId", Meaning::NotAccepted),
    ("InvalidSignatureException", Meaning::Clock),
    ("RequestTimeTooSkewed", Meaning::Clock),
    ("SignatureDoesNotMatch", Meaning::NotAccepted),
    ("Throttling", Meaning::Throttled),
    ("UnrecognizedClientException", Meaning::NotAccepted),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_meaning() {
        let mut codes: Vec<&str> = TABLE.iter().map(|(code, _)| *code).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }

    #[test]
    fn what_can_never_succeed_is_not_told_to_be_run_again() {
        let never = [
            "UnsupportedAvailabilityZone",
            "NoFreeAddressesInSubnet",
            "SecurityGroupLimitExceeded",
            "AvailabilityZonesMismatch",
            "RulesPerSecurityGroupLimitExceeded",
        ];
        for code in never {
            let remedy = meaning(code).unwrap().remedy("op", "region");
            assert!(!remedy.contains("again"), "{code}: {remedy}");
        }
        let rule = meaning("TooManyRequests").unwrap().remedy("op", "region");
        assert!(rule.contains("24 hours") && !rule.contains("rate"), "{rule}");
    }
}
