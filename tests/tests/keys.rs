//! A KMS key that EFS could not use is told before anything is made.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use tests::World;

#[test]
fn a_key_that_cannot_encrypt_refuses_the_plan_in_terms_of_kms() {
    let world = World::new();
    let none = "0c0dec00-0000-4000-8000-00000000dead";
    for (key, told, remedy) in [
        ("alias/disabled", "its state is Disabled", "aws kms enable-key"),
        ("alias/leaving", "its state is PendingDeletion, and it is deleted at 2099-", "cancel-key"),
        ("alias/asymmetric", "it is RSA_2048 for ENCRYPT_DECRYPT", "name such a key"),
        ("alias/none", "there is no KMS key `alias/none` in eu-west-1: Alias arn:", "correct"),
        (none, "does not exist", "correct `kms_key_id`"),
    ] {
        let ran = world.run("deploy-efs", &["--kms-key-id", key]).exits(1);
        assert!(ran.stderr.contains(told), "{key}: {}", ran.stderr);
        assert!(ran.stderr.contains(remedy), "{key}: {}", ran.stderr);
        assert!(ran.calls.iter().all(|call| call.operation != "CreateFileSystem"), "{key}");
    }
}

/// EFS shows the key of a file system by its ARN: what an alias leads to, only KMS says.
#[test]
fn a_key_is_looked_at_once_and_of_a_file_system_that_has_one_where_it_is_an_alias() {
    let world = World::new();
    let looks = |command: &str, key: &str| {
        let ran = world.run(command, &[&format!("--kms-key-id={key}")]).exits(0);
        ran.calls.iter().filter(|call| call.operation == "DescribeKey").count()
    };
    assert_eq!(looks("plan-efs", ALIAS), 1);
    assert_eq!(looks("plan-efs", KEY), 1);
    // EFS looks for itself when it creates, and that is no call of ours.
    assert_eq!(looks("deploy-efs", ALIAS), 1);
    assert_eq!(looks("plan-efs", ALIAS), 1);
    assert_eq!(looks("plan-efs", KEY), 0);
    assert_eq!(looks("destroy-efs", ALIAS), 0);
}

const ALIAS: &str = "alias/graphscope-dev";
const KEY: &str = "0c0dec00-0000-4000-8000-000000000002";

#[test]
fn one_key_by_any_of_its_names_is_no_change_and_another_one_is_refused() {
    let world = World::new();
    world.deploy(&["--kms-key-id", ALIAS]);
    let arn = |resource: &str| format!("arn:aws:kms:eu-west-1:111122223333:{resource}");
    let key = arn(&format!("key/{KEY}"));
    for name in [ALIAS, KEY, &key, &arn(ALIAS)] {
        world.nothing_to_do(&["--kms-key-id", name]);
    }
    let other = "0c0dec00-0000-4000-8000-000000000001";
    let other_alias = "alias/aws/elasticfilesystem";
    let other_key = arn(&format!("key/{other}"));
    for name in [other, other_alias, &other_key, &arn(other_alias)] {
        let ran = world.run("plan-efs", &["--kms-key-id", name]).exits(1);
        let refusals = ran.json()["refusals"].to_string();
        for told in ["`kms_key_id` of fs-", &key, name, "EFS never changes it"] {
            assert!(refusals.contains(told), "{name}: {refusals}");
        }
    }
    // An alias that somebody deleted leaves the file system its key.
    let gone = world.run("plan-efs", &["--kms-key-id=alias/none"]).exits(0).json();
    assert_eq!(gone["changes"], 0, "{gone:#}");
    assert!(gone["warnings"].to_string().contains("no alias `alias/none` any more"), "{gone:#}");
}

#[test]
fn a_key_of_another_region_is_a_mistake_in_the_input() {
    let world = World::new();
    for resource in [ALIAS.to_owned(), format!("key/{KEY}")] {
        let flag = format!("--kms-key-id=arn:aws:kms:eu-central-1:111122223333:{resource}");
        let ran = world.run("plan-efs", &[&flag]).exits(2);
        assert!(ran.stderr.contains("eu-central-1"), "{}", ran.stderr);
        assert!(ran.calls.is_empty(), "{:?}", ran.calls);
    }
}
