//! Policies of file systems under `--enforce-iam`: what they decide, and the lock-out check.

use serde_json::{Value, json};

use crate::access::{USER, allow, efs_denies};
use crate::support::{Aws, Caller, Response, caller, everything, root};

/// What AWS answers to a policy that takes the right to replace it from its author.
const LOCKED_OUT: &str = "This policy would prevent future FileSystemPolicy updates. Retry the request with the BypassPolicyLockoutSafetyCheck parameter to apply this policy.";

fn put(aws: &Aws, by: &Caller, id: &str, statement: &Value, bypass: bool) -> Response {
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
    let body = json!({
        "Policy": document.to_string(),
        "BypassPolicyLockoutSafetyCheck": bypass,
    });
    aws.efs(by, "PUT", &format!("file-systems/{id}/policy"), &body)
}

#[track_caller]
fn locked_out(response: Response) {
    let body = response.is(400).json();
    assert_eq!(body["ErrorCode"], "InvalidPolicyException");
    assert_eq!(body["Message"], LOCKED_OUT);
}

/// A statement without `Resource` is on the file system that has the policy, as the EFS
/// console writes it. Source: Amazon EFS User Guide, "Creating file system policies".
#[test]
fn a_deny_without_a_resource_denies() {
    let aws = Aws::enforcing();
    let id = aws.file_system("t");
    aws.may("ci", &everything());
    let statement = json!({
        "Effect": "Deny",
        "Principal": { "AWS": "*" },
        "Action": "*",
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    });
    put(&aws, &root(), &id, &statement, false).is(200);
    let targets = |by: &Caller, id: &str| {
        aws.efs(by, "GET", &format!("mount-targets?FileSystemId={id}"), &Value::Null)
    };
    let plain = Caller { headers: vec![("x-forwarded-proto", "http".to_owned())], ..caller("ci") };
    targets(&caller("ci"), &id).is(200);
    efs_denies(
        targets(&plain, &id),
        &format!(
            "User: {USER} is not authorized to perform: elasticfilesystem:DescribeMountTargets on the specified resource with an explicit deny in a resource-based policy"
        ),
    );
    targets(&plain, &aws.file_system("u")).is(200);
}

#[test]
fn an_allow_without_a_resource_allows_on_its_file_system_alone() {
    let aws = Aws::enforcing();
    let (id, other) = (aws.file_system("t"), aws.file_system("u"));
    aws.admin("PUT", "iam/principals/ci", &json!({})).is(204);
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "AWS": USER },
        "Action": "elasticfilesystem:DescribeMountTargets",
    });
    put(&aws, &root(), &id, &statement, false).is(200);
    let targets = |id: &str| {
        let path = format!("mount-targets?FileSystemId={id}");
        aws.efs(&caller("ci"), "GET", &path, &Value::Null).status
    };
    assert_eq!((targets(&id), targets(&other)), (200, 403));
}

/// The lock-out check is on the principal that makes the request. Source: Amazon EFS API
/// Reference, `PutFileSystemPolicy`, `BypassPolicyLockoutSafetyCheck`.
#[test]
fn nobody_denies_themselves_to_replace_the_policy() {
    let aws = Aws::enforcing();
    let id = aws.file_system("t");
    aws.may("ci", &everything());
    aws.may("ops", &everything());
    let (ci, ops) = (caller("ci"), caller("ops"));
    let deny = json!({
        "Effect": "Deny",
        "Principal": { "AWS": USER },
        "Action": "elasticfilesystem:PutFileSystemPolicy",
    });
    locked_out(put(&aws, &ci, &id, &deny, false));
    // The refused policy is not in force, and somebody else may put it.
    aws.efs(&ci, "GET", &format!("file-systems/{id}/policy"), &Value::Null).is(404);
    put(&aws, &ops, &id, &deny, false).is(200);
    put(&aws, &ci, &id, &deny, false).is(403);
    aws.efs(&root(), "DELETE", &format!("file-systems/{id}/policy"), &Value::Null).is(200);
    put(&aws, &ci, &id, &deny, true).is(200);
    put(&aws, &ci, &id, &deny, true).is(403);
}

#[test]
fn the_lock_out_check_minds_the_conditions_of_the_request() {
    let aws = Aws::enforcing();
    let id = aws.file_system("t");
    aws.may("ci", &everything());
    let deny = |condition: Value| {
        json!({
            "Effect": "Deny",
            "Principal": { "AWS": "*" },
            "Action": "elasticfilesystem:*",
            "Condition": condition,
        })
    };
    let named = |name: &str| deny(json!({ "StringEquals": { "aws:username": name } }));
    locked_out(put(&aws, &caller("ci"), &id, &named("ci"), false));
    put(&aws, &caller("ci"), &id, &named("ops"), false).is(200);
    let outside = deny(json!({ "NotIpAddress": { "aws:SourceIp": "192.0.2.0/24" } }));
    locked_out(put(&aws, &caller("ci"), &id, &outside, false));
    locked_out(put(&aws, &root(), &id, &outside, false));
}

#[test]
fn who_may_put_by_the_old_policy_alone_must_be_allowed_by_the_new_one() {
    let aws = Aws::enforcing();
    let id = aws.file_system("t");
    aws.may("ci", &json!([allow(&json!("elasticfilesystem:Describe*"))]));
    let grant = |actions: Value| json!({ "Effect": "Allow", "Principal": { "AWS": USER }, "Action": actions });
    put(&aws, &root(), &id, &grant(json!("elasticfilesystem:Put*")), false).is(200);
    let mount = grant(json!("elasticfilesystem:ClientMount"));
    locked_out(put(&aws, &caller("ci"), &id, &mount, false));
    put(&aws, &caller("ci"), &id, &grant(json!("elasticfilesystem:*")), false).is(200);
    put(&aws, &root(), &id, &mount, false).is(200);
    put(&aws, &caller("ci"), &id, &mount, false).is(403);
}

#[test]
fn a_stored_policy_that_cannot_be_read_is_an_error_and_not_no_policy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let flag = format!("--state={}", path.display());
    let open = || Aws::with(&["--enforce-iam", &flag]);
    let aws = open();
    let id = aws.file_system("t");
    let deny = json!({
        "Effect": "Deny",
        "Principal": "*",
        "Action": "elasticfilesystem:Client*",
    });
    put(&aws, &root(), &id, &deny, false).is(200);
    drop(aws);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("Deny"), "{text}");
    std::fs::write(&path, text.replace("Deny", "Refuse")).unwrap();
    let targets = format!("mount-targets?FileSystemId={id}");
    let body = open().efs(&root(), "GET", &targets, &Value::Null).is(500).body;
    assert!(body.contains(&id) && body.contains("Syntax errors in policy."), "{body}");
}
