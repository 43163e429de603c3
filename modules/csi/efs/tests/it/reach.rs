//! Nodes that cannot reach the mount targets: what keeps them from it, each with its remedy.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use efs::{Actual, Plan};
use network::reach::{AclEntry, Dns, EgressRule, NetworkAcl, Node, Paths};
use network::{InstanceId, RuleSource, VpcId};
use plan::{Action, Styled};
use serde_json::json;

use crate::world::{account, apply, deployed, desired, group, planned, subnet, three, vpc};

/// A node in the zone of a number, in a subnet beside that of its mount target, and in a group.
fn node(number: u8, of: &str) -> Node {
    let beside = subnet(u32::from(number) + 10, char::from(b'a' + number - 1));
    Node {
        id: InstanceId::try_from(format!("i-{number:08x}")).unwrap(),
        vpc_id: vpc(),
        subnet_id: beside.id,
        availability_zone: beside.availability_zone,
        security_groups: vec![group(of)],
        addresses: vec![format!("10.0.1{number}.9").parse().unwrap()],
    }
}

/// The ACL that a VPC comes with: all traffic either way, and the end of each list.
fn open() -> NetworkAcl {
    let entry = |(number, egress, allows)| AclEntry {
        number,
        egress,
        allows,
        protocol: "-1".to_owned(),
        range: "0.0.0.0/0".parse().unwrap(),
        ports: None,
    };
    let entries =
        [(100, false, true), (100, true, true), (32767, false, false), (32767, true, false)];
    NetworkAcl {
        id: "acl-00000001".to_owned(),
        subnets: (1..20).map(|number| subnet(number, 'a').id).collect(),
        entries: entries.into_iter().map(entry).collect(),
    }
}

/// The rule that a group comes with: all traffic may leave.
fn out(of: &str) -> EgressRule {
    EgressRule {
        group_id: group(of),
        protocol: "-1".to_owned(),
        from_port: -1,
        to_port: -1,
        destination: Some(RuleSource::Cidr("0.0.0.0/0".parse().unwrap())),
    }
}

/// The rule that comes with it in a VPC that has IPv6.
fn to_ipv6(of: &str) -> EgressRule {
    let everywhere = RuleSource::Cidr("::/0".parse().unwrap());
    EgressRule { destination: Some(everywhere), ..out(of) }
}

fn egress(actual: &mut Actual) -> &mut Vec<EgressRule> {
    actual.network.paths.as_mut().unwrap().egress.as_mut().unwrap()
}

fn dns() -> Dns {
    let servers = vec!["AmazonProvidedDNS".to_owned()];
    Dns { vpc_id: vpc(), support: true, hostnames: true, servers }
}

/// A network where nodes reach mount targets, but for what somebody did to it.
fn with(somebody: impl FnOnce(&mut Actual)) -> Actual {
    let mut actual = account(three());
    actual.network.nodes = Some((1..=3).map(|number| node(number, "sg-00000001")).collect());
    actual.network.paths = Some(Paths {
        acls: vec![open()],
        dns: Some(dns()),
        egress: Some((1..=4).map(|number| out(&format!("sg-0000000{number}"))).collect()),
        unread: Vec::new(),
    });
    somebody(&mut actual);
    actual
}

fn acl(actual: &mut Actual) -> &mut NetworkAcl {
    &mut actual.network.paths.as_mut().unwrap().acls[0]
}

fn names(actual: &mut Actual) -> &mut Dns {
    actual.network.paths.as_mut().unwrap().dns.as_mut().unwrap()
}

fn nodes(actual: &mut Actual) -> &mut Vec<Node> {
    actual.network.nodes.as_mut().unwrap()
}

/// Denies a range before everything is allowed.
fn deny(actual: &mut Actual, egress: bool, range: &str, ports: (i32, i32)) {
    acl(actual).entries.push(AclEntry {
        number: 50,
        egress,
        allows: false,
        protocol: "6".to_owned(),
        range: range.parse().unwrap(),
        ports: Some(ports),
    });
}

/// What the plan says of the nodes.
fn said(actual: &Actual) -> Vec<String> {
    told(&json!({}), actual)
}

/// The same of a plan of these inputs.
fn told(more: &serde_json::Value, actual: &Actual) -> Vec<String> {
    let Plan { warnings, notes, .. } = planned(&desired(more), actual);
    let about = ["node", "network ACL", "enableDns", "DHCP"];
    let of_nodes = |line: &String| about.iter().any(|word| line.contains(word));
    let warnings = warnings.into_iter().map(|it| format!("{}; {}", it.text, it.remedy));
    warnings.chain(notes).filter(of_nodes).collect()
}

#[test]
fn nodes_that_reach_the_targets_are_not_mentioned() {
    assert_eq!(said(&with(|_| ())), [""; 0]);
    // By another group, a range, and IPv6 alone.
    let by_range = with(|actual| {
        nodes(actual).push(node(1, "sg-00000002"));
        let mut rule = actual.network.ingress_rules[0].clone();
        (rule.protocol, rule.from_port, rule.to_port) = ("tcp".to_owned(), 2000, 2049);
        rule.source = Some(RuleSource::Cidr("10.0.0.0/16".parse().unwrap()));
        actual.network.ingress_rules.push(rule);
    });
    assert_eq!(said(&by_range), [""; 0]);
    let native = with(|actual| {
        for subnet in &mut actual.network.subnets {
            subnet.ranges = vec!["2600:1f13::/64".parse().unwrap()];
        }
        nodes(actual)[0].addresses = vec!["2600:1f13::9".parse().unwrap()];
        nodes(actual).truncate(1);
        egress(actual).push(to_ipv6("sg-00000001"));
        let v6 = |entry: &AclEntry| AclEntry { range: "::/0".parse().unwrap(), ..entry.clone() };
        let more: Vec<AclEntry> = acl(actual).entries.iter().map(v6).collect();
        acl(actual).entries.extend(more);
    });
    assert_eq!(told(&json!({ "ip_address_type": "IPV6_ONLY" }), &native), [""; 0]);
}

/// What somebody may have done to a network.
fn faults() -> Vec<(&'static str, Actual)> {
    let port = (2049, 2049);
    vec![
        (
            "nodes are in another group",
            with(|it| {
                for node in nodes(it) {
                    node.security_groups = vec![group("sg-00000002")];
                }
            }),
        ),
        (
            "one node of several is in another group",
            with(|it| {
                nodes(it).push(node(1, "sg-00000002"));
            }),
        ),
        (
            "a prefix list may admit them",
            with(|it| {
                for node in nodes(it) {
                    node.security_groups = vec![group("sg-00000002")];
                }
                let mut rule = it.network.ingress_rules[0].clone();
                (rule.id, rule.source) = ("sgr-00000002".to_owned(), None);
                it.network.ingress_rules.push(rule);
            }),
        ),
        (
            "nodes are in another VPC",
            with(|it| {
                nodes(it)[0].vpc_id = VpcId::try_from("vpc-00000002").unwrap();
            }),
        ),
        ("an ACL lets no requests out", with(|it| deny(it, true, "10.0.2.0/24", port))),
        ("an ACL lets no requests in", with(|it| deny(it, false, "10.0.11.9/32", port))),
        ("an ACL lets no answers out", with(|it| deny(it, true, "10.0.11.9/32", (1024, 65535)))),
        ("an ACL lets no answers in", with(|it| deny(it, false, "10.0.2.0/24", (40000, 50000)))),
        (
            "an ACL allows other ports only",
            with(|it| {
                for entry in
                    acl(it).entries.iter_mut().filter(|entry| !entry.egress && entry.allows)
                {
                    (entry.protocol, entry.ports) = ("6".to_owned(), Some((443, 443)));
                }
                nodes(it).truncate(1);
            }),
        ),
    ]
    .into_iter()
    .chain(unresolved())
    .chain(held_back())
    .collect()
}

/// What the nodes' own groups keep from leaving.
fn held_back() -> Vec<(&'static str, Actual)> {
    vec![
        (
            "the nodes' group lets nothing out",
            with(|it| egress(it).retain(|rule| rule.group_id != group("sg-00000001"))),
        ),
        (
            "the nodes' group lets out HTTPS alone",
            with(|it| {
                let rule = &mut egress(it)[0];
                (rule.protocol, rule.from_port, rule.to_port) = ("tcp".to_owned(), 443, 443);
                nodes(it).truncate(2);
            }),
        ),
    ]
}

/// The names of file systems may not resolve, or nobody may look.
fn unresolved() -> Vec<(&'static str, Actual)> {
    vec![
        ("no DNS in the VPC", with(|it| names(it).support = false)),
        ("no DNS host names in the VPC", with(|it| names(it).hostnames = false)),
        ("another resolver", with(|it| names(it).servers = vec!["10.0.0.9".to_owned()])),
        (
            "nobody may look",
            with(|it| {
                let unread = &mut it.network.paths.as_mut().unwrap().unread;
                unread.push("calling ec2:DescribeNetworkAcls in eu-west-1".to_owned());
            }),
        ),
    ]
}

#[test]
fn whoever_cannot_reach_the_targets_is_named_with_the_cause_and_the_remedy() {
    let mut text = String::new();
    for (case, actual) in faults() {
        writeln!(text, "## {case}\n{}\n", said(&actual).join("\n")).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn no_two_faults_of_the_network_have_one_message() {
    let faults = faults();
    let all: BTreeSet<String> = faults.iter().map(|(_, actual)| said(actual).join("\n")).collect();
    assert_eq!(all.len(), faults.len());
    assert!(!all.contains(""));
}

fn rules(plan: &Plan) -> Vec<(Action, String)> {
    let changes = plan.changes.iter().filter(|change| change.address.kind.contains("rule"));
    changes.map(|change| (change.action, change.address.key.clone().unwrap())).collect()
}

#[test]
fn the_groups_of_the_nodes_are_admitted_and_no_others() {
    let wanted = desired(&json!({ "nfs_clients": "nodes" }));
    let mut actual = with(|it| {
        *nodes(it) = vec![node(1, "sg-00000002"), node(2, "sg-00000003"), node(3, "sg-00000002")];
    });
    let plan = planned(&wanted, &actual);
    let created = |id: &str| (Action::Create, id.to_owned());
    assert_eq!(rules(&plan), [created("sg-00000002"), created("sg-00000003")]);
    let text = Styled { plan: &plan, colour: false }.to_string();
    assert!(!text.contains("not admitted"), "the plan admits them: {text}");
    apply(&plan, &mut actual);
    assert!(planned(&wanted, &actual).is_empty());

    // Nodes come in another group, and those of the old one go.
    *nodes(&mut actual) = vec![node(1, "sg-00000002"), node(2, "sg-00000004")];
    let plan = planned(&wanted, &actual);
    let deleted = (Action::Delete, "sg-00000003".to_owned());
    assert_eq!(rules(&plan), [created("sg-00000004"), deleted]);

    // All of them go, as when they are replaced: nobody loses the way for that.
    nodes(&mut actual).clear();
    let plan = planned(&wanted, &actual);
    assert!(plan.is_empty(), "{}", Styled { plan: &plan, colour: false });
    assert!(
        plan.warnings.iter().any(|line| line.text.contains("no node of the cluster was found"))
    );
}

#[test]
fn a_target_that_stays_where_discovery_finds_no_subnet_any_more_is_judged_too() {
    let mut actual = deployed(&json!({}), three());
    let seen = with(|it| deny(it, true, "10.0.3.0/24", (2049, 2049)));
    (actual.network.nodes, actual.network.paths) = (seen.network.nodes, seen.network.paths);
    let mut wanted = desired(&json!({}));
    wanted.discovered_by = Some("network".to_owned());
    wanted.subnets.retain(|id| *id != subnet(3, 'c').id);
    let plan = planned(&wanted, &actual);
    let told = |part: &str| plan.warnings.iter().any(|warning| warning.text.contains(part));
    assert!(told("stays in subnet-00000003"), "{:?}", plan.warnings);
    assert!(told("to 10.0.3.0/24"), "{:?}", plan.warnings);
}

#[test]
fn nodes_are_not_looked_at_where_nobody_did() {
    let found = deployed(&json!({}), three());
    assert_eq!((&found.network.nodes, &found.network.paths), (&None, &None));
    assert_eq!(said(&found), [""; 0]);
}

/// Nodes and subnets that have IPv6 beside IPv4, and nodes that are admitted by ranges alone.
fn dual(ranges: &[&str]) -> Actual {
    with(|actual| {
        for subnet in &mut actual.network.subnets {
            subnet.ranges.push("2600:1f13::/64".parse().unwrap());
        }
        for node in nodes(actual) {
            node.addresses.push("2600:1f13:0:1::9".parse().unwrap());
            node.security_groups = vec![group("sg-00000002")];
        }
        egress(actual).push(to_ipv6("sg-00000002"));
        let entry = |entry: &AclEntry| AclEntry { range: "::/0".parse().unwrap(), ..entry.clone() };
        let more: Vec<AclEntry> = acl(actual).entries.iter().map(entry).collect();
        acl(actual).entries.extend(more);
        let rule = actual.network.ingress_rules[0].clone();
        actual.network.ingress_rules.extend(ranges.iter().map(|range| network::IngressRule {
            id: format!("sgr-{range}"),
            source: Some(RuleSource::Cidr(range.parse().unwrap())),
            ..rule.clone()
        }));
    })
}

#[test]
fn a_way_is_judged_by_the_family_that_a_mount_takes() {
    let (v4, v6) = ("10.0.0.0/16", "2600:1f13:0:1::/64");
    let both = json!({ "ip_address_type": "DUAL_STACK" });
    assert_eq!(told(&json!({}), &dual(&[v4])), [""; 0]);
    assert_eq!(told(&both, &dual(&[v6])), [""; 0]);
    // The range of the other family admits no mount.
    let [ipv4] = &told(&json!({}), &dual(&[v6]))[..] else { panic!() };
    let [ipv6] = &told(&both, &dual(&[v4]))[..] else { panic!() };
    for line in [ipv4, ipv6] {
        assert!(line.contains("are not admitted on TCP 2049"), "{line}");
    }
    // Neither does the ACL of the other family stop one.
    let mut stopped = dual(&[v6]);
    deny(&mut stopped, false, v4, (2049, 2049));
    assert_eq!(told(&both, &stopped), [""; 0]);
    let mut shut = dual(&[v6]);
    egress(&mut shut).pop();
    assert!(told(&both, &shut)[0].contains("no egress rule of sg-00000002"), "IPv4 may leave");
    deny(&mut stopped, false, v6, (2049, 2049));
    assert!(told(&both, &stopped)[0].contains("network ACL acl-00000001"));
}

#[test]
fn nodes_without_an_address_of_the_family_of_the_targets_are_named() {
    let mut native = dual(&["10.0.0.0/8", "::/0"]);
    for subnet in &mut native.network.subnets {
        subnet.ranges.retain(|range| range.addr().is_ipv6());
    }
    for node in native.network.nodes.iter_mut().flatten() {
        node.addresses.truncate(1);
    }
    let said = told(&json!({ "ip_address_type": "IPV6_ONLY" }), &native);
    let [line] = &said[..] else { panic!("{said:?}") };
    assert!(line.contains("all 3 nodes") && line.contains("of IPv6 only"), "{line}");
}

#[test]
fn a_driver_that_mounts_by_ipv4_alone_is_told_before_its_pods_hang() {
    let warned = |more: &serde_json::Value| {
        let plan = planned(&desired(more), &account(three()));
        plan.warnings.iter().any(|it| it.text.contains("mounts by IPv4 alone"))
    };
    let native =
        |chart: &str| json!({ "ip_address_type": "IPV6_ONLY", "helm_chart_version": chart });
    assert!(warned(&native("2.4.5")) && warned(&native("3.1.9")));
    assert!(!warned(&native("3.2.0")) && !warned(&json!({})));
    let one = json!({ "mount_targets": { "eu-west-1a": { "ip_address_type": "IPV6_ONLY" } } });
    assert!(warned(&one));
}
