//! Networks in which a deployment does not work, or works in another way than somebody thinks.

use tests::{Aws, World};

/// A network, what somebody asks of it, and what is told.
struct Fault {
    cause: &'static str,
    /// The sandbox's worlds.
    worlds: &'static str,
    /// What somebody did to the network.
    by_hand: fn(&Aws),
    inputs: &'static [&'static str],
    /// A part of the line that tells it.
    line: &'static str,
    /// A part of the remedy; none where it is a note, as everything works without what it names.
    remedy: Option<&'static str>,
    /// Whether nothing is changed before it is mended.
    refused: bool,
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
        remedy: None,
        refused: false,
    },
    Fault {
        cause: "the cluster has a subnet in a Wavelength Zone",
        worlds: "wavelength",
        by_hand: nothing,
        inputs: &[],
        line: "Wavelength Zone",
        remedy: None,
        refused: false,
    },
    Fault {
        cause: "the cluster has a subnet on an Outpost",
        worlds: "outpost",
        by_hand: nothing,
        inputs: &[],
        line: "Outpost",
        remedy: None,
        refused: false,
    },
    Fault {
        cause: "the cluster has a subnet without IPv4",
        worlds: "ipv6-only",
        by_hand: nothing,
        inputs: &[],
        line: "no IPv4 range",
        remedy: None,
        refused: false,
    },
    Fault {
        cause: "the VPC gives no DNS host names",
        worlds: "foreign-nodes,no-dns-hostnames",
        by_hand: nothing,
        inputs: NODES,
        line: "enableDnsHostnames",
        remedy: Some("--enable-dns-hostnames"),
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
        remedy: Some("--enable-dns-support"),
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
        remedy: Some("have them forward to the VPC's resolver"),
        refused: false,
    },
    Fault {
        cause: "no node is there yet",
        worlds: "plain",
        by_hand: nothing,
        inputs: NODES,
        line: "no node of the cluster was found",
        remedy: Some("once the cluster has nodes"),
        refused: false,
    },
    Fault {
        cause: "a subnet does not exist",
        worlds: "plain",
        by_hand: nothing,
        inputs: &["--subnet-ids=subnet-0c0dec000000fffff", GROUP],
        line: "the subnet does not exist",
        remedy: Some("correct `subnet_ids`"),
        refused: true,
    },
    Fault {
        cause: "a security group does not exist",
        worlds: "plain",
        by_hand: nothing,
        inputs: &["--security-group-id=sg-0c0dec000000fffff"],
        line: "the security group does not exist",
        remedy: Some("correct `security_group_id`"),
        refused: true,
    },
    Fault {
        cause: "the group of the mount targets admits nobody",
        worlds: "plain",
        by_hand: nothing,
        inputs: &["--security-group-id=sg-0c0dec00000000003"],
        line: "no ingress rule for TCP 2049",
        remedy: Some("`nfs_client_cidr` to have the rule added"),
        refused: false,
    },
    Fault {
        cause: "a cluster is unknown",
        worlds: "plain",
        by_hand: nothing,
        inputs: &["--var=cluster_name=elsewhere"],
        line: "aws:eks:cluster-name=elsewhere",
        remedy: Some("check `aws_region` and `cluster_name`"),
        refused: true,
    },
];

#[test]
fn what_is_wrong_with_a_network_is_told_with_its_remedy() {
    let wrong: Vec<String> = FAULTS.iter().filter_map(|fault| wrong_with(fault).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Plans in such a network; what was told where that is not as it should be.
fn wrong_with(fault: &Fault) -> Result<(), String> {
    let Fault { cause, worlds, by_hand, inputs, line, remedy, refused } = fault;
    let mut world = World::new();
    if *worlds != "plain" {
        world.set("CLOCKWORK_SANDBOX_WORLDS", worlds);
    }
    by_hand(&world.aws());
    let manifests = format!("--manifests={}", world.manifests().display());
    let ran = world.xtask(&[&["plan-efs", "--sandbox", &manifests], *inputs].concat());
    // A plan is on standard output, and why there is none on standard error.
    let text = format!("{}\n{}", ran.stdout, ran.stderr);
    let mut lines = text.lines().skip_while(|it| !it.contains(line));
    let told = lines.next().is_some();
    let help = lines.next().filter(|it| it.trim_start().starts_with("help: "));
    let helped = match remedy {
        Some(remedy) => help.is_some_and(|it| it.contains(remedy)),
        None => help.is_none(),
    };
    let ended = ran.code == Some(i32::from(*refused));
    if told && helped && ended && ran.calls.iter().all(tests::Call::reads) {
        return Ok(());
    }
    Err(format!("{cause} ({:?}):\n{text}", ran.code))
}
