//! Lifecycle rules and backup policies.

use serde_json::{Value, json};

use super::*;

/// `PutLifecycleConfiguration`: one transition per policy, each at most once, Archive for
/// elastic general-purpose file systems and later than IA. AWS's words:
/// <https://github.com/hashicorp/terraform-provider-aws/pull/20971>, and cdk-preflight, rule
/// `pf-efs-lifecycle-policy`.
#[test]
fn lifecycle_policies_follow_their_order() {
    let aws = Aws::new();
    let elastic = aws.file_system(&json!({ "ThroughputMode": "elastic" }));
    let bursting = aws.file_system(&json!({}));
    let ia = |days: &str| json!({ "TransitionToIA": days });
    let archive = |days: &str| json!({ "TransitionToArchive": days });
    let back = || json!({ "TransitionToPrimaryStorageClass": "AFTER_1_ACCESS" });
    for (id, policies, refusal) in [
        (&elastic, json!([ia("AFTER_30_DAYS"), archive("AFTER_90_DAYS"), back()]), None),
        (&elastic, json!([archive("AFTER_1_DAY")]), None),
        (&elastic, json!([]), None),
        (&bursting, json!([ia("AFTER_1_DAY"), back()]), None),
        (
            &elastic,
            json!([{ "TransitionToIA": "AFTER_30_DAYS", "TransitionToArchive": "AFTER_90_DAYS" }]),
            Some("malformed"),
        ),
        (&elastic, json!([{}]), Some("malformed")),
        (&elastic, json!([ia("AFTER_7_DAYS"), ia("AFTER_14_DAYS")]), Some("Duplicate")),
        (
            &elastic,
            json!([ia("AFTER_90_DAYS"), archive("AFTER_90_DAYS")]),
            Some("same as or less than"),
        ),
        (
            &elastic,
            json!([ia("AFTER_90_DAYS"), archive("AFTER_7_DAYS")]),
            Some("same as or less than"),
        ),
        (&bursting, json!([archive("AFTER_90_DAYS")]), Some("ThroughputMode")),
        (&elastic, json!([ia("AFTER_2_DAYS")]), Some("enum value set")),
        (&elastic, json!([back(), back(), back(), back()]), Some("length less than or equal to 3")),
        (&elastic, json!("AFTER_30_DAYS"), Some("cannot be converted to a list")),
    ] {
        let path = format!("file-systems/{id}/lifecycle-configuration");
        let reply = aws.put(&path, json!({ "LifecyclePolicies": policies }));
        match refusal {
            None => {
                assert_eq!(reply.ok()["LifecyclePolicies"], policies);
                assert_eq!(aws.get(&path).ok()["LifecyclePolicies"], policies);
            }
            Some(said) => {
                let message = reply.refused("BadRequest");
                assert!(message.contains(said), "{policies}: {message}");
            }
        }
    }
}

#[test]
fn a_file_system_without_rules_has_an_empty_list_of_them() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let found = aws.get(&format!("file-systems/{id}/lifecycle-configuration")).ok();
    assert_eq!(found, json!({ "LifecyclePolicies": [] }));
}

/// Archive needs elastic throughput, so whoever archives stays elastic (EFS user guide, "EFS
/// storage classes").
#[test]
fn what_archives_stays_elastic() {
    let aws = Aws::new();
    let bursting = json!({ "ThroughputMode": "bursting" });
    let by_rule = aws.file_system(&json!({ "ThroughputMode": "elastic" }));
    let rule = json!({ "LifecyclePolicies": [{ "TransitionToArchive": "AFTER_90_DAYS" }] });
    aws.put(&format!("file-systems/{by_rule}/lifecycle-configuration"), rule).ok();
    let by_data = aws.file_system(&json!({ "ThroughputMode": "elastic" }));
    aws.admin(&by_data, &json!({ "MeteredBytes": { "Archive": 1 } }));
    for id in [by_rule, by_data] {
        let message =
            aws.put(&format!("file-systems/{id}"), bursting.clone()).refused("BadRequest");
        assert!(message.contains("Archive"), "{message}");
    }
}

/// `DescribeBackupPolicy` where none was ever set: 404 `PolicyNotFound`, without a message.
#[test]
fn a_backup_policy_that_was_never_set_is_not_found() {
    let aws = Aws::new();
    for asked in [
        json!({}),
        json!({ "Backup": false }),
        json!({ "Backup": false, "AvailabilityZoneName": "eu-west-1a" }),
    ] {
        let id = aws.file_system(&asked);
        let reply = aws.get(&format!("file-systems/{id}/backup-policy"));
        assert_eq!(reply.status, 404);
        assert_eq!(reply.body.get("Message"), None);
        reply.refused("PolicyNotFound");
    }
    let id = aws.file_system(&json!({ "Backup": true }));
    let found = aws.get(&format!("file-systems/{id}/backup-policy")).ok();
    assert_eq!(found["BackupPolicy"]["Status"], "ENABLED");
}

#[test]
fn a_backup_policy_takes_its_time_to_change() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let path = format!("file-systems/{id}/backup-policy");
    let put = |status: &str| aws.put(&path, json!({ "BackupPolicy": { "Status": status } }));
    let status = |body: Value| text(&body["BackupPolicy"]["Status"]);
    assert_eq!(status(put("ENABLED").ok()), "ENABLING");
    aws.wait(200);
    assert_eq!(status(aws.get(&path).ok()), "ENABLED");
    assert_eq!(status(put("ENABLED").ok()), "ENABLED", "nothing to change");
    assert_eq!(status(put("DISABLED").ok()), "DISABLING");
    aws.wait(200);
    assert_eq!(status(aws.get(&path).ok()), "DISABLED", "set once, it is found for ever");
    put("ENABLING").refused("BadRequest");
    put("ON").refused("ValidationException");
    aws.put(&path, json!({})).refused("ValidationException");
}
