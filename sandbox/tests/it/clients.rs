//! NFS clients and the file system's policy, and the two condition keys that only they have.
//!
//! Source: Amazon EFS User Guide, "Using IAM to control access to file systems"; Service
//! Authorization Reference, which has both keys for the three `Client` actions alone.

use serde_json::{Value, json};

use crate::access::USER;
use crate::iam::{TRUST, call};
use crate::support::{Aws, caller, everything, root};

const VIA: &str = "elasticfilesystem:AccessedViaMountTarget";
const POINT: &str = "elasticfilesystem:AccessPointArn";
const ALL: [bool; 3] = [true; 3];
const NONE: [bool; 3] = [false; 3];

/// A file system with a mount target and an access point.
struct Storage {
    aws: Aws,
    id: String,
    target: String,
    point: String,
}

impl Storage {
    fn new() -> Storage {
        let aws = Aws::enforcing();
        let id = aws.file_system("t");
        let made = |path: &str, body: &Value, member: &str| {
            let made = aws.efs(&root(), "POST", path, body).is(200).json();
            made[member].as_str().unwrap().to_owned()
        };
        let body = json!({ "FileSystemId": id, "SubnetId": "subnet-0c0dec0000000010a" });
        let target = made("mount-targets", &body, "MountTargetId");
        let body = json!({ "FileSystemId": id, "ClientToken": "p" });
        let point = made("access-points", &body, "AccessPointId");
        Storage { aws, id, target, point }
    }

    #[track_caller]
    fn put(&self, statements: &Value) {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        let path = format!("file-systems/{}/policy", self.id);
        self.aws.efs(&root(), "PUT", &path, &json!({ "Policy": policy })).is(200);
    }

    /// Whether a client that connects so may mount, write, and be root.
    #[track_caller]
    fn may(&self, client: &Value) -> [bool; 3] {
        let path = format!("clients/eu-west-1/{}", self.id);
        let told = self.aws.admin("POST", &path, client).is(200).json();
        ["ClientMount", "ClientWrite", "ClientRootAccess"]
            .map(|action| told[&format!("elasticfilesystem:{action}")] == "allowed")
    }

    /// A client that mounts by the mount target and encrypts in transit.
    fn tls(&self) -> Value {
        json!({ "MountTargetId": self.target, "Tls": true })
    }

    fn plain(&self) -> Value {
        json!({ "MountTargetId": self.target })
    }
}

fn allow(actions: &[&str], condition: &Value) -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": actions, "Condition": condition })
}

fn deny_without_tls() -> Value {
    json!({
        "Effect": "Deny",
        "Principal": { "AWS": "*" },
        "Action": "*",
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    })
}

fn via_mount_target() -> Value {
    json!({ "Bool": { VIA: "true" } })
}

#[test]
fn without_a_policy_every_client_that_reaches_a_mount_target_may_do_everything() {
    let storage = Storage::new();
    assert_eq!(storage.may(&storage.plain()), ALL);
    assert_eq!(storage.may(&storage.tls()), ALL);
    assert_eq!(storage.may(&json!({ "Tls": true })), NONE);
    assert_eq!(storage.may(&json!({ "AvailabilityZoneName": "eu-west-1a" })), ALL);
}

/// What this project's own policy for file systems says: a deny without TLS, and an allow by
/// mount targets. The deny alone breaks every mount.
#[test]
fn a_policy_that_enforces_tls_needs_an_allow_for_clients_of_mount_targets() {
    let storage = Storage::new();
    let client = ["elasticfilesystem:Client*"];
    storage.put(&json!([deny_without_tls(), allow(&client, &via_mount_target())]));
    assert_eq!(storage.may(&storage.tls()), ALL);
    assert_eq!(storage.may(&storage.plain()), NONE);
    assert_eq!(storage.may(&json!({ "Tls": true })), NONE);
    storage.put(&json!([deny_without_tls()]));
    assert_eq!(storage.may(&storage.tls()), NONE);
    let squashed = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"];
    storage.put(&json!([allow(&squashed, &via_mount_target())]));
    assert_eq!(storage.may(&storage.plain()), [true, true, false]);
}

/// "You can use an IAM policy to enforce that a specific NFS client, identified by its IAM role,
/// can only access a specific access point." Source: "Using access points in IAM policies".
#[test]
fn a_role_is_held_to_its_access_point() {
    let storage = Storage::new();
    let trust = [("RoleName", "app"), ("AssumeRolePolicyDocument", TRUST)];
    call(&storage.aws, "CreateRole", &trust).is(200);
    let role = "arn:aws:iam::111122223333:role/app";
    let arn =
        format!("arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/{}", storage.point);
    storage.put(&json!([{
        "Effect": "Allow",
        "Principal": { "AWS": role },
        "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        "Condition": { "StringEquals": { POINT: arn } },
    }]));
    let client = |principal: Option<&str>, point: Option<&str>| {
        let mut client = storage.tls();
        client["PrincipalArn"] = json!(principal);
        client["AccessPointId"] = json!(point);
        storage.may(&client)
    };
    let point = Some(storage.point.as_str());
    assert_eq!(client(Some(role), point), [true, true, false]);
    assert_eq!(client(Some(role), None), NONE, "not by its access point");
    assert_eq!(client(None, point), NONE, "it does not identify itself");
    // The role's own policies count beside the file system's.
    let own = json!({ "Version": "2012-10-17", "Statement": everything() }).to_string();
    let inline = [("RoleName", "app"), ("PolicyName", "own"), ("PolicyDocument", own.as_str())];
    call(&storage.aws, "PutRolePolicy", &inline).is(200);
    assert_eq!(client(Some(role), None), ALL);
}

#[test]
fn a_client_of_what_does_not_exist_or_is_elsewhere_is_told_so() {
    let storage = Storage::new();
    let other = storage.aws.file_system("u");
    for (id, client, status) in [
        (&*storage.id, json!({ "MountTargetId": "fsmt-01234567" }), 404),
        (&*storage.id, json!({ "AccessPointId": "fsap-01234567" }), 404),
        (&*storage.id, json!({ "PrincipalArn": "arn:aws:iam::111122223333:role/none" }), 404),
        (&*other, storage.tls(), 404),
        ("fs-01234567", json!({}), 404),
        (&*storage.id, json!({ "Color": "red" }), 400),
        (&*storage.id, json!({ "AvailabilityZoneName": "eu-west-1c" }), 404),
        (&*storage.id, json!({ "AvailabilityZoneName": "a", "MountTargetId": "fsmt-1" }), 400),
    ] {
        storage.aws.admin("POST", &format!("clients/eu-west-1/{id}"), &client).is(status);
    }
}

/// A call of EFS's API, under a file-system policy with this statement of `elasticfilesystem:*`.
fn api_call_under(effect: &str, condition: &Value) -> u16 {
    let storage = Storage::new();
    if effect == "Deny" {
        storage.aws.may("ci", &everything());
    } else {
        storage.aws.admin("PUT", "iam/principals/ci", &json!({})).is(204);
    }
    // Nobody else is meant, or the lock-out check would refuse the policy to its author.
    let statement = json!({
        "Effect": effect,
        "Principal": { "AWS": USER },
        "Action": "elasticfilesystem:*",
        "Condition": condition,
    });
    storage.put(&json!([statement]));
    let path = format!("mount-targets?FileSystemId={}", storage.id);
    storage.aws.efs(&caller("ci"), "GET", &path, &Value::Null).status
}

#[test]
fn a_call_of_the_api_has_neither_key() {
    let (refused, answered) = (403, 200);
    for (effect, condition, status) in [
        ("Allow", via_mount_target(), refused),
        ("Allow", json!({ "Bool": { VIA: "false" } }), refused),
        ("Allow", json!({ "BoolIfExists": { VIA: "true" } }), answered),
        ("Allow", json!({ "Null": { VIA: "true" } }), answered),
        ("Allow", json!({ "Null": { VIA: "false" } }), refused),
        ("Allow", json!({ "ArnLike": { POINT: "*" } }), refused),
        ("Allow", json!({ "ArnLikeIfExists": { POINT: "none" } }), answered),
        ("Deny", json!({ "Bool": { VIA: "false" } }), answered),
        // Meant for clients beside the mount targets, it denies the whole API.
        ("Deny", json!({ "BoolIfExists": { VIA: "false" } }), refused),
        ("Deny", json!({ "StringEquals": { POINT: "none" } }), answered),
        // A negated operator holds where the key is absent.
        ("Deny", json!({ "StringNotEquals": { POINT: "none" } }), refused),
        ("Deny", json!({ "Null": { POINT: "true" } }), refused),
    ] {
        assert_eq!(api_call_under(effect, &condition), status, "{effect} where {condition}");
    }
}

#[test]
fn a_deny_that_was_meant_for_clients_and_locks_its_author_out_is_refused() {
    let storage = Storage::new();
    let statement = |actions: &str| {
        json!([{
            "Effect": "Deny",
            "Principal": { "AWS": "*" },
            "Action": actions,
            "Condition": { "StringNotEquals": { POINT: "arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/fsap-01234567" } },
        }])
    };
    let policy = json!({ "Version": "2012-10-17", "Statement": statement("elasticfilesystem:*") });
    let path = format!("file-systems/{}/policy", storage.id);
    let body = json!({ "Policy": policy.to_string() });
    let refused = storage.aws.efs(&root(), "PUT", &path, &body).is(400).json();
    assert_eq!(refused["ErrorCode"], "InvalidPolicyException");
    storage.put(&statement("elasticfilesystem:Client*"));
}

/// Simulation takes both keys from the request (`ContextEntries`), and tells where they are
/// missing.
#[test]
fn simulation_decides_for_clients_by_the_keys_that_it_is_given() {
    let aws = Aws::enforcing();
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Action": "elasticfilesystem:ClientMount",
        "Resource": "*",
        "Condition": { "Bool": { VIA: "true" }, "ArnLike": { POINT: "arn:aws:elasticfilesystem:*:*:access-point/fsap-0123456789abcdef0" } },
    }]})
    .to_string();
    let simulate = |keys: &[(&str, &str)]| {
        let mut form = vec![
            ("PolicyInputList.member.1".to_owned(), policy.clone()),
            ("ActionNames.member.1".to_owned(), "elasticfilesystem:ClientMount".to_owned()),
        ];
        for (n, (key, value)) in (1..).zip(keys) {
            let entry = format!("ContextEntries.member.{n}");
            form.push((format!("{entry}.ContextKeyName"), (*key).to_owned()));
            form.push((format!("{entry}.ContextKeyValues.member.1"), (*value).to_owned()));
        }
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        call(&aws, "SimulateCustomPolicy", &form).is(200)
    };
    let point =
        "arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/fsap-0123456789abcdef0";
    assert_eq!(simulate(&[(VIA, "true"), (POINT, point)]).xml("EvalDecision"), "allowed");
    let other = point.replace("def0", "def1");
    assert_eq!(simulate(&[(VIA, "true"), (POINT, &other)]).xml("EvalDecision"), "implicitDeny");
    assert_eq!(simulate(&[(VIA, "false"), (POINT, point)]).xml("EvalDecision"), "implicitDeny");
    let lacking = simulate(&[(VIA, "true")]);
    assert_eq!(lacking.xml("EvalDecision"), "implicitDeny");
    assert!(lacking.xml("MissingContextValues").contains(POINT), "{}", lacking.body);
}
