//! The KMS key that a file system is to be encrypted with: whether EFS can use it for a new one, and
//! whether an alias leads to the one that a file system has.
//!
//! EFS takes symmetric keys that are enabled, and says so when it is too late for a plan
//! (`CreateFileSystem`; states and specs: `KeyMetadata` of the KMS API Reference).

use inputs::plain;
use plan::{Refusal, Scope, Warning};

use crate::calls::Plan;
use crate::inputs::Inputs;
use crate::resources::file_system::{FileSystem, FileSystemSource, KIND, is_alias};

/// What KMS says of the key that the inputs name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    Found(KeyMetadata),
    /// There is none; in KMS's own words.
    Missing(String),
    /// It could not be looked at, for this reason.
    Unknown(String),
}

/// A key as KMS describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyMetadata {
    pub arn: String,
    /// Such as `Enabled` or `PendingDeletion`.
    pub state: String,
    /// When it is deleted, where that is pending, as RFC 3339 writes times.
    pub deletion: Option<String>,
    /// Such as `ENCRYPT_DECRYPT`.
    pub usage: String,
    /// Such as `SYMMETRIC_DEFAULT`.
    pub spec: String,
}

/// The key to look at: that of a file system that is still to be made, and any alias, as EFS shows the
/// key that it leads to and not the alias.
pub fn key_to_look_at<'a>(inputs: &'a Inputs, found: Option<&FileSystem>) -> Option<&'a str> {
    match &inputs.file_system {
        FileSystemSource::Own(spec) => {
            spec.kms_key_id.as_deref().filter(|key| found.is_none() || is_alias(key))
        }
        FileSystemSource::Adopted(_) => None,
    }
}

/// The key of the inputs, where it is an alias: that is looked at before anything else is known.
pub fn alias_to_look_at(inputs: &Inputs) -> Option<&str> {
    key_to_look_at(inputs, None).filter(|key| is_alias(key))
}

/// Refuses a plan whose file system EFS would not encrypt with its key.
pub(crate) fn judge(
    plan: &mut Plan,
    scope: &Scope,
    inputs: &Inputs,
    (found, key): (Option<&FileSystem>, Option<&Key>),
) {
    let Some((named, key)) = key_to_look_at(inputs, found).zip(key) else { return };
    if let Some(found) = found {
        leads_to_its_key(plan, scope, (named, key), found);
        return;
    }
    let (why, remedy) = match key {
        Key::Unknown(why) => {
            let why = plain(why);
            plan.notes
                .push(format!("whether the KMS key `{named}` can be used is not known: {why}"));
            return;
        }
        Key::Missing(words) => (
            format!("there is no KMS key `{named}` in {}: {}", inputs.aws_region, plain(words)),
            "correct `kms_key_id`, or create the key and its alias first".to_owned(),
        ),
        Key::Found(found) => match unusable(found) {
            Some((why, remedy)) => {
                (format!("the KMS key `{named}` ({}) cannot be used: {why}", found.arn), remedy)
            }
            None => return,
        },
    };
    plan.refusals.push(Refusal::new(scope.address(KIND, None), why, remedy));
}

/// Compares the key that an alias leads to with the one that a file system has: EFS keeps the key for
/// good, wherever the alias is led later.
fn leads_to_its_key(
    plan: &mut Plan,
    scope: &Scope,
    (alias, key): (&str, &Key),
    found: &FileSystem,
) {
    let Some(has) = found.spec.kms_key_id.as_deref() else { return };
    let id = &found.id;
    let remedy = format!("set `kms_key_id` to the key that it has, `{has}`");
    match key {
        Key::Found(leads_to) if leads_to.arn == has => {}
        Key::Found(leads_to) => plan.refusals.push(Refusal::new(
            scope.address(KIND, None),
            format!(
                "`kms_key_id` of {id} is `{has}`, and `{alias}` leads to `{}`: EFS never changes it",
                plain(&leads_to.arn)
            ),
            format!(
                "{remedy}, or give another `storage_class_name` to get a second file system and move \
                 the data"
            ),
        )),
        Key::Missing(_) => plan.warnings.push(Warning::new(
            format!("there is no alias `{alias}` any more; {id} keeps the key that it has"),
            remedy,
        )),
        Key::Unknown(why) => plan.notes.push(format!(
            "whether `{alias}` leads to the KMS key of {id} is not known: {}",
            plain(why)
        )),
    }
}

/// Why EFS cannot use a key, and what to do about it.
fn unusable(key: &KeyMetadata) -> Option<(String, String)> {
    let KeyMetadata { arn, state, deletion, usage, spec } = key;
    let (state, spec, usage) = (plain(state), plain(spec), plain(usage));
    if spec != "SYMMETRIC_DEFAULT" || usage != "ENCRYPT_DECRYPT" {
        let why = format!("it is {spec} for {usage}, and EFS takes symmetric keys that encrypt");
        return Some((why, "name such a key by `kms_key_id`".to_owned()));
    }
    let or = "or name another key by `kms_key_id`";
    let enable = format!("`aws kms enable-key --key-id {arn}`");
    let remedy = match state.as_str() {
        "Enabled" => return None,
        "Disabled" => format!("enable it by {enable}, {or}"),
        "PendingDeletion" | "PendingReplicaDeletion" => {
            format!("keep it by `aws kms cancel-key-deletion --key-id {arn}` and {enable}, {or}")
        }
        _ => format!("wait until its state is `Enabled`, {or}"),
    };
    let until = deletion.as_ref().map(|at| format!(", and it is deleted at {}", plain(at)));
    Some((format!("its state is {state}{}", until.unwrap_or_default()), remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(state: &str, spec: &str, usage: &str) -> KeyMetadata {
        KeyMetadata {
            arn: "arn:aws:kms:eu-west-1:111122223333:key/k".to_owned(),
            state: state.to_owned(),
            deletion: (state == "PendingDeletion").then(|| "2026-02-01T00:00:00Z".to_owned()),
            usage: usage.to_owned(),
            spec: spec.to_owned(),
        }
    }

    #[test]
    fn only_an_enabled_symmetric_key_that_encrypts_is_usable_and_the_others_say_why() {
        let (symmetric, encrypts) = ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
        assert_eq!(unusable(&key("Enabled", symmetric, encrypts)), None);
        for (state, spec, usage, why, remedy) in [
            ("Disabled", symmetric, encrypts, "its state is Disabled", "enable-key"),
            ("PendingDeletion", symmetric, encrypts, "deleted at 2026-02", "cancel-key-deletion"),
            (
                "PendingReplicaDeletion",
                symmetric,
                encrypts,
                "PendingReplica",
                "cancel-key-deletion",
            ),
            ("PendingImport", symmetric, encrypts, "PendingImport", "wait until"),
            ("Unavailable", symmetric, encrypts, "Unavailable", "wait until"),
            ("Enabled", "RSA_2048", encrypts, "RSA_2048", "name such a key"),
            ("Enabled", "HMAC_256", "GENERATE_VERIFY_MAC", "GENERATE_VERIFY", "name such a key"),
        ] {
            let (told, help) = unusable(&key(state, spec, usage)).unwrap();
            assert!(told.contains(why), "{state} {spec}: {told}");
            assert!(help.contains(remedy), "{state} {spec}: {help}");
        }
    }
}
