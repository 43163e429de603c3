//! What the inputs of a file system's settings refuse, and in which words.

use serde_json::{Value, json};

use crate::inputs::mistakes;

#[test]
fn what_efs_accepts_is_accepted() {
    let statement = json!({
        "Effect": "Allow",
        "Principal": "*",
        "Action": "elasticfilesystem:ClientMount",
    });
    let document = json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
    for good in [
        json!({ "backup_policy": true }),
        json!({ "backup_policy": "DISABLED", "replication_overwrite_protection": "DISABLED" }),
        json!({ "enforce_tls": false, "root_squash": true }),
        json!({ "availability_zone_name": "eu-west-1b" }),
        json!({ "allow_anonymous": false, "mount_options": ["iam"] }),
        json!({ "policy_statements": { "Mount": statement } }),
        json!({ "source_policy_documents": [document], "override_policy_documents": [document] }),
        json!({ "file_system_policy": { "Statement": [statement] } }),
        json!({
            "file_system_policy": { "Statement": [statement] },
            "policy_statements": { "Mount": statement },
            "bypass_policy_lockout_safety_check": true,
        }),
    ] {
        assert_eq!(mistakes(&good), [], "{good}");
    }
}

#[test]
fn a_setting_that_efs_would_refuse_is_a_mistake() {
    let statement = |key: &str, value: Value| {
        let mut all = json!({ "Effect": "Allow", "Principal": "*", "Action": "*" });
        all[key] = value;
        json!({ "policy_statements": { "Mine": all } })
    };
    for (more, said) in [
        (json!({ "backup_policy": "ENABLING" }), "`ENABLED`, `DISABLED`"),
        (json!({ "availability_zone_name": "eu-west-1" }), "is no Availability Zone"),
        (json!({ "availability_zone_name": "us-east-1-bos-1a" }), "is no Availability Zone"),
        (json!({ "availability_zone_name": "eu-central-1a" }), "is not in the region"),
        (
            json!({ "availability_zone_name": "eu-west-1a", "mount_options": ["az=eu-west-1b"] }),
            "has its mount target in eu-west-1a",
        ),
        (
            json!({
                "availability_zone_name": "eu-west-1a",
                "performance_mode": "maxIO",
                "throughput_mode": "bursting",
            }),
            "`maxIO` excludes One Zone",
        ),
        (json!({ "replication_overwrite_protection": "REPLICATING" }), "`ENABLED`, `DISABLED`"),
        (json!({ "allow_anonymous": false }), "mount without an identity"),
        (statement("Effect", json!("allow")), "neither allows nor denies"),
        (statement("Action", json!(["s3:GetObject"])), "`s3:GetObject`"),
        (json!({ "policy_statements": { "my-own": { "Effect": "Allow" } } }), "IAM does not take"),
        (json!({ "source_policy_documents": ["{"] }), "no JSON"),
        (json!({ "source_policy_documents": ["{}"] }), "no `Statement`"),
        (json!({ "file_system_policy": { "Version": "2012-10-17" } }), "no `Statement`"),
        (
            json!({ "policy_statements": { "DenyWithoutTls": {
                "Effect": "Deny", "Principal": "*", "Action": "*",
            } } }),
            "several statements have the `Sid` `DenyWithoutTls`",
        ),
        (
            json!({ "enforce_tls": true, "file_system_policy": { "Statement": [{
                "Effect": "Deny", "Principal": "*", "Action": "*",
            }] } }),
            "is the whole policy",
        ),
        (
            json!({ "file_system_policy": { "Statement": [{
                "Effect": "Allow", "Principal": "*", "Action": "*", "Sid": "a".repeat(20_000),
            }] } }),
            "EFS takes 20000",
        ),
    ] {
        let told = mistakes(&more);
        assert_eq!(told.len(), 1, "{more}: {told:?}");
        assert!(told[0].1.contains(said), "{told:?}");
    }
}

#[test]
fn settings_beside_an_adopted_file_system_are_mistakes() {
    let told = mistakes(&json!({
        "file_system_id": "fs-0000000a",
        "backup_policy": "ENABLED",
        "enforce_tls": true,
        "policy_statements": {},
    }));
    let inputs: Vec<&str> = told.iter().map(|(input, _)| input.as_str()).collect();
    assert_eq!(inputs, ["backup_policy", "enforce_tls", "policy_statements"]);
}

#[test]
fn an_override_takes_the_place_of_the_statement_of_its_name() {
    let narrow = json!({
        "Sid": "AllowThroughMountTargets",
        "Effect": "Allow",
        "Principal": { "AWS": "111122223333" },
        "Action": "elasticfilesystem:ClientMount",
    });
    let document = json!({ "Statement": [narrow] }).to_string();
    let inputs = crate::world::inputs(&json!({ "override_policy_documents": [document] }));
    let efs::resources::file_system::FileSystemSource::Own(spec) = inputs.file_system else {
        panic!("it is our own")
    };
    let policy = spec.policy.unwrap();
    assert_eq!(policy.document["Statement"][1], narrow);
    assert!(!policy.by_default);
}
