//! Networks in which a deployment does not work, or works in another way than somebody thinks.

use tests::{Aws, Ran, World, programs};
use xshell::{Shell, cmd};

use crate::support::told;
use crate::table::{self, Row};

/// A network, what somebody asks of it, and what is told.
struct Fault {
    cause: &'static str,
    /// The sandbox's worlds.
    worlds: &'static str,
    /// What somebody did to the network.
    by_hand: fn(&Aws),
    inputs: &'static [&'static str],
    /// A part of the line that tells it; the whole is in the table.
    line: &'static str,
    /// Whether nothing is changed before it is mended.
    refused: bool,
}

pub(crate) const NODES: &[&str] = &["--nfs-clients=nodes"];
const GROUP: &str = "--security-group-id=sg-0c0dec00000000001";
pub(crate) const VPC: &str = "vpc-0c0dec00000000001";

/// Changes nothing.
pub(crate) fn nothing(_: &Aws) {}

/// Calls EC2, which must do it; the response.
pub(crate) fn ec2(aws: &Aws, form: &str) -> String {
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
        refused: false,
    },
    Fault {
        cause: "the cluster has a subnet in a Wavelength Zone",
        worlds: "wavelength",
        by_hand: nothing,
        inputs: &[],
        line: "Wavelength Zone",
        refused: false,
    },
    Fault {
        cause: "the cluster has a subnet on an Outpost",
        worlds: "outpost",
        by_hand: nothing,
        inputs: &[],
        line: "Outpost",
        refused: false,
    },
    Fault {
        cause: "the cluster has a subnet without IPv4",
        worlds: "ipv6-only",
        by_hand: nothing,
        inputs: &[],
        line: "no IPv4 range",
        refused: false,
    },
    Fault {
        cause: "the VPC gives no DNS host names",
        worlds: "foreign-nodes,no-dns-hostnames",
        by_hand: nothing,
        inputs: NODES,
        line: "enableDnsHostnames",
        refused: false,
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
        refused: false,
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
        refused: false,
    },
    Fault {
        cause: "no node is there yet",
        worlds: "plain",
        by_hand: nothing,
        inputs: NODES,
        line: "no node of the cluster was found",
        refused: false,
    },
    Fault {
        cause: "a subnet does not exist",
        worlds: "plain",
        by_hand: nothing,
        inputs: &["--subnet-ids=subnet-0c0dec000000fffff", GROUP],
        line: "the subnet does not exist",
        refused: true,
    },
    Fault {
        cause: "a security group does not exist",
        worlds: "plain",
        by_hand: nothing,
        inputs: &["--security-group-id=sg-0c0dec000000fffff"],
        line: "the security group does not exist",
        refused: true,
    },
    Fault {
        cause: "the group of the mount targets admits nobody",
        worlds: "plain",
        by_hand: nothing,
        inputs: &["--security-group-id=sg-0c0dec00000000003"],
        line: "no ingress rule for TCP 2049",
        refused: false,
    },
    Fault {
        cause: "a cluster is unknown",
        worlds: "plain",
        by_hand: nothing,
        inputs: &["--var=cluster_name=elsewhere"],
        line: "aws:eks:cluster-name=elsewhere",
        refused: true,
    },
];

#[test]
fn what_is_wrong_with_a_network_is_told_with_its_remedy() {
    let told: Vec<Row> =
        FAULTS.iter().map(|fault| (fault.cause.to_owned(), told_of(fault))).collect();
    table::holds(table::NETWORKS, &told);
}

/// Plans in such a network; what was told of it.
#[track_caller]
fn told_of(fault: &Fault) -> String {
    let Fault { cause, worlds, by_hand, inputs, line, refused } = fault;
    let mut world = World::new();
    if *worlds != "plain" {
        world.set("CLOCKWORK_SANDBOX_WORLDS", worlds);
    }
    by_hand(&world.aws());
    let manifests = format!("--manifests={}", world.manifests().display());
    let ran = world.xtask(&[&["plan-efs", "--sandbox", &manifests], *inputs].concat());
    assert_eq!(ran.code, Some(i32::from(*refused)), "{cause}: {}\n{}", ran.stdout, ran.stderr);
    assert!(ran.calls.iter().all(tests::Call::reads), "{cause}: {:?}", ran.calls);
    line_with(&ran, line).unwrap_or_else(|| panic!("{cause}: {}\n{}", ran.stdout, ran.stderr))
}

/// The line of a plan that has these words, with the remedy behind it. A plan is on standard output,
/// and why there is none on standard error.
pub(crate) fn line_with(ran: &Ran, words: &str) -> Option<String> {
    let text = format!("{}\n{}", ran.stdout, ran.stderr);
    let mut lines = text.lines().skip_while(|line| !line.contains(words));
    let line = told(lines.next()?);
    let help = lines.next().filter(|line| line.trim_start().starts_with("help: "));
    Some([line].into_iter().chain(help.map(told)).collect::<Vec<_>>().join("\n    "))
}

/// The worlds of the sandbox in which everything works and nobody needs to be told anything; that a
/// deployment lives in each of them, `trials/worlds.rs` shows.
const QUIET: &[(&str, &str)] = &[
    ("database-tier", "untagged subnets without a way out are not the nodes'"),
    ("transit-subnets", "EKS does not name them, and they are tiny"),
    ("intra-subnets", "the control plane's alone: the nodes' are taken"),
    ("nodes", "nodes in the cluster's group reach the mount targets"),
    ("twin-clusters", "the region tells clusters of one name apart"),
    ("stale-group", "EKS names the group that the cluster has now"),
    ("dual-stack", "a mount target gets an IPv4 address there"),
    ("many-interfaces", "they are only many"),
    ("shared-vpc", "EKS names the subnets that this account cannot judge"),
    ("default-vpc", "it is not the cluster's"),
    ("late-visibility", "what was just made is known a moment later, and waited for"),
    ("late-release", "what a destroy left is released a moment later, and waited for"),
];

#[test]
fn every_world_of_the_sandbox_is_in_the_table_or_quiet() {
    let (shell, program) = (Shell::new().unwrap(), programs().join("sandbox"));
    let help = cmd!(shell, "{program} --help").quiet().read().unwrap();
    let (_, world) = help.split_once("--world <WORLD>").unwrap();
    let (values, _) = world.split_once("\n      --").unwrap();
    let values = values.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split_once(':'));
    let worlds: Vec<&str> = values.map(|(name, _)| name).collect();
    assert!(worlds.len() >= 15, "{worlds:?}");
    let told: Vec<&str> = FAULTS.iter().flat_map(|fault| fault.worlds.split(',')).collect();
    for world in worlds {
        let quiet = QUIET.iter().any(|(name, _)| *name == world);
        assert!(quiet != told.contains(&world), "{world}: in the table, or quiet for a reason");
    }
}
