//! Mount targets under the pods of a real cluster: whose mounts break is said before, and zones
//! take turns.
//!
//! These tests need the programs of `cargo xtask tools install`.

use control_plane::{Nodes, User};
use serde_json::{Value, json};
use tests::{Call, Clustered, Ran};

use crate::text;
use crate::zones::{other, private, subnets, written};

const ZONES: [char; 3] = ['a', 'b', 'c'];

/// A cluster with a node in each zone, a claim that is bound, and a pod of it on each node.
struct Busy {
    there: Clustered,
    /// The nodes by zone.
    nodes: Vec<String>,
}

impl Busy {
    /// Deployed with these flags.
    fn new(flags: &[&str]) -> Busy {
        let there = Clustered::quick();
        there.deploy(flags);
        let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 3).unwrap();
        there.claim("graph", "1Gi");
        // Their kubelets run no pod of this test.
        drop(nodes);
        let mut nodes = there.cluster().list("/api/v1/nodes").unwrap();
        let zone = |node: &Value| text(&node["metadata"]["labels"], "topology.kubernetes.io/zone");
        nodes.sort_by_key(zone);
        let nodes: Vec<String> = nodes.iter().map(|node| text(&node["metadata"], "name")).collect();
        for (zone, node) in ZONES.iter().zip(&nodes) {
            let pod = json!({
                "metadata": { "name": format!("engine-{zone}") },
                "spec": {
                    "nodeName": node, "automountServiceAccountToken": false,
                    "containers": [{ "name": "a", "image": "a" }],
                    "volumes": [
                        { "name": "data", "persistentVolumeClaim": { "claimName": "graph" } },
                    ],
                },
            });
            there.cluster().create("/api/v1/namespaces/default/pods", &pod).unwrap();
        }
        Busy { there, nodes }
    }

    /// How the plan names whose mounts break in a zone.
    fn breaks(&self, zone: usize) -> String {
        format!("node {}: default/engine-{}", self.nodes[zone], ZONES[zone])
    }
}

/// What changed something in AWS, in its order.
fn changes(ran: &Ran) -> Vec<&Call> {
    ran.calls.iter().filter(|call| !call.reads()).collect()
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_move_names_the_pods_of_every_zone_and_goes_one_zone_after_the_other() {
    let flags = |subnet: &dyn Fn(char) -> String| written(&ZONES.map(subnet));
    let (from, to) = (flags(&private), flags(&other));
    let from: Vec<&str> = from.iter().map(String::as_str).collect();
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let busy = Busy::new(&from);
    let there = &busy.there;

    let plan = there.run("plan-efs", &to).exits(0).json();
    let steps = plan["steps"].as_array().unwrap();
    for (zone, letter) in ZONES.into_iter().enumerate() {
        let of_zone = |step: &&Value| text(step, "id") == format!("mount_target.eu-west-1{letter}");
        let step = steps.iter().find(of_zone).unwrap_or_else(|| panic!("{plan:#}"));
        assert_eq!(step["action"], "replace", "{step:#}");
        assert_eq!(step["interrupts"], json!([busy.breaks(zone)]), "{step:#}");
    }
    // Not by habit: without a word nothing is changed.
    let before = there.aws.mount_targets();
    let ran = there.run("deploy-efs", &to).exits(1);
    for zone in 0..3 {
        assert!(ran.stderr.contains(&busy.breaks(zone)), "{}", ran.stderr);
    }
    assert_eq!(changes(&ran).len(), 0, "{:?}", ran.calls);
    assert_eq!(there.aws.mount_targets(), before);

    let ran = there.run("deploy-efs", &[&to[..], &["--yes"]].concat()).exits(0);
    assert_eq!(subnets(&there.aws), ZONES.map(other));
    let made: Vec<&str> = changes(&ran).iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(made, ["DeleteMountTarget", "CreateMountTarget"].repeat(3));
    // Each new target was seen as available before the next old one went.
    let nth = |operation: &str, nth: usize| {
        let mut all = ran.calls.iter().filter(|call| call.operation == operation);
        all.nth(nth).cloned().unwrap()
    };
    for turn in 1..3 {
        let (made, gone) = (nth("CreateMountTarget", turn - 1), nth("DeleteMountTarget", turn));
        let mut looks = ran.calls.iter().filter(|call| call.operation == "DescribeMountTargets");
        assert!(
            looks.any(|look| look.at >= made.answered && look.answered <= gone.at),
            "{:#?}",
            ran.calls
        );
    }
    there.nothing_to_do(&to);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_target_that_failed_is_replaced_at_its_address_and_only_its_zone_is_named() {
    let busy = Busy::new(&[]);
    let there = &busy.there;
    // Its own address, which EFS would not choose by itself.
    there.aws.move_target(1, "10.0.16.77");
    there.aws.fail_target(1);
    let before = there.aws.mount_targets();
    let plan = there.run("plan-efs", &[]).exits(0).json();
    assert_eq!(plan["changes"], 1, "{plan:#}");
    assert_eq!(plan["steps"][0]["interrupts"], json!([busy.breaks(1)]), "{plan:#}");

    let ran = there.run("deploy-efs", &["--yes"]).exits(0);
    let made: Vec<&str> = changes(&ran).iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(made, ["DeleteMountTarget", "CreateMountTarget"]);
    let after = there.aws.mount_targets();
    assert_eq!((&after[0], &after[2]), (&before[0], &before[2]));
    assert_ne!(after[1]["MountTargetId"], before[1]["MountTargetId"]);
    for name in ["SubnetId", "IpAddress"] {
        assert_eq!(after[1][name], before[1][name]);
    }
    assert_eq!(after[1]["LifeCycleState"], "available");
    there.nothing_to_do(&[]);
}
