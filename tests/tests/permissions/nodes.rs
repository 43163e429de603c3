//! Nodes that do not reach the mount targets, in a real API server that names them and an AWS that
//! has their instances: who does not, and why, is told before anything is changed.

use std::collections::BTreeSet;

use serde_json::json;
use tests::{Aws, Clustered, Ran};

use crate::faults::{NODES, VPC, ec2, line_with, nothing};
use crate::table::{self, Row};

/// The group of the cluster, which the mount targets have, and that of nodes of their own.
const CLUSTER: &str = "sg-0c0dec00000000001";
const OTHER: &str = "sg-0c0dec00000000002";
/// A group that admits nobody and is nobody's.
const THIRD: &str = "sg-0c0dec00000000003";

/// The default network ACL of the VPC, which all subnets have.
const ACL: &str = "acl-0c0dec00000000001";

/// The deployment's one mount target is in another subnet than the nodes: between them is an ACL.
const APART: &[&str] =
    &["--subnet-ids=subnet-0c0dec0000000020a", "--security-group-id=sg-0c0dec00000000001"];
/// The ranges of both sides: of the mount target, and of the node in its zone.
const TARGET: &str = "10.0.112.0/20";
const NODE: &str = "10.0.15.20/32";

const ZONES: [char; 3] = ['a', 'b', 'c'];

/// What is wrong, and what is told of it.
struct Fault {
    cause: &'static str,
    /// What somebody did to the network of an account where all nodes reach the mount targets.
    by_hand: fn(&Aws),
    inputs: &'static [&'static str],
    /// A part of the line that tells it; the whole is in the table.
    line: &'static str,
    /// Whether it is `nfs_clients = "nodes"` that mends it.
    mended: bool,
}

impl Fault {
    const fn new(cause: &'static str, by_hand: fn(&Aws), line: &'static str) -> Fault {
        Fault { cause, by_hand, inputs: &[], line, mended: false }
    }

    const fn between(cause: &'static str, by_hand: fn(&Aws), line: &'static str) -> Fault {
        Fault { cause, by_hand, inputs: APART, line, mended: false }
    }
}

const FAULTS: &[Fault] = &[
    Fault {
        mended: true,
        ..Fault::new(
            "the group of the mount targets does not admit the nodes' group",
            |aws| instances(aws, OTHER),
            "are not admitted on TCP 2049",
        )
    },
    Fault {
        mended: true,
        ..Fault::new(
            "one node of three is in a group that is not admitted",
            |aws| instance(aws, 1, &format!("subnet-0c0dec0000000010{}", ZONES[1]), OTHER),
            "are not admitted on TCP 2049",
        )
    },
    Fault::new("the nodes' group lets nothing out", let_nothing_out, "no egress rule of"),
    Fault::new("a node is in another VPC", node_in_another_vpc, "no route of rtb-"),
    Fault::new(
        "a node is in a VPC that is peered with that of the mount targets",
        node_in_a_peered_vpc,
        "routes lead there and back by pcx-",
    ),
    Fault::between(
        "the ACL of the nodes' subnet lets no requests out",
        |aws| deny(aws, true, TARGET, (2049, 2049)),
        "stops requests of nodes: its outbound",
    ),
    Fault::between(
        "the ACL of the mount targets' subnet lets no requests in",
        |aws| deny(aws, false, NODE, (2049, 2049)),
        "stops requests of nodes: its inbound",
    ),
    Fault::between(
        "the ACL of the mount targets' subnet lets no answers out",
        |aws| deny(aws, true, NODE, (1024, 65535)),
        "stops answers to nodes: its outbound",
    ),
    Fault::between(
        "the ACL of the nodes' subnet lets no answers in",
        |aws| deny(aws, false, TARGET, (1024, 65535)),
        "stops answers to nodes: its inbound",
    ),
    Fault::between(
        "the mount targets' subnet has an ACL of its own, which allows nothing",
        closed_subnet,
        "its inbound rule 32767 denies",
    ),
    Fault::new(
        "the nodes' VPC gives no DNS host names",
        |aws| switch_off(aws, "EnableDnsHostnames"),
        "enableDnsHostnames",
    ),
    Fault::new(
        "the nodes' VPC resolves no names",
        |aws| switch_off(aws, "EnableDnsSupport"),
        "enableDnsSupport",
    ),
    Fault::new("the nodes' VPC asks resolvers of its own", ask_others, "DHCP options"),
];

/// Puts an instance, the `n`th node, into a subnet and a group.
fn instance(aws: &Aws, n: usize, subnet: &str, group: &str) {
    instance_at(aws, n, subnet, group, &format!("10.0.{}.20", 16 * n + 15));
}

fn instance_at(aws: &Aws, n: usize, subnet: &str, group: &str, address: &str) {
    let node = json!({
        "InstanceId": format!("i-{n:017x}"), "SubnetId": subnet, "GroupIds": [group],
        "PrivateIpAddress": address,
    });
    let seeded = aws.admin("POST", "seed/eu-west-1", &json!({ "Instances": [node] }).to_string());
    assert_eq!(seeded.status, 204, "{}", seeded.body);
}

/// Puts a node into the private subnet of each zone.
fn instances(aws: &Aws, group: &str) {
    for (n, zone) in ZONES.iter().enumerate() {
        instance(aws, n, &format!("subnet-0c0dec0000000010{zone}"), group);
    }
}

/// Denies a range and its ports in the ACL before everything is allowed.
fn deny(aws: &Aws, egress: bool, range: &str, (from, to): (u16, u16)) {
    let entry = format!("RuleNumber=50&Protocol=6&RuleAction=deny&Egress={egress}");
    let ports = format!("PortRange.From={from}&PortRange.To={to}");
    ec2(
        aws,
        &format!(
            "Action=CreateNetworkAclEntry&NetworkAclId={ACL}&{entry}&CidrBlock={range}&{ports}"
        ),
    );
}

/// What EC2 made has this name in the response.
fn made(aws: &Aws, form: &str, name: &str) -> String {
    let response = ec2(aws, form);
    let id = response.split(&format!("<{name}>")).nth(1).unwrap();
    id.split('<').next().unwrap().to_owned()
}

fn closed_subnet(aws: &Aws) {
    let acl = made(aws, &format!("Action=CreateNetworkAcl&VpcId={VPC}"), "networkAclId");
    let which = format!("AssociationId=aclassoc-0c0dec0000000020a&NetworkAclId={acl}");
    ec2(aws, &format!("Action=ReplaceNetworkAclAssociation&{which}"));
}

fn let_nothing_out(aws: &Aws) {
    let rule = "IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0";
    ec2(aws, &format!("Action=RevokeSecurityGroupEgress&GroupId={CLUSTER}&{rule}"));
}

/// A node in a VPC of its own; the id of that VPC.
fn apart(aws: &Aws) -> String {
    let vpc = made(aws, "Action=CreateVpc&CidrBlock=10.7.0.0/16", "vpcId");
    let subnet = format!("VpcId={vpc}&CidrBlock=10.7.0.0/20&AvailabilityZone=eu-west-1b");
    let subnet = made(aws, &format!("Action=CreateSubnet&{subnet}"), "subnetId");
    let group = format!("GroupName=nodes&GroupDescription=nodes&VpcId={vpc}");
    let group = made(aws, &format!("Action=CreateSecurityGroup&{group}"), "groupId");
    instance_at(aws, 1, &subnet, &group, "10.7.0.20");
    vpc
}

fn node_in_another_vpc(aws: &Aws) {
    apart(aws);
}

/// Also then the name of a file system resolves in the VPC of its mount targets alone.
fn node_in_a_peered_vpc(aws: &Aws) {
    let theirs = apart(aws);
    for (vpc, range) in [(theirs.as_str(), "10.0.0.0/16"), (VPC, "10.7.0.0/16")] {
        let which = format!("Filter.1.Name=vpc-id&Filter.1.Value.1={vpc}");
        let tables = ec2(aws, &format!("Action=DescribeRouteTables&{which}"));
        let tables = tables.split("<routeTableId>rtb-").skip(1);
        let ids: BTreeSet<&str> = tables.filter_map(|rest| rest.split('<').next()).collect();
        for id in ids {
            let to = format!("RouteTableId=rtb-{id}&DestinationCidrBlock={range}");
            ec2(
                aws,
                &format!("Action=CreateRoute&{to}&VpcPeeringConnectionId=pcx-0c0dec00000000001"),
            );
        }
    }
    let rule = format!("GroupId={CLUSTER}&IpPermissions.1.IpProtocol=tcp");
    let ports = "IpPermissions.1.FromPort=2049&IpPermissions.1.ToPort=2049";
    let from = "IpPermissions.1.IpRanges.1.CidrIp=10.7.0.0/16";
    ec2(aws, &format!("Action=AuthorizeSecurityGroupIngress&{rule}&{ports}&{from}"));
}

fn switch_off(aws: &Aws, attribute: &str) {
    ec2(aws, &format!("Action=ModifyVpcAttribute&VpcId={VPC}&{attribute}.Value=false"));
}

fn ask_others(aws: &Aws) {
    let servers =
        "DhcpConfiguration.1.Key=domain-name-servers&DhcpConfiguration.1.Value.1=10.0.0.53";
    let id = made(aws, &format!("Action=CreateDhcpOptions&{servers}"), "dhcpOptionsId");
    ec2(aws, &format!("Action=AssociateDhcpOptions&DhcpOptionsId={id}&VpcId={VPC}"));
}

/// A cluster whose nodes are instances: the API server has their objects, in each account that
/// follows EC2 has their instances.
fn with_nodes() -> Clustered {
    let there = Clustered::quick();
    for (n, zone) in ZONES.iter().enumerate() {
        let labels = json!({
            "kubernetes.io/os": "linux", "topology.kubernetes.io/zone": format!("eu-west-1{zone}"),
        });
        let node = json!({
            "metadata": { "name": format!("node-{zone}"), "labels": labels },
            "spec": { "providerID": format!("aws:///eu-west-1{zone}/i-{n:017x}") },
        });
        there.cluster().create("/api/v1/nodes", &node).unwrap();
    }
    there
}

/// Another account, where somebody did this to the network.
fn account(there: &mut Clustered, by_hand: fn(&Aws)) {
    there.in_worlds("");
    instances(&there.aws, CLUSTER);
    by_hand(&there.aws);
}

/// Plans as a person reads it.
fn plan(there: &Clustered, inputs: &[&str]) -> Ran {
    let chart = format!("--helm-chart={}", Clustered::chart().display());
    let args = ["plan-efs", "--endpoint-url", &there.aws.url, &chart];
    there.world.xtask(&[&args, inputs].concat()).exits(0)
}

/// The lines of a plan that say who does not reach the mount targets.
const ALL_TOLD: [&str; 6] = [
    "are not admitted on TCP 2049",
    "no egress rule of",
    "are in vpc-",
    "the network ACL",
    "enableDns",
    "DHCP options",
];

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn who_does_not_reach_the_mount_targets_is_told_with_the_cause_and_the_remedy() {
    let mut there = with_nodes();
    account(&mut there, nothing);
    for inputs in [&[][..], APART] {
        let ran = plan(&there, inputs);
        let said = ALL_TOLD.iter().find_map(|line| line_with(&ran, line));
        assert_eq!(said, None, "all nodes reach them: {}", ran.stdout);
    }
    let mut rows: Vec<Row> = Vec::new();
    for Fault { cause, by_hand, inputs, line, mended } in FAULTS {
        account(&mut there, *by_hand);
        let ran = plan(&there, inputs);
        let said = line_with(&ran, line).unwrap_or_else(|| panic!("{cause}: {}", ran.stdout));
        rows.push(((*cause).to_owned(), said));
        let ran = plan(&there, &[inputs, NODES].concat());
        assert_eq!(line_with(&ran, line).is_none(), *mended, "{cause}: {}", ran.stdout);
    }
    table::holds(table::NODES, &rows);
}

/// The groups that the ingress rules of the mount targets' group admit on the port of NFS.
fn admitted(aws: &Aws) -> Vec<String> {
    let filter = format!("Filter.1.Name=group-id&Filter.1.Value.1={CLUSTER}");
    let rules = ec2(aws, &format!("Action=DescribeSecurityGroupRules&{filter}"));
    let nfs = rules.split("<item>").filter(|rule| rule.contains("<fromPort>2049</fromPort>"));
    let group = |rule: &str| {
        let (_, group) = rule.split_once("<referencedGroupInfo>").unwrap();
        let (_, id) = group.split_once("<groupId>").unwrap();
        id.split('<').next().unwrap().to_owned()
    };
    nfs.map(group).collect()
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn nfs_clients_of_the_nodes_are_admitted_wherever_ec2_takes_a_rule_for_them() {
    let mut there = with_nodes();
    account(&mut there, |aws| {
        instances(aws, OTHER);
        // EC2 refuses a rule that names a group of another VPC.
        node_in_another_vpc(aws);
    });
    there.deploy(NODES);
    assert_eq!(admitted(&there.aws), [OTHER]);
    there.nothing_to_do(NODES);

    // The nodes are replaced by others, in another group.
    instances(&there.aws, THIRD);
    let changed = there.run("deploy-efs", &[NODES, &["--yes"]].concat()).exits(0).json();
    assert_eq!(changed["changed"], 2, "one rule for another: {changed:#}");
    assert_eq!(admitted(&there.aws), [THIRD]);
    there.nothing_to_do(NODES);
    there.run("destroy-efs", &["--yes"]).exits(0);
    assert_eq!(admitted(&there.aws), [""; 0]);
}
