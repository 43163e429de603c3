//! The global condition keys: what a request, its caller and its resource tell of themselves.
//!
//! Source: IAM User Guide, "AWS global condition context keys".

use serde_json::{Value, json};

use crate::support::{Aws, Caller, Response, caller, everything, root, session};

const PATH: &str = "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/";

/// Whether a policy with this condition lets the caller list file systems.
#[track_caller]
fn holds(aws: &Aws, by: &Caller, condition: &Value) -> bool {
    aws.may(
        &by.key,
        &json!([{ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition }]),
    );
    let response: Response = aws.efs(by, "GET", "file-systems", &Value::Null);
    assert!([200, 403].contains(&response.status), "{}", response.body);
    response.status == 200
}

fn equals(key: &str, value: &str) -> Value {
    json!({ "StringEquals": { key: value } })
}

fn absent(key: &str) -> Value {
    json!({ "Null": { key: "true" } })
}

#[test]
fn a_request_tells_its_caller_its_owner_its_place_and_its_way() {
    let aws = Aws::enforcing();
    let mut ci = caller("ci");
    ci.headers = vec![
        ("x-forwarded-for", "203.0.113.9".to_owned()),
        ("user-agent", "terraform".to_owned()),
        ("referer", "https://example.com/".to_owned()),
    ];
    let arn = "arn:aws:iam::111122223333:user/ci";
    for (key, value) in [
        ("aws:PrincipalAccount", "111122223333"),
        ("aws:PrincipalArn", arn),
        ("aws:PrincipalType", "User"),
        ("aws:PrincipalIsAWSService", "false"),
        ("aws:username", "ci"),
        ("aws:ResourceAccount", "111122223333"),
        ("aws:RequestedRegion", "eu-west-1"),
        ("aws:SecureTransport", "true"),
        ("aws:ViaAWSService", "false"),
        ("aws:UserAgent", "terraform"),
        ("aws:Referer", "https://example.com/"),
    ] {
        assert!(holds(&aws, &ci, &equals(key, value)), "{key} is {value}");
        assert!(!holds(&aws, &ci, &equals(key, "else")), "{key} is {value}");
    }
    assert!(holds(&aws, &ci, &json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } })));
    assert!(!holds(&aws, &ci, &json!({ "IpAddress": { "aws:SourceIp": "198.51.100.0/24" } })));
    let past = json!({ "DateGreaterThan": { "aws:CurrentTime": "2020-01-01T00:00:00Z" } });
    assert!(holds(&aws, &ci, &past));
    assert!(holds(&aws, &ci, &json!({ "NumericGreaterThan": { "aws:EpochTime": "1577836800" } })));
    for key in [
        "aws:CalledVia",
        "aws:FederatedProvider",
        "aws:MultiFactorAuthPresent",
        "aws:PrincipalOrgID",
        "aws:ResourceOrgID",
        "aws:SourceArn",
        "aws:SourceVpc",
        "aws:TokenIssueTime",
    ] {
        assert!(holds(&aws, &ci, &absent(key)), "{key} is absent");
    }
    ci.headers = vec![("x-forwarded-proto", "http".to_owned())];
    assert!(holds(&aws, &ci, &equals("aws:SecureTransport", "false")));
}

#[test]
fn an_account_in_an_organization_tells_where_it_is() {
    let aws = Aws::enforcing();
    aws.admin("PUT", "iam", &json!({ "organization_path": PATH })).is(204);
    let ci = caller("ci");
    for whose in ["Principal", "Resource"] {
        let id = format!("aws:{whose}OrgID");
        assert!(holds(&aws, &ci, &equals(&id, "o-a1b2c3d4e5")), "{id}");
        assert!(!holds(&aws, &ci, &equals(&id, "o-other")), "{id}");
        let paths = format!("aws:{whose}OrgPaths");
        let below = |path: &str| json!({ "ForAnyValue:StringLike": { &*paths: path } });
        assert!(holds(&aws, &ci, &below("o-a1b2c3d4e5/r-ab12/*")), "{paths}");
        assert!(!holds(&aws, &ci, &below("o-a1b2c3d4e5/r-else/*")), "{paths}");
    }
    assert_eq!(aws.admin("GET", "iam", &Value::Null).json()["organization_path"], PATH);
    let wrong = aws.admin("PUT", "iam", &json!({ "organization_path": "o-1" })).is(400).body;
    assert!(wrong.contains("help: write it as"), "{wrong}");
}

#[test]
fn temporary_credentials_tell_their_age_and_that_no_device_vouched_for_them() {
    let aws = Aws::enforcing();
    aws.may("ci", &everything());
    let response = aws.sts(&caller("ci"), &[("Action", "GetSessionToken")]).is(200);
    let temporary = session(&response);
    for (condition, expected) in [
        (equals("aws:MultiFactorAuthPresent", "false"), true),
        (json!({ "DateGreaterThan": { "aws:TokenIssueTime": "2020-01-01T00:00:00Z" } }), true),
        (absent("aws:TokenIssueTime"), false),
    ] {
        aws.may(
            "ci",
            &json!([{ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition }]),
        );
        let status = aws.efs(&temporary, "GET", "file-systems", &Value::Null).status;
        assert_eq!(status == 200, expected, "{condition}");
    }
}

/// "…`aws:ViaAWSService` … when a service makes a request to another service on the caller's
/// behalf".
#[test]
fn what_efs_does_in_ec2_for_the_caller_is_called_via_efs() {
    let aws = Aws::enforcing();
    let id = aws.file_system("t");
    let body = json!({ "FileSystemId": id, "SubnetId": "subnet-0c0dec0000000010a" });
    let create =
        |condition: &Value| {
            aws.may("ci", &json!([
            { "Effect": "Allow", "Action": ["elasticfilesystem:*", "iam:*"], "Resource": "*" },
            { "Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Condition": condition },
        ]));
            let made = aws.efs(&caller("ci"), "POST", "mount-targets", &body);
            if made.status == 200 {
                let target = made.json()["MountTargetId"].as_str().unwrap().to_owned();
                let path = format!("mount-targets/{target}");
                aws.efs(&root(), "DELETE", &path, &Value::Null).is(204);
            }
            made.status
        };
    let via = "elasticfilesystem.amazonaws.com";
    assert_eq!(create(&equals("aws:ViaAWSService", "true")), 200);
    assert_eq!(create(&equals("aws:CalledViaFirst", via)), 200);
    assert_eq!(create(&json!({ "ForAnyValue:StringEquals": { "aws:CalledVia": [via] } })), 200);
    assert_eq!(create(&equals("aws:ViaAWSService", "false")), 403);
    assert_eq!(create(&json!({ "IpAddress": { "aws:SourceIp": "127.0.0.1" } })), 403);
}
