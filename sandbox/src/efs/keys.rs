//! The keys that file systems are encrypted with.

use crate::error::{AwsError, Result};
use crate::kms::{self, Problem};
use crate::world::Region;

/// The alias of the key that AWS keeps for EFS in every region.
const OWN: &str = "alias/aws/elasticfilesystem";

/// The ARN of a new file system's key: the one asked for, or the region's own for EFS.
///
/// AWS's message: cdk-preflight, rule `pf-efs-kms-key`.
pub(super) fn key(region: &Region, encrypted: bool, asked: Option<&str>) -> Result<Option<String>> {
    match (encrypted, asked) {
        (false, None) => Ok(None),
        (false, Some(_)) => Err(AwsError::bad_request(
            "The encrypted parameter must be set to true to create an encrypted file system.",
        )),
        (true, asked) => usable(region, asked.unwrap_or(OWN)).map(Some),
    }
}

/// The same for a replica in a region; one that was never used has no keys to look at, and
/// believes what it is told.
pub(super) fn of_replica(
    region: Result<&Region, (&str, &str)>,
    asked: Option<&str>,
) -> Result<String> {
    let asked = asked.unwrap_or(OWN);
    match region {
        Ok(region) => usable(region, asked),
        Err((region, account)) => believed(region, account, asked),
    }
}

fn usable(region: &Region, id: &str) -> Result<String> {
    kms::usable(region, id).map_err(|problem| AwsError::bad_request(sentence(id, &problem)))
}

/// Why a key cannot be used. The words about regions are AWS's (cdk-preflight, rule
/// `pf-efs-kms-key`).
fn sentence(id: &str, problem: &Problem) -> String {
    match problem {
        Problem::OtherRegion(_) => UNEXPECTED_REGION.to_owned(),
        Problem::Malformed => format!("Invalid KMS key ID: '{id}'"),
        Problem::OtherAccount => format!("The KMS key '{id}' belongs to another account."),
        Problem::NoAlias(arn) | Problem::NoKey(arn) => {
            format!("The KMS key '{arn}' does not exist.")
        }
        Problem::State(state) => {
            format!("The KMS key '{id}' cannot be used: its state is {state:?}.")
        }
        Problem::Spec(spec) => {
            format!(
                "The KMS key '{id}' cannot be used: it is {spec}, and EFS accepts only symmetric keys."
            )
        }
    }
}

const UNEXPECTED_REGION: &str = "Invalid KMS key ID (unexpected region)";

/// The ARN that an identifier would have in a region.
fn believed(region: &str, account: &str, id: &str) -> Result<String> {
    let Some(parts) = id.strip_prefix("arn:") else {
        let key =
            if id.starts_with("alias/") { "0c0dec00-0000-4000-8000-000000000001" } else { id };
        return Ok(format!(
            "arn:{}:kms:{region}:{account}:key/{key}",
            crate::world::partition(region)
        ));
    };
    if parts.split(':').nth(2) != Some(region) {
        return Err(AwsError::bad_request(UNEXPECTED_REGION));
    }
    Ok(id.to_owned())
}
