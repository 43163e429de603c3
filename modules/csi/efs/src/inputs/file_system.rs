//! The inputs of the file system.

use std::collections::{BTreeMap, BTreeSet};

use ::inputs::{Problem, Reader, one_of};

use super::file_system_policy::{self, policy};
use super::zone::is_zone_id;
use super::{DeletionPolicy, rules};
use crate::ids::FileSystemId;
use crate::resources::file_system::{
    BackupPolicy, FileSystemSource, Lifecycle, OverwriteProtection, PROPERTIES, PerformanceMode,
    Spec, Throughput, Transition,
};

/// The file system to create, or the one to adopt.
pub(super) fn file_system(reader: &mut Reader) -> Option<FileSystemSource> {
    let adopted = reader.string("file_system_id", rules::file_system_id);
    if reader.is_given("file_system_id") && !manages(reader) {
        return adopted_file_system(reader).and(adopted).map(FileSystemSource::Adopted);
    }
    let encrypted = reader.boolean("encrypted");
    let kms_key_id = reader.string("kms_key_id", rules::kms_key_id);
    if encrypted == Some(false) && reader.is_given("kms_key_id") {
        reader.mistake(
            "kms_key_id",
            Problem::new("`kms_key_id` is given and `encrypted` is false", "leave one of them out"),
        );
    }
    let performance_mode = reader.string("performance_mode", PerformanceMode::one_of);
    let availability_zone = reader.string("availability_zone_name", zone_or_id);
    if performance_mode == Some(PerformanceMode::MaxIo) && availability_zone.is_some() {
        reader.mistake(
            "performance_mode",
            Problem::new(
                "`maxIO` excludes One Zone file systems",
                "keep `generalPurpose`, or leave `availability_zone_name` out",
            ),
        );
    }
    let throughput = throughput(reader);
    if performance_mode == Some(PerformanceMode::MaxIo) && throughput == Some(Throughput::Elastic) {
        reader.mistake(
            "performance_mode",
            Problem::new(
                "`maxIO` excludes elastic throughput",
                "set `throughput_mode = \"bursting\"` or `\"provisioned\"`, or keep `generalPurpose`",
            ),
        );
    }
    Some(FileSystemSource::Own(Spec {
        encrypted: encrypted?,
        kms_key_id,
        availability_zone,
        lifecycle: lifecycle(reader, performance_mode.as_ref(), throughput.as_ref()),
        backup: reader.string("backup_policy", backup_policy),
        overwrite_protection: reader
            .string("replication_overwrite_protection", overwrite_protection),
        policy: policy(reader),
        replication: replication(reader),
        performance_mode: performance_mode?,
        throughput: throughput?,
    }))
}

/// Whether the file system of before is managed as one of the deployment's own.
fn manages(reader: &mut Reader) -> bool {
    reader.is_given(MANAGED) && reader.boolean(MANAGED) == Some(true)
}

/// The input that makes a file system of before the deployment's own.
const MANAGED: &str = "manage_file_system";

/// The file system of before that the deployment manages.
pub(super) fn imported(reader: &mut Reader) -> Option<FileSystemId> {
    if !manages(reader) {
        return None;
    }
    if !reader.is_given("file_system_id") {
        reader.mistake(
            MANAGED,
            Problem::new(
                "`manage_file_system` is true, and no file system of before is named",
                "give `file_system_id`, or leave it out: a file system that the deployment makes is \
                 its own anyway",
            ),
        );
        return None;
    }
    reader.string("file_system_id", rules::file_system_id)
}

/// Where the file system is replicated to, by keys that say it: a new file system in a region or
/// a zone, or one that is there.
fn replication(reader: &mut Reader) -> Option<BTreeMap<String, String>> {
    const NAME: &str = "replication";
    let mut given = reader.map(NAME, |key, text| match key {
        "region" => network::region(text).map(drop),
        "availability_zone_name" => rules::zone(text).map(drop),
        "kms_key_id" => rules::kms_key_id(text).map(drop),
        "file_system_id" => destination(text),
        "role_arn" => rules::role_arn(text).map(drop),
        _ => one_of(key, REPLICATION_KEYS, |key| *key).map(drop),
    })?;
    if given.is_empty() {
        // None is wanted: one that is there ends.
        return Some(given);
    }
    let wrong = |reader: &mut Reader, problem: &str, remedy: &str| {
        reader.mistake(NAME, Problem::new(problem, remedy));
    };
    if let Some(zone) = given.get("availability_zone_name").cloned() {
        let region = zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase()).to_owned();
        if given.get("region").is_some_and(|given| *given != region) {
            wrong(reader, "the zone is in another region", "leave `region` out, or correct it");
        }
        given.insert("region".to_owned(), region);
    }
    let arn = given.get("file_system_id").and_then(|id| Some(id.split_once("arn:")?.1.to_owned()));
    if let Some(there) = arn.as_ref().and_then(|arn| arn.split(':').nth(2)) {
        if given.get("region").is_some_and(|given| given != there) {
            wrong(reader, "the ARN is of another region", "leave `region` out, or correct it");
        }
        given.insert("region".to_owned(), there.to_owned());
    }
    let existing = given.contains_key("file_system_id");
    if existing && ["availability_zone_name", "kms_key_id"].iter().any(|it| given.contains_key(*it))
    {
        wrong(
            reader,
            "an existing file system has its zone and its key already",
            "leave `availability_zone_name` and `kms_key_id` out, or `file_system_id`",
        );
    }
    if !given.contains_key("region") {
        wrong(reader, "no region is given", "give `region`, or `availability_zone_name`");
    }
    Some(given)
}

/// A copy in another account: the role "is optional for same-account replication; however, it is
/// required for cross-account replication" (`DestinationToCreate`).
pub(super) fn replicates_without_a_role() -> Problem {
    Problem::new(
        "EFS replicates to another account by a role, and none is given",
        "give the ARN of a role of the account that it is replicated from as `role_arn`",
    )
}

/// The id of a file system to replicate to, or its ARN, which EFS takes where it is of another
/// account (`DestinationToCreate`).
fn destination(text: &str) -> Result<(), Problem> {
    if !text.starts_with("arn:") {
        return rules::file_system_id(text).map(drop);
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    if let ["arn", partition, "elasticfilesystem", region, account, resource] = parts.as_slice()
        && let Some(id) = resource.strip_prefix("file-system/")
        && partition.starts_with("aws")
        && place::account_id(account).is_ok()
    {
        return network::region(region).and(rules::file_system_id(id)).map(drop);
    }
    Err(Problem::new(
        "it is not the ARN of a file system",
        "one looks like \
         `arn:aws:elasticfilesystem:eu-central-1:111122223333:file-system/fs-0123456789abcdef0`",
    ))
}

/// What a destination takes (`DestinationToCreate`).
const REPLICATION_KEYS: &[&str] =
    &["region", "availability_zone_name", "kms_key_id", "file_system_id", "role_arn"];

/// `ENABLED` or `DISABLED`, or as a truth value.
fn backup_policy(text: &str) -> Result<BackupPolicy, Problem> {
    match text {
        "true" => Ok(BackupPolicy::Enabled),
        "false" => Ok(BackupPolicy::Disabled),
        _ => BackupPolicy::one_of(text),
    }
}

/// What can be asked for: EFS alone sets `REPLICATING`.
fn overwrite_protection(text: &str) -> Result<OverwriteProtection, Problem> {
    let words = [OverwriteProtection::Enabled, OverwriteProtection::Disabled];
    one_of(text, &words, OverwriteProtection::as_str)
}

/// Of an adopted file system nothing is changed, so what would change it is a mistake.
fn adopted_file_system(reader: &mut Reader) -> Option<()> {
    let mut consistent = Some(());
    let properties = PROPERTIES.iter().map(|property| property.name);
    let names: BTreeSet<&str> =
        properties.chain(file_system_policy::NAMES.iter().copied()).collect();
    for name in names {
        if !reader.is_given(name) {
            continue;
        }
        consistent = None;
        reader.mistake(
            name,
            Problem::new(
                format!("`{name}` is given, and `file_system_id` adopts a file system as it is"),
                format!(
                    "leave out `{name}`, or `file_system_id` to get a file system of your own; \
                     `{MANAGED} = true` makes this one the deployment's own"
                ),
            ),
        );
    }
    let policy = "deletion_policy";
    let deletes = reader.string(policy, DeletionPolicy::one_of) == Some(DeletionPolicy::Delete);
    if reader.is_given(policy) && deletes {
        consistent = None;
        reader.mistake(
            policy,
            Problem::new(
                "`deletion_policy` is `delete`, and an adopted file system is never deleted",
                "leave it out, or set it to `retain`",
            ),
        );
    }
    consistent
}

/// The lifecycle policy, where one is given; what it needs of the modes is checked with it.
fn lifecycle(
    reader: &mut Reader,
    performance_mode: Option<&PerformanceMode>,
    throughput: Option<&Throughput>,
) -> Option<Lifecycle> {
    const NAME: &str = "lifecycle_policy";
    let given = reader.map(NAME, |key, rule| {
        let transition = Transition::one_of(key)?;
        one_of(rule, transition.rules(), |word| *word).map(drop)
    })?;
    let known = given.into_iter();
    let known = known.filter_map(|(key, rule)| Some((Transition::one_of(&key).ok()?, rule)));
    let lifecycle: Lifecycle = known.collect();
    let after = |transition: Transition| {
        let rule = lifecycle.get(&transition)?;
        transition.rules().iter().position(|known| known == rule)
    };
    let Some(archive) = after(Transition::ToArchive) else { return Some(lifecycle) };
    if after(Transition::ToIa).is_some_and(|ia| archive <= ia) {
        reader.mistake(
            NAME,
            Problem::new(
                "`transition_to_archive` is not later than `transition_to_ia`",
                "give it more days",
            ),
        );
    }
    let elastic = throughput.is_none_or(|throughput| *throughput == Throughput::Elastic);
    if !elastic || performance_mode == Some(&PerformanceMode::MaxIo) {
        reader.mistake(
            NAME,
            Problem::new(
                "`transition_to_archive` needs elastic throughput and `generalPurpose`",
                "leave it out, or set `throughput_mode = \"elastic\"`",
            ),
        );
    }
    Some(lifecycle)
}

fn throughput(reader: &mut Reader) -> Option<Throughput> {
    let given = reader.is_given("provisioned_throughput_in_mibps");
    let mibps = reader.number("provisioned_throughput_in_mibps", rules::throughput);
    let words = ["elastic", "bursting", "provisioned"];
    let mode = reader.string("throughput_mode", |text| one_of(text, &words, |word| *word))?;
    match (mode, given) {
        ("provisioned", true) => mibps.map(Throughput::Provisioned),
        ("provisioned", false) => {
            reader.mistake(
                "provisioned_throughput_in_mibps",
                Problem::new(
                    "`throughput_mode` is provisioned and no throughput is given",
                    "set `provisioned_throughput_in_mibps`, 1 to 3414",
                ),
            );
            None
        }
        (_, true) => {
            reader.mistake(
                "provisioned_throughput_in_mibps",
                Problem::new(
                    format!("a throughput is given and `throughput_mode` is {mode}"),
                    "set `throughput_mode = \"provisioned\"`, or leave the number out",
                ),
            );
            None
        }
        ("bursting", false) => Some(Throughput::Bursting),
        (_, false) => Some(Throughput::Elastic),
    }
}

/// A zone by its name, or by the id that is the same in every account: EFS takes the name alone,
/// which a plan finds by the subnets.
fn zone_or_id(text: &str) -> Result<String, Problem> {
    if is_zone_id(text) { Ok(text.to_owned()) } else { rules::zone(text) }
}
