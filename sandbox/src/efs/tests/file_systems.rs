//! Creating, describing, updating and deleting of file systems.

use serde_json::{Value, json};

use super::*;

#[test]
fn a_new_file_system_is_empty_and_was_never_metered() {
    let aws = Aws::new();
    let made = aws
        .post(
            "file-systems",
            json!({ "CreationToken": "a", "Tags": [{ "Key": "Name", "Value": "n" }] }),
        )
        .ok();
    assert_eq!(made["LifeCycleState"], "creating");
    assert_eq!(made["SizeInBytes"]["Value"], 0);
    assert_eq!(made["SizeInBytes"].get("Timestamp"), None, "facts: 0 without a timestamp");
    assert_eq!(made["Name"], "n");
    assert_eq!(made["FileSystemProtection"]["ReplicationOverwriteProtection"], "ENABLED");
    assert_eq!(
        (&made["PerformanceMode"], &made["ThroughputMode"]),
        (&json!("generalPurpose"), &json!("bursting"))
    );
    assert_eq!(made["Encrypted"], false);
    assert_eq!(made["CreationTime"], json!(1_767_225_600.0));
    aws.wait(200);
    assert_eq!(
        aws.described(made["FileSystemId"].as_str().unwrap())["LifeCycleState"],
        "available"
    );
}

#[test]
fn a_repeated_token_names_the_file_system_that_has_it() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({ "CreationToken": "once" }));
    let again = aws.post("file-systems", json!({ "CreationToken": "once" }));
    assert_eq!(again.body["FileSystemId"], json!(id));
    again.refused("FileSystemAlreadyExists");
}

/// Creates a file system with each body and expects its error's code and a part of its message.
/// Sources: the operation's documentation in EFS's model, and AWS's messages as cdk-preflight
/// (rules `pf-efs-*`) has collected them.
fn creations_are_refused<const N: usize>(cases: [(Value, &str, &str); N]) {
    let aws = Aws::new();
    for (body, code, expected) in cases {
        let mut request = json!({ "CreationToken": "t" });
        request.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let message = aws.post("file-systems", request).refused(code);
        assert!(message.contains(expected), "{body}: {message}");
    }
    assert_eq!(aws.get("file-systems").ok()["FileSystems"], json!([]), "nothing was made");
}

#[test]
fn throughput_that_efs_does_not_have_is_refused() {
    creations_are_refused([
        (
            json!({ "ThroughputMode": "provisioned" }),
            "BadRequest",
            "Provisioned throughput must be set",
        ),
        (
            json!({ "ProvisionedThroughputInMibps": 10 }),
            "BadRequest",
            "can't be set for file systems that use bursting",
        ),
        (
            json!({ "ThroughputMode": "elastic", "ProvisionedThroughputInMibps": 10 }),
            "BadRequest",
            "use elastic throughput mode.",
        ),
        (
            json!({ "ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": 0.5 }),
            "BadRequest",
            "greater than or equal to 1",
        ),
        (
            json!({ "ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": 3415 }),
            "ThroughputLimitExceeded",
            "3414",
        ),
    ]);
}

#[test]
fn modes_and_zones_that_efs_does_not_have_are_refused() {
    creations_are_refused([
        (
            json!({ "PerformanceMode": "maxIO", "ThroughputMode": "elastic" }),
            "BadRequest",
            "elastic",
        ),
        (
            json!({ "PerformanceMode": "maxIO", "AvailabilityZoneName": "eu-west-1a" }),
            "BadRequest",
            "One Zone",
        ),
        (
            json!({ "AvailabilityZoneName": "us-east-1a" }),
            "BadRequest",
            "Invalid Availability Zone Name provided.",
        ),
        (
            json!({ "AvailabilityZoneName": "eu-west-1z" }),
            "BadRequest",
            "Invalid Availability Zone Name provided.",
        ),
    ]);
}

#[test]
fn keys_that_cannot_encrypt_are_refused() {
    creations_are_refused([
        (
            json!({ "KmsKeyId": "alias/mine" }),
            "BadRequest",
            "The encrypted parameter must be set to true",
        ),
        (
            json!({ "Encrypted": true, "KmsKeyId": "not a key" }),
            "BadRequest",
            "regular expression pattern",
        ),
        (
            json!({ "Encrypted": true, "KmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }),
            "BadRequest",
            "Invalid KMS key ID (unexpected region)",
        ),
        (json!({ "Encrypted": true, "KmsKeyId": "alias/none" }), "BadRequest", "does not exist"),
        (
            json!({ "Encrypted": true, "KmsKeyId": "alias/disabled" }),
            "BadRequest",
            "its state is Disabled",
        ),
        (
            json!({ "Encrypted": true, "KmsKeyId": "alias/leaving" }),
            "BadRequest",
            "its state is PendingDeletion",
        ),
        (
            json!({ "Encrypted": true, "KmsKeyId": "alias/asymmetric" }),
            "BadRequest",
            "only symmetric keys",
        ),
    ]);
}

#[test]
fn members_of_the_wrong_form_are_refused() {
    creations_are_refused([
        (json!({ "Encrypted": "yes" }), "BadRequest", "cannot be converted to a boolean"),
        (
            json!({ "Tags": [{ "Key": "a", "Value": "1" }, { "Key": "a", "Value": "2" }] }),
            "BadRequest",
            "Duplicate tag key",
        ),
    ]);
}

#[test]
fn a_key_is_told_by_its_arn_however_it_was_given() {
    let aws = Aws::new();
    let id = "0c0dec00-0000-4000-8000-000000000002";
    let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
    for given in [id, &arn, "alias/graphscope-dev"] {
        let made = aws.file_system(&json!({ "Encrypted": true, "KmsKeyId": given }));
        assert_eq!(aws.described(&made)["KmsKeyId"], json!(arn), "{given}");
    }
    let own = aws.file_system(&json!({ "Encrypted": true }));
    assert!(
        text(&aws.described(&own)["KmsKeyId"])
            .starts_with("arn:aws:kms:eu-west-1:111122223333:key/")
    );
}

#[test]
fn a_one_zone_file_system_has_its_zone_and_a_backup_policy() {
    let mut aws = Aws::new();
    let id = aws.file_system(&json!({ "AvailabilityZoneName": "eu-west-1b" }));
    let found = aws.described(&id);
    assert_eq!(
        (&found["AvailabilityZoneName"], &found["AvailabilityZoneId"]),
        (&json!("eu-west-1b"), &json!("euw1-az2"))
    );
    assert_eq!(
        aws.get(&format!("file-systems/{id}/backup-policy")).ok()["BackupPolicy"]["Status"],
        "ENABLED"
    );
    aws.mount_target(&id, SUBNET_A, &json!({})).refused("AvailabilityZonesMismatch");
    aws.mount_target(&id, SUBNET_B, &json!({})).ok();
    let aws = aws.region("us-east-1");
    let id = aws.file_system(&json!({ "AvailabilityZoneName": "us-east-1a" }));
    assert_eq!(aws.described(&id)["AvailabilityZoneId"], "use1-az1", "as in EFS's model");
}

/// The 24-hour rule (`TooManyRequests`): a change of the mode or of the amount starts a day
/// in which the mode stays and the amount only grows. The message names the time.
#[test]
fn a_day_must_pass_between_changes_of_throughput() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let path = format!("file-systems/{id}");
    let provisioned = |mibps: u32| json!({ "ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": mibps });
    let updated = aws.put(&path, provisioned(64)).ok();
    assert_eq!(
        (&updated["LifeCycleState"], &updated["ProvisionedThroughputInMibps"]),
        (&json!("updating"), &json!(64.0))
    );
    aws.put(&path, provisioned(128)).refused("IncorrectFileSystemLifeCycleState");
    aws.wait(HOUR);
    let message = aws.put(&path, provisioned(32)).refused("TooManyRequests");
    assert_eq!(
        message,
        "You have reached the maximum number of throughput mode changes or provisioned throughput value decreases. Wait until 2026-01-02T00:00:01Z UTC and try again."
    );
    aws.put(&path, json!({ "ThroughputMode": "elastic" })).refused("TooManyRequests");
    aws.put(&path, provisioned(128)).ok();
    aws.wait(23 * HOUR);
    aws.put(&path, provisioned(64)).refused("TooManyRequests");
    aws.wait(HOUR);
    aws.put(&path, provisioned(64)).ok();
    aws.wait(24 * HOUR);
    let elastic = aws.put(&path, json!({ "ThroughputMode": "elastic" })).ok();
    assert_eq!(elastic.get("ProvisionedThroughputInMibps"), None);
    aws.wait(1000);
    aws.put(&path, json!({ "ThroughputMode": "bursting" })).refused("TooManyRequests");
}

/// EFS user guide, "Quotas": 3.33 GiB/s in four regions, 1 GiB/s in all others.
#[test]
fn the_greatest_throughput_depends_on_the_region() {
    let mut aws = Aws::new();
    for (region, most) in [("eu-west-1", 3414), ("us-east-1", 3414), ("eu-north-1", 1024)] {
        let aws = aws.region(region);
        let asked = |mibps: u32| json!({ "CreationToken": mibps.to_string(), "ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": mibps });
        aws.post("file-systems", asked(most)).ok();
        aws.post("file-systems", asked(most + 1)).refused("ThroughputLimitExceeded");
    }
}

#[test]
fn an_update_keeps_the_rules_of_creation() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({ "PerformanceMode": "maxIO" }));
    let path = format!("file-systems/{id}");
    for (body, code, said) in [
        (json!({ "ThroughputMode": "elastic" }), "BadRequest", "maxIO"),
        (json!({ "ThroughputMode": "provisioned" }), "BadRequest", "must be set"),
        (json!({ "ProvisionedThroughputInMibps": 5 }), "BadRequest", "bursting"),
        (
            json!({ "ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": 4000 }),
            "ThroughputLimitExceeded",
            "limit",
        ),
        (json!({ "ThroughputMode": "bursting" }), "BadRequest", "already"),
        (json!({}), "BadRequest", "already"),
    ] {
        let message = aws.put(&path, body.clone()).refused(code);
        assert!(message.contains(said), "{body}: {message}");
    }
}

#[test]
fn a_file_system_with_targets_is_in_use_until_they_are_gone() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let point = text(&aws.access_point(&id, "p", &json!({})).ok()["AccessPointId"]);
    let target = text(&aws.mount_target(&id, SUBNET_A, &json!({})).ok()["MountTargetId"]);
    let path = format!("file-systems/{id}");
    assert_eq!(aws.described(&id)["NumberOfMountTargets"], 1);
    aws.delete(&path).refused("FileSystemInUse");
    aws.delete(&format!("mount-targets/{target}")).ok();
    aws.delete(&path).refused("FileSystemInUse");
    aws.wait(400);
    aws.delete(&path).ok();
    assert_eq!(aws.described(&id)["LifeCycleState"], "deleting");
    aws.wait(200);
    aws.get(&format!("file-systems?FileSystemId={id}")).refused("FileSystemNotFound");
    aws.delete(&path).refused("FileSystemNotFound");
    // Access points do not stop a deletion, and go with it.
    aws.get(&format!("access-points?AccessPointId={point}")).refused("AccessPointNotFound");
}

#[test]
fn an_account_has_as_many_file_systems_as_its_quota_says() {
    let mut aws = Aws::with(&["--file-system-limit", "2"]);
    aws.file_system(&json!({}));
    let second = aws.file_system(&json!({}));
    let full = aws.post("file-systems", json!({ "CreationToken": "third" }));
    assert_eq!(full.status, 403);
    full.refused("FileSystemLimitExceeded");
    aws.region("eu-north-1").file_system(&json!({ "CreationToken": "another Region" }));
    let aws = aws.region("eu-west-1");
    aws.delete(&format!("file-systems/{second}")).ok();
    aws.wait(200);
    aws.file_system(&json!({ "CreationToken": "third" }));
}

/// The quota of a Region counts the destinations made in it, also before it was ever used.
#[test]
fn destinations_count_in_the_quota_of_their_region() {
    let aws = Aws::with(&["--file-system-limit", "2"]);
    let sources = [aws.file_system(&json!({})), aws.file_system(&json!({}))];
    let to = |aws: &Aws, source: &str| {
        let path = format!("file-systems/{source}/replication-configuration");
        aws.post(&path, json!({ "Destinations": [{ "Region": "eu-north-1" }] }))
    };
    for source in &sources {
        to(&aws, source).ok();
    }
    let mut aws = aws;
    let third = aws.region("eu-south-1").file_system(&json!({}));
    to(&aws, &third).refused("FileSystemLimitExceeded");
    aws.region("eu-north-1")
        .post("file-systems", json!({ "CreationToken": "third" }))
        .refused("FileSystemLimitExceeded");
}

/// `--encrypt-always`: AWS has begun to encrypt although `Encrypted: false` was asked
/// (<https://github.com/hashicorp/terraform-provider-aws/pull/49999>).
#[test]
fn an_account_may_encrypt_whatever_is_asked() {
    let aws = Aws::with(&["--encrypt-always"]);
    let id = aws.file_system(&json!({ "Encrypted": false }));
    let found = aws.described(&id);
    assert_eq!(found["Encrypted"], true);
    assert!(found["KmsKeyId"].is_string());
}

#[test]
fn an_empty_file_system_is_metered_after_a_while() {
    let aws = Aws::with(&["--metering-ms", "5000"]);
    let id = aws.file_system(&json!({}));
    aws.wait(3999);
    assert_eq!(aws.described(&id)["SizeInBytes"]["Value"], 0);
    aws.wait(1);
    let size = aws.described(&id)["SizeInBytes"].clone();
    assert_eq!((&size["Value"], &size["Timestamp"]), (&json!(6144), &json!(START + 5)));
}

#[test]
fn what_holds_data_says_how_much_and_since_when() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let bytes =
        json!({ "MeteredBytes": { "Standard": 100, "InfrequentAccess": 20, "Archive": 3 } });
    assert_eq!(aws.admin(&id, &bytes).0, 204);
    assert_eq!(
        aws.described(&id)["SizeInBytes"],
        json!({ "Value": 123, "ValueInStandard": 100, "ValueInIA": 20, "ValueInArchive": 3, "Timestamp": START + 1 })
    );
    assert_eq!(aws.admin("fs-00000000", &bytes).0, 404);
    assert_eq!(aws.admin(&id, &json!({ "Metered": 1 })).0, 400);
}

#[test]
fn a_failed_file_system_is_in_error_and_can_only_be_deleted() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({ "AvailabilityZoneName": "eu-west-1a" }));
    aws.admin(&id, &json!({ "LifeCycleState": "error" }));
    assert_eq!(aws.described(&id)["LifeCycleState"], "error");
    let message =
        aws.mount_target(&id, SUBNET_A, &json!({})).refused("IncorrectFileSystemLifeCycleState");
    assert!(message.contains("error"), "{message}");
    aws.delete(&format!("file-systems/{id}")).ok();
}

/// Operations that need an available file system say so of one that is being created.
#[test]
fn a_file_system_that_is_being_created_is_not_used_yet() {
    let aws = Aws::new();
    let made = aws.post("file-systems", json!({ "CreationToken": "young" })).ok();
    let id = text(&made["FileSystemId"]);
    let path = |rest: &str| format!("file-systems/{id}{rest}");
    let bodies: [(&str, String, Value); 8] = [
        ("PUT", path(""), json!({ "ThroughputMode": "elastic" })),
        ("PUT", path("/lifecycle-configuration"), json!({ "LifecyclePolicies": [] })),
        ("PUT", path("/backup-policy"), json!({ "BackupPolicy": { "Status": "ENABLED" } })),
        ("PUT", path("/policy"), json!({ "Policy": policies::TLS_ONLY })),
        ("DELETE", path("/policy"), Value::Null),
        ("PUT", path("/protection"), json!({ "ReplicationOverwriteProtection": "DISABLED" })),
        (
            "POST",
            path("/replication-configuration"),
            json!({ "Destinations": [{ "Region": "eu-north-1" }] }),
        ),
        ("POST", "access-points".to_owned(), json!({ "ClientToken": "t", "FileSystemId": id })),
    ];
    for (method, path, body) in bodies {
        aws.call(method, &path, &body).refused("IncorrectFileSystemLifeCycleState");
    }
}
