//! Mount targets that differ: family, address and security groups of each by the input
//! `mount_targets`, through the SDK.

use serde_json::{Value, json};
use tests::Ran;

use crate::{BARE, CLUSTER, There, groups, set_groups, text};

/// Writes the map to a file; the flag that names it.
fn flag(there: &There, entries: &Value) -> String {
    let file = there.world.path().join("targets.json");
    std::fs::write(&file, entries.to_string()).unwrap();
    format!("--mount-targets={}", file.display())
}

/// The mount targets among the outputs of a run, by zone.
fn targets(ran: &Ran) -> Vec<Value> {
    ran.json()["outputs"]["mount_targets"].as_array().unwrap().clone()
}

fn entries() -> Value {
    json!({
        "eu-west-1a": { "ip_address_type": "DUAL_STACK" },
        "euw1-az2": { "security_groups": [BARE] },
        "subnet-0c0dec0000000010c": { "ip_address": "10.0.32.77" },
    })
}

#[test]
fn each_target_is_made_as_its_entry_says_stays_so_and_is_put_right() {
    let there = There::dual_stack();
    let flag = flag(&there, &entries());
    let made = targets(&there.run("deploy-efs", &[&flag]).exits(0));
    let families: Vec<&Value> = made.iter().map(|target| &target["ip_address_type"]).collect();
    assert_eq!(families, ["DUAL_STACK", "IPV4_ONLY", "IPV4_ONLY"], "{made:#?}");
    assert!(text(&made[0], "ipv6_address").contains(':'), "{made:#?}");
    assert_eq!(made[1]["ipv6_address"], Value::Null);
    assert_eq!(made[2]["ip_address"], "10.0.32.77");
    let name = text(&made[1], "dns_name");
    assert!(name.starts_with("eu-west-1b.fs-") && name.ends_with(".amazonaws.com"), "{name}");
    let [one, two] = [vec![CLUSTER.to_owned()], vec![CLUSTER.to_owned(), BARE.to_owned()]];
    assert_eq!(groups(&there.aws), [one.clone(), two.clone(), one]);
    assert_eq!(there.run("deploy-efs", &[&flag]).exits(0).json()["changed"], 0);
    let status = there.run("status", &[&flag]).exits(0).json().to_string();
    assert!(status.contains(&text(&made[0], "ipv6_address")), "{status}");

    // Somebody takes the group off, which only this target has.
    set_groups(&there.aws, 1, &[CLUSTER]);
    let plan = there.run("plan-efs", &[&flag]).exits(0).json();
    assert_eq!((&plan["changes"], &plan["steps"][0]["action"]), (&json!(1), &json!("update")));
    there.run("deploy-efs", &[&flag]).exits(0);
    assert_eq!(groups(&there.aws)[1], two);
}

#[test]
fn another_family_is_a_replacement_that_is_asked_for_and_is_made_alone() {
    let there = There::dual_stack();
    let before = targets(&there.run("deploy-efs", &[&flag(&there, &entries())]).exits(0));
    let other = flag(&there, &json!({ "eu-west-1a": { "ip_address_type": "IPV4_ONLY" } }));
    let asked = there.run("deploy-efs", &[&other]).exits(1);
    assert!(asked.stderr.contains("EFS never changes its `ip_address_type`"), "{}", asked.stderr);
    let after = targets(&there.run("deploy-efs", &[&other, "--yes"]).exits(0));
    assert_eq!(after[0]["ip_address_type"], "IPV4_ONLY");
    assert_ne!(after[0]["mount_target_id"], before[0]["mount_target_id"]);
    for zone in [1, 2] {
        assert_eq!(after[zone]["mount_target_id"], before[zone]["mount_target_id"]);
    }
    assert_eq!(there.run("deploy-efs", &[&other]).exits(0).json()["changed"], 0);
}

#[test]
fn what_the_network_cannot_give_is_refused_before_anything_is_made() {
    let there = There::new();
    let both = flag(&there, &json!({ "eu-west-1a": { "ip_address_type": "DUAL_STACK" } }));
    let refused = there.run("deploy-efs", &[&both]).exits(1);
    assert!(refused.stderr.contains("does not support `DUAL_STACK`"), "{}", refused.stderr);
    let elsewhere = flag(&there, &json!({ "eu-west-1f": {} }));
    let refused = there.run("deploy-efs", &[&elsewhere]).exits(1);
    assert!(refused.stderr.contains("is in `eu-west-1f`"), "{}", refused.stderr);
    assert!(there.aws.file_systems().is_empty());
}
