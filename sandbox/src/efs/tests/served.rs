//! Everything that EFS's model names is served, and nothing else is pretended to be.

use serde_json::{Value, json};

use super::*;

/// A request: method, path and body.
type Step = (&'static str, String, Value);

/// One successful request of every operation, in an order in which each finds what it needs.
fn tour(aws: &Aws, id: &str, target: &str, point: &str, destination: &str) -> Vec<Step> {
    let mut steps = tour_of_file_systems(id, destination);
    steps.extend(tour_of_targets_and_points(id, target, point));
    steps.extend([
        ("PUT", "account-preferences".to_owned(), json!({ "ResourceIdType": "LONG_ID" })),
        ("GET", "account-preferences".to_owned(), Value::Null),
        ("PUT", format!("file-systems/{id}"), json!({ "ThroughputMode": "elastic" })),
        (
            "DELETE",
            format!("file-systems/{}", aws.file_system(&json!({ "CreationToken": "last" }))),
            Value::Null,
        ),
    ]);
    steps
}

/// File systems, their configurations, and replication.
fn tour_of_file_systems(id: &str, destination: &str) -> Vec<Step> {
    let file_system = |rest: &str| format!("file-systems/{id}{rest}");
    vec![
        ("POST", "file-systems".to_owned(), json!({ "CreationToken": "tour" })),
        ("GET", "file-systems".to_owned(), Value::Null),
        (
            "PUT",
            file_system("/lifecycle-configuration"),
            json!({ "LifecyclePolicies": [{ "TransitionToIA": "AFTER_30_DAYS" }] }),
        ),
        ("GET", file_system("/lifecycle-configuration"), Value::Null),
        ("PUT", file_system("/backup-policy"), json!({ "BackupPolicy": { "Status": "ENABLED" } })),
        ("GET", file_system("/backup-policy"), Value::Null),
        ("PUT", file_system("/policy"), json!({ "Policy": policies::TLS_ONLY })),
        ("GET", file_system("/policy"), Value::Null),
        ("DELETE", file_system("/policy"), Value::Null),
        (
            "PUT",
            file_system("/protection"),
            json!({ "ReplicationOverwriteProtection": "DISABLED" }),
        ),
        (
            "POST",
            format!("file-systems/{id}/replication-configuration"),
            json!({ "Destinations": [{ "FileSystemId": destination }] }),
        ),
        ("GET", "file-systems/replication-configurations".to_owned(), Value::Null),
        ("DELETE", format!("file-systems/{id}/replication-configuration"), Value::Null),
    ]
}

/// Mount targets, access points, and the tags of both APIs.
fn tour_of_targets_and_points(id: &str, target: &str, point: &str) -> Vec<Step> {
    vec![
        ("POST", "mount-targets".to_owned(), json!({ "FileSystemId": id, "SubnetId": SUBNET_B })),
        ("GET", format!("mount-targets?FileSystemId={id}"), Value::Null),
        (
            "PUT",
            format!("mount-targets/{target}/security-groups"),
            json!({ "SecurityGroups": ["sg-0c0dec00000000001"] }),
        ),
        ("GET", format!("mount-targets/{target}/security-groups"), Value::Null),
        ("DELETE", format!("mount-targets/{target}"), Value::Null),
        ("POST", "access-points".to_owned(), json!({ "ClientToken": "tour", "FileSystemId": id })),
        ("GET", "access-points".to_owned(), Value::Null),
        (
            "POST",
            format!("resource-tags/{point}"),
            json!({ "Tags": [{ "Key": "a", "Value": "b" }] }),
        ),
        ("GET", format!("resource-tags/{point}"), Value::Null),
        ("DELETE", format!("resource-tags/{point}?tagKeys=a"), Value::Null),
        ("DELETE", format!("access-points/{point}"), Value::Null),
        ("POST", format!("create-tags/{id}"), json!({ "Tags": [{ "Key": "a", "Value": "b" }] })),
        ("GET", format!("tags/{id}/"), Value::Null),
        ("POST", format!("delete-tags/{id}"), json!({ "TagKeys": ["a"] })),
    ]
}

#[test]
fn all_31_operations_answer_as_their_model_says() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let destination = aws.file_system(&json!({}));
    aws.put(
        &format!("file-systems/{destination}/protection"),
        json!({ "ReplicationOverwriteProtection": "DISABLED" }),
    )
    .ok();
    let target = text(&aws.mount_target(&id, SUBNET_A, &json!({})).ok()["MountTargetId"]);
    let point = text(&aws.access_point(&id, "p", &json!({})).ok()["AccessPointId"]);
    let mut served = std::collections::BTreeSet::new();
    for (method, path, body) in tour(&aws, &id, &target, &point, &destination) {
        let plain = path.split('?').next().unwrap();
        let segments: Vec<String> = ["2015-02-01"]
            .into_iter()
            .chain(plain.split('/'))
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        served.insert(MODEL.route(method, &segments).unwrap().name);
        aws.call(method, &path, &body).ok();
        aws.wait(1000);
    }
    assert_eq!(served.len(), 31);
    assert_eq!(served, MODEL.operations.keys().map(String::as_str).collect());
}

#[test]
fn what_efs_does_not_have_is_501_with_a_sentence_and_no_code() {
    let aws = Aws::new();
    for (method, path) in [
        ("GET", "replications"),
        ("PATCH", "file-systems"),
        ("POST", "file-systems/fs-01234567/restore"),
        ("GET", ""),
    ] {
        let reply = aws.call(method, path, &Value::Null);
        assert_eq!(reply.status, 501, "{method} {path}");
        assert_eq!(reply.body.get("ErrorCode"), None);
        let message = text(&reply.body["Message"]);
        assert!(message.contains(method) && message.contains(path), "{message}");
    }
}

/// A path with its ids.
fn fill(path: &str, id: &str, point: &str, target: &str) -> String {
    path.replace("{FileSystemId}", id)
        .replace("{SourceFileSystemId}", id)
        .replace("{ResourceId}", id)
        .replace("{AccessPointId}", point)
        .replace("{MountTargetId}", target)
}

/// A body for an operation that is right but for the id.
fn body(name: &str, id: &str) -> Value {
    match name {
        "CreateAccessPoint" => json!({ "ClientToken": "t", "FileSystemId": id }),
        "CreateMountTarget" => json!({ "FileSystemId": id, "SubnetId": SUBNET_A }),
        "CreateReplicationConfiguration" => json!({ "Destinations": [{ "Region": "eu-north-1" }] }),
        "CreateTags" | "TagResource" => json!({ "Tags": [] }),
        "DeleteTags" => json!({ "TagKeys": ["a"] }),
        "ModifyMountTargetSecurityGroups" => json!({}),
        "PutBackupPolicy" => json!({ "BackupPolicy": { "Status": "ENABLED" } }),
        "PutFileSystemPolicy" => json!({ "Policy": policies::TLS_ONLY }),
        "PutLifecycleConfiguration" => json!({ "LifecyclePolicies": [] }),
        "UpdateFileSystem" => json!({ "ThroughputMode": "elastic" }),
        "UpdateFileSystemProtection" => json!({ "ReplicationOverwriteProtection": "DISABLED" }),
        _ => Value::Null,
    }
}

/// The query that an operation takes an id in, or needs beside it.
fn query(name: &str) -> &'static str {
    match name {
        "UntagResource" => "?tagKeys=a",
        "DescribeFileSystems"
        | "DescribeMountTargets"
        | "DescribeAccessPoints"
        | "DescribeReplicationConfigurations" => "?FileSystemId={FileSystemId}",
        _ => "",
    }
}

/// Every operation that takes an id refuses a malformed one (its model's pattern) and one
/// that names nothing, each with its own code.
#[test]
fn malformed_ids_and_unknown_ones_are_two_things() {
    let aws = Aws::new();
    let mut tried = 0;
    for (name, operation) in &MODEL.operations {
        let template = operation.path.trim_start_matches("/2015-02-01/");
        let template = format!("{template}{}", query(name));
        let method = &operation.method;
        let takes_id = template.contains('{')
            || ["CreateAccessPoint", "CreateMountTarget"].contains(&name.as_str());
        if !takes_id {
            continue;
        }
        tried += 1;
        let malformed = aws.call(
            method,
            &fill(&template, "fs-xyz", "fsap-xyz", "fsmt-xyz"),
            &body(name, "fs-xyz"),
        );
        let code = if operation.lists("ValidationException") {
            "ValidationException"
        } else {
            "BadRequest"
        };
        let message = malformed.refused(code);
        assert!(message.contains(" detected: Value '"), "{name}: {message}");
        let unknown = aws.call(
            method,
            &fill(&template, "fs-01234567", "fsap-01234567", "fsmt-01234567"),
            &body(name, "fs-01234567"),
        );
        assert_eq!(unknown.status, 404, "{name}: {}", unknown.body);
        let code = text(&unknown.body["ErrorCode"]);
        assert!(
            ["FileSystemNotFound", "AccessPointNotFound", "MountTargetNotFound"]
                .contains(&code.as_str()),
            "{name}: {code}"
        );
    }
    // All but those of the account, and the creation of a file system.
    assert_eq!(tried, 31 - 3);
}

#[test]
fn a_body_that_cannot_be_read_is_refused_and_one_over_the_limit_too() {
    let aws = Aws::new();
    let path = "/2015-02-01/file-systems";
    let (status, code, body) = aws.send("POST", path, "elasticfilesystem", b"{ not json");
    assert_eq!(
        (status, code.as_deref()),
        (400, Some("BadRequest")),
        "{}",
        String::from_utf8_lossy(&body)
    );
    let large = vec![b' '; 2 * 1024 * 1024];
    let (status, code, _) = aws.send("POST", path, "elasticfilesystem", &large);
    assert_eq!((status, code.as_deref()), (413, Some("RequestEntityTooLargeException")));
}

#[test]
fn credentials_for_another_service_are_refused() {
    let aws = Aws::new();
    let (status, code, _) = aws.send("GET", "/2015-02-01/file-systems", "ec2", b"");
    assert_eq!((status, code.as_deref()), (403, Some("InvalidSignatureException")));
}

#[test]
fn credentials_for_a_region_that_does_not_exist_are_refused() {
    let mut aws = Aws::new();
    for region in ["eu-moon-1", "eu-west-1a"] {
        aws.region(region).get("file-systems").refused("InvalidSignatureException");
    }
    let aws = aws.region("cn-north-1");
    let id = aws.file_system(&json!({}));
    let arn = text(&aws.described(&id)["FileSystemArn"]);
    assert!(arn.starts_with("arn:aws-cn:elasticfilesystem:cn-north-1:"), "{arn}");
}

#[test]
fn short_ids_cannot_be_preferred_any_more() {
    let aws = Aws::new();
    let body = aws.get("account-preferences").ok();
    assert_eq!(body["ResourceIdPreference"]["ResourceIdType"], "LONG_ID");
    assert_eq!(body["ResourceIdPreference"]["Resources"], json!(["FILE_SYSTEM", "MOUNT_TARGET"]));
    aws.put("account-preferences", json!({ "ResourceIdType": "SHORT_ID" })).refused("BadRequest");
    aws.put("account-preferences", json!({})).refused("BadRequest");
    aws.call("GET", "account-preferences", &json!({ "NextToken": "made up" }))
        .refused("ValidationException");
    aws.call("GET", "account-preferences", &json!({ "MaxResults": 0 }))
        .refused("ValidationException");
}
