//! File-system policies: what is one, and whom it locks out.

use serde_json::{Value, json};

use super::*;

/// The policy that AWS's console writes for encryption in transit.
pub(super) const TLS_ONLY: &str = r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
            "Condition": { "Bool": { "elasticfilesystem:AccessedViaMountTarget": "true" } }
        },
        {
            "Effect": "Deny",
            "Principal": { "AWS": "*" },
            "Action": "*",
            "Condition": { "Bool": { "aws:SecureTransport": "false" } }
        }
    ]
}"#;

fn statement(changes: Value) -> Value {
    let mut statement = json!({
        "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::444455556666:role/app" },
        "Action": "elasticfilesystem:ClientMount",
    });
    for (element, value) in changes.as_object().unwrap() {
        statement[element] = value.clone();
        if value.is_null() {
            statement.as_object_mut().unwrap().remove(element);
        }
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// The policy with its one statement twice.
fn twice(mut policy: Value) -> Value {
    let statement = policy["Statement"][0].clone();
    policy["Statement"].as_array_mut().unwrap().push(statement);
    policy
}

#[test]
fn a_policy_comes_back_as_it_was_put_until_it_is_deleted() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let path = format!("file-systems/{id}/policy");
    aws.get(&path).refused("PolicyNotFound");
    let put = aws.put(&path, json!({ "Policy": TLS_ONLY })).ok();
    assert_eq!(put, json!({ "FileSystemId": id, "Policy": TLS_ONLY }));
    assert_eq!(aws.get(&path).ok(), put);
    aws.delete(&path).ok();
    aws.get(&path).refused("PolicyNotFound");
    aws.delete(&path).ok();
}

#[test]
fn what_is_no_policy_of_this_file_system_is_refused() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let arn = text(&aws.described(&id)["FileSystemArn"]);
    let other = format!("{arn}0");
    let path = format!("file-systems/{id}/policy");
    for (policy, fits) in [
        (statement(json!({})), true),
        (statement(json!({ "Resource": arn })), true),
        (statement(json!({ "Resource": "*", "Sid": "one" })), true),
        (statement(json!({ "Principal": "*" })), true),
        (
            statement(
                json!({ "Principal": { "AWS": ["111122223333", "arn:aws:sts::111122223333:assumed-role/a/b"], "Service": "efs.amazonaws.com" } }),
            ),
            true,
        ),
        (statement(json!({ "Resource": other })), false),
        (statement(json!({ "Principal": null })), false),
        (statement(json!({ "Principal": {} })), false),
        (statement(json!({ "Principal": "111122223333" })), false),
        (statement(json!({ "Principal": { "AWS": "everybody" } })), false),
        (statement(json!({ "Principal": { "Person": "*" } })), false),
        (statement(json!({ "NotPrincipal": { "AWS": "*" } })), false),
        (statement(json!({ "Effect": "Maybe" })), false),
        (statement(json!({ "Effect": null })), false),
        (statement(json!({ "Action": null })), false),
        (statement(json!({ "Action": [] })), false),
        (statement(json!({ "Action": "s3:GetObject" })), false),
        (statement(json!({ "Principal": { "AWS": [] } })), false),
        (statement(json!({ "Principal": { "AWS": "arn:aws:iam::1111:root" } })), false),
        (statement(json!({ "Sid": 1 })), false),
        (statement(json!({ "Condition": { "StringIs": { "aws:userid": "x" } } })), false),
        (statement(json!({ "Condition": { "Bool": { "SecureTransport": "true" } } })), false),
        (statement(json!({ "Condition": { "Bool": { "aws:SecureTransport": {} } } })), false),
        (twice(statement(json!({ "Sid": "one" }))), false),
        (twice(statement(json!({}))), true),
        (statement(json!({ "Condition": "always" })), false),
        (statement(json!({ "Colour": "red" })), false),
        (json!({ "Version": "2012-10-17", "Statement": [] }), false),
        (json!({ "Version": "2013-01-01", "Statement": statement(json!({}))["Statement"] }), false),
        (json!({}), false),
        (json!([]), false),
    ] {
        let reply = aws.put(&path, json!({ "Policy": policy.to_string() }));
        if fits {
            reply.ok();
        } else {
            reply.refused("InvalidPolicyException");
        }
    }
    aws.put(&path, json!({ "Policy": "no JSON" })).refused("InvalidPolicyException");
}

/// "EFS file system policies have a 20,000 character limit."
#[test]
fn a_policy_has_at_most_20_000_characters() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let path = format!("file-systems/{id}/policy");
    let room = 20_000 - TLS_ONLY.len();
    let longest = format!("{TLS_ONLY}{}", " ".repeat(room));
    aws.put(&path, json!({ "Policy": longest })).ok();
    aws.put(&path, json!({ "Policy": format!("{longest} ") })).refused("BadRequest");
    aws.put(&path, json!({ "Policy": "" })).refused("BadRequest");
    aws.put(&path, json!({})).refused("BadRequest");
}

/// The lock-out check (`BypassPolicyLockoutSafetyCheck`): a policy must not take the right to
/// replace it from the one who puts it, here the account's root user. AWS's words:
/// <https://github.com/hashicorp/terraform-provider-aws/pull/20838>.
#[test]
fn a_policy_that_locks_its_author_out_needs_the_word_for_it() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let path = format!("file-systems/{id}/policy");
    let deny = |changes: Value| {
        let mut all = json!({ "Effect": "Deny", "Principal": { "AWS": "*" }, "Action": "*" });
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        statement(all)
    };
    for (policy, locks_out) in [
        (deny(json!({})), true),
        (deny(json!({ "Principal": "*", "Action": "elasticfilesystem:*" })), true),
        (deny(json!({ "Action": ["elasticfilesystem:putfilesystempolicy"] })), true),
        (deny(json!({ "Principal": { "AWS": "111122223333" } })), true),
        (deny(json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:root" } })), true),
        (
            deny(
                json!({ "Principal": null, "NotPrincipal": { "AWS": "arn:aws:iam::444455556666:root" } }),
            ),
            true,
        ),
        (deny(json!({ "Action": null, "NotAction": "elasticfilesystem:Client*" })), true),
        (deny(json!({ "Action": "elasticfilesystem:Client*" })), false),
        (deny(json!({ "Action": null, "NotAction": "elasticfilesystem:Put*" })), false),
        (deny(json!({ "Principal": { "AWS": "444455556666" } })), false),
        (deny(json!({ "Principal": { "AWS": "arn:aws:iam::444455556666:role/app" } })), false),
        (deny(json!({ "Condition": { "Bool": { "aws:SecureTransport": "false" } } })), false),
    ] {
        let asked = json!({ "Policy": policy.to_string() });
        let reply = aws.put(&path, asked.clone());
        if !locks_out {
            reply.ok();
            continue;
        }
        let message = reply.refused("InvalidPolicyException");
        assert!(
            message.starts_with("This policy would prevent future FileSystemPolicy updates."),
            "{policy}: {message}"
        );
        let mut bypass = asked;
        bypass["BypassPolicyLockoutSafetyCheck"] = json!(true);
        aws.put(&path, bypass).ok();
    }
}
