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

#[test]
fn a_key_is_looked_at_once_and_not_again_where_the_file_system_has_it() {
    let world = World::new();
    let key = ["--kms-key-id=alias/graphscope-dev"];
    let looks = |command: &str| {
        let ran = world.run(command, &key).exits(0);
        ran.calls.iter().filter(|call| call.operation == "DescribeKey").count()
    };
    assert_eq!(looks("plan-efs"), 1);
    // EFS looks for itself when it creates, and that is no call of ours.
    assert_eq!(looks("deploy-efs"), 1);
    assert_eq!(looks("plan-efs"), 0);
    assert_eq!(looks("destroy-efs"), 0);
}
