//! Lifecycle management: when files move between storage classes.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use crate::error::{AwsError, Result};
use crate::world::efs::{FileSystem, LifecyclePolicy, PerformanceMode, ThroughputMode};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    lifecycle_policies: Vec<LifecyclePolicy>,
}

pub(super) fn describe(call: &mut Call) -> Result<Value> {
    Ok(json!({ "LifecyclePolicies": call.file_system("FileSystemId")?.lifecycle }))
}

pub(super) fn put(call: &mut Call) -> Result<Value> {
    let asked = call.read::<Put>()?.lifecycle_policies;
    let found = call.available("FileSystemId")?;
    check(found, &asked).map_err(AwsError::bad_request)?;
    let id = found.id.clone();
    if let Some(found) = call.context.region.efs.file_systems.get_mut(&id) {
        found.lifecycle = asked;
    }
    describe(call)
}

/// The rules beyond the model's enumerations (`PutLifecycleConfiguration`). The messages are
/// AWS's: <https://github.com/hashicorp/terraform-provider-aws/pull/20971>, and cdk-preflight,
/// rule `pf-efs-lifecycle-policy`.
fn check(found: &FileSystem, policies: &[LifecyclePolicy]) -> Result<(), &'static str> {
    let transitions = |policy: &LifecyclePolicy| {
        [&policy.to_ia, &policy.to_primary, &policy.to_archive].into_iter().flatten().count()
    };
    if policies.iter().any(|policy| transitions(policy) != 1) {
        return Err("One or more LifecyclePolicy objects specified are malformed.");
    }
    let once = |of: fn(&LifecyclePolicy) -> &Option<String>| {
        policies.iter().filter(|policy| of(policy).is_some()).count() <= 1
    };
    if !(once(|policy| &policy.to_ia)
        && once(|policy| &policy.to_primary)
        && once(|policy| &policy.to_archive))
    {
        return Err("Duplicate LifecyclePolicy transition types are not allowed.");
    }
    let days_of = |of: fn(&LifecyclePolicy) -> &Option<String>| {
        policies.iter().find_map(|policy| of(policy).as_deref().and_then(days))
    };
    let Some(archive) = days_of(|policy| &policy.to_archive) else {
        return Ok(());
    };
    if days_of(|policy| &policy.to_ia).is_some_and(|ia| archive <= ia) {
        return Err(
            "The value for TransitionToArchive is the same as or less than the value for TransitionToIA.",
        );
    }
    // "The Archive storage class is available only for file systems that use the Elastic
    // throughput mode and the General Purpose performance mode."
    if found.throughput.mode != ThroughputMode::Elastic {
        return Err(
            "The ThroughputMode value for the file system does not support TransitionToArchive. Change the ThroughputMode value to Elastic.",
        );
    }
    if found.performance_mode != PerformanceMode::GeneralPurpose {
        return Err(
            "The PerformanceMode value for the file system does not support TransitionToArchive.",
        );
    }
    Ok(())
}

/// The days in `AFTER_30_DAYS`.
fn days(rule: &str) -> Option<u32> {
    rule.strip_prefix("AFTER_")?.split('_').next()?.parse().ok()
}
