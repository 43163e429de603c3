//! Whether nodes reach the mount targets: their security groups, the network ACLs on both
//! sides, and the names of the VPC. What stands in the way is found before a mount hangs for it.
//!
//! Sources: Amazon VPC User Guide, "Network ACLs" (entries are judged by number, the lowest
//! first, for each packet; they know no connections, so that answers need a way back) and
//! "DNS attributes in your VPC"; Amazon EFS User Guide, "Mounting EFS file systems" (the name of
//! a file system has the address of the target in the client's zone) and "Using VPC security
//! groups" (TCP 2049).

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::observed::{IngressRule, NFS_PORT, Subnet};
pub use crate::paths::{AclEntry, Dns, EgressRule, NetworkAcl, Node, Paths};
use crate::rules::RuleSource;
use crate::{SecurityGroupId, SubnetId, VpcId};

/// A mount target.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    pub subnet: &'a Subnet,
    /// Whether it has an IPv4 address, and an IPv6 address.
    pub families: (bool, bool),
}

impl Target<'_> {
    /// The address by which a node mounts it, and the range that its own is in: of IPv6 where both
    /// have one, as `amazon-efs-utils` takes the first address of the name
    /// (<https://github.com/aws/efs-utils/issues/356>), and resolvers put IPv6 first (RFC 6724).
    fn way(&self, node: &Node) -> Option<(IpAddr, IpNet)> {
        let of = |has: bool, is_wanted: fn(&IpAddr) -> bool| {
            let address = node.addresses.iter().copied().find(is_wanted).filter(|_| has)?;
            let range = self.subnet.ranges.iter().find(|range| is_wanted(&range.addr()))?;
            Some((address, *range))
        };
        let (ipv4, ipv6) = self.families;
        of(ipv6, IpAddr::is_ipv6).or_else(|| of(ipv4, IpAddr::is_ipv4))
    }

    /// Whether a node has no address of a family of this target, as far as both are known.
    fn is_out_of_reach(&self, node: &Node) -> bool {
        let (ipv4, ipv6) = self.families;
        let speaks = |it: &IpAddr| if it.is_ipv4() { ipv4 } else { ipv6 };
        !node.addresses.is_empty() && (ipv4 || ipv6) && !node.addresses.iter().any(speaks)
    }
}

/// Both ends of the way.
#[derive(Debug, Clone, Copy)]
pub struct Ends<'a> {
    pub nodes: &'a [Node],
    /// The mount targets.
    pub targets: &'a [Target<'a>],
    /// The mount targets' security groups, as people know them.
    pub groups: &'a [String],
    /// The ingress rules of these groups, found or planned.
    pub rules: &'a [IngressRule],
}

/// What stands in the way, or may do so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// A sentence without a full stop.
    pub what: String,
    pub remedy: String,
}

/// The resolver that every VPC has, by the name that DHCP options give it.
const AMAZON_DNS: &str = "AmazonProvidedDNS";

/// The ports that answers go to: a client of NFS chooses one below 1024 where it may, and any
/// other port else (`nfs(5)`, `resvport`); `amazon-efs-utils` mounts with `noresvport`, so that
/// these are the ephemeral ones of Linux (`net.ipv4.ip_local_port_range`).
const EPHEMERAL: (i32, i32) = (32768, 60999);

/// All that keeps nodes from the mount targets.
pub fn obstacles(ends: &Ends<'_>, paths: &Paths) -> Vec<Obstacle> {
    let mut found = Vec::new();
    let vpc = ends.targets.first().map(|target| &target.subnet.vpc_id);
    let (here, others): (Vec<&Node>, Vec<&Node>) =
        ends.nodes.iter().partition(|node| vpc.is_none_or(|vpc| node.vpc_id == *vpc));
    found.extend(vpc.and_then(|vpc| elsewhere(ends, vpc, &others)));
    found.extend(other_family(ends, &here));
    found.extend(not_admitted(ends, &here));
    found.extend(paths.egress.iter().filter_map(|rules| held_back(ends, &here, rules)));
    found.extend(blocked_by_acls(ends, &here, &paths.acls));
    found.extend(paths.dns.iter().flat_map(unresolved));
    found
}

/// The groups of nodes, each once.
pub fn groups_of<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> BTreeSet<&'a SecurityGroupId> {
    nodes.into_iter().flat_map(|node| &node.security_groups).collect()
}

/// Nodes of another VPC: the name of a file system is known in that of its targets only, whether
/// the two are peered or not (Amazon EFS User Guide, "Mounting EFS file systems from another AWS
/// account or VPC"). What else is between is not judged.
fn elsewhere(ends: &Ends<'_>, vpc: &VpcId, others: &[&Node]) -> Option<Obstacle> {
    let theirs = &others.first()?.vpc_id;
    Some(Obstacle {
        what: format!(
            "{} nodes ({}) are in {theirs}, and the mount targets in {vpc}: names of file systems \
             resolve in the VPC of their mount targets only, also where the two are peered",
            of(others.len(), ends.nodes.len()),
            some(others.iter().map(|node| node.id.as_str())),
        ),
        remedy: format!("give subnets of {theirs}, where the nodes are"),
    })
}

/// Nodes whose traffic no rule admits, by their groups.
fn not_admitted(ends: &Ends<'_>, nodes: &[&Node]) -> Vec<Obstacle> {
    let rules: Vec<&IngressRule> = ends.rules.iter().filter(|rule| is_nfs(rule)).collect();
    let nodes = nodes.iter().copied();
    let is_admitted = |node: &&Node| is_admitted(node, ends.targets, &rules);
    let shut: Vec<&Node> = nodes.filter(|node| !is_admitted(node)).collect();
    if shut.is_empty() {
        return Vec::new();
    }
    let groups: BTreeSet<&str> =
        shut.iter().flat_map(|node| &node.security_groups).map(SecurityGroupId::as_str).collect();
    // Whom a prefix list admits is not read.
    let is_list =
        |rule: &&&IngressRule| matches!(rule.source, None | Some(RuleSource::PrefixList(_)));
    let unknown = rules.iter().filter(is_list);
    let unknown: Vec<&str> = unknown.map(|rule| rule.id.as_str()).collect();
    let unless = match unknown.as_slice() {
        [] => String::new(),
        rules => format!(", unless the prefix list of {} does", rules.join(", ")),
    };
    vec![Obstacle {
        what: format!(
            "{} nodes ({}), which are in {}, are not admitted on TCP {NFS_PORT} by {}{unless}: \
             their mounts will hang until they time out",
            of(shut.len(), ends.nodes.len()),
            some(shut.iter().map(|node| node.id.as_str())),
            some(groups),
            ends.groups.join(", "),
        ),
        remedy: "set `nfs_clients = \"nodes\"`, which admits the nodes' groups and keeps it so"
            .to_owned(),
    }]
}

/// Nodes whose own groups let no request out to a mount target. A security group allows what any
/// of an interface's groups allows (Amazon VPC User Guide, "Security group rules").
fn held_back(ends: &Ends<'_>, nodes: &[&Node], rules: &[EgressRule]) -> Option<Obstacle> {
    let out = |rule: &&EgressRule| takes_nfs(&rule.protocol, (rule.from_port, rule.to_port));
    let rules: Vec<&EgressRule> = rules.iter().filter(out).collect();
    let leads = |rule: &EgressRule, node: &Node| match &rule.destination {
        // Where a prefix list leads is not read.
        None | Some(RuleSource::PrefixList(_)) => true,
        Some(RuleSource::Group(id)) => ends.groups.iter().any(|group| group == id.as_str()),
        Some(RuleSource::Cidr(range)) => {
            let mut ways = of_zone(node, ends.targets).filter_map(|target| target.way(node));
            ways.any(|(_, target)| range.contains(&target) || target.contains(range))
        }
    };
    // Where no target is of a family of the node, the rules are not what keeps it from them.
    let is_open = |node: &&Node| {
        let mut of_node = rules.iter().filter(|it| node.security_groups.contains(&it.group_id));
        of_zone(node, ends.targets).all(|target| target.way(node).is_none())
            || of_node.any(|rule| leads(rule, node))
    };
    let shut: Vec<&Node> = nodes.iter().copied().filter(|node| !is_open(node)).collect();
    let groups: BTreeSet<&str> =
        shut.iter().flat_map(|node| &node.security_groups).map(SecurityGroupId::as_str).collect();
    (!shut.is_empty()).then(|| Obstacle {
        what: format!(
            "no egress rule of {} lets {} nodes ({}) reach the mount targets on TCP {NFS_PORT}: \
             their mounts will hang until they time out",
            some(groups.iter().copied()),
            of(shut.len(), ends.nodes.len()),
            some(shut.iter().map(|node| node.id.as_str())),
        ),
        remedy: format!(
            "allow TCP {NFS_PORT} to {} in the egress rules of {}",
            ends.groups.join(", "),
            some(groups)
        ),
    })
}

fn is_nfs(rule: &IngressRule) -> bool {
    takes_nfs(&rule.protocol, (rule.from_port, rule.to_port))
}

/// Whether a rule of a security group is about NFS too.
fn takes_nfs(protocol: &str, (from, to): (i32, i32)) -> bool {
    let all = protocol == "-1" || (from, to) == (-1, -1);
    matches!(protocol, "tcp" | "6" | "-1") && (all || (from..=to).contains(&NFS_PORT))
}

fn is_admitted(node: &Node, targets: &[Target<'_>], rules: &[&IngressRule]) -> bool {
    let used: Vec<IpAddr> =
        of_zone(node, targets).filter_map(|target| target.way(node)).map(|way| way.0).collect();
    // Where the addresses are not known, any will do.
    let used = if used.is_empty() { &node.addresses } else { &used };
    rules.iter().any(|rule| match &rule.source {
        Some(RuleSource::Group(id)) => node.security_groups.contains(id),
        Some(RuleSource::Cidr(range)) => used.iter().any(|address| range.contains(address)),
        None | Some(RuleSource::PrefixList(_)) => false,
    })
}

/// The way of a packet through one subnet's ACL.
struct Way<'a> {
    subnet: &'a SubnetId,
    egress: bool,
    /// The other end.
    peer: IpNet,
    ports: (i32, i32),
    what: &'static str,
}

/// What the ACLs of both sides do not let through, each once.
fn blocked_by_acls(ends: &Ends<'_>, nodes: &[&Node], acls: &[NetworkAcl]) -> Vec<Obstacle> {
    let nfs = (NFS_PORT, NFS_PORT);
    let mut found: Vec<Obstacle> = Vec::new();
    // A subnet's ACL is named once for each direction, and not for each node behind it.
    let mut named = BTreeSet::new();
    for &node in nodes {
        for target in mounted_by(node, ends.targets) {
            let Some((address, target_range)) = target.way(node) else { continue };
            let node_range = IpNet::from(address);
            let target = target.subnet;
            let way = |subnet, egress, peer, ports, what| Way { subnet, egress, peer, ports, what };
            let there = "requests of nodes";
            let back = "answers to nodes";
            let ways = [
                way(&node.subnet_id, true, target_range, nfs, there),
                way(&target.id, false, node_range, nfs, there),
                way(&target.id, true, node_range, EPHEMERAL, back),
                way(&node.subnet_id, false, target_range, EPHEMERAL, back),
            ];
            for way in &ways {
                let Some(obstacle) = stopped(way, acls) else { continue };
                if named.insert((way.subnet, way.egress, way.what)) {
                    found.push(obstacle);
                }
            }
        }
    }
    found
}

/// The targets that a node mounts: that of its zone where there is one.
fn of_zone<'a>(
    node: &'a Node,
    targets: &'a [Target<'a>],
) -> impl Iterator<Item = &'a Target<'a>> + 'a {
    let here = |target: &Target<'_>| target.subnet.availability_zone == node.availability_zone;
    let any = targets.iter().any(here);
    targets.iter().filter(move |target| !any || here(target))
}

/// The same by way of an ACL: within a subnet none is asked.
fn mounted_by<'a>(
    node: &'a Node,
    targets: &'a [Target<'a>],
) -> impl Iterator<Item = &'a Target<'a>> + 'a {
    of_zone(node, targets).filter(|target| target.subnet.id != node.subnet_id)
}

/// Nodes that have no address of the families of the targets that they mount.
fn other_family(ends: &Ends<'_>, nodes: &[&Node]) -> Option<Obstacle> {
    let is_out = |node: &&Node| {
        let mut targets = of_zone(node, ends.targets).peekable();
        targets.peek().is_some() && targets.all(|target| target.is_out_of_reach(node))
    };
    let out: Vec<&Node> = nodes.iter().copied().filter(is_out).collect();
    let first = out.first()?;
    let (has, lacks) = if first.addresses.iter().any(IpAddr::is_ipv4) {
        ("IPv4", "IPv6")
    } else {
        ("IPv6", "IPv4")
    };
    Some(Obstacle {
        what: format!(
            "{} nodes ({}) have addresses of {has} only, and the mount targets that they mount of \
             {lacks} only: no mount reaches them",
            of(out.len(), ends.nodes.len()),
            some(out.iter().map(|node| node.id.as_str())),
        ),
        remedy: format!(
            "set `ip_address_type` to `DUAL_STACK` where subnets have both, or give the nodes {lacks}"
        ),
    })
}

/// Why a packet does not pass.
fn stopped(way: &Way<'_>, acls: &[NetworkAcl]) -> Option<Obstacle> {
    let acl = acls.iter().find(|acl| acl.subnets.contains(way.subnet))?;
    let mut entries: Vec<&AclEntry> =
        acl.entries.iter().filter(|entry| entry.egress == way.egress).collect();
    entries.sort_by_key(|entry| entry.number);
    let meets = |entry: &&&AclEntry| {
        let tcp = matches!(entry.protocol.as_str(), "6" | "-1" | "tcp");
        let ports = entry.ports.filter(|_| entry.protocol != "-1");
        // All of the ports must be allowed, and one that is denied is enough to lose answers.
        let (from, to) = ports.unwrap_or((0, 65535));
        let ports = if entry.allows {
            from <= way.ports.0 && way.ports.1 <= to
        } else {
            from <= way.ports.1 && way.ports.0 <= to
        };
        let range = if entry.allows {
            entry.range.contains(&way.peer)
        } else {
            entry.range.contains(&way.peer) || way.peer.contains(&entry.range)
        };
        tcp && ports && range
    };
    let first = entries.iter().find(meets);
    if first.is_some_and(|entry| entry.allows) {
        return None;
    }
    let (direction, towards) = if way.egress { ("outbound", "to") } else { ("inbound", "from") };
    let ports = match way.ports {
        (from, to) if from == to => from.to_string(),
        (from, to) => format!("{from}-{to}"),
    };
    let by = match first {
        Some(entry) => format!("its {direction} rule {} denies", entry.number),
        None => format!("no {direction} rule allows"),
    };
    let (id, subnet, peer) = (&acl.id, way.subnet, way.peer);
    Some(Obstacle {
        what: format!(
            "the network ACL {id} of {subnet} stops {}: {by} TCP {ports} {towards} {peer}",
            way.what
        ),
        remedy: format!("allow TCP {ports} {towards} {peer} in the {direction} rules of {id}"),
    })
}

/// What keeps the names of file systems from being resolved.
fn unresolved(dns: &Dns) -> Vec<Obstacle> {
    let Dns { vpc_id, support, hostnames, servers } = dns;
    let mut found = Vec::new();
    let mut add = |what: String, remedy: String| found.push(Obstacle { what, remedy });
    if !support {
        add(
            format!(
                "`enableDnsSupport` of {vpc_id} is off: nothing in it resolves the name of a file system"
            ),
            format!("`aws ec2 modify-vpc-attribute --vpc-id {vpc_id} --enable-dns-support`"),
        );
    } else if !hostnames {
        add(
            format!(
                "`enableDnsHostnames` of {vpc_id} is off: the names of file systems do not resolve in it"
            ),
            format!("`aws ec2 modify-vpc-attribute --vpc-id {vpc_id} --enable-dns-hostnames`"),
        );
    }
    let others: Vec<&str> =
        servers.iter().map(String::as_str).filter(|server| *server != AMAZON_DNS).collect();
    if !others.is_empty() {
        add(
            format!(
                "the DHCP options of {vpc_id} name other resolvers than {AMAZON_DNS} ({}): where they do \
                 not ask Amazon's for names of AWS, the names of file systems do not resolve",
                others.join(", ")
            ),
            "have them forward to the VPC's resolver (the second address of its range), or ignore \
             this if they do"
                .to_owned(),
        );
    }
    found
}

/// How many of how many.
fn of(count: usize, all: usize) -> String {
    if count == all { format!("all {all}") } else { format!("{count} of {all}") }
}

/// Up to three of them.
fn some<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.as_slice() {
        [a, b, c, rest @ ..] if !rest.is_empty() => {
            format!("{a}, {b}, {c} and {} more", rest.len())
        }
        few => few.join(", "),
    }
}
