//! Replication: its destinations, its states, its lag, and failing over.

use serde_json::{Value, json};

use super::*;

const MINUTE: u64 = 60_000;

fn path(id: &str) -> String {
    format!("file-systems/{id}/replication-configuration")
}

/// Replicates to what a destination says.
#[track_caller]
fn replicate(aws: &Aws, id: &str, destination: &Value) -> Reply {
    aws.post(&path(id), json!({ "Destinations": [destination] }))
}

#[track_caller]
fn replication(aws: &Aws, id: &str) -> Value {
    let found = aws.get(&format!("file-systems/replication-configurations?FileSystemId={id}")).ok();
    found["Replications"][0].clone()
}

fn unprotected(aws: &Aws, more: &Value) -> String {
    let id = aws.file_system(more);
    aws.put(
        &format!("file-systems/{id}/protection"),
        json!({ "ReplicationOverwriteProtection": "DISABLED" }),
    )
    .ok();
    id
}

fn protection(aws: &Aws, id: &str) -> String {
    text(&aws.described(id)["FileSystemProtection"]["ReplicationOverwriteProtection"])
}

#[test]
fn a_destination_is_made_in_the_other_region_read_only_and_encrypted() {
    let mut aws = Aws::new();
    let id = aws.file_system(&json!({ "PerformanceMode": "maxIO", "ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": 9 }));
    let made = replicate(&aws, &id, &json!({ "Region": "eu-north-1" })).ok();
    assert_eq!(made["SourceFileSystemRegion"], "eu-west-1");
    let destination = made["Destinations"][0].clone();
    assert_eq!(
        (&destination["Status"], &destination["Region"]),
        (&json!("ENABLING"), &json!("eu-north-1"))
    );
    assert_eq!(destination.get("LastReplicatedTimestamp"), None);
    aws.wait(1000);
    let replica = text(&destination["FileSystemId"]);
    let aws = aws.region("eu-north-1");
    let found = aws.described(&replica);
    assert_eq!(
        (&found["LifeCycleState"], &found["Encrypted"]),
        (&json!("available"), &json!(true))
    );
    assert_eq!(
        (&found["PerformanceMode"], &found["ProvisionedThroughputInMibps"]),
        (&json!("maxIO"), &json!(9.0))
    );
    assert!(text(&found["KmsKeyId"]).starts_with("arn:aws:kms:eu-north-1:"));
    assert_eq!(protection(aws, &replica), "REPLICATING");
    assert_eq!(
        aws.admin(&replica, &json!({ "MeteredBytes": { "Standard": 1 } })).0,
        409,
        "read-only"
    );
    // Both Regions know of it, by either of the two.
    assert_eq!(replication(aws, &replica), replication(aws.region("eu-west-1"), &id));
}

#[test]
fn a_destination_may_be_one_zone_with_a_key_of_its_own() {
    let mut aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let made =
        replicate(&aws, &id, &json!({ "AvailabilityZoneName": "us-east-1b", "KmsKeyId": key }))
            .ok();
    let replica = text(&made["Destinations"][0]["FileSystemId"]);
    aws.wait(1000);
    let found = aws.region("us-east-1").described(&replica);
    assert_eq!(
        (&found["AvailabilityZoneId"], &found["KmsKeyId"]),
        (&json!("use1-az2"), &json!(key))
    );
}

#[test]
fn an_existing_destination_must_have_its_protection_disabled() {
    let aws = Aws::new();
    let source = aws.file_system(&json!({ "Encrypted": true }));
    let guarded = aws.file_system(&json!({ "Encrypted": true }));
    let plain = unprotected(&aws, &json!({}));
    let message =
        replicate(&aws, &source, &json!({ "FileSystemId": guarded })).refused("BadRequest");
    assert!(message.contains("protection must be DISABLED"), "{message}");
    // "Returned if the source file system in a replication is encrypted but the destination
    // file system is unencrypted."
    replicate(&aws, &source, &json!({ "FileSystemId": plain })).refused("ConflictException");
    replicate(&aws, &source, &json!({ "FileSystemId": "fs-00000000" }))
        .refused("FileSystemNotFound");
    let free = unprotected(&aws, &json!({ "Encrypted": true }));
    let arn = text(&aws.described(&free)["FileSystemArn"]);
    let made = replicate(&aws, &source, &json!({ "FileSystemId": arn })).ok();
    assert_eq!(made["Destinations"][0]["FileSystemId"], json!(free));
    assert_eq!(protection(&aws, &free), "REPLICATING");
    let update = json!({ "ReplicationOverwriteProtection": "ENABLED" });
    let message = aws
        .put(&format!("file-systems/{free}/protection"), update)
        .refused("ReplicationAlreadyExists");
    assert_eq!(
        message,
        "ReplicationOverwriteProtection cannot be changed while the file system is a replication destination."
    );
}

/// What `CreateReplicationConfiguration` refuses. Sources: its documentation in EFS's model,
/// and AWS's words as cdk-preflight (rule `pf-efs-replication-destination`) and
/// <https://github.com/hashicorp/terraform-provider-aws/issues/42814> have them.
#[test]
fn a_destination_that_cannot_be_is_refused() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let other = unprotected(&aws, &json!({}));
    let foreign = "arn:aws:elasticfilesystem:eu-west-1:444455556666:file-system/fs-01234567";
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    for (destination, code, said) in [
        (json!({}), "BadRequest", "Specify a Region"),
        (json!({ "Region": "moon" }), "ValidationException", "regular expression"),
        (json!({ "Region": "eu-moon-1" }), "BadRequest", "'eu-moon-1' does not exist"),
        (
            json!({ "Region": "eu-north-1", "AvailabilityZoneName": "us-east-1a" }),
            "BadRequest",
            "Region and Availability Zone must match.",
        ),
        (
            json!({ "AvailabilityZoneName": "eu-north-1z" }),
            "UnsupportedAvailabilityZone",
            "eu-north-1z",
        ),
        (
            json!({ "Region": "eu-north-1", "KmsKeyId": key }),
            "BadRequest",
            "Failed to create destination file system: Invalid KMS key ID (unexpected region)",
        ),
        (json!({ "FileSystemId": id }), "BadRequest", "two file systems"),
        (json!({ "FileSystemId": other, "KmsKeyId": key }), "BadRequest", "existing destination"),
        (
            json!({ "FileSystemId": foreign }),
            "BadRequest",
            "No RoleArn provided.  RoleArn is required for cross-account replication.",
        ),
        (
            json!({ "FileSystemId": other, "RoleArn": "me" }),
            "ValidationException",
            "regular expression",
        ),
    ] {
        let message = replicate(&aws, &id, &destination).refused(code);
        assert!(message.contains(said), "{destination}: {message}");
    }
    let theirs = json!({ "FileSystemId": foreign, "RoleArn": "arn:aws:iam::444455556666:role/r" });
    let message = replicate(&aws, &id, &theirs).refused("BadRequest");
    assert!(message.contains("does not belong to the account of the source"), "{message}");
    for destinations in [json!([]), json!([{ "Region": "eu-north-1" }, { "Region": "us-east-1" }])]
    {
        aws.post(&path(&id), json!({ "Destinations": destinations })).refused("BadRequest");
    }
    aws.post(&path(&id), json!({})).refused("ValidationException");
}

/// "The role must have the elasticfilesystem.amazonaws.com trust policy to allow Amazon EFS to assume
/// the role" (EFS User Guide, "Replicating EFS file systems across AWS accounts").
#[test]
fn a_replication_to_another_account_takes_a_role_that_efs_may_assume() {
    let mut aws = Aws::new();
    let foreign = "arn:aws:elasticfilesystem:eu-north-1:444455556666:file-system/fs-01234567";
    let to = |role: &str| json!({ "FileSystemId": foreign, "RoleArn": format!("arn:aws:iam::111122223333:role/{role}") });
    let id = aws.file_system(&json!({}));
    let made = replicate(&aws, &id, &to("none")).ok()["Destinations"][0].clone();
    assert_eq!((&made["Status"], &made["OwnerId"]), (&json!("PAUSED"), &json!("444455556666")));
    assert!(text(&made["StatusMessage"]).contains("is not authorized"), "{made}");
    aws.delete(&path(&id)).ok();
    aws.wait(1000);
    let found = replicate(&aws, &id, &to("none")).ok();
    assert_eq!(found["Destinations"][0]["Region"], "eu-north-1");
    // Nothing of it is in this account, in that region either.
    let all = aws.region("eu-north-1").get("file-systems/replication-configurations").ok();
    assert_eq!(all["Replications"], json!([]));
    aws.get("file-systems?FileSystemId=fs-01234567").refused("FileSystemNotFound");
}

/// "The Region must be enabled for the Amazon Web Services account that owns the source file
/// system" (`CreateReplicationConfiguration`).
#[test]
fn a_replication_stays_within_its_partition_and_the_regions_of_the_account() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let foreign = "arn:aws-cn:elasticfilesystem:eu-west-1:111122223333:file-system/fs-01234567";
    for (destination, said) in [
        (json!({ "Region": "cn-north-1" }), "'cn-north-1' is in another partition"),
        (json!({ "Region": "ap-east-1" }), "'ap-east-1' is not enabled"),
        (json!({ "AvailabilityZoneName": "ap-east-1a" }), "'ap-east-1' is not enabled"),
        (
            json!({ "FileSystemId": "fs-01234567", "Region": "us-gov-west-1" }),
            "'us-gov-west-1' is in another partition",
        ),
        (json!({ "FileSystemId": foreign }), "The resource ARN is invalid"),
    ] {
        let message = replicate(&aws, &id, &destination).refused("BadRequest");
        assert!(message.contains(said), "{destination}: {message}");
    }
}

/// The region in use counts as one that the account opted into, as for `DescribeRegions`.
#[test]
fn a_region_that_is_used_is_one_that_the_account_opted_into() {
    let mut aws = Aws::new();
    let id = aws.file_system(&json!({}));
    aws.region("ap-east-1").get("file-systems").ok();
    replicate(aws.region("eu-west-1"), &id, &json!({ "Region": "ap-east-1" })).ok();
}

#[test]
fn a_file_system_is_part_of_one_replication_at_most_and_stays_as_long() {
    let mut aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let made = replicate(&aws, &id, &json!({ "Region": "eu-north-1" })).ok();
    let replica = text(&made["Destinations"][0]["FileSystemId"]);
    aws.wait(1000);
    replicate(&aws, &id, &json!({ "Region": "us-east-1" })).refused("BadRequest");
    aws.delete(&format!("file-systems/{id}")).refused("FileSystemInUse");
    let aws = aws.region("eu-north-1");
    replicate(aws, &replica, &json!({ "Region": "us-east-1" })).refused("BadRequest");
    aws.delete(&format!("file-systems/{replica}")).refused("FileSystemInUse");
}

#[test]
fn copies_follow_each_other_and_lag_behind() {
    let mut aws =
        Aws::with(&["--replication-interval-ms", "60000", "--replication-enabling-ms", "1000"]);
    let id = aws.file_system(&json!({}));
    aws.admin(&id, &json!({ "MeteredBytes": { "Standard": 10 } }));
    let made = replicate(&aws, &id, &json!({ "Region": "eu-north-1" })).ok();
    let replica = text(&made["Destinations"][0]["FileSystemId"]);
    let state = |aws: &Aws, id: &str| {
        let destination = &replication(aws, id)["Destinations"][0];
        (text(&destination["Status"]), destination["LastReplicatedTimestamp"].as_f64())
    };
    let at = |ms: u64| Some(super::super::file_systems::seconds((START + 1) * 1000 + ms));
    aws.wait(999);
    assert_eq!(state(&aws, &id), ("ENABLING".to_owned(), None));
    aws.wait(1);
    assert_eq!(state(&aws, &id), ("ENABLED".to_owned(), at(1000)));
    aws.admin(&id, &json!({ "MeteredBytes": { "Standard": 20 } }));
    aws.wait(1);
    aws.admin(&id, &json!({ "MeteredBytes": { "Standard": 30 } }));
    let held = |aws: &mut Aws| {
        aws.region("eu-north-1").described(&replica)["SizeInBytes"]["Value"].clone()
    };
    assert_eq!(held(&mut aws), 20, "what was written after the copy is not in it");
    aws.wait(MINUTE - 1);
    assert_eq!(held(&mut aws), 30);
    assert_eq!(state(&aws, &replica), ("ENABLED".to_owned(), at(1000 + MINUTE)));
}

/// Failing over: the replication is deleted, and the destination is writable and protected.
#[test]
fn deleting_the_replication_frees_both_sides() {
    let mut aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let made = replicate(&aws, &id, &json!({ "Region": "eu-north-1" })).ok();
    let replica = text(&made["Destinations"][0]["FileSystemId"]);
    aws.wait(1000);
    let aws = aws.region("eu-north-1");
    aws.delete(&path(&replica)).refused("ReplicationNotFound");
    aws.delete(&path(&id)).ok();
    assert_eq!(replication(aws, &replica)["Destinations"][0]["Status"], "DELETING");
    assert_eq!(protection(aws, &replica), "REPLICATING");
    aws.wait(400);
    assert_eq!(protection(aws, &replica), "ENABLED");
    assert_eq!(
        aws.admin(&replica, &json!({ "MeteredBytes": { "Standard": 1 } })).0,
        204,
        "writable"
    );
    aws.get(&format!("file-systems/replication-configurations?FileSystemId={replica}"))
        .refused("ReplicationNotFound");
    aws.delete(&format!("file-systems/{replica}")).ok();
    let aws = aws.region("eu-west-1");
    assert_eq!(aws.get("file-systems/replication-configurations").ok()["Replications"], json!([]));
    aws.delete(&path(&id)).refused("ReplicationNotFound");
    aws.delete(&path("fs-00000000")).refused("FileSystemNotFound");
    replicate(aws, &id, &json!({ "Region": "eu-north-1" })).ok();
}

/// Failing back: the former source, its protection off, becomes the destination.
#[test]
fn failing_back_goes_to_the_former_source() {
    let mut aws = Aws::new();
    let id = aws.file_system(&json!({ "Encrypted": true }));
    let made = replicate(&aws, &id, &json!({ "Region": "eu-north-1" })).ok();
    let replica = text(&made["Destinations"][0]["FileSystemId"]);
    aws.delete(&path(&id)).ok();
    aws.wait(1000);
    aws.put(
        &format!("file-systems/{id}/protection"),
        json!({ "ReplicationOverwriteProtection": "DISABLED" }),
    )
    .ok();
    let back = json!({ "FileSystemId": id, "Region": "eu-west-1" });
    let made = replicate(aws.region("eu-north-1"), &replica, &back).ok();
    assert_eq!(made["SourceFileSystemRegion"], "eu-north-1");
    let aws = aws.region("eu-west-1");
    assert_eq!(protection(aws, &id), "REPLICATING");
    assert_eq!(aws.admin(&id, &json!({ "MeteredBytes": { "Standard": 1 } })).0, 409);
}

/// `LOCAL_CONFIGURATION_ONLY` leaves the other side with what cannot be recovered; within one
/// Region it is refused.
#[test]
fn one_side_alone_can_be_deleted_between_regions() {
    let mut aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let made = replicate(&aws, &id, &json!({ "Region": "eu-north-1" })).ok();
    let replica = text(&made["Destinations"][0]["FileSystemId"]);
    aws.wait(1000);
    aws.delete(&format!("{}?deletionMode=NO_MODE", path(&id))).refused("BadRequest");
    aws.delete(&format!("{}?deletionMode=LOCAL_CONFIGURATION_ONLY", path(&id))).ok();
    aws.delete(&path(&id)).refused("ReplicationNotFound");
    let aws = aws.region("eu-north-1");
    let left = replication(aws, &replica)["Destinations"][0].clone();
    assert_eq!(left["Status"], "ERROR");
    assert!(text(&left["StatusMessage"]).contains("source"), "{left}");
    aws.delete(&format!("{}?deletionMode=LOCAL_CONFIGURATION_ONLY", path(&id))).ok();
    assert_eq!(protection(aws, &replica), "ENABLED");
    let (one, two) = (aws.file_system(&json!({})), unprotected(aws, &json!({})));
    replicate(aws, &one, &json!({ "FileSystemId": two })).ok();
    aws.delete(&format!("{}?deletionMode=LOCAL_CONFIGURATION_ONLY", path(&one)))
        .refused("BadRequest");
}

#[test]
fn a_replication_that_is_paused_says_why_and_copies_nothing() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    replicate(&aws, &id, &json!({ "Region": "eu-north-1" })).ok();
    aws.wait(1000);
    let before = replication(&aws, &id)["Destinations"][0]["LastReplicatedTimestamp"].clone();
    assert_eq!(
        aws.admin(&id, &json!({ "ReplicationStatus": "PAUSED", "StatusMessage": "no permission" }))
            .0,
        204
    );
    aws.wait(10 * MINUTE);
    let paused = replication(&aws, &id)["Destinations"][0].clone();
    assert_eq!(
        (&paused["Status"], &paused["StatusMessage"]),
        (&json!("PAUSED"), &json!("no permission"))
    );
    assert_eq!(paused["LastReplicatedTimestamp"], before);
    assert_eq!(aws.admin(&id, &json!({ "ReplicationStatus": "ENABLED" })).0, 204);
    assert_eq!(replication(&aws, &id)["Destinations"][0]["Status"], "ENABLED");
    assert_eq!(aws.admin(&id, &json!({ "ReplicationStatus": "BORED" })).0, 400);
}

/// `UpdateFileSystemProtection` takes `ENABLED` and `DISABLED`; `REPLICATING` is EFS's own.
#[test]
fn protection_is_on_or_off() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let path = format!("file-systems/{id}/protection");
    for value in ["DISABLED", "ENABLED", "ENABLED"] {
        let body = json!({ "ReplicationOverwriteProtection": value });
        assert_eq!(aws.put(&path, body.clone()).ok(), body);
        assert_eq!(protection(&aws, &id), value);
    }
    for value in ["REPLICATING", "OFF"] {
        aws.put(&path, json!({ "ReplicationOverwriteProtection": value })).refused("BadRequest");
    }
}
