//! `--enforce-iam`: who may call what, in each service's words.

use crate::support::{Aws, Caller, Response, caller, everything, root};
use serde_json::{Value, json};

pub(crate) const USER: &str = "arn:aws:iam::111122223333:user/ci";

pub(crate) fn allow(actions: &Value) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": "*" })
}

pub(crate) fn deny(action: &str) -> Value {
    json!({ "Effect": "Deny", "Action": action, "Resource": "*" })
}

#[track_caller]
pub(crate) fn efs_denies(response: Response, words: &str) {
    let body = response.is(403).json();
    assert_eq!(body["ErrorCode"], "AccessDeniedException");
    assert_eq!(body["Message"], words);
}

#[test]
fn without_enforcement_any_access_key_may_do_everything() {
    let aws = Aws::with(&[]);
    let anyone = caller("AKIAANYONE");
    aws.efs(&anyone, "POST", "file-systems", &json!({ "CreationToken": "t" })).is(201);
    let who = aws.sts(&anyone, &[("Action", "GetCallerIdentity")]).is(200);
    assert_eq!(who.xml("Arn"), "arn:aws:iam::111122223333:root");
}

#[test]
fn a_key_that_nobody_has_is_refused_as_each_service_refuses_it() {
    let aws = Aws::enforcing();
    let nobody = caller("AKIANOBODY");
    let efs = aws.efs(&nobody, "GET", "file-systems", &Value::Null).is(403);
    assert_eq!(efs.json()["ErrorCode"], "UnrecognizedClientException");
    let invalid = "The security token included in the request is invalid.";
    aws.sts(&nobody, &[("Action", "GetCallerIdentity")]).fails(
        403,
        "InvalidClientTokenId",
        invalid,
    );
    aws.iam(&nobody, &[("Action", "ListRoles")]).fails(403, "InvalidClientTokenId", invalid);
    let ec2 = "AWS was not able to validate the provided access credentials";
    aws.ec2(&nobody, "Action=DescribeVpcs").fails(401, "AuthFailure", ec2);
}

#[test]
fn a_principal_without_a_policy_is_told_who_it_is_and_nothing_else() {
    let aws = Aws::enforcing();
    aws.admin("PUT", "iam/principals/ci", &json!({})).is(204);
    let ci = caller("ci");
    // EFS's words: recorded from AWS, for example in rebuy-de/aws-nuke issue 264.
    efs_denies(
        aws.efs(&ci, "GET", "file-systems", &Value::Null),
        &format!(
            "User: {USER} is not authorized to perform: elasticfilesystem:DescribeFileSystems on the specified resource"
        ),
    );
    aws.ec2(&ci, "Action=DescribeSubnets").fails(
        403,
        "UnauthorizedOperation",
        &format!("You are not authorized to perform this operation. User: {USER} is not authorized to perform: ec2:DescribeSubnets because no identity-based policy allows the ec2:DescribeSubnets action"),
    );
    aws.iam(&ci, &[("Action", "GetRole"), ("RoleName", "driver")]).fails(
        403,
        "AccessDenied",
        &format!("User: {USER} is not authorized to perform: iam:GetRole on resource: arn:aws:iam::111122223333:role/driver because no identity-based policy allows the iam:GetRole action"),
    );
    // No permission is needed for this one. Source: AWS STS API Reference.
    let who = aws.sts(&ci, &[("Action", "GetCallerIdentity")]).is(200);
    assert_eq!(who.xml("Arn"), USER);
}

#[test]
fn what_changes_the_network_is_refused_with_a_message_that_sts_decodes() {
    let aws = Aws::enforcing();
    aws.may("ci", &json!([allow(&json!("sts:DecodeAuthorizationMessage"))]));
    let ci = caller("ci");
    let form = "Action=AuthorizeSecurityGroupIngress&GroupId=sg-0c0dec00000000003&IpPermissions.1.IpProtocol=-1";
    let refused = aws.ec2(&ci, form).is(403).xml("Message");
    let (words, encoded) = refused.split_once(". Encoded authorization failure message: ").unwrap();
    let group = "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0c0dec00000000003";
    assert!(words.contains(&format!("on resource: {group} because no identity-based policy")));
    let decode = |message: &str| {
        aws.sts(&ci, &[("Action", "DecodeAuthorizationMessage"), ("EncodedMessage", message)])
    };
    let decoded: Value =
        serde_json::from_str(&decode(encoded).is(200).xml("DecodedMessage")).unwrap();
    assert_eq!(decoded["allowed"], false);
    assert_eq!(decoded["context"]["action"], "ec2:AuthorizeSecurityGroupIngress");
    assert_eq!(decoded["context"]["resource"], group);
    decode("AAAA").fails(400, "InvalidAuthorizationMessageException", "Message is not valid");
}

#[test]
fn the_drivers_policy_of_aws_refuses_any_further_tag() {
    // aws-efs-csi-driver issues 1335 and 1921: a key in the chart's `controller.tags` makes
    // every claim fail.
    let aws = Aws::enforcing();
    let id = aws.file_system("t");
    let policy = "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy";
    aws.admin("PUT", "iam/principals/driver", &json!({ "policies": [policy] })).is(204);
    let driver = caller("driver");
    let create = |token: &str, keys: &[&str]| {
        let tags: Vec<Value> =
            keys.iter().map(|key| json!({ "Key": key, "Value": "true" })).collect();
        let body = json!({ "ClientToken": token, "FileSystemId": id, "Tags": tags });
        aws.efs(&driver, "POST", "access-points", &body)
    };
    create("a", &["efs.csi.aws.com/cluster"]).is(200);
    efs_denies(
        create("b", &["efs.csi.aws.com/cluster", "team"]),
        "User: arn:aws:iam::111122223333:user/driver is not authorized to perform: elasticfilesystem:CreateAccessPoint on the specified resource",
    );
    create("c", &[]).is(403);

    // It deletes what carries the tag, and nothing else.
    let body = json!({ "ClientToken": "d", "FileSystemId": id });
    let other = aws.efs(&root(), "POST", "access-points", &body).is(200).json();
    let all = aws.efs(&driver, "GET", "access-points", &Value::Null).is(200).json();
    for point in all["AccessPoints"].as_array().unwrap() {
        let id = point["AccessPointId"].as_str().unwrap();
        let expected = if point["AccessPointId"] == other["AccessPointId"] { 403 } else { 204 };
        aws.efs(&driver, "DELETE", &format!("access-points/{id}"), &Value::Null).is(expected);
    }
}

#[test]
fn a_file_systems_policy_denies_what_is_not_encrypted_in_transit() {
    let aws = Aws::enforcing();
    let id = aws.file_system("t");
    aws.may("ci", &everything());
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Principal": { "AWS": "*" },
            "Action": "*",
            "Resource": "*",
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }],
    });
    let body = json!({ "Policy": document.to_string() });
    aws.efs(&root(), "PUT", &format!("file-systems/{id}/policy"), &body).is(200);
    let path = format!("mount-targets?FileSystemId={id}");
    aws.efs(&caller("ci"), "GET", &path, &Value::Null).is(200);
    let plain = Caller { headers: vec![("x-forwarded-proto", "http".to_owned())], ..caller("ci") };
    efs_denies(
        aws.efs(&plain, "GET", &path, &Value::Null),
        &format!(
            "User: {USER} is not authorized to perform: elasticfilesystem:DescribeMountTargets on the specified resource with an explicit deny in a resource-based policy"
        ),
    );
    // Other file systems are not touched by it.
    let other = aws.file_system("u");
    let path = format!("mount-targets?FileSystemId={other}");
    aws.efs(&plain, "GET", &path, &Value::Null).is(200);
}

#[test]
fn a_file_systems_policy_allows_beside_identity_policies() {
    let aws = Aws::enforcing();
    let id = aws.file_system("t");
    aws.admin("PUT", "iam/principals/ci", &json!({})).is(204);
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": USER },
            "Action": "elasticfilesystem:DescribeMountTargets",
            "Resource": "*",
        }],
    });
    let body = json!({ "Policy": document.to_string() });
    aws.efs(&root(), "PUT", &format!("file-systems/{id}/policy"), &body).is(200);
    let path = format!("mount-targets?FileSystemId={id}");
    aws.efs(&caller("ci"), "GET", &path, &Value::Null).is(200);
    aws.efs(&caller("ci"), "GET", "file-systems", &Value::Null).is(403);
}

#[test]
fn boundaries_sessions_and_organizations_limit_in_their_own_words() {
    let aws = Aws::enforcing();
    let document = |statement: Value| json!({ "Version": "2012-10-17", "Statement": [statement] });
    let all = document(allow(&json!("*")));
    let only_ec2 = document(allow(&json!("ec2:*")));
    let no_efs = document(deny("elasticfilesystem:*"));
    let whole = |more: Value, control: Value| {
        let mut ci = json!({ "policies": [all] });
        for (key, value) in more.as_object().unwrap() {
            ci[key] = value.clone();
        }
        json!({ "principals": { "ci": ci }, "service_control_policies": control })
    };
    let cases = [
        (
            whole(json!({ "permissions_boundary": only_ec2 }), json!([])),
            "because no permissions boundary allows the elasticfilesystem:DescribeFileSystems action",
        ),
        (
            whole(json!({ "session_policies": [only_ec2] }), json!([])),
            "because no session policy allows the elasticfilesystem:DescribeFileSystems action",
        ),
        (
            whole(json!({ "session_policies": [all, no_efs] }), json!([])),
            "with an explicit deny in a session policy",
        ),
        (
            whole(json!({}), json!([[all], [only_ec2]])),
            "because no service control policy allows the elasticfilesystem:DescribeFileSystems action",
        ),
        (
            whole(json!({}), json!([[all, no_efs]])),
            "with an explicit deny in a service control policy",
        ),
    ];
    for (config, words) in cases {
        aws.admin("PUT", "iam", &config).is(204);
        efs_denies(
            aws.efs(&caller("ci"), "GET", "file-systems", &Value::Null),
            &format!(
                "User: {USER} is not authorized to perform: elasticfilesystem:DescribeFileSystems on the specified resource {words}"
            ),
        );
        aws.ec2(&caller("ci"), "Action=DescribeVpcs").is(200);
    }
}

#[test]
fn tags_of_resources_decide_where_a_policy_says_so() {
    let aws = Aws::enforcing();
    let own = json!({ "CreationToken": "own", "Tags": [{ "Key": "team", "Value": "graphs" }] });
    let own = aws.efs(&root(), "POST", "file-systems", &own).is(201).json();
    let own = own["FileSystemId"].as_str().unwrap();
    let other = aws.file_system("other");
    let statement = json!({
        "Effect": "Allow",
        "Action": "elasticfilesystem:DeleteFileSystem",
        "Resource": "arn:aws:elasticfilesystem:*:*:file-system/*",
        "Condition": { "StringEquals": { "aws:ResourceTag/team": "${aws:PrincipalTag/team}" } },
    });
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
    let ci = json!({ "policies": [document], "tags": { "team": "graphs" } });
    aws.admin("PUT", "iam/principals/ci", &ci).is(204);
    let delete = |id: &str| {
        aws.efs(&caller("ci"), "DELETE", &format!("file-systems/{id}"), &Value::Null).status
    };
    assert_eq!((delete(&other), delete(own)), (403, 204));
}

#[test]
fn callers_are_read_changed_and_removed_while_it_runs() {
    let aws = Aws::with(&[]);
    let ci = caller("ci");
    aws.may("ci", &json!([allow(&json!("ec2:*"))]));
    aws.efs(&ci, "GET", "file-systems", &Value::Null).is(200);
    aws.admin("PUT", "iam/enforced", &json!(true)).is(204);
    aws.efs(&ci, "GET", "file-systems", &Value::Null).is(403);
    let whole = aws.admin("GET", "iam", &Value::Null).is(200).json();
    assert_eq!(whole["enforced"], true);
    let statement = &whole["principals"]["ci"]["policies"][0]["Statement"][0];
    assert_eq!(statement["Action"], "ec2:*");
    aws.admin("DELETE", "iam/principals/ci", &Value::Null).is(204);
    aws.admin("GET", "iam/principals/ci", &Value::Null).is(404);
    let bad = json!({ "principals": { "ci": { "policies": [{ "Statement": [] }] } } });
    let refused = aws.admin("PUT", "iam", &bad).is(400).body;
    assert!(refused.starts_with("principals.ci: Syntax errors in policy."), "{refused}");
    let unknown = json!({ "policies": ["arn:aws:iam::aws:policy/NoSuchPolicy"] });
    let refused = aws.admin("PUT", "iam/principals/ci", &unknown).is(400).body;
    assert!(refused.contains("AmazonEFSCSIDriverPolicy"), "{refused}");
}

#[test]
fn flags_and_a_file_name_callers_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: Value| {
        let path = folder.path().join(name);
        std::fs::write(&path, content.to_string()).unwrap();
        path.display().to_string()
    };
    let document =
        json!({ "Version": "2012-10-17", "Statement": [allow(&json!("ec2:Describe*"))] });
    let policy = file("policy.json", document);
    let principals = file(
        "iam.json",
        json!({ "principals": { "ops": { "policies": ["arn:aws:iam::aws:policy/AdministratorAccess"] } } }),
    );
    let aws = Aws::with(&[
        "--enforce-iam",
        &format!("--principal=ci={policy}"),
        &format!("--iam-file={principals}"),
    ]);
    aws.ec2(&caller("ci"), "Action=DescribeVpcs").is(200);
    aws.efs(&caller("ci"), "GET", "file-systems", &Value::Null).is(403);
    aws.efs(&caller("ops"), "GET", "file-systems", &Value::Null).is(200);
}
