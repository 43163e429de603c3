//! A run that fails in part goes on with what does not need the part that failed: another zone,
//! the driver, the class. What is missing is named, and the next run adds it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::process::Child;

use control_plane::{Nodes, User};
use serde_json::{Value, json};
use tests::{Aws, Clustered, Storage, until};

/// The private subnets of the example's zones `a` and `b`.
const SUBNETS: [&str; 2] = ["subnet-0c0dec0000000010a", "subnet-0c0dec0000000010b"];

/// The security group of the example's cluster.
const GROUP: &str = "sg-0c0dec00000000001";

/// What stands between two tags of a response in XML.
fn within<'a>(text: &'a str, tag: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("<{tag}>")).unwrap_or_else(|| panic!("{text}"));
    rest.split_once('<').unwrap().0
}

/// A subnet of a zone that has room for eleven addresses.
fn small_subnet(aws: &Aws) -> String {
    let vpc = within(&aws.ec2("Action=DescribeVpcs").body, "vpcId").to_owned();
    let made = aws.ec2(&format!(
        "Action=CreateSubnet&VpcId={vpc}&CidrBlock=10.0.200.0/28&AvailabilityZone=eu-west-1c"
    ));
    within(&made.body, "subnetId").to_owned()
}

/// Takes all addresses of a subnet, as pods do; returns the interfaces that have them.
fn fill(aws: &Aws, subnet: &str) -> Vec<String> {
    let mut interfaces = Vec::new();
    loop {
        let made = aws.ec2(&format!("Action=CreateNetworkInterface&SubnetId={subnet}"));
        if made.status != 200 {
            assert!(made.body.contains("InsufficientFreeAddressesInSubnet"), "{}", made.body);
            return interfaces;
        }
        interfaces.push(within(&made.body, "networkInterfaceId").to_owned());
    }
}

/// Ends a run whose subnets fill up while its file system is made; its exit code, its result and
/// what it said.
fn ends_when_full(run: Child, aws: &Aws, subnets: &[&str]) -> (Option<i32>, String, String) {
    until("the file system is made", || aws.held() > 0);
    for subnet in subnets {
        fill(aws, subnet);
    }
    aws.admin("DELETE", "faults", "");
    aws.admin("POST", "release", "");
    let output = run.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The zone's failure with its cause and its remedy, as a run prints it.
fn told(said: &str) {
    for part in [
        "error: carrying out module.efs_csi.mount_target[\"eu-west-1c\"]",
        "NoFreeAddressesInSubnet",
        "help: free an IP address of the subnet",
    ] {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
}

#[test]
fn a_zone_that_fails_keeps_neither_the_others_nor_the_class_from_their_end() {
    let storage = Storage::new();
    let trial = storage.trial("zone", &[]);
    let small = small_subnet(&trial.aws);
    let subnets = format!("--subnet-ids={},{},{small}", SUBNETS[0], SUBNETS[1]);
    let group = format!("--security-group-id={GROUP}");
    let deploy = trial.here(&storage.world.job(&["deploy-efs", &subnets, &group]));
    let plan = trial.here(&storage.world.job(&["plan-efs", &subnets, &group]));
    trial.aws.admin("POST", "faults", "CreateFileSystem:*:hold-after");
    let (code, result, said) = ends_when_full(deploy.start(), &trial.aws, &[&small]);
    assert_eq!(code, Some(1), "{said}");
    told(&said);
    assert!(said.contains("storageclass.yaml\"]: written"), "{said}");
    let result: Value = serde_json::from_str(&result).unwrap();
    let outputs = &result["outputs"];
    assert_eq!(outputs["zones_without_mount_target"], json!(["eu-west-1c"]), "{result:#}");
    assert_eq!(outputs["mount_targets"].as_array().map(Vec::len), Some(2));
    assert!(result["errors"][0].as_str().unwrap().contains("NoFreeAddressesInSubnet"));
    let class = std::fs::read_to_string(trial.manifests.join("storageclass.yaml")).unwrap();
    assert!(class.contains(outputs["file_system_id"].as_str().unwrap()));

    // A plan knows it beforehand, and says so until an address is free.
    let refused = plan.run().exits(1);
    let reason = refused.json()["refusals"][0]["reason"].clone();
    assert_eq!(reason, "no subnet of eu-west-1c has a free address");
    let interfaces = trial.aws.ec2(&format!(
        "Action=DescribeNetworkInterfaces&Filter.1.Name=subnet-id&Filter.1.Value.1={small}"
    ));
    let one = within(&interfaces.body, "networkInterfaceId");
    trial.aws.ec2(&format!("Action=DeleteNetworkInterface&NetworkInterfaceId={one}"));
    let result = deploy.run().exits(0).json();
    assert_eq!(result["changed"], 1, "the zone alone is left: {result:#}");
    assert_eq!(result["outputs"]["zones_without_mount_target"], json!([]));
    assert_eq!(plan.run().exits(0).json()["changes"], 0);
}

#[test]
fn without_any_mount_target_there_is_no_class_and_that_is_said() {
    let storage = Storage::new();
    let trial = storage.trial("none", &[]);
    let small = small_subnet(&trial.aws);
    let (subnets, group) =
        (format!("--subnet-ids={small}"), format!("--security-group-id={GROUP}"));
    let deploy = trial.here(&storage.world.job(&["deploy-efs", &subnets, &group]));
    trial.aws.admin("POST", "faults", "CreateFileSystem:*:hold-after");
    let (code, result, said) = ends_when_full(deploy.start(), &trial.aws, &[&small]);
    assert_eq!((code, result.as_str()), (Some(1), ""), "{said}");
    told(&said);
    let left = "Not carried out for that: module.efs_csi.document[\"kustomization.yaml\"], \
                module.efs_csi.document[\"storageclass.yaml\"]";
    assert!(said.contains(left), "{said}");
    assert!(!trial.manifests.join("storageclass.yaml").exists());
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn in_a_cluster_the_driver_and_the_class_go_on_without_the_zone_that_fails() {
    let there = Clustered::quick();
    let _nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 2).unwrap();
    let small = small_subnet(&there.aws);
    let args = [
        "deploy-efs".to_owned(),
        format!("--endpoint-url={}", there.aws.url),
        format!("--helm-chart={}", Clustered::chart().display()),
        format!("--subnet-ids={},{},{small}", SUBNETS[0], SUBNETS[1]),
        format!("--security-group-id={GROUP}"),
    ];
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    there.aws.admin("POST", "faults", "CreateFileSystem:*:hold-after");
    let (code, result, said) =
        ends_when_full(there.world.job_of(&args).start(), &there.aws, &[&small]);
    assert_eq!(code, Some(1), "{said}");
    told(&said);
    // The driver was waited for, although something else had failed.
    assert!(said.contains("helm_release[\"aws-efs-csi-driver\"]: released, runs"), "{said}");
    let result: Value = serde_json::from_str(&result).unwrap();
    assert_eq!(result["outputs"]["zones_without_mount_target"], json!(["eu-west-1c"]));
    let id = &result["outputs"]["file_system_id"];
    assert_eq!(there.class().unwrap()["parameters"]["fileSystemId"], *id);
    assert_eq!(there.aws.mount_targets().len(), 2);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_node_that_is_not_ready_is_named_and_not_waited_for() {
    let there = Clustered::quick();
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 3).unwrap();
    nodes.fail("stand-in-2").unwrap();
    let url = format!("--endpoint-url={}", there.aws.url);
    let chart = format!("--helm-chart={}", Clustered::chart().display());
    let ran = there.world.xtask(&["deploy-efs", &url, &chart]).exits(0);
    let partly = "daemonset/efs-csi-node 2 of 3";
    let away = "not on stand-in-2 (NotReady)";
    let line = ran.stderr.lines().find(|line| line.contains("released, runs: "));
    let line = line.unwrap_or_else(|| panic!("{}", ran.stderr));
    assert!(line.contains(partly) && line.contains(away), "{line}");

    let plan = there.world.xtask(&["plan-efs", &url, &chart, "--output=json"]).exits(0).json();
    assert_eq!((plan["changes"].clone(), plan["waits"].clone()), (json!(0), json!([])), "{plan:#}");
    let warnings: Vec<&str> =
        plan["warnings"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(warnings.iter().any(|it| it.contains(partly) && it.contains(away)), "{warnings:?}");
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn looks_that_fail_for_a_while_do_not_fail_a_rollout() {
    let mut there = Clustered::quick();
    let proxy = there.proxied(None);
    let url = format!("--endpoint-url={}", there.aws.url);
    let chart = format!("--helm-chart={}", Clustered::chart().display());
    // No node is there yet, so that the controller is waited for.
    let deploy = there.world.job_of(&["deploy-efs", &url, &chart]).start();
    there.await_that("the driver is installed", || {
        there.revisions() == [(1, "deployed".to_owned())] && there.class().is_some()
    });
    proxy.set_away(true);
    // A single call is repeated for four seconds: these are several looks.
    there.await_that("looks fail", || proxy.refused() > 12);
    proxy.set_away(false);
    let _nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 2).unwrap();
    let output = deploy.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("released, runs"), "{said}");
}
