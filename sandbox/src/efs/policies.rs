//! Lifecycle, backup and access policies of file systems.

use serde::Deserialize;
use serde_json::{Value, json};

use super::missing::{available, no_file_system};
use super::state::FileSystem;
use super::{Call, Told, bare};
use crate::error::{Answer, AwsError};

/// The longest policy in characters.
const LONGEST_POLICY: usize = 20_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Lifecycle {
    lifecycle_policies: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Backup {
    backup_policy: BackupPolicy,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BackupPolicy {
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    policy: String,
}

pub(super) fn lifecycle(call: &mut Call, id: &str) -> Told {
    let found = of(call, id)?;
    Ok((200, json!({ "LifecyclePolicies": found.lifecycle_policies })))
}

pub(super) fn put_lifecycle(call: &mut Call, id: &str) -> Told {
    let asked: Lifecycle = call.body()?;
    let one = |policy: &Value| policy.as_object().is_some_and(|members| members.len() == 1);
    if asked.lifecycle_policies.len() > 3 || !asked.lifecycle_policies.iter().all(one) {
        return Err(AwsError::bad_request("give at most three policies of one transition each"));
    }
    let archives =
        asked.lifecycle_policies.iter().any(|policy| policy.get("TransitionToArchive").is_some());
    let found = of(call, id)?;
    available(found)?;
    if archives
        && (found.throughput_mode != "elastic" || found.performance_mode != "generalPurpose")
    {
        return Err(AwsError::bad_request("Archive needs elastic throughput and generalPurpose"));
    }
    found.lifecycle_policies = asked.lifecycle_policies;
    Ok((200, json!({ "LifecyclePolicies": found.lifecycle_policies })))
}

pub(super) fn backup(call: &mut Call, id: &str) -> Told {
    let status = if of(call, id)?.backup { "ENABLED" } else { "DISABLED" };
    Ok((200, json!({ "BackupPolicy": { "Status": status } })))
}

pub(super) fn put_backup(call: &mut Call, id: &str) -> Told {
    let asked: Backup = call.body()?;
    let enabled = match asked.backup_policy.status.as_str() {
        "ENABLED" => true,
        "DISABLED" => false,
        other => return Err(AwsError::bad_request(format!("invalid Status: {other}"))),
    };
    of(call, id)?.backup = enabled;
    backup(call, id)
}

pub(super) fn policy(call: &mut Call, id: &str) -> Told {
    let found = of(call, id)?;
    match &found.policy {
        Some(policy) => Ok((200, json!({ "FileSystemId": found.id, "Policy": policy }))),
        None => Err(AwsError::new(404, "PolicyNotFound", format!("'{id}' has no policy"))),
    }
}

pub(super) fn put_policy(call: &mut Call, id: &str) -> Told {
    let asked: Policy = call.body()?;
    let json = serde_json::from_str::<Value>(&asked.policy).is_ok_and(|policy| policy.is_object());
    if asked.policy.chars().count() > LONGEST_POLICY || !json {
        let message =
            format!("the policy is no JSON object or has over {LONGEST_POLICY} characters");
        return Err(AwsError::new(400, "InvalidPolicyException", message));
    }
    let found = of(call, id)?;
    available(found)?;
    found.policy = Some(asked.policy);
    policy(call, id)
}

pub(super) fn delete_policy(call: &mut Call, id: &str) -> Told {
    let found = of(call, id)?;
    available(found)?;
    found.policy = None;
    Ok((200, Value::Null))
}

fn of<'a>(call: &'a mut Call, id: &str) -> Answer<&'a mut FileSystem> {
    let id = bare(id);
    call.context.region.efs.file_systems.get_mut(id).ok_or_else(|| no_file_system(id))
}
