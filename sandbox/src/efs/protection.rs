//! Replication overwrite protection.

use serde_json::{Value, json};

use super::call::{Call, refused};
use super::replicated;
use crate::error::{AwsError, Result};
use crate::world::efs::Protection;

pub(super) fn update(call: &mut Call) -> Result<Value> {
    let wanted = match call.text("ReplicationOverwriteProtection") {
        Some("ENABLED") => Some(Protection::Enabled),
        Some("DISABLED") => Some(Protection::Disabled),
        Some(_) => {
            return Err(AwsError::bad_request(
                "ReplicationOverwriteProtection can only be set to ENABLED or DISABLED.",
            ));
        }
        None => None,
    };
    let found = call.available("FileSystemId")?;
    let (id, before) = (found.id.clone(), found.protection);
    // AWS's message: https://github.com/hashicorp/terraform-provider-aws/pull/37790
    if replicated::destination_of_one(call, &id) {
        return Err(refused(
            "ReplicationAlreadyExists",
            "ReplicationOverwriteProtection cannot be changed while the file system is a replication destination.",
        ));
    }
    let after = wanted.unwrap_or(before);
    if let Some(found) =
        call.context.region.efs.file_systems.get_mut(&id).filter(|_| after != before)
    {
        found.protection = after;
    }
    Ok(json!({ "ReplicationOverwriteProtection": after }))
}
