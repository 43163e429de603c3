//! The file system's part of a plan.

use super::{
    Action, CreateFileSystem, Difference, FileSystemRef, Operation, Plan, Refusal, Resource, Step,
    Until, Wait, address, tag_differences,
};
use crate::actual::{Actual, FileSystem, LifeCycle};
use crate::desired::Desired;
use crate::inputs::{FileSystemInputs, PerformanceMode, Throughput};

/// The file system as the rest of the plan needs it.
pub(super) struct Planned {
    /// Which one.
    pub(super) reference: FileSystemRef,
    /// What must be through before it can be used.
    pub(super) needs: Vec<String>,
    /// Whether it is our own, so that its mount targets are ours too.
    pub(super) own: bool,
    /// The one zone that takes a target, where it is an adopted One Zone file system.
    pub(super) one_zone: Option<String>,
}

const STEP: &str = "file_system";

pub(super) fn plan(plan: &mut Plan, desired: &Desired, actual: &Actual) -> Planned {
    let address = address(&desired.module, Resource::FileSystem, None);
    match (&desired.file_system, &actual.file_system) {
        (FileSystemInputs::Adopted(id), Some(found)) => {
            let needs = usable(plan, &address, found);
            plan.notes.push(format!("{id} is adopted: nothing of it is changed or deleted"));
            Planned {
                reference: FileSystemRef::Known(id.clone()),
                needs,
                own: false,
                one_zone: found.availability_zone.clone(),
            }
        }
        (FileSystemInputs::Adopted(id), None) => {
            plan.refusals.push(Refusal {
                address,
                reason: format!("{id} does not exist in `{}`", desired.owner.region),
                remedy: "correct `file_system_id` or `aws_region`, or leave `file_system_id` out to get a file system of your own".to_owned(),
            });
            Planned {
                reference: FileSystemRef::Known(id.clone()),
                needs: Vec::new(),
                own: false,
                one_zone: None,
            }
        }
        (FileSystemInputs::Own { .. }, None) => create(plan, desired, address, Vec::new()),
        (FileSystemInputs::Own { .. }, Some(found)) => {
            if matches!(found.life_cycle, LifeCycle::Deleting | LifeCycle::Deleted) {
                let wait = gone(plan, &address, found);
                return create(plan, desired, address, vec![wait]);
            }
            let needs = usable(plan, &address, found);
            if desired.owner.owns(&found.tags) {
                compare(plan, desired, &address, found, &needs);
            } else {
                plan.refusals.push(not_ours(address, found));
            }
            Planned {
                reference: FileSystemRef::Known(found.id.clone()),
                needs,
                own: true,
                one_zone: None,
            }
        }
    }
}

/// A file system with our token and without our tags: somebody took them off.
pub(super) fn not_ours(address: String, found: &FileSystem) -> Refusal {
    Refusal {
        address,
        reason: format!("{} has this deployment's creation token, but not its tags", found.id),
        remedy: format!(
            "put the `clockwork-codex/` tags back, or set `file_system_id = \"{}\"` to adopt it as it is",
            found.id
        ),
    }
}

/// Waits for what is on its way, and refuses what will never be usable.
fn usable(plan: &mut Plan, address: &str, found: &FileSystem) -> Vec<String> {
    match &found.life_cycle {
        LifeCycle::Available => Vec::new(),
        LifeCycle::Creating | LifeCycle::Updating => {
            let id = format!("{STEP}.available");
            plan.waits.push(Wait {
                id: id.clone(),
                address: address.to_owned(),
                reason: format!("{} is {}", found.id, found.life_cycle.as_str()),
                until: Until::FileSystemAvailable(found.id.clone()),
            });
            vec![id]
        }
        LifeCycle::Deleting | LifeCycle::Deleted | LifeCycle::Other(_) => {
            plan.refusals.push(Refusal {
                address: address.to_owned(),
                reason: format!("{} is in the state `{}`", found.id, found.life_cycle.as_str().escape_debug()),
                remedy: "look at it in the EFS console; another `storage_class_name` makes another file system".to_owned(),
            });
            Vec::new()
        }
    }
}

/// Waits until a file system is gone; the wait's id.
pub(super) fn gone(plan: &mut Plan, address: &str, found: &FileSystem) -> String {
    let id = format!("{STEP}.gone");
    plan.waits.push(Wait {
        id: id.clone(),
        address: address.to_owned(),
        reason: format!("{} is being deleted", found.id),
        until: Until::FileSystemGone(found.id.clone()),
    });
    id
}

fn create(plan: &mut Plan, desired: &Desired, address: String, needs: Vec<String>) -> Planned {
    let planned = Planned {
        reference: FileSystemRef::AfterApply,
        needs: vec![STEP.to_owned()],
        own: true,
        one_zone: None,
    };
    let FileSystemInputs::Own { encrypted, kms_key_id, performance_mode, throughput } =
        &desired.file_system
    else {
        return planned;
    };
    let create = CreateFileSystem {
        creation_token: desired.owner.creation_token(),
        encrypted: *encrypted,
        kms_key_id: kms_key_id.clone(),
        performance_mode: *performance_mode,
        throughput: *throughput,
        tags: desired.tags.clone(),
    };
    let mut differences = vec![
        Difference::later("file_system_id"),
        Difference::set("creation_token", &create.creation_token),
        Difference::set("encrypted", encrypted),
    ];
    if *encrypted {
        let key = kms_key_id.as_deref().unwrap_or("alias/aws/elasticfilesystem");
        differences.push(Difference::set("kms_key_id", key));
    }
    differences.push(Difference::set("performance_mode", performance_mode.as_str()));
    differences.push(Difference::set("throughput_mode", throughput.mode()));
    if let Some(mibps) = throughput.mibps() {
        differences.push(Difference::set("provisioned_throughput_in_mibps", mibps));
    }
    differences.extend(tag_differences(&network::Tags::new(), &create.tags));
    plan.steps.push(Step {
        id: STEP.to_owned(),
        action: Action::Create,
        resource: Resource::FileSystem,
        address,
        reason: "no file system has this deployment's creation token".to_owned(),
        needs,
        differences,
        operation: Operation::CreateFileSystem(create),
    });
    planned
}

/// Every field of the file system is looked at: a new one does not compile
/// until somebody says what it means.
fn compare(
    plan: &mut Plan,
    desired: &Desired,
    address: &str,
    found: &FileSystem,
    needs: &[String],
) {
    let FileSystem {
        id,
        life_cycle: _,     // `usable` judges it.
        creation_token: _, // It was found by this, and so it is right.
        encrypted,
        kms_key_id,
        performance_mode,
        throughput_mode,
        provisioned_throughput_in_mibps,
        availability_zone: _, // Ours are regional; a zone cannot have been asked for.
        metered_bytes: _,     // What users wrote.
        tags,
    } = found;
    let FileSystemInputs::Own {
        encrypted: want_encrypted,
        kms_key_id: want_key,
        performance_mode: want_performance,
        throughput,
    } = &desired.file_system
    else {
        return;
    };
    let immutable = [
        (encrypted != want_encrypted)
            .then(|| ("encrypted", encrypted.to_string(), want_encrypted.to_string())),
        differing_key(kms_key_id.as_deref(), want_key.as_deref())
            .map(|(have, want)| ("kms_key_id", have, want)),
        differing_mode(performance_mode, *want_performance)
            .map(|(have, want)| ("performance_mode", have, want)),
    ];
    for (attribute, have, want) in immutable.into_iter().flatten() {
        plan.refusals.push(Refusal {
            address: address.to_owned(),
            reason: format!("`{attribute}` of {id} is `{}` and cannot become `{want}`: EFS never changes it", have.escape_debug()),
            remedy: format!(
                "set `{attribute}` back, or give another `storage_class_name` to get a second file system and move the data"
            ),
        });
    }
    let changes =
        throughput_changes(throughput_mode, *provisioned_throughput_in_mibps, *throughput);
    if !changes.is_empty() {
        plan.steps.push(Step {
            id: format!("{STEP}.throughput"),
            action: Action::Update,
            resource: Resource::FileSystem,
            address: address.to_owned(),
            reason: "the throughput is not the one asked for".to_owned(),
            needs: needs.to_vec(),
            differences: changes,
            operation: Operation::UpdateThroughput {
                file_system: id.clone(),
                throughput: *throughput,
            },
        });
    }
    let differences = tag_differences(tags, &desired.tags);
    if !differences.is_empty() {
        let mut missing = desired.tags.clone();
        missing.retain(|key, value| tags.get(key) != Some(value));
        plan.steps.push(Step {
            id: format!("{STEP}.tags"),
            action: Action::Update,
            resource: Resource::FileSystem,
            address: address.to_owned(),
            reason: "tags are missing or differ".to_owned(),
            needs: needs.to_vec(),
            differences,
            operation: Operation::TagFileSystem { file_system: id.clone(), tags: missing },
        });
    }
}

/// EFS tells the key's ARN; people may give its id, or an alias, which the
/// ARN does not tell. No wish means any key.
fn differing_key(have: Option<&str>, want: Option<&str>) -> Option<(String, String)> {
    let want = want?;
    let have = have.unwrap_or("none");
    let alias = want.starts_with("alias/") || want.contains(":alias/");
    let same = have == want || have.rsplit_once("key/").is_some_and(|(_, id)| id == want);
    (!alias && !same).then(|| (have.to_owned(), want.to_owned()))
}

fn differing_mode(have: &str, want: PerformanceMode) -> Option<(String, String)> {
    (have != want.as_str()).then(|| (have.to_owned(), want.as_str().to_owned()))
}

fn throughput_changes(mode: &str, mibps: Option<f64>, want: Throughput) -> Vec<Difference> {
    let shown = |mibps: Option<f64>| mibps.map(|mibps| mibps.to_string());
    let mut changes: Vec<Difference> =
        Difference::between("throughput_mode", mode, want.mode()).into_iter().collect();
    let had = shown(mibps.filter(|_| mode == "provisioned"));
    let wanted = shown(want.mibps());
    if had != wanted {
        let after = wanted.map_or(super::After::Gone, super::After::Value);
        changes.push(Difference::new("provisioned_throughput_in_mibps", had, after));
    }
    changes
}
