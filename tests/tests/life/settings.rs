//! Backups, protection and policy of a file system, as EFS keeps them: found, changed, repaired.

use serde_json::{Value, json};
use tests::World;

/// What EFS answers to a reading call of the deployment's file system.
fn setting(world: &World, path: &str) -> Value {
    let aws = world.aws();
    let id = aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
    aws.efs("GET", &format!("file-systems/{id}/{path}"), None).json()
}

/// Sets something by hand.
fn by_hand(world: &World, path: &str, body: &Value) {
    let aws = world.aws();
    let id = aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
    let put = aws.efs("PUT", &format!("file-systems/{id}/{path}"), Some(body));
    assert_eq!(put.status, 200, "{}", put.body);
}

/// The `Sid`s of the policy.
fn statements(world: &World) -> Vec<String> {
    let policy = setting(world, "policy");
    let policy: Value = serde_json::from_str(policy["Policy"].as_str().unwrap()).unwrap();
    let all = policy["Statement"].as_array().unwrap().iter();
    all.map(|statement| statement["Sid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_new_file_system_is_backed_up_and_one_that_is_there_as_somebody_chose() {
    let world = World::new();
    world.deploy(&[]);
    assert_eq!(setting(&world, "backup-policy")["BackupPolicy"]["Status"], "ENABLED");
    by_hand(&world, "backup-policy", &json!({ "BackupPolicy": { "Status": "DISABLED" } }));
    let ran = world.run("deploy-efs", &[]).exits(0);
    assert_eq!(ran.json()["changed"], 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("is not backed up"), "{}", ran.stderr);
    let on = ["--backup-policy", "ENABLED"];
    assert_eq!(world.deploy(&on)["changed"], 1);
    world.nothing_to_do(&on);
    let off = ["--backup-policy", "DISABLED"];
    assert_eq!(world.deploy(&off)["changed"], 1);
    let status = setting(&world, "backup-policy")["BackupPolicy"]["Status"].clone();
    assert!(["DISABLING", "DISABLED"].iter().any(|word| status == *word), "{status}");
    world.nothing_to_do(&off);
}

#[test]
fn a_time_for_the_throughput_is_told_until_it_is_past_and_then_hinders_nothing() {
    let mut world = World::new();
    let bursting = ["--throughput-mode", "bursting"];
    world.deploy(&bursting);
    world.deploy(&[]);
    let notes = |world: &World| world.plan(&bursting)["notes"].to_string();
    assert_eq!(world.run("deploy-efs", &bursting).exits(0).json()["changed"], 1);
    assert!(notes(&world).contains("as it said, from 20"), "{}", notes(&world));
    // A day later.
    let aws = world.aws();
    let id = aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
    let past = json!({ "Tags": [
        { "Key": "clockwork-codex/throughput-from", "Value": "2026-01-02T03:04:05Z" },
    ] });
    assert_eq!(aws.efs("POST", &format!("resource-tags/{id}"), Some(&past)).status, 200);
    drop(aws);
    assert!(notes(&world).contains("once in 24 hours"), "{}", notes(&world));
    world.set("CLOCKWORK_SANDBOX_THROUGHPUT_CHANGE_MS", 1);
    world.deploy(&bursting);
    assert_eq!(world.aws().file_system()["ThroughputMode"], "bursting");
    world.nothing_to_do(&bursting);
}

#[test]
fn a_replication_that_ends_makes_way_for_the_one_that_is_wanted() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_REPLICATION_DELETING_MS", 3000);
    let to = ["--replication", "region=eu-central-1"];
    world.deploy(&to);
    let aws = world.aws();
    let id = aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
    let path = format!("file-systems/{id}/replication-configuration");
    assert!(aws.efs("DELETE", &path, None).status < 300);
    drop(aws);
    assert_eq!(world.deploy(&to)["changed"], 1);
    world.nothing_to_do(&to);
}

#[test]
fn a_file_system_that_others_replicate_to_is_not_replicated_itself() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_FILE_SYSTEM_CREATING_MS", 0);
    world.deploy(&["--replication-overwrite-protection", "DISABLED"]);
    let aws = world.aws();
    let id = aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
    let other = aws.efs("POST", "file-systems", Some(&json!({ "CreationToken": "of-others" })));
    let other = other.json()["FileSystemId"].as_str().unwrap().to_owned();
    let path = format!("file-systems/{other}/replication-configuration");
    let destination = json!({ "Destinations": [{ "Region": "eu-west-1", "FileSystemId": id }] });
    let made = aws.efs("POST", &path, Some(&destination));
    assert!(made.status < 300, "{}", made.body);
    drop(aws);
    let ran = world.run("plan-efs", &["--replication", "region=eu-west-1"]).exits(1);
    let refusals = ran.json()["refusals"].to_string();
    assert!(refusals.contains("EFS does not replicate it in turn"), "{refusals}");
}

#[test]
fn protection_against_replication_is_set_and_repaired() {
    let world = World::new();
    let off = ["--replication-overwrite-protection", "DISABLED"];
    world.deploy(&off);
    let protection = || world.aws().file_system()["FileSystemProtection"].clone();
    assert_eq!(protection()["ReplicationOverwriteProtection"], "DISABLED");
    by_hand(&world, "protection", &json!({ "ReplicationOverwriteProtection": "ENABLED" }));
    assert_eq!(world.deploy(&off)["changed"], 1);
    world.nothing_to_do(&off);
    let status = world.run("status", &off).exits(0).json().to_string();
    assert!(status.contains("overwrite protection DISABLED"), "{status}");
}

#[test]
fn the_policy_is_put_changed_and_repaired_and_goes_when_nobody_wants_it() {
    let world = World::new();
    world.deploy(&[]);
    assert_eq!(statements(&world), ["DenyWithoutTls", "AllowThroughMountTargets"]);
    let file = world.path().join("statements.yaml");
    std::fs::write(
        &file,
        "Audit:\n  Effect: Allow\n  Principal: { AWS: \"111122223333\" }\n  Action: elasticfilesystem:Describe*\n",
    )
    .unwrap();
    let more = ["--enforce-tls", "true", "--root-squash", "true", "--policy-statements"];
    let more = [&more[..], &[file.to_str().unwrap()]].concat();
    assert_eq!(world.deploy(&more)["changed"], 1);
    world.nothing_to_do(&more);
    assert_eq!(statements(&world), ["DenyWithoutTls", "AllowThroughMountTargets", "Audit"]);

    let open = json!({ "Version": "2012-10-17", "Id": "clockwork-codex", "Statement": [
        { "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:*" },
    ] });
    by_hand(&world, "policy", &json!({ "Policy": open.to_string() }));
    assert_eq!(world.deploy(&more)["changed"], 1);
    world.nothing_to_do(&more);

    let none = ["--enforce-tls", "false"];
    assert_eq!(world.deploy(&none)["changed"], 1);
    assert_eq!(setting(&world, "policy")["ErrorCode"], "PolicyNotFound");
    world.nothing_to_do(&none);
    // It is in use now, so that it takes more than a default to give it one.
    let left = world.run("deploy-efs", &[]).exits(0);
    assert!(left.stderr.contains("set `enforce_tls = true`"), "{}", left.stderr);
    assert_eq!(left.json()["changed"], 0);
    assert_eq!(world.deploy(&["--enforce-tls", "true"])["changed"], 1);
}

#[test]
fn a_policy_of_somebody_else_is_overwritten_with_consent_only() {
    let world = World::new();
    world.deploy(&[]);
    let theirs = json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "Theirs", "Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:*" },
    ] });
    by_hand(&world, "policy", &json!({ "Policy": theirs.to_string() }));
    world.nothing_to_do(&[]);
    let explicit = ["--enforce-tls", "true"];
    let refused = world.run("deploy-efs", &explicit).exits(1);
    assert!(refused.stderr.contains("--replace-file-system-policy"), "{}", refused.stderr);
    assert_eq!(statements(&world), ["Theirs"]);
    let consent = ["--enforce-tls", "true", "--replace-file-system-policy"];
    assert_eq!(world.deploy(&consent)["changed"], 1);
    world.nothing_to_do(&explicit);
}

/// A file with a statement, as a flag.
fn with_statement(world: &World, statement: &Value) -> String {
    let file = world.path().join("lock.json");
    std::fs::write(&file, json!({ "Locked": statement }).to_string()).unwrap();
    format!("--policy-statements={}", file.display())
}

/// "The lockout safety check determines whether the policy in the request will lock out, or prevent,
/// the IAM principal that is making the request" (EFS API Reference, `PutFileSystemPolicy`).
#[test]
fn a_policy_that_nobody_could_change_again_is_refused_until_the_check_is_bypassed() {
    let world = World::new();
    world.deploy(&[]);
    let bypass = "--bypass-policy-lockout-safety-check=true";
    // It denies everybody: the plan says so, before any call.
    let all = json!({
        "effect": "Deny",
        "actions": ["elasticfilesystem:Put*"],
        "principals": [{ "type": "*", "identifiers": ["*"] }],
    });
    let statement = with_statement(&world, &all);
    let ran = world.run("deploy-efs", &[&statement]).exits(1);
    let refusals = ran.json()["refusals"].to_string();
    assert!(refusals.contains("lock-out safety check"), "{refusals}");
    assert!(refusals.contains("bypass_policy_lockout_safety_check"), "{refusals}");
    assert!(ran.calls.iter().all(tests::Call::reads), "{:?}", ran.calls);

    // It denies whoever runs this: EFS knows, and its words are explained.
    let me = json!({
        "effect": "Deny",
        "actions": ["elasticfilesystem:PutFileSystemPolicy"],
        "principals": [{ "type": "AWS", "identifiers": ["*"] }],
        "conditions": [{
            "test": "ArnLike", "variable": "aws:PrincipalArn", "values": ["arn:aws:iam::111122223333:*"],
        }],
    });
    let statement = with_statement(&world, &me);
    let ran = world.run("deploy-efs", &[&statement]).exits(1);
    for told in [
        "This policy would prevent future FileSystemPolicy updates",
        "set `bypass_policy_lockout_safety_check = true` if somebody else may change it",
    ] {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
    assert_eq!(statements(&world), ["DenyWithoutTls", "AllowThroughMountTargets"]);

    // Whoever says so gets it, as EFS is told.
    for statement in [&me, &all] {
        let statement = with_statement(&world, statement);
        world.deploy(&[&statement, bypass]);
        assert!(statements(&world).contains(&"Locked".to_owned()), "{:?}", statements(&world));
        world.nothing_to_do(&[&statement, bypass]);
        // What is in force is no matter of the check any more.
        world.nothing_to_do(&[&statement]);
    }
}
