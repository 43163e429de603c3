//! The keys that file systems are encrypted with.

use crate::error::{Answer, AwsError};
use crate::world::Region;

/// The ARN of the key of a file system: the one asked for, or the region's own for EFS.
///
/// The messages are AWS's (cdk-preflight, rule `pf-efs-kms-key`).
pub(super) fn key(region: &Region, encrypted: bool, asked: Option<&str>) -> Answer<Option<String>> {
    match asked {
        None => Ok(encrypted.then(|| default(&region.name, &region.account))),
        Some(_) if !encrypted => Err(AwsError::bad_request(
            "The encrypted parameter must be set to true to create an encrypted file system.",
        )),
        Some(asked) => resolved(region, asked).map(Some),
    }
}

/// The ARN of a key that is given by id, alias or ARN.
fn resolved(region: &Region, asked: &str) -> Answer<String> {
    elsewhere(&region.name, &region.account, Some(asked))
}

/// The same in any region: without a key, that of `alias/aws/elasticfilesystem`.
pub(super) fn elsewhere(region: &str, account: &str, asked: Option<&str>) -> Answer<String> {
    let name = match asked.map(|asked| (asked, asked.strip_prefix("arn:"))) {
        None => return Ok(default(region, account)),
        Some((asked, None)) => asked,
        Some((asked, Some(parts))) => {
            let mut parts = parts.splitn(5, ':').skip(2);
            if parts.next() != Some(region) {
                return Err(AwsError::bad_request("Invalid KMS key ID (unexpected region)"));
            }
            let resource = parts.nth(1).unwrap_or_default();
            if resource.starts_with("key/") {
                return Ok(asked.to_owned());
            }
            resource
        }
    };
    if name.starts_with("alias/") {
        return Ok(default(region, account));
    }
    Ok(format!("arn:aws:kms:{region}:{account}:key/{name}"))
}

fn default(region: &str, account: &str) -> String {
    format!("arn:aws:kms:{region}:{account}:key/0c0dec00-0000-4000-8000-000000000001")
}
