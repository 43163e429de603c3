//! The error codes of EFS: all that its API model names (botocore,
//! `efs/2015-02-01/service-2.json`; a copy is in `sandbox/data/efs.json`), and every error type of
//! the SDK.

use super::{Meaning, Table};

pub(crate) const ACCESS_POINT_ALREADY_EXISTS: &str = "AccessPointAlreadyExists";
pub(crate) const ACCESS_POINT_NOT_FOUND: &str = "AccessPointNotFound";
pub(crate) const BAD_REQUEST: &str = "BadRequest";
pub(crate) const FILE_SYSTEM_ALREADY_EXISTS: &str = "FileSystemAlreadyExists";
pub(crate) const FILE_SYSTEM_IN_USE: &str = "FileSystemInUse";
pub(crate) const FILE_SYSTEM_NOT_FOUND: &str = "FileSystemNotFound";
pub(crate) const INCORRECT_FILE_SYSTEM_STATE: &str = "IncorrectFileSystemLifeCycleState";
pub(crate) const INCORRECT_MOUNT_TARGET_STATE: &str = "IncorrectMountTargetState";
pub(crate) const INVALID_POLICY: &str = "InvalidPolicyException";
pub(crate) const IP_ADDRESS_IN_USE: &str = "IpAddressInUse";
pub(crate) const MOUNT_TARGET_CONFLICT: &str = "MountTargetConflict";
pub(crate) const MOUNT_TARGET_NOT_FOUND: &str = "MountTargetNotFound";
pub(crate) const POLICY_NOT_FOUND: &str = "PolicyNotFound";
pub(crate) const VALIDATION_EXCEPTION: &str = "ValidationException";
pub(crate) const REPLICATION_NOT_FOUND: &str = "ReplicationNotFound";
pub(crate) const SECURITY_GROUP_NOT_FOUND: &str = "SecurityGroupNotFound";
pub(crate) const TOO_MANY_REQUESTS: &str = "TooManyRequests";

/// What the message of [`INVALID_POLICY`] says of a principal that EFS does not know
/// (hashicorp/terraform-provider-aws, `internal/service/efs/file_system_policy.go`).
pub(crate) const PRINCIPAL_UNKNOWN: &str = "invalid Principal block";

/// The time from which a change of the throughput is allowed, in the words of `TooManyRequests`
/// (<https://github.com/ansible-collections/community.aws/pull/2026>).
pub(crate) fn allowed_from(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("Wait until ")?;
    let (time, _) = rest.split_once(" UTC")?;
    Some(time).filter(|time| time.starts_with(|c: char| c.is_ascii_digit()))
}

/// The codes, by letter.
pub(super) const CODES: Table = &[
    (ACCESS_POINT_ALREADY_EXISTS, Meaning::Raced),
    ("AccessPointLimitExceeded", Meaning::Quota),
    (ACCESS_POINT_NOT_FOUND, Meaning::Raced),
    (
        "AvailabilityZonesMismatch",
        Meaning::Never(
            "a One Zone file system has its mount target in its own Availability Zone: give a \
             subnet of that zone in `subnet_ids`",
        ),
    ),
    (BAD_REQUEST, Meaning::Never(super::common::INVALID)),
    ("ConflictException", Meaning::Passing),
    ("DependencyTimeout", Meaning::Passing),
    (FILE_SYSTEM_ALREADY_EXISTS, Meaning::Raced),
    (FILE_SYSTEM_IN_USE, Meaning::Raced),
    ("FileSystemLimitExceeded", Meaning::Quota),
    (FILE_SYSTEM_NOT_FOUND, Meaning::Raced),
    (INCORRECT_FILE_SYSTEM_STATE, Meaning::Raced),
    (INCORRECT_MOUNT_TARGET_STATE, Meaning::Raced),
    (
        "InsufficientThroughputCapacity",
        Meaning::Later(
            "lower `provisioned_throughput_in_mibps`, or set `throughput_mode` to `elastic`",
        ),
    ),
    ("InternalServerError", Meaning::Passing),
    (
        INVALID_POLICY,
        Meaning::Never(
            "correct the file-system policy as the message says; where it says that the policy \
             would prevent future updates, EFS does not put it, as this identity could not change \
             it any more: allow `elasticfilesystem:PutFileSystemPolicy` to this identity in it, or \
             set `bypass_policy_lockout_safety_check = true` if somebody else may change it",
        ),
    ),
    (IP_ADDRESS_IN_USE, Meaning::Never("use another address of the subnet, or let EFS choose one")),
    (MOUNT_TARGET_CONFLICT, Meaning::Raced),
    (MOUNT_TARGET_NOT_FOUND, Meaning::Raced),
    ("NetworkInterfaceLimitExceeded", Meaning::Quota),
    (
        "NoFreeAddressesInSubnet",
        Meaning::Never(
            "free an IP address of the subnet, or give another subnet of its Availability Zone in \
             `subnet_ids`",
        ),
    ),
    (POLICY_NOT_FOUND, Meaning::Raced),
    ("ReplicationAlreadyExists", Meaning::Raced),
    (REPLICATION_NOT_FOUND, Meaning::Raced),
    (
        "SecurityGroupLimitExceeded",
        Meaning::Never(
            "a mount target has at most five security groups: give fewer, or \
             `--remove-security-groups`",
        ),
    ),
    (
        SECURITY_GROUP_NOT_FOUND,
        Meaning::Never(
            "correct `security_group_id` or `security_group_ids`: the groups must be in the VPC \
             of the subnets",
        ),
    ),
    ("SubnetNotFound", Meaning::Never("correct `subnet_ids` or `aws_region`")),
    ("ThrottlingException", Meaning::Throttled),
    (
        "ThroughputLimitExceeded",
        Meaning::Never(
            "lower `provisioned_throughput_in_mibps`, or request a higher quota in the Service \
             Quotas console",
        ),
    ),
    // Not the rate of calls, but the 24-hour rule of `UpdateFileSystem`: after a change of the
    // throughput mode, or of the provisioned amount, 24 hours must pass before the mode changes
    // or the amount decreases (API Reference, `UpdateFileSystem`; user guide, "Throughput modes").
    (
        TOO_MANY_REQUESTS,
        Meaning::Later(
            "set `throughput_mode` and `provisioned_throughput_in_mibps` back to what the file \
             system has: EFS allows a change of the mode, or a decrease, once in 24 hours",
        ),
    ),
    (
        "UnsupportedAvailabilityZone",
        Meaning::Never(
            "EFS has no mount targets in this zone, such as a Local Zone: leave its subnets out \
             of `subnet_ids`",
        ),
    ),
    (VALIDATION_EXCEPTION, Meaning::Never(super::common::INVALID)),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use serde_json::Value;
    use xshell::{Shell, cmd};

    use super::*;

    #[test]
    fn the_table_has_every_code_that_the_model_of_efs_names_and_no_other() {
        let model = include_str!("../../../sandbox/data/efs.json");
        let model: serde_json::Value = serde_json::from_str(model).unwrap();
        let operations = model["operations"].as_object().unwrap();
        let named: BTreeSet<&str> = operations
            .values()
            .flat_map(|operation| operation["errors"].as_array().unwrap())
            .map(|code| code.as_str().unwrap())
            .collect();
        assert!(named.len() > 30, "the model was not read");
        assert_eq!(known(), named);
    }

    fn known() -> BTreeSet<&'static str> {
        CODES.iter().map(|(code, _)| *code).collect()
    }

    /// The sources of the SDK that this program is built with, as Cargo knows them. They are there
    /// wherever it was compiled, so that no network is needed.
    fn sources_of_the_sdk() -> PathBuf {
        let shell = Shell::new().unwrap();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let about = cmd!(shell, "{cargo} -vV").quiet().read().unwrap();
        let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        // Without the platform, Cargo would ask for the crates of every other one too.
        let metadata = cmd!(
            shell,
            "{cargo} metadata --format-version 1 --locked --offline --filter-platform {host} --manifest-path {manifest}"
        );
        let metadata: Value = serde_json::from_str(&metadata.quiet().read().unwrap()).unwrap();
        let mut packages = metadata["packages"].as_array().unwrap().iter();
        let sdk = packages.find(|package| package["name"] == "aws-sdk-efs").unwrap();
        assert_eq!(sdk["version"], aws_sdk_efs::meta::PKG_VERSION);
        Path::new(sdk["manifest_path"].as_str().unwrap()).parent().unwrap().join("src")
    }

    /// The codes that the SDK makes an error type of in any operation: the arms
    /// `"CODE" => crate::operation::…` of what reads error responses.
    fn codes_read_by(source: &str) -> impl Iterator<Item = &str> {
        let arms = source.match_indices("\" =>");
        arms.filter_map(|(at, arrow)| {
            let behind = source[at + arrow.len()..].trim_start_matches(['{', ' ', '\n']);
            let code = source[..at].rsplit('"').next()?;
            behind.starts_with("crate::operation::").then_some(code)
        })
    }

    #[test]
    fn the_table_has_every_error_type_of_the_sdk_and_no_other() {
        let sources = sources_of_the_sdk();
        // `aws_sdk_efs::Error` has a variant for each error type.
        let all = std::fs::read_to_string(sources.join("error_meta.rs")).unwrap();
        let typed: BTreeSet<&str> = all
            .lines()
            .filter_map(|line| line.trim().split_once("(crate::types::error::"))
            .filter(|(variant, of)| of.strip_suffix("),") == Some(*variant))
            .map(|(variant, _)| variant)
            .collect();
        assert!(typed.len() > 30, "the error types were not read");
        assert_eq!(known(), typed);

        let mut read = BTreeSet::new();
        for file in std::fs::read_dir(sources.join("protocol_serde")).unwrap() {
            let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
            read.extend(codes_read_by(&source).map(str::to_owned));
        }
        let known: BTreeSet<String> = known().into_iter().map(str::to_owned).collect();
        assert_eq!(known, read);
    }
}
