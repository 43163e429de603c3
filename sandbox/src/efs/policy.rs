//! The file system's policy: whether it is one, and whether it would lock its author out.
//!
//! A policy is read by the same parser that its evaluation uses, so that nothing is accepted
//! which is not evaluated afterwards.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, refused};
use crate::access;
use crate::authorization::document::{Document, Principals, Selection, Statement, Use};
use crate::authorization::evaluate::Policy;
use crate::authorization::principal::Grantee;
use crate::ec2::filters::like;
use crate::error::{AwsError, Result};
use crate::service::Context;

/// The action that a policy must not take away from the one who puts it.
const PUT: &str = "elasticfilesystem:PutFileSystemPolicy";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    policy: String,
    #[serde(default)]
    bypass_policy_lockout_safety_check: bool,
}

pub(super) fn describe(call: &mut Call) -> Result<Value> {
    let found = call.file_system("FileSystemId")?;
    let Some(policy) = &found.policy else {
        let message = format!("The file system '{}' has no policy.", found.id);
        return Err(refused("PolicyNotFound", message));
    };
    Ok(json!({ "FileSystemId": found.id, "Policy": policy }))
}

pub(super) fn put(call: &mut Call) -> Result<Value> {
    let request: Put = call.read()?;
    let id = call.available("FileSystemId")?.id.clone();
    let arn = call.context.region.arn("elasticfilesystem", &format!("file-system/{id}"));
    let policy = Policy { name: id.clone(), document: read(&request.policy, &arn, call.context)? };
    // "…whether the policy in the request will lock out the principal making the request from
    // making subsequent PutFileSystemPolicy requests". Source: Amazon EFS API Reference.
    if !request.bypass_policy_lockout_safety_check
        && !access::would_allow(call.context, PUT, &arn, &policy)
    {
        // AWS's message: https://github.com/hashicorp/terraform-provider-aws/pull/20838
        return Err(invalid(
            "This policy would prevent future FileSystemPolicy updates. Retry the request with the BypassPolicyLockoutSafetyCheck parameter to apply this policy.",
        ));
    }
    if let Some(found) = call.context.region.efs.file_systems.get_mut(&id) {
        found.policy = Some(request.policy);
    }
    describe(call)
}

pub(super) fn delete(call: &mut Call) -> Result<Value> {
    let id = call.available("FileSystemId")?.id.clone();
    if let Some(found) = call.context.region.efs.file_systems.get_mut(&id) {
        found.policy = None;
    }
    Ok(Value::Null)
}

fn invalid(message: impl Into<String>) -> AwsError {
    refused("InvalidPolicyException", message)
}

/// Reads a policy of the file system with this ARN.
fn read(text: &str, arn: &str, context: &Context) -> Result<Document> {
    let document = Document::parse(text, Use::Resource).map_err(invalid)?;
    document.statements.iter().try_for_each(|statement| check(statement, arn, context))?;
    Ok(document)
}

/// What EFS demands of a statement beyond IAM's grammar.
fn check(statement: &Statement, arn: &str, context: &Context) -> Result<()> {
    let foreign = texts(&statement.actions).iter().find(|action| {
        *action != "*" && !action.to_ascii_lowercase().starts_with("elasticfilesystem:")
    });
    if let Some(action) = foreign {
        return Err(invalid(format!("Policy contains an invalid action: {action}")));
    }
    let partition = arn.split(':').nth(1).unwrap_or_default();
    if let Some(Principals::Only(grantees) | Principals::Except(grantees)) = &statement.principals {
        let unknown = grantees.iter().any(|grantee| match grantee {
            Grantee::Account(text) => !is_account(text),
            Grantee::Arn(text) => !is_principal(text, partition) || is_missing(text, context),
            _ => false,
        });
        if unknown {
            // AWS's message: hashicorp/terraform-provider-aws `internal/service/efs/
            // file_system_policy.go`, which repeats the call where a role was just made.
            return Err(invalid("Policy contains invalid Principal block"));
        }
    }
    // A statement may name its own file system and no other. The message is AWS's
    // (cdk-preflight, rule `pf-efs-file-system-policy`).
    let named = statement.resources.as_ref().map_or(&[][..], texts);
    if named.iter().all(|resource| like(resource, arn)) {
        Ok(())
    } else {
        Err(invalid("Policy contains an invalid resource"))
    }
}

fn texts(selection: &Selection) -> &[String] {
    match selection {
        Selection::Only(texts) | Selection::Except(texts) => texts,
    }
}

/// Whether a text is an account's twelve digits.
fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit())
}

/// Whether an ARN is of a role of this account that does not exist, or not yet.
fn is_missing(arn: &str, context: &Context) -> bool {
    let of_ours = context.region.iam_arn("role/");
    arn.starts_with(&of_ours) && !context.principal_exists(arn)
}

/// Whether a text is the ARN of a user, a role or a session in this partition.
fn is_principal(text: &str, partition: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", its, "iam" | "sts", "", owner, resource] => {
            *its == partition && is_account(owner) && resource.contains('/')
        }
        _ => false,
    }
}
