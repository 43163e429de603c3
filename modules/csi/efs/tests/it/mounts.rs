//! Who has mounts through a mount target that a plan takes away.

use efs::{Pod, Running, Volume};
use plan::Styled;
use serde_json::json;

use crate::world::{deployed_to_cluster, desired, planned, subnet};

fn volume(name: &str, handle: &str) -> Volume {
    Volume {
        name: name.to_owned(),
        handle: handle.to_owned(),
        of_driver: true,
        claim: Some(format!("graphs/{name}")),
        ..Volume::default()
    }
}

fn pod(name: &str, node: &str, claims: &[&str], servers: &[&str]) -> Pod {
    Pod {
        name: format!("graphs/{name}"),
        node: node.to_owned(),
        claims: claims.iter().map(|claim| format!("graphs/{claim}")).collect(),
        servers: servers.iter().map(|&server| server.to_owned()).collect(),
    }
}

/// A cluster with a node in each of two zones, and one that does not say its zone.
fn world() -> efs::Actual {
    let mut actual = deployed_to_cluster(&json!({}));
    for (target, address) in
        actual.mount_targets.iter_mut().zip(["10.0.0.4", "10.0.1.4", "10.0.2.4"])
    {
        target.ip_address = Some(address.to_owned());
    }
    actual.network.subnets.push(subnet(11, 'a'));
    let cluster = actual.cluster.as_mut().unwrap();
    let by_zone =
        Volume { target_zone: Some("eu-west-1a".to_owned()), ..volume("zonal", "fs-0000000a") };
    let by_address =
        Volume { target_address: Some("10.0.1.4".to_owned()), ..volume("fixed", "fs-0000000a") };
    cluster.volumes = vec![
        volume("data", "fs-0000000a::fsap-1"),
        volume("others", "fs-0000000b::fsap-2"),
        by_zone,
        by_address,
    ];
    let pods = vec![
        pod("in-a", "node-a", &["data"], &[]),
        pod("in-b", "node-b", &["data"], &[]),
        pod("anywhere", "node-x", &["data"], &[]),
        pod("of-others", "node-a", &["others"], &[]),
        pod("none", "node-a", &[], &[]),
        pod("by-zone", "node-b", &["zonal"], &[]),
        pod("by-address", "node-a", &["fixed"], &[]),
        pod("nfs", "node-b", &[], &["10.0.0.4"]),
        pod("nfs-by-name", "node-b", &[], &["eu-west-1a.fs-0000000a.efs.eu-west-1.amazonaws.com"]),
        pod("nfs-of-others", "node-a", &[], &["files.example.com"]),
    ];
    let zones = [("node-a", "eu-west-1a"), ("node-b", "eu-west-1b")];
    let zones = zones.map(|(node, zone)| (node.to_owned(), zone.to_owned())).into();
    cluster.running = Some(Running { pods, zones });
    actual
}

#[test]
fn a_plan_names_the_nodes_and_pods_whose_mounts_break_and_no_others() {
    let actual = world();
    let more = json!({ "subnet_ids": ["subnet-0000000b", "subnet-00000002", "subnet-00000003"] });
    assert!(efs::disturbs_mounts(&desired(&more), &actual));
    assert!(!efs::disturbs_mounts(&desired(&json!({})), &actual));
    let plan = planned(&desired(&more), &actual);
    let replaced = plan.needing_consent().next().unwrap();
    assert_eq!(
        replaced.interrupts,
        [
            "node node-a: graphs/in-a",
            "node node-b: graphs/by-zone, graphs/nfs, graphs/nfs-by-name",
            "node node-x: graphs/anywhere",
        ]
    );
    let text = Styled { plan: &plan, colour: false }.to_string();
    assert!(text.contains("# mounts break: node node-a: graphs/in-a"), "{text}");
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["mounts"][0]["availability_zone"], "eu-west-1a");
    assert_eq!(json["mounts"][0]["nodes"][0], json!({ "name": "node-a", "pods": ["graphs/in-a"] }));
    assert_eq!(json["steps"][0]["interrupts"][0], "node node-a: graphs/in-a");
}

#[test]
fn where_pods_could_not_be_seen_the_plan_says_that() {
    let mut actual = world();
    actual.cluster.as_mut().unwrap().running = None;
    let more = json!({ "subnet_ids": ["subnet-0000000b", "subnet-00000002", "subnet-00000003"] });
    let plan = planned(&desired(&more), &actual);
    let said = plan.warnings.iter().any(|it| it.text.contains("may not list the pods"));
    assert!(said, "{:?}", plan.warnings);
}

#[test]
fn of_many_pods_people_read_some_and_programs_all() {
    let mut actual = world();
    let cluster = actual.cluster.as_mut().unwrap();
    let pods = (0..20).map(|n| pod(&format!("engine-{n:02}"), "node-a", &["data"], &[]));
    cluster.running.as_mut().unwrap().pods = pods.collect();
    let more = json!({ "subnet_ids": ["subnet-0000000b", "subnet-00000002", "subnet-00000003"] });
    let plan = planned(&desired(&more), &actual);
    let line = &plan.needing_consent().next().unwrap().interrupts[0];
    assert!(line.ends_with("graphs/engine-07 and 12 more"), "{line}");
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["mounts"][0]["nodes"][0]["pods"].as_array().unwrap().len(), 20);
}
