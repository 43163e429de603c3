//! Networks in which a deployment does not work, or works in another way than somebody thinks.

use serde_json::{Value, json};
use tests::{Aws, Ran, World};

use crate::support::told;

/// A network, what somebody asks of it, and how what is told begins.
struct Fault {
    cause: &'static str,
    /// The sandbox's worlds.
    worlds: &'static str,
    /// What somebody did to the network.
    by_hand: fn(&Aws),
    inputs: &'static [&'static str],
    /// A part of the line that tells it.
    line: &'static str,
}

const NODES: &[&str] = &["--nfs-clients=nodes"];
const GROUP: &str = "--security-group-id=sg-0c0dec00000000001";
const VPC: &str = "vpc-0c0dec00000000001";

/// Changes nothing.
fn nothing(_: &Aws) {}

/// Calls EC2, which must do it; the response.
fn ec2(aws: &Aws, form: &str) -> String {
    let answer = aws.ec2(form);
    assert_eq!(answer.status, 200, "{form}: {}", answer.body);
    answer.body
}

const FAULTS: &[Fault] = &[
    Fault {
        cause: "the cluster has a subnet in a Local Zone",
        worlds: "local-zone",
        by_hand: nothing,
        inputs: &[],
        line: "Local Zone",
    },
    Fault {
        cause: "the cluster has a subnet in a Wavelength Zone",
        worlds: "wavelength",
        by_hand: nothing,
        inputs: &[],
        line: "Wavelength Zone",
    },
    Fault {
        cause: "the cluster has a subnet on an Outpost",
        worlds: "outpost",
        by_hand: nothing,
        inputs: &[],
        line: "Outpost",
    },
    Fault {
        cause: "the cluster has a subnet without IPv4",
        worlds: "ipv6-only",
        by_hand: nothing,
        inputs: &[],
        line: "no IPv4 range",
    },
    Fault {
        cause: "the VPC gives no DNS host names",
        worlds: "foreign-nodes,no-dns-hostnames",
        by_hand: nothing,
        inputs: NODES,
        line: "enableDnsHostnames",
    },
    Fault {
        cause: "the VPC resolves no names",
        worlds: "foreign-nodes",
        by_hand: |aws| {
            ec2(
                aws,
                &format!("Action=ModifyVpcAttribute&VpcId={VPC}&EnableDnsHostnames.Value=false"),
            );
            ec2(
                aws,
                &format!("Action=ModifyVpcAttribute&VpcId={VPC}&EnableDnsSupport.Value=false"),
            );
        },
        inputs: NODES,
        line: "enableDnsSupport",
    },
    Fault {
        cause: "the VPC asks resolvers of its own",
        worlds: "foreign-nodes",
        by_hand: |aws| {
            let made = ec2(
                aws,
                "Action=CreateDhcpOptions&DhcpConfiguration.1.Key=domain-name-servers\
                 &DhcpConfiguration.1.Value.1=10.0.0.53",
            );
            let id = made.split("<dhcpOptionsId>").nth(1).unwrap().split('<').next().unwrap();
            let which = format!("DhcpOptionsId={id}&VpcId={VPC}");
            ec2(aws, &format!("Action=AssociateDhcpOptions&{which}"));
        },
        inputs: NODES,
        line: "DHCP options",
    },
    Fault {
        cause: "no node is there yet",
        worlds: "plain",
        by_hand: nothing,
        inputs: NODES,
        line: "no node of the cluster was found",
    },
    Fault {
        cause: "a subnet does not exist",
        worlds: "plain",
        by_hand: nothing,
        inputs: &["--subnet-ids=subnet-0c0dec000000fffff", GROUP],
        line: "the subnet does not exist",
    },
    Fault {
        cause: "a security group does not exist",
        worlds: "plain",
        by_hand: nothing,
        inputs: &["--security-group-id=sg-0c0dec000000fffff"],
        line: "the security group does not exist",
    },
    Fault {
        cause: "the group of the mount targets admits nobody",
        worlds: "plain",
        by_hand: nothing,
        inputs: &["--security-group-id=sg-0c0dec00000000003"],
        line: "no ingress rule for TCP 2049",
    },
    Fault {
        cause: "a cluster is unknown",
        worlds: "plain",
        by_hand: nothing,
        inputs: &["--var=cluster_name=elsewhere"],
        line: "aws:eks:cluster-name=elsewhere",
    },
];

/// What is told of each.
pub(crate) fn all() -> Vec<(String, String)> {
    FAULTS.iter().map(|fault| (fault.cause.to_owned(), told_of(fault))).collect()
}

fn told_of(fault: &Fault) -> String {
    let mut world = World::new();
    if fault.worlds != "plain" {
        world.set("CLOCKWORK_SANDBOX_WORLDS", fault.worlds);
    }
    (fault.by_hand)(&world.aws());
    let Ran { stderr, .. } = world.run("plan-efs", fault.inputs);
    let mut lines = stderr.lines().skip_while(|line| !line.contains(fault.line));
    let Some(line) = lines.next() else { return format!("{}:\n{stderr}", crate::NOT_NAMED) };
    let remedy = lines.next().filter(|line| line.trim_start().starts_with("help: "));
    std::iter::once(line).chain(remedy).map(told).collect::<Vec<_>>().join("\n    ")
}

#[test]
fn networks_of_every_kind_are_read_rightly() {
    let subnets = |plan: &Value| {
        let zones = plan["zones"].as_array().unwrap().iter();
        zones.map(|zone| zone["carrier"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let private = ["0010a", "0010b", "0010c"].map(|end| format!("subnet-0c0dec000000{end}"));
    for worlds in [
        "stale-group",
        "shared-vpc",
        "twin-clusters",
        "ipv6-only",
        "dual-stack",
        "local-zone",
        "wavelength",
        "outpost",
        "database-tier",
        "transit-subnets",
        "default-vpc",
        "many-interfaces",
    ] {
        let mut world = World::new();
        world.set("CLOCKWORK_SANDBOX_WORLDS", worlds);
        let plan = world.plan(&[]);
        let chosen = subnets(&plan);
        if worlds == "twin-clusters" {
            assert_eq!(chosen.len(), 3, "{plan:#}");
        } else {
            assert_eq!(chosen, private, "{worlds}: {plan:#}");
        }
        world.deploy(&[]);
        world.nothing_to_do(&[]);
        assert_ne!(plan, json!(null));
    }
}
