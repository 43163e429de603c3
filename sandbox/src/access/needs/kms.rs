//! What KMS's operations need.

use serde_json::Value;

use super::{Action, Need, action, row};
use crate::authorization::context::Context as Keys;
use crate::service::{Context, Incoming};

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
    let arn = match key {
        alias if alias.contains("alias/") => {
            let name = alias.rsplit(':').next().unwrap_or(alias);
            keys.set("kms:RequestAlias", name);
            // The key behind an alias is decided on as any key: which one it is, is the
            // service's to know.
            context.region.arn("kms", "key/*")
        }
        arn if arn.starts_with("arn:") => arn.to_owned(),
        id => context.region.arn("kms", &format!("key/{id}")),
    };
    vec![Need::new(action, arn).with(&keys)]
}
