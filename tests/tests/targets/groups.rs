//! Security groups of mount targets: those of the inputs, and those that others put there.

use tests::{Aws, Clustered, Ran, World};

use crate::{BARE, CLUSTER, NODES, There, groups, make_group, set_groups};

/// What holds wherever the class goes: `run` deploys with these flags.
fn others_stay(aws: &Aws, run: &dyn Fn(&[&str]) -> Ran) {
    run(&[]).exits(0);
    set_groups(aws, 0, &[CLUSTER, BARE]);
    let made: Vec<String> =
        (0..4).map(|number| make_group(aws, &format!("extra-{number}"))).collect();
    // An ordinary run changes nothing, and says what stays.
    let ran = run(&[]).exits(0);
    assert_eq!(ran.json()["changed"], 0, "{}", ran.stderr);
    let note = format!("{BARE} stays on the mount targets of fs-");
    assert!(ran.stderr.contains(&note) && ran.stderr.contains("eu-west-1a"), "{}", ran.stderr);
    assert_eq!(groups(aws)[0], [CLUSTER, BARE]);

    // One more of the inputs comes beside it.
    let both = format!("--security-group-ids={NODES}");
    assert_eq!(run(&[&both]).exits(0).json()["changed"], 3);
    let two = vec![CLUSTER.to_owned(), NODES.to_owned()];
    let three = vec![CLUSTER.to_owned(), NODES.to_owned(), BARE.to_owned()];
    assert_eq!(groups(aws), [three, two.clone(), two.clone()]);

    // Three of others and three of the inputs are one too many.
    set_groups(aws, 1, &[CLUSTER, NODES, &made[0], &made[1], &made[2]]);
    let more = format!("{both},{}", made[3]);
    let ran = run(&[&more]).exits(1);
    for word in ["these are 6", &made[0], &made[2], "--remove-security-groups"] {
        assert!(ran.stderr.contains(word), "no {word:?} in:\n{}", ran.stderr);
    }
    assert!(ran.calls.iter().all(tests::Call::reads), "{:?}", ran.calls);

    // With the flag, those of the inputs are left, and the plan says which go.
    let ran = run(&[&both, "--remove-security-groups"]).exits(0);
    assert!(ran.stderr.contains(&format!("no input names {BARE}")), "{}", ran.stderr);
    assert_eq!(groups(aws), [two.clone(), two.clone(), two]);
    assert_eq!(run(&[&both]).exits(0).json()["changed"], 0);
}

#[test]
fn groups_of_others_stay_on_the_targets_until_their_removal_is_consented_to() {
    let there = There::new();
    others_stay(&there.aws, &|more| there.run("deploy-efs", more));
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn with_a_cluster_groups_of_others_stay_too() {
    let there = Clustered::quick();
    others_stay(&there.aws, &|more| there.run("deploy-efs", more));
}

#[test]
fn a_group_of_the_network_stands_in_a_list_beside_others() {
    let world = World::new();
    let path = world.path().join("clockwork.hcl");
    let file = std::fs::read_to_string(&path).unwrap();
    let one = "security_group_id   = module.network.security_group_id";
    let list = format!("security_group_ids = [module.network.security_group_id, \"{BARE}\"]");
    assert!(file.contains(one));
    std::fs::write(path, file.replace(one, &list)).unwrap();
    world.deploy(&[]);
    let both = vec![CLUSTER.to_owned(), BARE.to_owned()];
    assert_eq!(groups(&world.aws()), [both.clone(), both.clone(), both]);
    world.nothing_to_do(&[]);
}

/// New rule, then the groups of the mount targets, and the old rule last: no node is kept out in
/// between.
#[test]
fn a_rule_in_a_group_that_the_inputs_left_is_revoked_last() {
    let there = There::new();
    let deploy = |group: &str| {
        let group = format!("--security-group-id={group}");
        there.run("deploy-efs", &["--nfs-client-cidr=10.0.0.0/16", &group, "--yes"]).exits(0)
    };
    deploy(CLUSTER);
    let ran = deploy(NODES);
    let changes: Vec<&tests::Call> = ran.calls.iter().filter(|call| !call.reads()).collect();
    let names: Vec<&str> = changes.iter().map(|call| call.operation.as_str()).collect();
    let groups = "ModifyMountTargetSecurityGroups";
    let (new, old) = ("AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress");
    assert_eq!(names, [new, groups, groups, groups, old]);
    let (first, last) = (changes[0], changes[4]);
    for call in &changes[1..4] {
        assert!(first.answered <= call.at && call.answered <= last.at, "{changes:#?}");
    }
    assert_eq!(deploy(NODES).json()["changed"], 0);
}

#[test]
fn a_group_of_the_deployment_that_is_named_anew_takes_the_place_of_the_one_before() {
    let there = There::new();
    let run = |command: &str, more: &[&str]| {
        let own = ["--security-group=own", "--nfs-client-cidr=10.0.0.0/16"];
        there.run(command, &[&own, more].concat())
    };
    let named = |name: &str| {
        let form = format!(
            "Action=DescribeSecurityGroups&Filter.1.Name=group-name&Filter.1.Value.1={name}"
        );
        there.aws.ec2(&form).body.contains(name)
    };
    run("deploy-efs", &["--security-group-name=graphs-efs"]).exits(0);
    assert!(named("graphs-efs"));
    assert_eq!(
        run("deploy-efs", &["--security-group-name=graphs-efs"]).exits(0).json()["changed"],
        0
    );
    run("deploy-efs", &["--security-group-name=other-efs", "--yes"]).exits(0);
    assert!(named("other-efs") && !named("graphs-efs"));
    run("destroy-efs", &["--yes"]).exits(0);
    assert!(!named("other-efs"), "it goes whatever its name");
}
