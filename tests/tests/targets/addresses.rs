//! Subnets of IPv6: with and without IPv4 beside it.

use serde_json::Value;
use tests::World;

/// What the first zone's mount target has, of IPv4 and of IPv6.
fn addresses(world: &World) -> Vec<(String, bool, bool)> {
    let has = |target: &Value, name: &str| target[name].as_str().is_some_and(|it| !it.is_empty());
    let each = |target: Value| {
        let subnet = target["SubnetId"].as_str().unwrap().to_owned();
        (subnet, has(&target, "IpAddress"), has(&target, "Ipv6Address"))
    };
    world.aws().mount_targets().into_iter().map(each).collect()
}

fn lives(worlds: &str, inputs: &[&str]) -> (World, Value) {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_WORLDS", worlds);
    let plan = world.plan(inputs);
    world.deploy(inputs);
    world.nothing_to_do(inputs);
    (world, plan)
}

fn goes(world: &World, inputs: &[&str]) {
    world.run("destroy-efs", &[inputs, &["--yes"]].concat()).exits(0);
    assert!(world.aws().file_systems().is_empty());
}

#[test]
fn a_subnet_without_ipv4_carries_the_target_that_is_asked_for_with_ipv6_alone() {
    let inputs = ["--ip-address-type=IPV6_ONLY"];
    let (world, plan) = lives("ipv6-only", &inputs);
    let native = "subnet-0c0dec0000000040a".to_owned();
    assert_eq!(addresses(&world), [(native.clone(), false, true)]);
    let notes = plan["notes"].to_string();
    assert!(notes.contains("it has an IPv4 range"), "the others are left out: {plan:#}");
    assert!(!notes.contains(&native), "{plan:#}");
    goes(&world, &inputs);

    // Without a word the others carry the targets, and this one is left out.
    let (world, plan) = lives("ipv6-only", &[]);
    assert_eq!(addresses(&world).len(), 3);
    assert!(addresses(&world).iter().all(|(_, ipv4, ipv6)| *ipv4 && !ipv6));
    assert!(plan["notes"].to_string().contains(&native), "{plan:#}");
    goes(&world, &[]);
}

#[test]
fn a_dual_stack_subnet_carries_targets_with_ipv4_and_with_both() {
    for (inputs, both) in [(&[][..], false), (&["--ip-address-type=DUAL_STACK"], true)] {
        let (world, plan) = lives("dual-stack", inputs);
        assert_eq!(plan["notes"].as_array().map(Vec::len), Some(0), "{plan:#}");
        let found = addresses(&world);
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|(_, ipv4, ipv6)| *ipv4 && *ipv6 == both), "{found:?}");
        goes(&world, inputs);
    }
}

#[test]
fn a_one_zone_file_system_goes_to_the_zone_of_an_id_and_has_one_target_there() {
    let inputs = ["--availability-zone-name=euw1-az2"];
    let (world, _) = lives("dual-stack", &inputs);
    assert_eq!(world.aws().file_system()["AvailabilityZoneName"], "eu-west-1b");
    assert_eq!(addresses(&world).len(), 1);
    assert!(world.document("storageclass.yaml").contains("az=eu-west-1b"));
    let rendered = world.xtask(&["render", inputs[0]]).exits(1);
    assert!(rendered.stderr.contains("known only by a look at AWS"), "{}", rendered.stderr);
    goes(&world, &inputs);
}
