//! The file system's policy: whether it is one, and whom it would lock out. Pure but for
//! the operations at the top.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::call::{Call, refused};
use crate::ec2::filters::like;
use crate::error::{Answer, AwsError};

/// The action that a policy must not take away from the one who puts it.
const PUT: &str = "elasticfilesystem:PutFileSystemPolicy";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    policy: String,
    #[serde(default)]
    bypass_policy_lockout_safety_check: bool,
}

pub(super) fn describe(call: &mut Call) -> Answer<Value> {
    let found = call.file_system("FileSystemId")?;
    let Some(policy) = &found.policy else {
        let message = format!("The file system '{}' has no policy.", found.id);
        return Err(refused("PolicyNotFound", message));
    };
    Ok(json!({ "FileSystemId": found.id, "Policy": policy }))
}

pub(super) fn put(call: &mut Call) -> Answer<Value> {
    let asked: Put = call.read()?;
    let id = call.available("FileSystemId")?.id.clone();
    let region = &*call.context.region;
    let arn = region.arn("elasticfilesystem", &format!("file-system/{id}"));
    let statements = statements(&asked.policy, &arn)?;
    let caller = Caller { account: &region.account };
    if !asked.bypass_policy_lockout_safety_check
        && statements.iter().any(|statement| statement.locks_out(&caller))
    {
        // AWS's message: https://github.com/hashicorp/terraform-provider-aws/pull/20838
        return Err(invalid(
            "This policy would prevent future FileSystemPolicy updates. Retry the request with the BypassPolicyLockoutSafetyCheck parameter to apply this policy.",
        ));
    }
    if let Some(found) = call.context.region.efs.file_systems.get_mut(&id) {
        found.policy = Some(asked.policy);
    }
    describe(call)
}

pub(super) fn delete(call: &mut Call) -> Answer<Value> {
    let id = call.available("FileSystemId")?.id.clone();
    if let Some(found) = call.context.region.efs.file_systems.get_mut(&id) {
        found.policy = None;
    }
    Ok(Value::Null)
}

fn invalid(message: impl Into<String>) -> AwsError {
    refused("InvalidPolicyException", message)
}

/// The elements of a statement.
const KNOWN: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// One statement, its parts as lists.
struct Statement {
    deny: bool,
    conditional: bool,
    actions: Matched,
    principals: Matched,
}

/// A list of what is meant, or of all that is not.
struct Matched {
    inverse: bool,
    patterns: Vec<String>,
}

/// Who puts a policy: somebody of the file system's own account.
struct Caller<'a> {
    account: &'a str,
}

/// The statements of a policy of the file system with this ARN.
fn statements(policy: &str, arn: &str) -> Answer<Vec<Statement>> {
    let Ok(Value::Object(policy)) = serde_json::from_str::<Value>(policy) else {
        return Err(invalid("Policy is not a JSON object"));
    };
    for key in policy.keys() {
        if !["Version", "Id", "Statement"].contains(&key.as_str()) {
            return Err(invalid(format!("Policy contains an unknown element: {key}")));
        }
    }
    let version = policy.get("Version");
    if version.is_some_and(|version| version != "2012-10-17" && version != "2008-10-17") {
        return Err(invalid("Policy contains an invalid version: 2012-10-17 is the current one"));
    }
    let listed = match policy.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => statements.as_slice(),
        Some(statement @ Value::Object(_)) => std::slice::from_ref(statement),
        _ => return Err(invalid("Policy contains no statement")),
    };
    listed.iter().map(|statement| read(statement, arn)).collect()
}

fn read(statement: &Value, arn: &str) -> Answer<Statement> {
    let Some(found) = statement.as_object() else {
        return Err(invalid("Policy contains a statement that is no object"));
    };
    if let Some(key) = found.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        return Err(invalid(format!("Policy contains an unknown element: {key}")));
    }
    let deny = match found.get("Effect").and_then(Value::as_str) {
        Some("Allow") => false,
        Some("Deny") => true,
        _ => return Err(invalid("Policy contains an invalid effect: Allow or Deny is required")),
    };
    let actions = one_of(found, "Action", "NotAction", texts)?;
    for action in &actions.patterns {
        if action != "*" && !action.to_ascii_lowercase().starts_with("elasticfilesystem:") {
            return Err(invalid(format!("Policy contains an invalid action: {action}")));
        }
    }
    let principals = one_of(found, "Principal", "NotPrincipal", principals)?;
    resources(found, arn)?;
    let conditional = match found.get("Condition") {
        None => false,
        Some(Value::Object(condition)) if condition.values().all(Value::is_object) => {
            !condition.is_empty()
        }
        Some(_) => return Err(invalid("Policy contains an invalid condition")),
    };
    Ok(Statement { deny, conditional, actions, principals })
}

/// The value of exactly one of two elements.
fn one_of(
    statement: &Map<String, Value>,
    element: &str,
    inverse: &str,
    read: fn(&Value) -> Option<Vec<String>>,
) -> Answer<Matched> {
    let (value, inverse) = match (statement.get(element), statement.get(inverse)) {
        (Some(value), None) => (value, false),
        (None, Some(value)) => (value, true),
        _ => {
            return Err(invalid(format!(
                "Policy contains a statement without exactly one of {element} and {inverse}"
            )));
        }
    };
    match read(value).filter(|patterns| !patterns.is_empty()) {
        Some(patterns) => Ok(Matched { inverse, patterns }),
        None => Err(invalid(format!("Policy contains an invalid {}", element.to_lowercase()))),
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(all) => all.iter().map(|text| text.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// The AWS principals of a block, those of other kinds left out: `*`, account ids, and ARNs.
fn principals(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => (text == "*").then(|| vec![text.clone()]),
        Value::Object(kinds) if !kinds.is_empty() => {
            let mut all = Vec::new();
            for (kind, value) in kinds {
                let named = texts(value)?;
                let known = match kind.as_str() {
                    "AWS" => named.iter().all(|principal| is_principal(principal)),
                    "Service" | "Federated" | "CanonicalUser" => true,
                    _ => false,
                };
                if !known {
                    return None;
                }
                all.extend(named);
            }
            Some(all)
        }
        _ => None,
    }
}

fn is_principal(text: &str) -> bool {
    let account = |text: &str| text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit());
    if text == "*" || account(text) {
        return true;
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "iam" | "sts", "", owner, resource] => {
            partition.starts_with("aws")
                && account(owner)
                && (*resource == "root" || resource.contains('/'))
        }
        _ => false,
    }
}

/// A statement may name its own file system and no other.
///
/// The message is AWS's (cdk-preflight, rule `pf-efs-file-system-policy`).
fn resources(statement: &Map<String, Value>, arn: &str) -> Answer<()> {
    let named = match (statement.get("Resource"), statement.get("NotResource")) {
        (None, None) => return Ok(()),
        (Some(named), None) | (None, Some(named)) => texts(named),
        _ => None,
    };
    match named {
        Some(named) if named.iter().all(|resource| like(resource, arn)) => Ok(()),
        _ => Err(invalid("Policy contains an invalid resource")),
    }
}

impl Statement {
    /// Whether it denies a caller to put another policy, whatever the circumstances. In one
    /// account the caller's own policies allow it, so that nothing but a Deny takes it away.
    fn locks_out(&self, caller: &Caller) -> bool {
        self.deny
            && !self.conditional
            && self
                .actions
                .holds(|pattern| like(&pattern.to_ascii_lowercase(), &PUT.to_ascii_lowercase()))
            && self.principals.holds(|principal| caller.is(principal))
    }
}

impl Matched {
    fn holds(&self, matches: impl Fn(&str) -> bool) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern)) != self.inverse
    }
}

impl Caller<'_> {
    fn is(&self, principal: &str) -> bool {
        principal == "*"
            || principal == self.account
            || principal.ends_with(&format!("::{}:root", self.account))
    }
}
