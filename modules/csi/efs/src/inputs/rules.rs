//! What AWS and Kubernetes accept, one rule per kind of text.

use inputs::{IdError, Problem};
use kubernetes::MANAGED_BY;
use network::{PrefixListId, SecurityGroupId, SubnetId};

use crate::driver_policy::DRIVER_TAG;
use crate::ids::{AccessPointId, FileSystemId};
use crate::owner::{OUR_PREFIX, OWN_TAGS};
use crate::resources::driver::{Identity, Way};
use crate::resources::storage_class::DEFAULT_CLASS;

/// Tags per resource, from the EFS API reference of `TagResource`: 50.
const MOST_TAGS: usize = 50;

pub(crate) fn subnet_id(text: &str) -> Result<SubnetId, Problem> {
    SubnetId::try_from(text).map_err(|error| id(&error))
}

pub(crate) fn security_group_id(text: &str) -> Result<SecurityGroupId, Problem> {
    SecurityGroupId::try_from(text).map_err(|error| id(&error))
}

pub(crate) fn prefix_list_id(text: &str) -> Result<PrefixListId, Problem> {
    PrefixListId::try_from(text).map_err(|error| id(&error))
}

pub(crate) fn file_system_id(text: &str) -> Result<FileSystemId, Problem> {
    FileSystemId::try_from(text).map_err(|error| id(&error))
}

pub(crate) fn access_point_id(text: &str) -> Result<AccessPointId, Problem> {
    AccessPointId::try_from(text).map_err(|error| id(&error))
}

fn id(error: &IdError) -> Problem {
    Problem::new(
        error.to_string(),
        format!("a {} looks like `{}0123456789abcdef0`", error.what, error.prefix),
    )
}

/// A whole number between two bounds.
pub(crate) fn whole(number: f64, least: u32, most: u32) -> Result<u32, Problem> {
    if number.fract() == 0.0 && number >= f64::from(least) && number <= f64::from(most) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within bounds"
        )]
        return Ok(number as u32);
    }
    Err(Problem::new(
        format!("{number} is not a whole number from {least} to {most}"),
        "write a number in that range",
    ))
}

/// Provisioned throughput in MiB/s: 1 to 3414
/// (<https://docs.aws.amazon.com/efs/latest/ug/limits.html>).
pub(crate) fn throughput(number: f64) -> Result<f64, Problem> {
    if (1.0..=3414.0).contains(&number) {
        return Ok(number);
    }
    Err(Problem::new(
        format!("{number} MiB/s is not between 1 and 3414"),
        "write a number in that range; `throughput_mode = \"elastic\"` needs none",
    ))
}

/// POSIX permissions in octal, as the driver passes them to the access point:
/// three or four octal digits.
pub(crate) fn directory_perms(text: &str) -> Result<String, Problem> {
    if (3..=4).contains(&text.len()) && text.bytes().all(|c| (b'0'..=b'7').contains(&c)) {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        format!("`{}` is not a set of POSIX permissions", text.escape_debug()),
        "write three or four octal digits, such as \"700\"",
    ))
}

/// The limit of the tag `Name`, which is put together from cluster and class
/// (<https://docs.aws.amazon.com/efs/latest/ug/API_Tag.html>).
pub(crate) fn name_tag(name: &str) -> Result<(), Problem> {
    let length = name.chars().count();
    if length <= LONGEST_TAG_VALUE {
        return Ok(());
    }
    Err(Problem::new(
        format!(
            "the tag `Name` is made of cluster and class, which have {length} characters together, and AWS \
             takes {LONGEST_TAG_VALUE}"
        ),
        "choose a shorter `storage_class_name`, or set `Name` in `tags`",
    ))
}

/// The longest value of a tag.
const LONGEST_TAG_VALUE: usize = 256;

/// A key, an alias or their ARN, by the pattern of `KmsKeyId` in the EFS service model.
pub(crate) fn kms_key_id(text: &str) -> Result<String, Problem> {
    let hex = |part: &str, length: usize| {
        part.len() == length
            && part.bytes().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
    };
    let uuid = |part: &str| {
        let parts: Vec<&str> = part.split('-').collect();
        parts.len() == 5
            && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, length)| hex(part, length))
    };
    let key =
        |part: &str| uuid(part) || part.strip_prefix("mrk-").is_some_and(|rest| hex(rest, 32));
    let alias = |part: &str| {
        part.strip_prefix("alias/").is_some_and(|name| {
            !name.is_empty()
                && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"/_-".contains(&c))
        })
    };
    let arn = || {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        matches!(parts.as_slice(), ["arn", partition, "kms", region, account, resource]
            if partition.starts_with("aws")
                && network::region(region).is_ok()
                && account.len() == 12 && account.bytes().all(|c| c.is_ascii_digit())
                && (alias(resource) || resource.strip_prefix("key/").is_some_and(key)))
    };
    if key(text) || alias(text) || arn() {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        format!("`{}` names no KMS key", text.escape_debug()),
        "write a key id, `alias/NAME`, or the ARN of either",
    ))
}

/// The ARN of an IAM role.
pub(crate) fn role_arn(text: &str) -> Result<String, Problem> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let name =
        |part: &str| part.bytes().all(|c| c.is_ascii_alphanumeric() || b"+=,.@_/-".contains(&c));
    if matches!(parts.as_slice(), ["arn", partition, "iam", "", account, resource]
        if partition.starts_with("aws")
            && account.len() == 12 && account.bytes().all(|c| c.is_ascii_digit())
            && resource.strip_prefix("role/").is_some_and(|role| !role.is_empty() && name(role)))
    {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        format!("`{}` is not the ARN of an IAM role", text.escape_debug()),
        "write it as `arn:aws:iam::111122223333:role/NAME`",
    ))
}

/// The identity of the driver: a word, or the ARN of a role.
pub(crate) fn identity(text: &str) -> Result<Identity, Problem> {
    if text.starts_with("arn:") {
        return role_arn(text).map(Identity::Role);
    }
    Way::one_of(text).map(Identity::By).map_err(|problem| {
        Problem::new(problem.message, format!("{}; or write the ARN of a role", problem.remedy))
    })
}

/// An address range without host bits, which EC2 would drop silently.
pub(crate) fn cidr(text: &str) -> Result<ipnet::IpNet, Problem> {
    let range: ipnet::IpNet = text.parse().map_err(|_| {
        Problem::new(
            format!("`{}` is not an address range", text.escape_debug()),
            "write it in CIDR notation, such as \"10.0.0.0/16\"",
        )
    })?;
    if range.trunc() == range {
        return Ok(range);
    }
    Err(Problem::new(
        format!("`{text}` has address bits behind its prefix"),
        format!("write `{}`", range.trunc()),
    ))
}

/// Whose NFS traffic is admitted, where no group and no range is named.
pub(crate) fn own_group(text: &str) -> Result<(), Problem> {
    if text == "own" {
        return Ok(());
    }
    Err(Problem::new(
        format!("`{}` is no way to a security group", text.escape_debug()),
        "write `own` for one that the deployment makes; `security_group_id` and \
         `security_group_ids` take those that are there",
    ))
}

/// A group of the deployment's own, to which no input admits anybody.
pub(crate) fn admits_nobody() -> Problem {
    Problem::new(
        "the security group that the deployment makes admits nobody: every mount would hang until \
         it times out",
        "set `nfs_clients = \"nodes\"`, `nfs_client_security_groups`, `nfs_client_cidrs` or \
         `nfs_client_prefix_lists` beside it",
    )
}

pub(crate) fn nfs_clients(text: &str) -> Result<(), Problem> {
    if text == "nodes" {
        return Ok(());
    }
    Err(Problem::new(
        format!("`{}` names no clients of NFS", text.escape_debug()),
        "write `nodes` for the security groups of the cluster's nodes; `nfs_client_security_groups` \
         and `nfs_client_cidrs` take others",
    ))
}

/// The limits of tags: 128 characters in a key, 256 in a value, letters,
/// digits, spaces and `+ - = . _ : / @`, and no `aws:` in front
/// (<https://docs.aws.amazon.com/efs/latest/ug/API_Tag.html>).
pub(crate) fn tag(key: &str, value: &str) -> Result<(), Problem> {
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "+-=._:/@".contains(c);
    let shown = key.escape_debug();
    if key.is_empty() || key.chars().count() > 128 || !key.chars().all(allowed) {
        return Err(Problem::new(
            format!("`{shown}` is not a tag key"),
            "use 1 to 128 letters, digits, spaces and `+ - = . _ : / @`",
        ));
    }
    if key.to_lowercase().starts_with("aws:") || key.starts_with(OUR_PREFIX) {
        return Err(Problem::new(
            format!("the tag key `{shown}` is reserved"),
            format!("use a key that starts with neither `aws:` nor `{OUR_PREFIX}`"),
        ));
    }
    if value.chars().count() > LONGEST_TAG_VALUE || !value.chars().all(allowed) {
        return Err(Problem::new(
            format!("the value of the tag `{shown}` is not one that AWS takes"),
            "use at most 256 letters, digits, spaces and `+ - = . _ : / @`",
        ));
    }
    Ok(())
}

/// A tag of access points. The chart joins tags as `key:value` with spaces between, and escapes
/// neither.
pub(crate) fn access_point_tag(key: &str, value: &str) -> Result<(), Problem> {
    tag(key, value)?;
    let shown = key.escape_debug();
    if key == DRIVER_TAG.0 {
        return Err(Problem::new(
            format!("the driver sets the tag `{shown}` itself"),
            "leave it out",
        ));
    }
    let plain = |text: &str| !text.is_empty() && !text.contains([':', ' ']);
    if plain(key) && plain(value) {
        return Ok(());
    }
    Err(Problem::new(
        format!("the driver cannot put the tag `{shown}` on access points"),
        "use a key and a value without spaces and colons, and a value that is not empty",
    ))
}

/// How many tags a user may set beside ours.
pub(crate) fn tag_count(count: usize) -> Result<(), Problem> {
    let most = MOST_TAGS - OWN_TAGS;
    if count <= most {
        return Ok(());
    }
    Err(Problem::new(
        format!("{count} tags are too many: AWS takes {MOST_TAGS}, of which {OWN_TAGS} are ours"),
        format!("give at most {most}"),
    ))
}

/// Label keys and values
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/>).
pub(crate) fn label(key: &str, value: &str) -> Result<(), Problem> {
    qualified_name(key, "label")?;
    if key == MANAGED_BY || key.starts_with(OUR_PREFIX) {
        return Err(Problem::new(
            format!("the label `{key}` is set by Clockwork Codex"),
            "leave it out",
        ));
    }
    if value.is_empty() || is_qualified(value) {
        return Ok(());
    }
    Err(Problem::new(
        format!("the value of the label `{key}` is not one that Kubernetes takes"),
        "use at most 63 letters, digits, `-`, `_` and `.`, a letter or digit first and last",
    ))
}

/// Annotation keys; their values are free.
pub(crate) fn annotation(key: &str, _value: &str) -> Result<(), Problem> {
    qualified_name(key, "annotation")?;
    if key == DEFAULT_CLASS {
        return Err(Problem::new(
            format!("the annotation `{key}` is set by `default_storage_class`"),
            "write `default_storage_class = true` instead",
        ));
    }
    Ok(())
}

fn qualified_name(key: &str, what: &str) -> Result<(), Problem> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if is_qualified(name) && prefix.is_none_or(|prefix| inputs::dns_subdomain(prefix).is_ok()) {
        return Ok(());
    }
    Err(Problem::new(
        format!("`{}` is not a Kubernetes {what} key", key.escape_debug()),
        "use at most 63 letters, digits, `-`, `_` and `.`, after an optional `domain/`",
    ))
}

fn is_qualified(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c))
        && text.as_bytes()[0].is_ascii_alphanumeric()
        && text.as_bytes()[text.len() - 1].is_ascii_alphanumeric()
}

/// A label that nodes are selected by, or a taint: a qualified name and a short value
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>).
pub(crate) fn selector(key: &str, value: &str) -> Result<(), Problem> {
    let word = |text: &str| {
        let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let ends = |c: char| c.is_ascii_alphanumeric();
        text.len() <= 63
            && text.chars().all(inner)
            && text.starts_with(ends)
            && text.ends_with(ends)
    };
    let (prefix, name) = key.split_once('/').map_or((None, key), |(a, b)| (Some(a), b));
    let prefix = prefix.is_none_or(|prefix| ::inputs::dns_subdomain(prefix).is_ok());
    if !prefix || !word(name) {
        return Err(Problem::new(
            format!("`{}` is no key of a label", key.escape_debug()),
            "write one such as `kubernetes.io/os`",
        ));
    }
    if !value.is_empty() && !word(value) {
        return Err(Problem::new(
            format!("`{}` is no value of a label", value.escape_debug()),
            "write letters, digits, `-`, `_` and `.`, at most 63",
        ));
    }
    Ok(())
}

/// An Availability Zone by name, such as `eu-west-1a`: EFS is in no Local Zone, whose name is
/// longer (`CreateFileSystem`, `UnsupportedAvailabilityZone`).
pub(crate) fn zone(text: &str) -> Result<String, Problem> {
    match text.strip_suffix(|c: char| c.is_ascii_lowercase()) {
        Some(region) if network::region(region).is_ok() => Ok(text.to_owned()),
        _ => Err(Problem::new(
            format!("`{}` is no Availability Zone", text.escape_debug()),
            "write its name, such as `eu-west-1a`",
        )),
    }
}

/// One mount option; several are several elements.
pub(crate) fn mount_option(text: &str) -> Result<String, Problem> {
    if text.split('=').next() == Some("accesspoint") {
        return Err(Problem::new(
            format!(
                "the driver sets `accesspoint` of each volume itself, and refuses `{}`",
                text.escape_debug()
            ),
            "leave it out: a volume made by hand names its access point in its handle",
        ));
    }
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != ',';
    if !text.is_empty() && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        format!("`{}` is not one mount option", text.escape_debug()),
        "write each option as its own element, such as [\"iam\", \"lookupcache=pos\"]",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_cluster_and_class_is_a_tag_value() {
        assert!(name_tag(&"a".repeat(256)).is_ok());
        assert!(name_tag(&"a".repeat(257)).unwrap_err().remedy.contains("`Name` in `tags`"));
    }
}
