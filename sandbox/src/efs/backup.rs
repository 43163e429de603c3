//! The backup policy.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, refused};
use crate::error::{AwsError, Result};
use crate::world::efs::Backup;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    backup_policy: Policy,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    status: String,
}

/// Where no policy was ever set, AWS answers `PolicyNotFound` without a message.
pub(super) fn describe(call: &mut Call) -> Result<Value> {
    let found = call.file_system("FileSystemId")?.backup;
    let found = found.ok_or_else(|| refused("PolicyNotFound", ""))?;
    Ok(json!({ "BackupPolicy": { "Status": status(found, call.context.now) } }))
}

pub(super) fn put(call: &mut Call) -> Result<Value> {
    let enabled = match call.read::<Put>()?.backup_policy.status.as_str() {
        "ENABLED" => true,
        "DISABLED" => false,
        other => {
            let message = format!("The backup policy status '{other}' cannot be requested.");
            return Err(AwsError::bad_request(message));
        }
    };
    let found = call.available("FileSystemId")?;
    let (id, before) = (found.id.clone(), found.backup);
    let same = before.is_some_and(|before| before.enabled == enabled);
    let changing = if same { 0 } else { call.context.options.efs.backup_changing_ms };
    let until_ms = call.context.now.saturating_add(changing);
    if let Some(found) = call.context.region.efs.file_systems.get_mut(&id) {
        found.backup = Some(Backup { enabled, until_ms });
    }
    describe(call)
}

fn status(backup: Backup, now: u64) -> &'static str {
    match (backup.enabled, now < backup.until_ms) {
        (true, true) => "ENABLING",
        (true, false) => "ENABLED",
        (false, true) => "DISABLING",
        (false, false) => "DISABLED",
    }
}
