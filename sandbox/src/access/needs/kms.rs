//! What KMS's operations need.

use serde_json::Value;

use super::need::{Action, Need, action, row};
use crate::authorization::context::Context as Keys;
use crate::kms;
use crate::request::Incoming;
use crate::service::Context;

pub(super) const ACTIONS: &[Action] = &[
    action("DescribeKey", &["key"]),
    action("GetKeyPolicy", &["key"]),
    action("GetKeyRotationStatus", &["key"]),
    action("ListAliases", &[]),
    action("ListKeys", &[]),
    action("ListResourceTags", &["key"]),
];

pub(super) fn needs(context: &Context<'_>, operation: &str, request: &Incoming) -> Vec<Need> {
    let action = format!("kms:{operation}");
    if row(ACTIONS, operation).is_empty() {
        return vec![Need::new(action, "*")];
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let key = body.get("KeyId").and_then(Value::as_str).unwrap_or("*");
    let mut keys = Keys::default();
    keys.set("kms:CallerAccount", &context.options.account);
    if key.contains("alias/") {
        keys.set("kms:RequestAlias", key.rsplit(':').next().unwrap_or(key));
    }
    let arn = kms::key_arn(context.region, key);
    vec![Need::new(action, arn).with(&keys)]
}
