//! Ids and ARNs of EFS's resources: the API takes both.

use crate::error::{AwsError, Result};
use crate::world::{Region, partition};

/// What an id is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    FileSystem,
    AccessPoint,
}

/// The parts of an ARN that tell whose resource it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    partition: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    pub(super) id: &'a str,
}

impl Kind {
    /// What the id begins with.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Kind::FileSystem => "fs-",
            Kind::AccessPoint => "fsap-",
        }
    }

    /// What stands before the id in an ARN.
    pub(super) fn resource(self) -> &'static str {
        match self {
            Kind::FileSystem => "file-system",
            Kind::AccessPoint => "access-point",
        }
    }
}

/// An ARN's parts; `None` for what is no ARN of this kind. The model's patterns have
/// refused other services before.
pub(super) fn arn(text: &str, kind: Kind) -> Option<Arn<'_>> {
    let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
    let (partition, _service) = (parts.next()?, parts.next()?);
    let (region, account) = (parts.next()?, parts.next()?);
    let id = parts.next()?.strip_prefix(kind.resource())?.strip_prefix('/')?;
    Some(Arn { partition, region, account, id })
}

impl Arn<'_> {
    /// Whether the partition is the one that the ARN's region is in. A resource of
    /// `arn:aws-cn:…:eu-west-1:…` cannot exist.
    pub(super) fn is_of_its_partition(&self) -> bool {
        self.partition == partition(self.region)
    }
}

/// The refusal of an ARN that can be no resource's.
pub(super) fn invalid(text: &str) -> AwsError {
    AwsError::bad_request(format!("The resource ARN is invalid: '{text}'"))
}

/// The id in a text that is one, or an ARN of this region and account.
///
/// The message about regions is AWS's (cdk-preflight, rule `pf-efs-file-system-reference-region`).
pub(super) fn named(text: &str, kind: Kind, region: &Region) -> Result<String> {
    if !text.starts_with("arn:") {
        return Ok(text.to_owned());
    }
    let Some(arn) = arn(text, kind).filter(Arn::is_of_its_partition) else {
        return Err(invalid(text));
    };
    if arn.region != region.name {
        return Err(AwsError::bad_request("The resource ARN belongs to a different region."));
    }
    if arn.account != region.account {
        return Err(AwsError::bad_request("The resource ARN belongs to a different account."));
    }
    Ok(arn.id.to_owned())
}
