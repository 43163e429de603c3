//! What differs from the plan, in the account or in the inputs, becomes a change.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Call, World};

fn steps(plan: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (text(&step["action"]), text(&step["address"])))
        .collect()
}

#[test]
fn each_kind_of_drift_is_found_and_fixed() {
    let world = World::new();
    let made = world.deploy(&[]);
    let id = made["outputs"]["file_system_id"].as_str().unwrap().to_owned();

    let target =
        made["outputs"]["mount_targets"][1]["mount_target_id"].as_str().unwrap().to_owned();
    {
        let aws = world.aws();
        aws.efs("DELETE", &format!("mount-targets/{target}"), None);
        let other =
            made["outputs"]["mount_targets"][0]["mount_target_id"].as_str().unwrap().to_owned();
        let groups = json!({ "SecurityGroups": ["sg-0c0dec00000000003"] });
        assert_eq!(
            aws.efs("PUT", &format!("mount-targets/{other}/security-groups"), Some(&groups)).status,
            204
        );
        aws.efs("DELETE", &format!("resource-tags/{id}?tagKeys=Name"), None);
    }
    let class = world.manifests().join("storageclass.yaml");
    std::fs::write(
        &class,
        world.document("storageclass.yaml").replace("Expansion: true", "Expansion: false"),
    )
    .unwrap();
    std::fs::remove_file(world.manifests().join("values.yaml")).unwrap();

    let plan = world.plan(&[]);
    let expected = [
        ("update", "module.efs_csi.file_system"),
        ("update", "module.efs_csi.mount_target[\"eu-west-1a\"]"),
        ("create", "module.efs_csi.mount_target[\"eu-west-1b\"]"),
        ("create", "module.efs_csi.document[\"values.yaml\"]"),
        ("update", "module.efs_csi.document[\"storageclass.yaml\"]"),
    ];
    let expected = expected.map(|(action, address)| (action.to_owned(), address.to_owned()));
    assert_eq!(steps(&plan), expected);
    assert_eq!(world.deploy(&[])["changed"], 5);
    world.nothing_to_do(&[]);
    assert_eq!(world.aws().file_system()["Name"], "graphscope-dev/efs-sc");
}

#[test]
fn throughput_that_somebody_changed_today_waits_and_everything_else_is_fixed() {
    let world = World::new();
    let made = world.deploy(&[]);
    let id = made["outputs"]["file_system_id"].as_str().unwrap().to_owned();
    {
        let aws = world.aws();
        let bursting = json!({ "ThroughputMode": "bursting" });
        assert_eq!(aws.efs("PUT", &format!("file-systems/{id}"), Some(&bursting)).status, 202);
    }
    std::fs::remove_file(world.manifests().join("values.yaml")).unwrap();
    let plan = world.plan(&[]);
    assert_eq!(plan["changes"], 2, "{plan:#}");
    let ran = world.run("deploy-efs", &[]).exits(0);
    assert!(
        ran.stderr.contains("the throughput stays: EFS changes it again from"),
        "{}",
        ran.stderr
    );
    let left = world.plan(&[]);
    assert_eq!(steps(&left), [("update".to_owned(), "module.efs_csi.file_system".to_owned())]);
    assert!(left["notes"].to_string().contains("as it said, from 20"), "{left:#}");

    // Archive takes elastic throughput, and so it waits for that.
    let archive = ["--lifecycle-policy", "transition_to_archive=AFTER_90_DAYS"];
    let ran = world.run("deploy-efs", &archive).exits(0);
    assert!(ran.stderr.contains("Archive waits for the throughput"), "{}", ran.stderr);
}

#[test]
fn a_lifecycle_policy_is_planned_deployed_shown_and_repaired() {
    let world = World::new();
    let policy = ["--lifecycle-policy", "transition_to_ia=AFTER_30_DAYS"];
    let made = world.deploy(&policy);
    let id = made["outputs"]["file_system_id"].as_str().unwrap().to_owned();
    let path = format!("file-systems/{id}/lifecycle-configuration");
    let found = || world.aws().efs("GET", &path, None).json()["LifecyclePolicies"].clone();
    let wanted = json!([{ "TransitionToIA": "AFTER_30_DAYS" }]);
    assert_eq!(found(), wanted);
    world.nothing_to_do(&policy);
    let status = world.run("status", &policy).exits(0).json().to_string();
    assert!(status.contains("transition_to_ia AFTER_30_DAYS"), "{status}");

    let others = json!({ "LifecyclePolicies": [{ "TransitionToArchive": "AFTER_90_DAYS" }] });
    assert_eq!(world.aws().efs("PUT", &path, Some(&others)).status, 200);
    world.nothing_to_do(&[]);
    let plan = world.plan(&policy);
    assert_eq!(steps(&plan), [("update".to_owned(), "module.efs_csi.file_system".to_owned())]);
    assert_eq!(world.deploy(&policy)["changed"], 1);
    assert_eq!(found(), wanted);
}

#[test]
fn a_file_system_that_somebody_deleted_is_made_again_with_consent_for_the_class() {
    let world = World::new();
    let id = world.deploy(&[])["outputs"]["file_system_id"].as_str().unwrap().to_owned();
    {
        let aws = world.aws();
        for target in aws.mount_targets() {
            aws.efs(
                "DELETE",
                &format!("mount-targets/{}", target["MountTargetId"].as_str().unwrap()),
                None,
            );
        }
        let deleted = || aws.efs("DELETE", &format!("file-systems/{id}"), None).status == 204;
        assert!((0..200).any(|_| deleted() || {
            std::thread::sleep(Duration::from_millis(10));
            false
        }));
    }
    let refused = world.run("deploy-efs", &[]).exits(1);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    assert!(world.document("storageclass.yaml").contains(&id), "nothing was changed");
    let made = world.deploy(&["--yes"]);
    assert_ne!(made["outputs"]["file_system_id"], json!(id));
    world.nothing_to_do(&[]);
}

#[test]
fn changed_inputs_become_changes_and_nothing_else() {
    let world = World::new();
    world.deploy(&[]);
    let provisioned = [
        "--throughput-mode",
        "provisioned",
        "--provisioned-throughput-in-mibps",
        "64",
        "--tags",
        "team=graphs",
    ];
    assert_eq!(world.deploy(&provisioned)["changed"], 1, "throughput and tags of one resource");
    world.nothing_to_do(&provisioned);
    let found = world.aws().file_system();
    assert_eq!(found["ProvisionedThroughputInMibps"], 64.0);

    let refused = world
        .run("plan-efs", &["--performance-mode", "maxIO", "--throughput-mode", "bursting"])
        .exits(1);
    assert!(refused.json()["refusals"][0]["reason"].as_str().unwrap().contains("never changes"));
    let unchanged = world
        .run("deploy-efs", &["--performance-mode", "maxIO", "--throughput-mode", "bursting"])
        .exits(1);
    assert!(unchanged.calls.iter().all(Call::reads), "{:?}", unchanged.calls);
}

#[test]
fn a_subnet_taken_out_loses_its_target_only_with_consent() {
    let world = World::new();
    let group = ["--security-group-id", "sg-0c0dec00000000001"];
    let subnets = |ids: &str| ["--subnet-ids".to_owned(), ids.to_owned()];
    let run = |ids: &str, yes: bool| {
        let subnets = subnets(ids);
        let mut args: Vec<&str> = group.to_vec();
        args.extend(subnets.iter().map(String::as_str));
        args.extend(yes.then_some("--yes"));
        world.run("deploy-efs", &args)
    };
    let three = "subnet-0c0dec0000000010a,subnet-0c0dec0000000010b,subnet-0c0dec0000000010c";
    run(three, false).exits(0);
    let two = "subnet-0c0dec0000000010a,subnet-0c0dec0000000010b";
    run(two, false).exits(1);
    assert_eq!(world.aws().mount_targets().len(), 3);
    run(two, true).exits(0);
    assert_eq!(world.aws().mount_targets().len(), 2);
    // The order of the same subnets is no change, and neither is one more in a zone that has its target.
    let more = "subnet-0c0dec0000000020a,subnet-0c0dec0000000010b,subnet-0c0dec0000000010a";
    assert_eq!(run(more, false).exits(0).json()["changed"], 0);
    // The carrier goes and its zone stays: a replacement.
    run("subnet-0c0dec0000000020a,subnet-0c0dec0000000010b", true).exits(0);
    let targets = world.aws().mount_targets();
    assert_eq!(targets[0]["SubnetId"], "subnet-0c0dec0000000020a");
}

#[test]
fn the_rule_for_nfs_is_added_kept_and_taken_back() {
    let world = World::new();
    let rules = |aws: &tests::Aws| {
        let all = aws.ec2("Action=DescribeSecurityGroupRules").body;
        all.matches("<fromPort>2049</fromPort>").count()
    };
    let with = [
        "--nfs-client-cidr",
        "10.0.0.0/16",
        "--nfs-client-security-group-id",
        "sg-0c0dec00000000002",
    ];
    world.deploy(&with);
    world.nothing_to_do(&with);
    assert_eq!(rules(&world.aws()), 2);
    let fewer = ["--nfs-client-cidr", "10.0.0.0/16"];
    world.run("deploy-efs", &fewer).exits(1);
    world.deploy(&["--nfs-client-cidr", "10.0.0.0/16", "--yes"]);
    assert_eq!(rules(&world.aws()), 1);
    world.run("destroy-efs", &[]).exits(0);
    assert_eq!(rules(&world.aws()), 0);
}

#[test]
fn a_rule_of_each_client_in_the_lists_is_added_found_again_and_taken_back_with_consent() {
    let world = World::new();
    let lists = [
        "--security-group=own",
        "--nfs-client-cidrs=10.0.0.0/16,fd00::/64",
        // The cluster's own group admits its members already.
        "--nfs-client-security-groups=sg-0c0dec00000000002,sg-0c0dec00000000003",
        "--nfs-client-prefix-lists=pl-0123456789abcdef0",
    ];
    let sources = || {
        let rules = world.aws().ec2("Action=DescribeSecurityGroupRules").body;
        let ours = |it: &&str| it.contains("NFS for EFS, by Clockwork Codex");
        let ours: Vec<String> = rules.split("<item>").filter(ours).map(str::to_owned).collect();
        let has = |text: &str| ours.iter().filter(|rule| rule.contains(text)).count();
        (ours.len(), has("<cidrIpv6>fd00::/64<"), has("<prefixListId>pl-0123456789abcdef0<"))
    };
    world.deploy(&lists);
    world.nothing_to_do(&lists);
    assert_eq!(sources(), (5, 1, 1));
    let fewer = &lists[..3];
    let asked = world.run("deploy-efs", fewer).exits(1);
    assert!(asked.stderr.contains("pl-0123456789abcdef0"), "{}", asked.stderr);
    world.run("deploy-efs", &[fewer, &["--yes"]].concat()).exits(0);
    assert_eq!(sources(), (4, 1, 0));
    world.nothing_to_do(fewer);
}
