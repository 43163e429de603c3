//! Which key an identifier names, and whether it can be used.

use crate::world::kms::{Key, KeyState};
use crate::world::{Region, partition};

/// Why an identifier leads to no key that can encrypt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// It has none of the forms: key id, key ARN, alias, alias ARN.
    Malformed,
    /// Its ARN is of another region.
    OtherRegion(String),
    /// Its ARN is of another account, and no key policy lets this one in.
    OtherAccount,
    /// There is no such alias; the name with its ARN.
    NoAlias(String),
    /// There is no such key; its ARN.
    NoKey(String),
    /// The key exists and is in another state than `Enabled`.
    State(KeyState),
    /// The key is asymmetric or for HMAC; EFS takes symmetric encryption keys only.
    Spec(String),
}

/// The key that an identifier names, in whatever state it is.
pub(crate) fn key<'a>(region: &'a Region, id: &str) -> Result<&'a Key, Problem> {
    let resource = if id.starts_with("arn:") { of_arn(region, id)? } else { id.to_owned() };
    if resource.starts_with("alias/") {
        let alias = region.kms.aliases.get(&resource);
        let alias = alias.ok_or_else(|| Problem::NoAlias(region.arn("kms", &resource)))?;
        let target = &alias.target_key_id;
        return region.kms.keys.get(target).ok_or_else(|| no_key(region, target));
    }
    if !is_key_id(&resource) {
        return Err(Problem::Malformed);
    }
    region.kms.keys.get(&resource).ok_or_else(|| no_key(region, &resource))
}

/// The key that an identifier names, if a service can encrypt with it.
///
/// Returns its ARN. "If `KmsKeyId` is specified, … EFS accepts only symmetric KMS keys. You
/// cannot use asymmetric KMS keys with Amazon EFS file systems" (`CreateFileSystem`).
pub(crate) fn usable(region: &Region, id: &str) -> Result<String, Problem> {
    let key = key(region, id)?;
    if key.state != KeyState::Enabled {
        return Err(Problem::State(key.state));
    }
    if key.spec != "SYMMETRIC_DEFAULT" {
        return Err(Problem::Spec(key.spec.clone()));
    }
    Ok(arn(region, key))
}

/// The ARN of the key that an identifier names, as far as it can be told: of a key or an alias
/// that does not exist, and of another account's or region's, what was given decides.
pub(crate) fn key_arn(region: &Region, id: &str) -> String {
    match key(region, id) {
        Ok(key) => arn(region, key),
        Err(_) if id.contains("alias/") => region.arn("kms", "key/*"),
        Err(_) if id.starts_with("arn:") => id.to_owned(),
        Err(_) => region.arn("kms", &format!("key/{id}")),
    }
}

/// A key's ARN.
pub(super) fn arn(region: &Region, key: &Key) -> String {
    region.arn("kms", &format!("key/{}", key.id))
}

fn no_key(region: &Region, id: &str) -> Problem {
    Problem::NoKey(region.arn("kms", &format!("key/{id}")))
}

/// `alias/…` or the key id out of an ARN of this region and account.
fn of_arn(region: &Region, arn: &str) -> Result<String, Problem> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, in_partition, "kms", in_region, account, resource] = parts.as_slice() else {
        return Err(Problem::Malformed);
    };
    if *in_partition != partition(in_region) {
        return Err(Problem::Malformed);
    }
    if *in_region != region.name {
        return Err(Problem::OtherRegion((*in_region).to_owned()));
    }
    if *account != region.account {
        return Err(Problem::OtherAccount);
    }
    match resource.strip_prefix("key/") {
        Some(id) => Ok(id.to_owned()),
        None if resource.starts_with("alias/") => Ok((*resource).to_owned()),
        None => Err(Problem::Malformed),
    }
}

/// A UUID, or a multi-Region key's id.
fn is_key_id(id: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|c| c.is_ascii_hexdigit());
    if let Some(digits) = id.strip_prefix("mrk-") {
        return digits.len() == 32 && hex(digits);
    }
    let groups: Vec<&str> = id.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.into_iter().all(hex)
}

#[cfg(test)]
mod tests {
    use super::super::seed;
    use super::*;

    const ENABLED: &str = "0c0dec00-0000-4000-8000-000000000002";

    fn region() -> Region {
        let mut region = Region {
            name: "eu-west-1".to_owned(),
            account: "111122223333".to_owned(),
            ..Region::default()
        };
        seed::keys(&mut region);
        region
    }

    #[test]
    fn a_key_is_found_by_its_id_its_arn_its_alias_and_its_aliass_arn() {
        let region = region();
        let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{ENABLED}");
        let alias = "arn:aws:kms:eu-west-1:111122223333:alias/graphscope-dev";
        for id in [ENABLED, &arn, "alias/graphscope-dev", alias] {
            assert_eq!(usable(&region, id), Ok(arn.clone()), "{id}");
        }
        assert!(key(&region, "alias/aws/elasticfilesystem").is_ok_and(|key| key.aws_managed));
    }

    #[test]
    fn what_cannot_encrypt_is_told_apart() {
        let region = region();
        let none = "0c0dec00-0000-4000-8000-00000000dead";
        let arn = |rest: &str| format!("arn:aws:kms:eu-west-1:111122223333:{rest}");
        for (id, expected) in [
            ("banana".to_owned(), Problem::Malformed),
            (none.to_owned(), Problem::NoKey(arn(&format!("key/{none}")))),
            ("alias/none".to_owned(), Problem::NoAlias(arn("alias/none"))),
            ("alias/disabled".to_owned(), Problem::State(KeyState::Disabled)),
            ("alias/leaving".to_owned(), Problem::State(KeyState::PendingDeletion)),
            ("alias/asymmetric".to_owned(), Problem::Spec("RSA_2048".to_owned())),
            (
                format!("arn:aws:kms:us-east-1:111122223333:key/{ENABLED}"),
                Problem::OtherRegion("us-east-1".to_owned()),
            ),
            (format!("arn:aws:kms:eu-west-1:999999999999:key/{ENABLED}"), Problem::OtherAccount),
            ("arn:aws:s3:eu-west-1:111122223333:key/x".to_owned(), Problem::Malformed),
            (format!("arn:aws-cn:kms:eu-west-1:111122223333:key/{ENABLED}"), Problem::Malformed),
        ] {
            assert_eq!(usable(&region, &id), Err(expected), "{id}");
        }
    }
}
