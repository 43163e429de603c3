//! Nodes in another VPC than the mount targets: whether routes lead there and back, and how such
//! nodes can mount.

use std::fmt::Write as _;

use efs::Actual;
use network::reach::{Route, RoutesOf};
use network::{RuleSource, VpcId};

use crate::reach::{nodes, said, with};
use crate::world::{group, vpc};

/// The first node is in a VPC of its own, between which and that of the mount targets these routes
/// lead: the target, and whether it is active, there and back.
fn apart(actual: &mut Actual, ways: [Option<(&str, bool)>; 2]) {
    let theirs = VpcId::try_from("vpc-00000002").unwrap();
    let first = &mut nodes(actual)[0];
    first.vpc_id = theirs.clone();
    first.addresses = vec!["10.7.0.9".parse().unwrap()];
    let table = |id: &str, vpc_id: VpcId, local: &str, other: &str, way: Option<(&str, bool)>| {
        let route = |destination: &str, target: &str, active| Route {
            destination: destination.parse().unwrap(),
            target: target.to_owned(),
            active,
        };
        let mut routes =
            vec![route(local, "local", true), route("0.0.0.0/0", "nat-00000001", true)];
        routes.extend(way.map(|(target, active)| route(other, target, active)));
        RoutesOf { id: id.to_owned(), vpc_id, main: true, subnets: Vec::new(), routes }
    };
    actual.network.paths.as_mut().unwrap().routes = Some(vec![
        table("rtb-00000002", theirs, "10.7.0.0/16", "10.0.0.0/16", ways[0]),
        table("rtb-00000001", vpc(), "10.0.0.0/16", "10.7.0.0/16", ways[1]),
    ]);
}

#[test]
fn a_missing_way_to_another_vpc_is_named_and_one_that_is_there_takes_an_address() {
    let faults = vec![
        ("no route leads to another VPC", with(|it| apart(it, [None, None]))),
        (
            "no route leads back from another VPC",
            with(|it| apart(it, [Some(("pcx-00000001", true)), None])),
        ),
        (
            "a peering connection that nobody accepted",
            with(|it| apart(it, [Some(("pcx-00000001", false)), Some(("pcx-00000001", false))])),
        ),
        (
            "nodes in a peered VPC that the group does not admit",
            with(|it| {
                apart(it, [Some(("pcx-00000001", true)), Some(("pcx-00000001", true))]);
                nodes(it)[0].security_groups = vec![group("sg-00000002")];
            }),
        ),
        (
            "nodes behind a transit gateway, whose range the group admits",
            with(|it| {
                apart(it, [Some(("tgw-00000001", true)), Some(("tgw-00000001", true))]);
                let mut rule = it.network.ingress_rules[0].clone();
                rule.source = Some(RuleSource::Cidr("10.7.0.0/16".parse().unwrap()));
                it.network.ingress_rules.push(rule);
            }),
        ),
    ];
    let mut text = String::new();
    for (case, actual) in faults {
        writeln!(text, "## {case}\n{}\n", said(&actual).join("\n")).unwrap();
    }
    insta::assert_snapshot!(text);
}
