//! The STS API: temporary credentials, and who may have them.

use crate::support::{Aws, Caller, Response, caller, everything, root, session};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::111122223333:role/driver";
const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/0C0DEC";
const SUBJECT: &str = "system:serviceaccount:kube-system:efs-csi-controller-sa";

/// A role with a trust policy and all rights on EFS.
fn with_role(trust: &Value) -> Aws {
    let aws = Aws::enforcing();
    for user in ["ci", "other"] {
        aws.admin("PUT", &format!("iam/principals/{user}"), &json!({})).is(204);
    }
    let trust = json!({ "Version": "2012-10-17", "Statement": [trust] }).to_string();
    let create =
        [("Action", "CreateRole"), ("RoleName", "driver"), ("AssumeRolePolicyDocument", &trust)];
    aws.iam(&root(), &create).is(200);
    let policy = "arn:aws:iam::aws:policy/AmazonElasticFileSystemFullAccess";
    let attach = [("Action", "AttachRolePolicy"), ("RoleName", "driver"), ("PolicyArn", policy)];
    aws.iam(&root(), &attach).is(200);
    aws
}

fn trusting(principal: &Value) -> Value {
    json!({ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" })
}

fn assume(aws: &Aws, by: &Caller, more: &[(&str, &str)]) -> Response {
    let form = [("Action", "AssumeRole"), ("RoleArn", ROLE), ("RoleSessionName", "s1")];
    let form: Vec<(&str, &str)> = form.iter().chain(more).copied().collect();
    aws.sts(by, &form)
}

#[test]
fn a_session_acts_as_its_role_until_it_expires() {
    let aws = with_role(&trusting(&json!({ "AWS": "111122223333" })));
    aws.may("ci", &everything());
    let response = assume(&aws, &caller("ci"), &[]).is(200);
    assert_eq!(response.xml("Arn"), "arn:aws:sts::111122223333:assumed-role/driver/s1");
    assert!(response.xml("AccessKeyId").starts_with("ASIA"));
    let driver = session(&response);
    let who = aws.sts(&driver, &[("Action", "GetCallerIdentity")]).is(200);
    assert_eq!(who.xml("Arn"), "arn:aws:sts::111122223333:assumed-role/driver/s1");
    assert_eq!(who.xml("UserId"), response.xml("AssumedRoleId"));
    aws.efs(&driver, "GET", "file-systems", &Value::Null).is(200);
    aws.iam(&driver, &[("Action", "ListRoles")]).fails(
        403,
        "AccessDenied",
        "User: arn:aws:sts::111122223333:assumed-role/driver/s1 is not authorized to perform: iam:ListRoles because no identity-based policy allows the iam:ListRoles action",
    );
    let forged = Caller { token: Some("other".to_owned()), ..driver };
    aws.efs(&forged, "GET", "file-systems", &Value::Null).is(403);
}

/// Source: IAM User Guide, "IAM identifiers": the partition is `aws-cn` in the regions of
/// China, and `aws-us-gov` in those for the government of the US.
#[test]
fn the_arns_of_iam_and_sts_are_in_the_partition_of_the_region() {
    for (region, partition) in [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")] {
        let aws = Aws::enforcing();
        let there = |by: Caller| Caller { region, ..by };
        let who = |by: &Caller| aws.sts(by, &[("Action", "GetCallerIdentity")]).is(200).xml("Arn");
        let root = there(root());
        assert_eq!(who(&root), format!("arn:{partition}:iam::111122223333:root"));
        aws.may("ci", &everything());
        let ci = there(caller("ci"));
        assert_eq!(who(&ci), format!("arn:{partition}:iam::111122223333:user/ci"));

        let trust = trusting(&json!({ "AWS": format!("arn:{partition}:iam::111122223333:root") }));
        let trust = json!({ "Version": "2012-10-17", "Statement": [trust] }).to_string();
        let create = [
            ("Action", "CreateRole"),
            ("RoleName", "driver"),
            ("AssumeRolePolicyDocument", &trust),
        ];
        let role = aws.iam(&ci, &create).is(200).xml("Arn");
        assert_eq!(role, format!("arn:{partition}:iam::111122223333:role/driver"));
        let policy = format!("arn:{partition}:iam::aws:policy/AmazonElasticFileSystemFullAccess");
        let attach =
            [("Action", "AttachRolePolicy"), ("RoleName", "driver"), ("PolicyArn", &policy)];
        aws.iam(&ci, &attach).is(200);
        let form = [("Action", "AssumeRole"), ("RoleArn", &role), ("RoleSessionName", "s1")];
        let driver = there(session(&aws.sts(&ci, &form).is(200)));
        let session = format!("arn:{partition}:sts::111122223333:assumed-role/driver/s1");
        assert_eq!(who(&driver), session);
        aws.efs(&driver, "GET", "file-systems", &Value::Null).is(200);
        let subnets = aws.ec2(&ci, "Action=DescribeSubnets").is(200).xml("subnetArn");
        assert!(subnets.starts_with(&format!("arn:{partition}:ec2:{region}:")), "{subnets}");
    }
}

#[test]
fn a_role_is_assumed_by_whom_it_trusts() {
    let ci = caller("ci");
    let refused =
        "User: arn:aws:iam::111122223333:user/ci is not authorized to perform: sts:AssumeRole";
    // To trust the account leaves it to the account's identity policies.
    let aws = with_role(&trusting(&json!({ "AWS": "111122223333" })));
    aws.may("ci", &json!([{ "Effect": "Allow", "Action": "ec2:*", "Resource": "*" }]));
    assume(&aws, &ci, &[]).fails(
        403,
        "AccessDenied",
        &format!("{refused} on resource: {ROLE} because no identity-based policy allows the sts:AssumeRole action"),
    );
    // To trust the user is enough.
    let aws = with_role(&trusting(&json!({ "AWS": "arn:aws:iam::111122223333:user/ci" })));
    aws.may("ci", &json!([{ "Effect": "Allow", "Action": "ec2:*", "Resource": "*" }]));
    assume(&aws, &ci, &[]).is(200);
    // To trust somebody else is not. Source of the words: IAM User Guide.
    let aws = with_role(&trusting(&json!({ "AWS": "arn:aws:iam::111122223333:user/other" })));
    aws.may("ci", &everything());
    assume(&aws, &ci, &[]).fails(
        403,
        "AccessDenied",
        &format!("{refused} because no role trust policy allows the sts:AssumeRole action"),
    );
    let none = [
        ("Action", "AssumeRole"),
        ("RoleArn", "arn:aws:iam::111122223333:role/none"),
        ("RoleSessionName", "s1"),
    ];
    aws.sts(&ci, &none).fails(
        403,
        "AccessDenied",
        &format!("{refused} on resource: arn:aws:iam::111122223333:role/none"),
    );
}

#[test]
fn a_role_that_does_not_exist_is_assumed_by_nobody() {
    let aws = Aws::with(&[]);
    assume(&aws, &root(), &[]).fails(
        403,
        "AccessDenied",
        &format!(
            "User: arn:aws:iam::111122223333:root is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
        ),
    );
    let form = [
        ("Action", "CreateRole"),
        ("RoleName", "driver"),
        ("AssumeRolePolicyDocument", crate::iam::TRUST),
    ];
    aws.iam(&root(), &form).is(200);
    assume(&aws, &root(), &[]).is(200);
}

#[test]
fn tags_external_ids_and_session_policies_are_minded() {
    let mut trust = trusting(&json!({ "AWS": "*" }));
    trust["Condition"] = json!({ "StringEquals": { "sts:ExternalId": "secret" } });
    let aws = with_role(&trust);
    aws.may("ci", &everything());
    let ci = caller("ci");
    assume(&aws, &ci, &[]).is(403);
    let id = ("ExternalId", "secret");
    // Pod Identity's sessions carry tags, for which the trust needs `sts:TagSession` too.
    assume(&aws, &ci, &[id, ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "x")]).is(403);
    let narrow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}"#;
    let limited = session(&assume(&aws, &ci, &[id, ("Policy", narrow)]).is(200));
    let body = aws.efs(&limited, "GET", "file-systems", &Value::Null).is(403).json();
    assert!(body["Message"].as_str().unwrap().ends_with(
        "because no session policy allows the elasticfilesystem:DescribeFileSystems action"
    ));
    let read = "arn:aws:iam::aws:policy/AmazonElasticFileSystemReadOnlyAccess";
    let limited = session(&assume(&aws, &ci, &[id, ("PolicyArns.member.1.arn", read)]).is(200));
    aws.efs(&limited, "GET", "file-systems", &Value::Null).is(200);
    aws.efs(&limited, "POST", "file-systems", &json!({ "CreationToken": "t" })).is(403);
    assume(&aws, &ci, &[id, ("Policy", "{")]).fails(
        400,
        "MalformedPolicyDocument",
        "Syntax errors in policy.",
    );
    assert_eq!(
        assume(&aws, &ci, &[id, ("DurationSeconds", "60")]).is(400).xml("Code"),
        "ValidationError"
    );
}

#[test]
fn a_session_lasts_no_longer_than_the_role_lets_it() {
    let aws = with_role(&trusting(&json!({ "AWS": "*" })));
    let long = ("DurationSeconds", "7200");
    assume(&aws, &root(), &[long]).fails(
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
    let update = [("Action", "UpdateRole"), ("RoleName", "driver"), ("MaxSessionDuration", "7200")];
    aws.iam(&root(), &update).is(200);
    let first = session(&assume(&aws, &root(), &[long]).is(200));
    assume(&aws, &first, &[long]).fails(
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    );
    assume(&aws, &first, &[("DurationSeconds", "3600")]).is(200);
    let longest = assume(&aws, &root(), &[("DurationSeconds", "43201")]).is(400);
    assert_eq!(
        longest.xml("Message"),
        "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200"
    );
}

fn token(claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2lnbmF0dXJl", encode(&json!({ "alg": "RS256" })), encode(claims))
}

fn with_provider() -> Aws {
    let provider = format!("arn:aws:iam::111122223333:oidc-provider/{ISSUER}");
    let aws = with_role(&json!({
        "Effect": "Allow",
        "Principal": { "Federated": provider },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                format!("{ISSUER}:sub"): SUBJECT,
                format!("{ISSUER}:aud"): "sts.amazonaws.com",
            },
        },
    }));
    let url = format!("https://{ISSUER}");
    let create = [
        ("Action", "CreateOpenIDConnectProvider"),
        ("Url", &*url),
        ("ClientIDList.member.1", "sts.amazonaws.com"),
    ];
    aws.iam(&root(), &create).is(200);
    aws
}

#[test]
fn a_service_accounts_token_is_worth_the_role_that_trusts_it() {
    let aws = with_provider();
    let claims = |more: Value| {
        let mut claims = json!({
            "iss": format!("https://{ISSUER}"),
            "sub": SUBJECT,
            "aud": ["sts.amazonaws.com"],
            "exp": 4_102_444_800_u64,
        });
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    };
    let exchange = |more: Value| {
        let token = token(&claims(more));
        aws.sts_unsigned(&[
            ("Action", "AssumeRoleWithWebIdentity"),
            ("RoleArn", ROLE),
            ("RoleSessionName", "csi"),
            ("WebIdentityToken", &token),
        ])
    };
    let response = exchange(json!({})).is(200);
    assert_eq!(response.xml("SubjectFromWebIdentityToken"), SUBJECT);
    aws.efs(&session(&response), "GET", "file-systems", &Value::Null).is(200);

    let denied = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
    exchange(json!({ "sub": "system:serviceaccount:default:other" })).fails(
        403,
        "AccessDenied",
        denied,
    );
    exchange(json!({ "aud": "other" })).fails(
        400,
        "InvalidIdentityToken",
        "Incorrect token audience",
    );
    exchange(json!({ "iss": "https://other.example" })).fails(
        400,
        "InvalidIdentityToken",
        "No OpenIDConnect provider found in your account for https://other.example",
    );
    assert_eq!(exchange(json!({ "exp": 1 })).is(400).xml("Code"), "ExpiredTokenException");
    let nonsense = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("RoleArn", ROLE),
        ("RoleSessionName", "csi"),
        ("WebIdentityToken", "nonsense"),
    ];
    assert_eq!(aws.sts_unsigned(&nonsense).is(400).xml("Code"), "InvalidIdentityToken");
}

#[test]
fn a_session_token_stands_for_its_user() {
    let aws = Aws::enforcing();
    aws.may("ci", &json!([{ "Effect": "Allow", "Action": "ec2:*", "Resource": "*" }]));
    let ci = session(&aws.sts(&caller("ci"), &[("Action", "GetSessionToken")]).is(200));
    let who = aws.sts(&ci, &[("Action", "GetCallerIdentity")]).is(200);
    assert_eq!(who.xml("Arn"), "arn:aws:iam::111122223333:user/ci");
    aws.ec2(&ci, "Action=DescribeVpcs").is(200);
    aws.efs(&ci, "GET", "file-systems", &Value::Null).is(403);
    aws.sts(&ci, &[("Action", "GetSessionToken")]).fails(
        403,
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    );
}

#[test]
fn what_needs_a_signature_is_refused_without_one() {
    let aws = Aws::with(&[]);
    aws.sts_unsigned(&[("Action", "GetCallerIdentity")]).fails(
        403,
        "MissingAuthenticationToken",
        "Request is missing Authentication Token",
    );
    let other = [("Action", "GetFederationToken")];
    aws.sts(&root(), &other)
        .not_served("the sandbox does not serve the STS operation GetFederationToken");
    // "Calling AssumeRoleWithSAML does not require the use of AWS security credentials"
    // (AWS STS API Reference, `AssumeRoleWithSAML`).
    aws.sts_unsigned(&[("Action", "AssumeRoleWithSAML")])
        .not_served("the sandbox does not serve the STS operation AssumeRoleWithSAML");
}
