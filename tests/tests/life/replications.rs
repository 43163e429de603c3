//! The replication of a deployment through the programs and the real SDK: its states, what of it
//! differs, how it is replaced, and how it ends.

use serde_json::{Value, json};
use tests::World;

const TO: [&str; 2] = ["--replication", "region=eu-central-1"];
const NONE: [&str; 2] = ["--replication", "{}"];

/// What EFS says of the deployment's replication; null where there is none.
fn replication(world: &World) -> Value {
    let aws = world.aws();
    let id = aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
    let path = format!("file-systems/replication-configurations?FileSystemId={id}");
    aws.efs("GET", &path, None).json()["Replications"][0]["Destinations"][0].clone()
}

/// A file system of the region of the copies.
fn copy(world: &World, id: &str) -> Value {
    let path = format!("file-systems?FileSystemId={id}");
    world.aws().efs_in("eu-central-1", "GET", &path, None).json()["FileSystems"][0].clone()
}

/// Brings the replication into a state, as EFS does by itself.
fn state(world: &World, status: &str, message: &str) {
    let aws = world.aws();
    let id = aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
    let body = json!({ "ReplicationStatus": status, "StatusMessage": message }).to_string();
    assert_eq!(aws.admin("POST", &format!("efs/eu-west-1/{id}"), &body).status, 204);
}

#[test]
fn a_replication_ends_with_consent_and_leaves_a_copy_that_says_whose_it_was() {
    let world = World::new();
    let made = world.deploy(&TO);
    let source = made["outputs"]["file_system_id"].as_str().unwrap();
    let there = made["outputs"]["replica"]["file_system_id"].as_str().unwrap().to_owned();
    let refused = world.run("deploy-efs", &NONE).exits(1);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    let plan = world.plan(&NONE).to_string();
    for told in ["stays with its data", "aws efs delete-file-system", "\"copy_left\":{\"monthly\""]
    {
        assert!(plan.contains(told), "{told}: {plan}");
    }
    let ended = world.deploy(&[&NONE[..], &["--yes"]].concat());
    assert_eq!((&ended["changed"], &ended["outputs"]["replica"]), (&json!(1), &Value::Null));
    assert_eq!(replication(&world), Value::Null);
    world.nothing_to_do(&NONE);
    world.nothing_to_do(&[]);
    let copy = copy(&world, &there);
    let tag = json!({ "Key": "clockwork-codex/copy-of", "Value": format!("eu-west-1/{source}") });
    assert!(copy["Tags"].as_array().unwrap().contains(&tag), "{copy:#}");
    assert_eq!(copy["FileSystemProtection"]["ReplicationOverwriteProtection"], "ENABLED");
    // What ended begins again, with another copy.
    let again = world.deploy(&TO);
    assert_ne!(again["outputs"]["replica"]["file_system_id"], json!(there));
    world.nothing_to_do(&TO);
}

#[test]
fn a_copy_that_cannot_be_tagged_does_not_keep_a_replication_from_ending() {
    let mut world = World::new();
    world.deploy(&TO);
    world.set("CLOCKWORK_SANDBOX_FAULTS", "TagResource:*:code=BadRequest");
    let ended = world.run("deploy-efs", &[&NONE[..], &["--yes"]].concat()).exits(0);
    assert!(ended.stderr.contains("has no tag"), "{}", ended.stderr);
    assert_eq!(replication(&world), Value::Null);
}

#[test]
fn every_state_of_a_replication_is_told_and_those_in_which_nothing_is_copied_are_unhealthy() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_REPLICATION_ENABLING_MS", 0);
    world.deploy(&TO);
    let row = |code: i32| {
        let status = world.run("status", &TO).exits(code).json();
        let rows = status["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["resource"] == "replication").unwrap().clone();
        let [listed] = status["replications"].as_array().unwrap().as_slice() else {
            panic!("{status:#}")
        };
        assert_eq!(listed["status"], row["state"]);
        assert!(listed["lag_seconds"].is_u64() && listed["last_replicated"].is_string());
        assert_eq!(status["healthy"], row["healthy"]);
        row
    };
    assert_eq!(row(0)["state"], "ENABLED");
    for status in ["PAUSING", "PAUSED", "ERROR"] {
        state(&world, status, "EFS is not authorized to perform the replication");
        let row = row(0);
        assert_eq!((&row["state"], &row["healthy"]), (&json!(status), &json!(false)));
        assert!(row["detail"].as_str().unwrap().contains("is not authorized"), "{row}");
        let warnings = world.plan(&TO)["warnings"].to_string();
        assert!(warnings.contains("is not authorized"), "{status}: {warnings}");
        let remedy = if status == "ERROR" { "--replace-replication" } else { "goes on by itself" };
        assert!(warnings.contains(remedy), "{status}: {warnings}");
        world.nothing_to_do(&TO);
    }
    let failed = replication(&world)["FileSystemId"].clone();
    let replace = [&TO[..], &["--replace-replication"]].concat();
    world.run("deploy-efs", &replace).exits(1);
    let made = world.deploy(&[&replace[..], &["--yes"]].concat());
    assert_ne!(made["outputs"]["replica"]["file_system_id"], failed);
    world.nothing_to_do(&replace);
    assert_eq!(copy(&world, failed.as_str().unwrap())["FileSystemId"], failed, "it stays");
}

#[test]
fn the_zone_and_the_key_of_a_copy_are_compared_with_the_inputs_by_meaning() {
    let world = World::new();
    let with = |more: &str| vec!["--replication".to_owned(), format!("region=eu-central-1{more}")];
    let run = |command: &str, more: &str, flags: &[&str]| {
        let replication = with(more);
        let all: Vec<&str> =
            replication.iter().map(String::as_str).chain(flags.iter().copied()).collect();
        world.run(command, &all)
    };
    let zone = ",availability_zone_name=eu-central-1a";
    run("deploy-efs", zone, &[]).exits(0);
    let there = replication(&world)["FileSystemId"].as_str().unwrap().to_owned();
    let key = copy(&world, &there)["KmsKeyId"].as_str().unwrap().to_owned();
    let id = key.rsplit('/').next().unwrap();
    for same in [
        String::new(),
        zone.to_owned(),
        format!("{zone},kms_key_id=alias/aws/elasticfilesystem"),
        format!("{zone},kms_key_id={key}"),
        format!("{zone},kms_key_id={id}"),
    ] {
        let plan = run("plan-efs", &same, &[]).exits(0).json();
        assert_eq!((&plan["changes"], &plan["notes"]), (&json!(0), &json!([])), "{same}: {plan:#}");
    }
    let other = "1234abcd-12ab-34cd-56ef-1234567890ab";
    for (differs, named) in [
        (",availability_zone_name=eu-central-1b".to_owned(), "availability_zone_name"),
        (format!("{zone},kms_key_id={other}"), "kms_key_id"),
    ] {
        let refused = run("deploy-efs", &differs, &["--yes"]).exits(1);
        assert!(refused.calls.iter().all(tests::Call::reads), "{:?}", refused.calls);
        assert!(
            refused.stderr.contains(&format!("replication[\"{named}\"] differ")),
            "{}",
            refused.stderr
        );
        assert!(refused.stderr.contains("--replace-replication"), "{}", refused.stderr);
    }
    let moved = ",availability_zone_name=eu-central-1b";
    let made = run("deploy-efs", moved, &["--replace-replication", "--yes"]).exits(0).json();
    assert_eq!(made["changed"], 1);
    let now = replication(&world)["FileSystemId"].as_str().unwrap().to_owned();
    assert_ne!(now, there);
    assert_eq!(copy(&world, &now)["AvailabilityZoneName"], "eu-central-1b");
    assert_eq!(copy(&world, &there)["AvailabilityZoneName"], "eu-central-1a", "it stays");
    let plan = run("plan-efs", moved, &[]).exits(0).json();
    assert_eq!(plan["changes"], 0, "{plan:#}");
}

#[test]
fn a_deployment_is_planned_while_the_region_of_its_copy_does_not_answer() {
    let mut world = World::new();
    let zone = ["--replication", "availability_zone_name=eu-central-1a"];
    world.deploy(&zone);
    let there = replication(&world)["FileSystemId"].as_str().unwrap().to_owned();
    world.nothing_to_do(&zone);
    // The first one is of the source.
    world.set("CLOCKWORK_SANDBOX_FAULTS", "DescribeFileSystems:#2:code=BadRequest");
    let plan = world.plan(&zone);
    assert_eq!(plan["changes"], 0, "{plan:#}");
    assert!(plan["notes"].to_string().contains(&there), "{plan:#}");
}

#[test]
fn the_copy_is_among_the_outputs() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_REPLICATION_ENABLING_MS", 0);
    let made = world.deploy(&TO)["outputs"]["replica"].clone();
    let id = made["file_system_id"].as_str().unwrap();
    let arn = format!("arn:aws:elasticfilesystem:eu-central-1:111122223333:file-system/{id}");
    assert_eq!((&made["file_system_arn"], &made["region"]), (&json!(arn), &json!("eu-central-1")));
    let read = |args: &[&str]| world.run("outputs", args).exits(0).json();
    // Whoever reads them need not know of the input.
    let found = read(&["replica"]);
    assert_eq!(found["file_system_arn"], json!(arn));
    assert_eq!(found["status"], "ENABLED");
    assert!(found["last_replicated"].is_string() && found["lag_seconds"].is_u64(), "{found:#}");
    assert_eq!(read(&[])["outputs"]["replica"]["file_system_id"], json!(id));
    assert_eq!(world.deploy(&TO)["outputs"]["replica"]["file_system_id"], json!(id));
}

/// Lets the account have the role by which EFS replicates to another one, with this trust.
fn role(world: &World, service: &str) {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole",
    }] });
    let trust = trust.to_string();
    let parameters = [("RoleName", "replicates"), ("AssumeRolePolicyDocument", trust.as_str())];
    let made = world.aws().iam("CreateRole", &parameters);
    assert!(made.contains("role/replicates"), "{made}");
}

#[test]
fn a_file_system_is_replicated_to_one_of_another_account_by_a_role() {
    let world = World::new();
    role(&world, "elasticfilesystem.amazonaws.com");
    let arn =
        "arn:aws:elasticfilesystem:eu-central-1:444455556666:file-system/fs-0123456789abcdef0";
    let by = "arn:aws:iam::111122223333:role/replicates";
    let replication = format!("file_system_id={arn},role_arn={by}");
    let to = ["--replication", replication.as_str()];
    // Its files go: that takes its id.
    let refused = world.run("deploy-efs", &to).exits(1);
    assert!(refused.stderr.contains("--adopt-existing=fs-0123456789abcdef0"), "{}", refused.stderr);
    let agreed = [&to[..], &["--adopt-existing=fs-0123456789abcdef0"]].concat();
    let plan = world.plan(&to).to_string();
    assert!(plan.contains(arn) && plan.contains(by), "{plan}");
    let made = world.deploy(&agreed)["outputs"]["replica"].clone();
    assert_eq!((&made["file_system_arn"], &made["account"]), (&json!(arn), &json!("444455556666")));
    assert_eq!((&made["role_arn"], &made["region"]), (&json!(by), &json!("eu-central-1")));
    world.nothing_to_do(&to);
    let status = world.run("status", &to).exits(0).json();
    assert_eq!(status["replications"][0]["file_system_arn"], json!(arn), "{status:#}");
    // By another role it is another replication.
    let other = replication.replace("role/replicates", "role/other");
    let refused = world.run("deploy-efs", &["--replication", &other]).exits(1);
    assert!(refused.stderr.contains("replication[\"role_arn\"] differ"), "{}", refused.stderr);
    let gone = world.run("destroy-efs", &[&to[..], &["--yes"]].concat()).exits(0);
    assert!(gone.stderr.contains("of the account 444455556666 stays"), "{}", gone.stderr);
    assert!(gone.calls.iter().all(|call| call.operation != "TagResource"), "{:?}", gone.calls);
    assert_eq!(world.aws().file_systems(), [] as [Value; 0]);
}

#[test]
fn a_role_that_efs_may_not_assume_is_told_in_the_words_of_efs() {
    let world = World::new();
    role(&world, "ec2.amazonaws.com");
    let arn =
        "arn:aws:elasticfilesystem:eu-central-1:444455556666:file-system/fs-0123456789abcdef0";
    let by = "arn:aws:iam::111122223333:role/replicates";
    let replication = format!("file_system_id={arn},role_arn={by}");
    let to = ["--replication", &replication, "--adopt-existing=fs-0123456789abcdef0"];
    world.deploy(&to);
    let warnings = world.plan(&to[..2])["warnings"].to_string();
    assert!(warnings.contains("is PAUSED") && warnings.contains("is not authorized"), "{warnings}");
    let status = world.run("status", &to[..2]).exits(0).json();
    assert_eq!(status["healthy"], json!(false), "{status:#}");
}
