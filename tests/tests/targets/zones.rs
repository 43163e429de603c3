//! Zones and their targets: which are removed or replaced, in which order, and whose mounts break.

use control_plane::{Nodes, User};
use serde_json::{Value, json};
use tests::{Call, Clustered, Ran, Storage, until};

use crate::{CLUSTER, There, text};

/// A private subnet of a zone.
pub(crate) fn private(zone: char) -> String {
    format!("subnet-0c0dec0000000010{zone}")
}

/// Another subnet of a zone.
pub(crate) fn other(zone: char) -> String {
    format!("subnet-0c0dec0000000030{zone}")
}

/// The flags that write subnets down.
pub(crate) fn written(subnets: &[String]) -> Vec<String> {
    vec![format!("--subnet-ids={}", subnets.join(",")), format!("--security-group-id={CLUSTER}")]
}

fn run(there: &There, command: &str, flags: &[String], more: &[&str]) -> Ran {
    let flags: Vec<&str> = flags.iter().map(String::as_str).chain(more.iter().copied()).collect();
    there.run(command, &flags)
}

/// The subnet of each mount target, by zone.
pub(crate) fn subnets(aws: &tests::Aws) -> Vec<String> {
    aws.mount_targets().iter().map(|target| text(target, "SubnetId")).collect()
}

/// Takes the tags off a subnet by which EKS and its controllers find it.
fn untag(aws: &tests::Aws, subnet: &str) {
    let form = format!(
        "Action=DeleteTags&ResourceId.1={subnet}&Tag.1.Key=kubernetes.io/cluster/graphscope-dev\
         &Tag.2.Key=kubernetes.io/role/internal-elb"
    );
    assert_eq!(aws.ec2(&form).status, 200);
}

/// What a tag taken off a subnet must not do, whatever the target is.
fn keeps(aws: &tests::Aws, run: &dyn Fn(&str, &[&str]) -> Ran) -> Ran {
    // A cluster that is not of EKS: only tags say which subnets are its own.
    aws.admin("POST", "faults", "DescribeCluster:*:code=ResourceNotFoundException");
    run("deploy-efs", &[]).exits(0);
    untag(aws, &private('b'));
    let before = aws.mount_targets();
    let ran = run("deploy-efs", &["--yes"]).exits(0);
    assert_eq!(ran.json()["changed"], 0, "{}", ran.stderr);
    assert_eq!(aws.mount_targets(), before);
    let target = text(&before[1], "MountTargetId");
    let told = format!("{target} in eu-west-1b stays in {}", private('b'));
    for word in [told.as_str(), "module.network", "--replace-mount-targets"] {
        assert!(ran.stderr.contains(word), "no {word:?} in:\n{}", ran.stderr);
    }
    // With the flag it goes, after consent.
    let ran = run("deploy-efs", &["--replace-mount-targets"]).exits(1);
    assert!(ran.stderr.contains("This deletes or replaces"), "{}", ran.stderr);
    assert_eq!(aws.mount_targets(), before);
    ran
}

#[test]
fn a_tag_taken_off_a_subnet_unmounts_nobody() {
    let there = There::new();
    keeps(&there.aws, &|command, more| there.run(command, more));
    let all = there.run("deploy-efs", &["--replace-mount-targets", "--yes"]).exits(0);
    assert_eq!(all.json()["changed"], 1);
    assert_eq!(subnets(&there.aws), [private('a'), private('c')]);
    // A fleet shows no plan of each deployment before it changes them.
    let ran = there.run("deploy-efs", &["--fleet=files", "--replace-mount-targets"]).exits(2);
    assert!(ran.stderr.contains("cannot be used with"), "{}", ran.stderr);
}

#[test]
fn targets_move_one_zone_after_the_other() {
    let there = There::new();
    let from: Vec<String> = ['a', 'b', 'c'].map(private).into();
    let to: Vec<String> = ['a', 'b', 'c'].map(other).into();
    run(&there, "deploy-efs", &written(&from), &[]).exits(0);
    let ran = run(&there, "deploy-efs", &written(&to), &["--yes"]).exits(0);
    assert_eq!(subnets(&there.aws), to);
    let changes = ran.calls.iter().filter(|call| !call.reads());
    let changes: Vec<&str> = changes.map(|call| call.operation.as_str()).collect();
    let turns = ["DeleteMountTarget", "CreateMountTarget"].repeat(3);
    assert_eq!(changes, turns);
    // Each new one was there before the next old one went.
    let began = |operation: &str, nth: usize| {
        let mut all = ran.calls.iter().filter(|call| call.operation == operation);
        all.nth(nth).map(|call| (call.at, call.answered)).unwrap()
    };
    for nth in 1..3 {
        let made = began("CreateMountTarget", nth - 1).1;
        let looks = ran.calls.iter().filter(|call| call.operation == "DescribeMountTargets");
        let gone = began("DeleteMountTarget", nth).0;
        assert!(looks.clone().any(|look| look.at >= made && look.answered <= gone));
    }
}

#[test]
fn a_move_to_another_vpc_is_refused_without_the_flag() {
    let there = There::new();
    there.run("deploy-efs", &[]).exits(0);
    let element = |form: &str, name: &str| crate::element(&there.aws.ec2(form).body, name);
    let vpc = element("Action=CreateVpc&CidrBlock=10.9.0.0/16", "vpcId");
    let form = format!(
        "Action=CreateSubnet&VpcId={vpc}&CidrBlock=10.9.0.0/20&AvailabilityZone=eu-west-1a"
    );
    let subnet = element(&form, "subnetId");
    let form = format!("Action=CreateSecurityGroup&GroupName=nfs&GroupDescription=nfs&VpcId={vpc}");
    let group = element(&form, "groupId");
    let flags = [format!("--subnet-ids={subnet}"), format!("--security-group-id={group}")];
    let before = there.aws.mount_targets();
    let ran = run(&there, "deploy-efs", &flags, &["--yes"]).exits(1);
    for word in [vpc.as_str(), "one VPC only", "--replace-mount-targets"] {
        assert!(ran.stderr.contains(word), "no {word:?} in:\n{}", ran.stderr);
    }
    assert!(ran.calls.iter().all(Call::reads), "{:?}", ran.calls);
    assert_eq!(there.aws.mount_targets(), before);
    run(&there, "deploy-efs", &flags, &["--yes", "--replace-mount-targets"]).exits(0);
    assert_eq!(subnets(&there.aws), [subnet]);
}

#[test]
fn a_target_that_failed_comes_back_at_its_address() {
    let there = There::new();
    there.run("deploy-efs", &[]).exits(0);
    // Its own address, which EFS would not choose by itself.
    there.aws.move_target(1, "10.0.16.77");
    there.aws.fail_target(1);
    there.run("deploy-efs", &["--yes"]).exits(0);
    assert_eq!(there.aws.mount_targets()[1]["IpAddress"], "10.0.16.77");
    assert_eq!(there.aws.mount_targets()[1]["LifeCycleState"], "available");
}

/// `IpAddressInUse`: "Returned if the request specified an `IpAddress` that is already in use in
/// the subnet" (`CreateMountTarget`). A zone without its target would be worse.
#[test]
fn a_target_whose_address_was_taken_meanwhile_comes_back_at_another() {
    let there = There::new();
    there.run("deploy-efs", &[]).exits(0);
    there.aws.move_target(1, "10.0.16.77");
    there.aws.fail_target(1);
    let theirs = json!({ "CreationToken": "theirs" });
    let theirs = there.aws.efs("POST", "file-systems", Some(&theirs)).json();
    let target = json!({ "FileSystemId": theirs["FileSystemId"], "SubnetId": private('b'),
        "IpAddress": "10.0.16.77" });
    // The old target is gone, and the call for the new one is on its way.
    there.aws.admin("POST", "faults", "CreateMountTarget:#1:hold-before");
    let ran = std::thread::scope(|scope| {
        let run = scope.spawn(|| there.run("deploy-efs", &["--yes"]));
        until("its call is held", || there.aws.held() > 0);
        until("another file system has the address", || {
            there.aws.efs("POST", "mount-targets", Some(&target)).status == 200
        });
        there.aws.admin("POST", "release", "");
        run.join().unwrap().exits(0)
    });
    let told = "as 10.0.16.77 was taken meanwhile";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    let ours = there.aws.mount_targets_of(&text(&ran.json()["outputs"], "file_system_id"));
    assert_eq!(ours.len(), 3);
    assert_eq!(ours[1]["LifeCycleState"], "available");
    assert_ne!(ours[1]["IpAddress"], "10.0.16.77");
    assert_eq!(there.run("deploy-efs", &[]).exits(0).json()["changed"], 0);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn with_a_cluster_the_nodes_and_pods_that_have_mounts_are_named() {
    let there = Clustered::quick();
    there.deploy(&[]);
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 2).unwrap();
    there.claim("graph", "1Gi");
    let all = there.cluster().list("/api/v1/nodes").unwrap();
    let in_zone = |zone: &str| {
        let of_zone =
            |node: &&Value| node["metadata"]["labels"]["topology.kubernetes.io/zone"] == zone;
        all.iter().find(of_zone).unwrap()["metadata"]["name"].as_str().unwrap().to_owned()
    };
    let (here, elsewhere) = (in_zone("eu-west-1b"), in_zone("eu-west-1a"));
    // Their kubelets run no pod of this test.
    drop(nodes);
    let pods = "/api/v1/namespaces/default/pods";
    let pod = |name: &str, node: &str, claim: Option<&str>| {
        let volume = match claim {
            Some(claim) => json!({ "persistentVolumeClaim": { "claimName": claim } }),
            None => json!({ "emptyDir": {} }),
        };
        let mut volume = volume;
        volume["name"] = json!("data");
        let pod: Value = json!({
            "metadata": { "name": name },
            "spec": {
                "nodeName": node, "automountServiceAccountToken": false,
                "containers": [{ "name": "a", "image": "a" }], "volumes": [volume],
            },
        });
        there.cluster().create(pods, &pod).unwrap();
    };
    pod("engine", &here, Some("graph"));
    pod("bystander", &here, None);
    pod("of-another-zone", &elsewhere, Some("graph"));
    // EKS does not prove that it is this one.
    let context = format!("--context={}", control_plane::CONTEXT);
    let run = |command: &str, more: &[&str]| there.run(command, &[more, &[&context]].concat());
    let ran = keeps(&there.aws, &run);
    let line = format!("node {here}: default/engine");
    assert!(ran.stderr.contains(&format!("mounts break: {line}")), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("Mounts break: {line}.")), "{}", ran.stderr);
    for other in ["bystander", "of-another-zone"] {
        assert!(!ran.stderr.contains(other), "{}", ran.stderr);
    }
    let plan = ran.json();
    assert_eq!(plan["steps"][0]["interrupts"], json!([line]), "{plan:#}");
    assert_eq!(plan["mounts"][0]["nodes"][0]["pods"], json!(["default/engine"]), "{plan:#}");
}

/// A move over three zones is killed before and after every call that changes something; the
/// next run completes it, and at no look are two zones without their target.
#[test]
fn a_move_that_is_killed_anywhere_leaves_one_zone_at_most_without_its_target() {
    let storage = Storage::new();
    let jobs = |zones: &dyn Fn(char) -> String| {
        let flags = written(&['a', 'b', 'c'].map(zones));
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let job =
            |command, more: &[&str]| storage.world.job(&[&[command], &flags[..], more].concat());
        (job("deploy-efs", &["--yes"]), job("plan-efs", &[]))
    };
    let ((first, _), (moves, planned)) = (jobs(&private), jobs(&other));
    for operation in ["DeleteMountTarget", "CreateMountTarget"] {
        for hold in ["hold-before", "hold-after"] {
            for nth in 1..=3 {
                let trial = storage.trial(&format!("{operation}-{hold}-{nth}"), &[]);
                trial.run(&first).exits(0);
                trial.aws.admin("POST", "faults", &format!("{operation}:#{nth}:{hold}"));
                let mut child = trial.here(&moves).start();
                until("its call is held", || trial.aws.held() > 0);
                child.kill().unwrap();
                child.wait().unwrap();
                trial.aws.admin("DELETE", "faults", "");
                trial.aws.admin("POST", "release", "");
                let left = trial.aws.mount_targets().len();
                assert!(left >= 2, "{operation} {hold} {nth}: {left} targets are left");
                trial.run(&moves).exits(0);
                let plan = trial.run(&planned).exits(0).json();
                assert_eq!(plan["changes"], 0, "{plan:#}");
                assert_eq!(subnets(&trial.aws), ['a', 'b', 'c'].map(other));
            }
        }
    }
}
