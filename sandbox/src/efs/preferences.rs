//! The account's preference for long resource ids, which are all that EFS gives since 2021.

use serde_json::{Value, json};

use super::call::Call;
use crate::error::{AwsError, Result};

pub(super) fn describe(call: &mut Call) -> Result<Value> {
    if let Some(token) = call.text("NextToken") {
        // The one operation whose model lists no error for this; the code is one of those that
        // every AWS service has ("Common errors" of the API reference).
        let message = format!("Invalid NextToken: '{token}' does not come from this listing");
        return Err(AwsError::new(400, "ValidationException", message));
    }
    Ok(preference())
}

pub(super) fn put(call: &mut Call) -> Result<Value> {
    if call.text("ResourceIdType") == Some("SHORT_ID") {
        // "Starting in October, 2021, you will receive an error when setting the account
        // preference to SHORT_ID."
        return Err(AwsError::bad_request(
            "Short resource IDs are no longer supported: ResourceIdType must be LONG_ID.",
        ));
    }
    Ok(preference())
}

fn preference() -> Value {
    json!({
        "ResourceIdPreference": {
            "ResourceIdType": "LONG_ID",
            "Resources": ["FILE_SYSTEM", "MOUNT_TARGET"],
        }
    })
}
