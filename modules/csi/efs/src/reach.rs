//! Who cannot reach the mount targets, as a plan says it.

use network::reach::{Ends, Target, obstacles};
use network::{IngressRule, NFS_PORT, Observed, Subnet, SubnetId};
use plan::{Known, Warning};

use crate::actual::Actual;
use crate::calls::{Call, Plan};
use crate::desired::Desired;
use crate::ids::MountTargetId;
use crate::placement::{Zone, zones};
use crate::resources::ingress::Source;
use crate::resources::mount_target::{self, MountTarget, WantedTargets};

/// Warns of the nodes that cannot reach the mount targets, where that was looked at: by the rules
/// that are there, and those that the plan adds.
pub(crate) fn warn(
    plan: &mut Plan,
    desired: &Desired,
    actual: &Actual,
    subnets: &[&Subnet],
    sources: &[Source],
) {
    let Observed { ingress_rules, nodes, paths, .. } = &actual.network;
    if desired.inputs.nfs_clients.of_nodes && nodes.as_ref().is_some_and(Vec::is_empty) {
        plan.warnings.push(Warning::new(
            "no node of the cluster was found: `nfs_clients = \"nodes\"` admits nobody yet, and whom it \
             admitted before",
            "run it again once the cluster has nodes",
        ));
    }
    let (Some(nodes), Some(paths)) = (nodes, paths) else { return };
    for why in &paths.unread {
        plan.notes
            .push(format!("whether the nodes reach the mount targets was not looked at: {why}"));
    }
    let targets = of_targets(plan, actual, (subnets, desired.inputs.wanted_targets()));
    let targets: Vec<Target<'_>> =
        targets.iter().map(|(subnet, families)| Target { subnet, families: *families }).collect();
    let groups = &desired.security_groups;
    let of_targets = |id| groups.iter().any(|group| group.now() == Some(id));
    let there = ingress_rules.iter().filter(|rule| of_targets(&rule.group_id)).cloned();
    let rules: Vec<IngressRule> = there.chain(sources.iter().filter_map(admitting)).collect();
    let groups = groups.iter().map(|group| match group {
        Known::Now(id) => id.to_string(),
        Known::After(_) => "the group that is created".to_owned(),
    });
    let groups: Vec<String> = groups.collect();
    let ends = Ends { nodes, targets: &targets, groups: &groups, rules: &rules };
    let found = obstacles(&ends, paths);
    plan.warnings.extend(found.into_iter().map(|it| Warning::new(it.what, it.remedy)));
}

/// The subnets of the mount targets that there are when the plan was carried out: those that stay,
/// wherever they are, and those of the other zones.
fn of_targets(
    plan: &Plan,
    actual: &Actual,
    (subnets, of): (&[&Subnet], WantedTargets<'_>),
) -> Vec<(Subnet, (bool, bool))> {
    let goes = |id: &MountTargetId| {
        let mut calls = plan.changes.iter().flat_map(|change| &change.calls);
        calls.any(|call| {
            matches!(call, Call::MountTarget(mount_target::Call::Delete { id: gone, .. }) if gone == id)
        })
    };
    let stay: Vec<&MountTarget> = actual
        .mount_targets
        .iter()
        .filter(|target| !target.life_cycle.is_leaving() && !goes(&target.id))
        .collect();
    let known = |id: &SubnetId| actual.network.subnets.iter().find(|subnet| subnet.id == *id);
    let has = |target: &MountTarget| match (&target.ip_address, &target.ipv6_address) {
        // It has none yet.
        (None, None) => (true, false),
        (ipv4, ipv6) => (ipv4.is_some(), ipv6.is_some()),
    };
    let there = stay.iter().filter_map(|it| Some((known(&it.subnet_id)?.clone(), has(it))));
    let mut found: Vec<(Subnet, (bool, bool))> = there.collect();
    let is_named = |id: &SubnetId| of.is_named(id);
    let carriers = zones(subnets.iter().copied(), (is_named, |_: &_| None)).into_iter();
    let served = |zone: &Zone| stay.iter().any(|it| it.availability_zone == zone.availability_zone);
    let carriers = carriers.filter(|zone| !served(zone));
    let made = carriers.filter_map(|zone| known(&zone.carrier));
    found.extend(made.map(|subnet| (subnet.clone(), of.families(subnet))));
    found
}

/// The rule that a plan has for a source, as one that is there. Nodes have no group that a plan
/// creates.
fn admitting(source: &Source) -> Option<IngressRule> {
    let source = source.now()?;
    Some(IngressRule {
        id: String::new(),
        group_id: network::SecurityGroupId::try_from("sg-00000000").ok()?,
        protocol: "tcp".to_owned(),
        from_port: NFS_PORT,
        to_port: NFS_PORT,
        source: Some(source),
        tags: network::Tags::new(),
    })
}
