//! Whole plans: of a deployment, and of claims that grew.

use std::collections::BTreeSet;

use kubernetes::{RenderError, claim, release};
use network::{SecurityGroup, Subnet};
use plan::{ChangeId, Known, Refusal, Row, Scope, Warning};

use crate::actual::Actual;
use crate::calls::{Call, Plan};
use crate::chart;
use crate::cluster::Cluster;
use crate::desired::{Canary, Desired};
use crate::documents;
use crate::identity;
use crate::ids::FileSystemId;
use crate::inputs::Inputs;
use crate::life_cycle::LifeCycle;
use crate::mounts;
use crate::nfs_access;
use crate::reach;
use crate::resources::file_system::FileSystemSource;
use crate::resources::mount_target::{MountTarget, Ready, WantedAddresses};
use crate::resources::{canary, driver, file_system, ingress, mount_target, storage_class};
use crate::take_over;
use crate::warnings::warnings;

/// What has to be done so that `actual` becomes `desired`.
///
/// Pure and deterministic: the same two give the same plan, whatever order
/// their lists are in.
pub fn plan(desired: &Desired, actual: &Actual) -> Result<Plan, RenderError> {
    plan_part(desired, actual, DriverPart::Own { of_this_job: &[] })
}

/// What a module has to do with the cluster's one driver.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DriverPart<'a> {
    /// It installs and uninstalls the driver, for these deployments too.
    Own { of_this_job: &'a [String] },
    /// Another module of the same job does, and plans its role by this change.
    Others { role: Option<&'a ChangeId> },
    /// It uninstalls the driver after these changes, which delete these classes too.
    Last { classes: &'a [&'a str], after: &'a [ChangeId] },
}

/// [`plan`], with the driver or without it.
pub(crate) fn plan_part(
    desired: &Desired,
    actual: &Actual,
    part: DriverPart<'_>,
) -> Result<Plan, RenderError> {
    let Desired { scope, inputs, security_groups, .. } = desired;
    let Desired { adopt_existing, consent, discovered_by, .. } = desired;
    let (owner, tags) = (inputs.owner(), inputs.all_tags());
    let mut plan = Plan::default();
    plan.warnings.extend(warnings(inputs, actual));
    plan.notes.extend(notes(desired));
    let subnets = wanted_subnets(&mut plan, desired, actual);
    let available = |target: &MountTarget| target.life_cycle == LifeCycle::Available;
    let wanted = file_system::Wanted {
        owner: &owner,
        source: &inputs.file_system,
        tags: &tags,
        mounted: actual.mount_targets.iter().any(available),
        replace_policy: consent.replace_file_system_policy,
    };
    let file_system = file_system::plan(&mut plan, scope, &wanted, actual.file_system.as_ref());
    if let FileSystemSource::Own(_) = &inputs.file_system {
        take_over::take_over(&mut plan, scope, (actual, &owner), adopt_existing);
    }
    take_over::keep_on_file_system(&mut plan, scope, (actual, &owner), &file_system.id);
    let subnets = of_one_zone(&mut plan, scope, subnets, &file_system);
    let discovered_by = discovered_by.as_deref();
    let wanted = mount_target::Wanted {
        subnets: &subnets,
        discovered_by,
        security_groups,
        consent: *consent,
        addresses: WantedAddresses {
            family: inputs.ip_address_type,
            fixed: &inputs.mount_target_addresses,
        },
    };
    let ready = mount_target::plan(&mut plan, scope, &wanted, &file_system, &actual.mount_targets);
    name_mounts(&mut plan, actual);
    let sources = desired.nfs_sources(&actual.network);
    let wanted =
        ingress::Wanted { owner: &owner, groups: security_groups, sources: &sources, tags: &tags };
    ingress::plan(&mut plan, scope, &wanted, &actual.network.ingress_rules);
    nfs_access::order(&mut plan, actual, &wanted);
    reach::warn(&mut plan, desired, actual, &subnets, &sources);
    let usable = (&file_system.id, file_system.needs.as_slice());
    let given = identity::plan(&mut plan, desired, actual, usable, identity_part(desired, part));
    let mut ready = ready;
    ready.needs.extend(given.before_class.iter().cloned());
    let storage = (&file_system.id, &ready);
    if let Some(cluster) = &actual.cluster {
        driver_and_class(&mut plan, desired, (cluster, part), storage, &given)?;
    } else {
        let wanted = (inputs, desired.driver_in.as_deref(), &given);
        documents::plan(&mut plan, scope, wanted, storage, &actual.documents)?;
    }
    Ok(plan)
}

/// What people should know of what they ask for.
fn notes(desired: &Desired) -> Vec<String> {
    let class = &desired.inputs.storage_class;
    let shared = (class.reuse_access_point == Some(true)).then(|| {
        format!(
            "claims of one name get one access point, and so the same files, in whatever namespace \
             or cluster they are made from `{}`: `reuse_access_point`",
            class.name
        )
    });
    shared.into_iter().chain(desired.notes.iter().cloned()).collect()
}

/// How much of the driver's identity a module plans.
fn identity_part<'a>(desired: &Desired, part: DriverPart<'a>) -> identity::Part<'a> {
    match part {
        _ if desired.driver_in.is_some() => identity::Part::Policy { role: None },
        DriverPart::Others { role } => identity::Part::Policy { role },
        _ if desired.inputs.driver.mode == driver::DriverMode::Skip => {
            identity::Part::Policy { role: None }
        }
        _ => identity::Part::Whole,
    }
}

/// Plans what is in a cluster: the driver, the class, and the check of both.
fn driver_and_class(
    plan: &mut Plan,
    desired: &Desired,
    (cluster, part): (&Cluster, DriverPart<'_>),
    (file_system, ready): (&Known<FileSystemId>, &Ready),
    given: &identity::Given,
) -> Result<(), RenderError> {
    let Desired { scope, inputs, wait_for_driver, .. } = desired;
    let owner = inputs.owner();
    if let DriverPart::Own { of_this_job } = part {
        let wanted = given.driver(inputs.driver(&owner));
        let needs = given.before_driver.as_slice();
        driver::plan(plan, scope, &wanted, (&cluster.driver, needs), *wait_for_driver)?;
        let classes: Vec<String> =
            cluster.other_classes.iter().map(|class| class.name.clone()).collect();
        let neighbours = driver::Neighbours { classes: &classes, of_this_job };
        driver::contest(plan, scope, &wanted, &cluster.driver, neighbours);
    }
    if let Some(id) = file_system.now()
        && inputs.driver.mode != driver::DriverMode::Skip
    {
        let class = (&inputs.storage_class, id.as_str());
        let version = inputs.driver.version;
        plan.refusals.extend(driver::shared_range(scope, version, class, &cluster.other_classes));
    }
    let class = inputs.storage_class(&owner, file_system);
    let found = (cluster.name.as_str(), cluster.storage_class.as_ref());
    storage_class::plan(plan, scope, &class, found, ready)?;
    if desired.canary != Canary::LeftOut {
        let wanted = canary::Wanted {
            always: desired.canary == Canary::Always,
            class: &inputs.storage_class.name,
            namespace: &inputs.driver.namespace,
            binding: inputs.storage_class.volume_binding_mode,
            file_system,
        };
        canary::plan(plan, scope, wanted, cluster.storage_class.as_ref());
    }
    in_cluster(plan, cluster);
    Ok(())
}

/// Whether the plan of a deployment takes away mount targets, for a while or for good, so that it
/// should say who has mounts there.
pub fn disturbs_mounts(desired: &Desired, actual: &Actual) -> bool {
    let plan = plan_part(desired, actual, DriverPart::Others { role: None });
    plan.is_ok_and(|plan| {
        plan.changes.iter().any(|change| taken_away(&change.calls, actual).is_some())
    })
}

/// The mount target that calls delete.
fn taken_away<'a>(calls: &[Call], actual: &'a Actual) -> Option<&'a mount_target::MountTarget> {
    calls.iter().find_map(|call| match call {
        Call::MountTarget(mount_target::Call::Delete { id, .. }) => {
            actual.mount_targets.iter().find(|target| target.id == *id)
        }
        _ => None,
    })
}

/// Names the nodes and pods whose mounts break with the mount targets that a plan takes away.
fn name_mounts(plan: &mut Plan, actual: &Actual) {
    let Some(id) = actual.file_system.as_ref().map(|found| &found.id) else { return };
    let mut unseen = Vec::new();
    for change in &mut plan.changes {
        let Some(target) = taken_away(&change.calls, actual) else { continue };
        if actual.cluster.as_ref().is_none_or(|cluster| cluster.running.is_none()) {
            unseen.push(target.id.to_string());
            continue;
        }
        let mounts = mounts::through(actual, id, target);
        change.interrupts = mounts::lines(&mounts);
        let value = mounts::value(target, &mounts);
        plan.details.entry("mounts").or_default().push(plan::Detail { value, line: None });
    }
    if !unseen.is_empty() {
        let (why, remedy) = match actual.cluster {
            Some(_) => (
                "as this identity may not list the pods of the cluster",
                "ask for `list` on pods, or make sure of it yourself",
            ),
            None => (
                "as documents are written and no cluster is looked at",
                "look for pods with claims of this file system in the clusters that use it",
            ),
        };
        plan.warnings.push(Warning::new(
            format!(
                "who has mounts through {} is not known, {why}: mounts of their zones break",
                unseen.join(", ")
            ),
            remedy,
        ));
    }
}

/// What has to be done so that every claim of the class has what it asks for.
pub fn expand(scope: &Scope, inputs: &Inputs, cluster: &Cluster) -> Plan {
    let mut plan = Plan::default();
    plan.details.entry("zones").or_default();
    let class = &inputs.storage_class.name;
    let provisioner = cluster.storage_class.as_ref().map(|found| &found.spec.provisioner);
    if let Some(other) = provisioner.filter(|provisioner| *provisioner != chart::PROVISIONER) {
        plan.refusals.push(Refusal::new(
            scope.address(storage_class::KIND, Some(class)),
            format!("its volumes are those of `{other}`"),
            "leave them to that driver; here only EFS volumes are completed",
        ));
        return plan;
    }
    plan.changes.extend(cluster.claims.iter().filter_map(|found| claim::expand(scope, found)));
    plan
}

/// What there is of a deployment, from the file system to the claims.
pub fn rows(inputs: &Inputs, actual: &Actual) -> Vec<Row> {
    let owner = inputs.owner();
    let found = actual.file_system.as_ref();
    let mut rows = vec![file_system::row(found)];
    rows.extend(mount_target::rows(&actual.mount_targets));
    rows.extend(ingress::rows(&owner, &actual.network.ingress_rules));
    let Some(cluster) = &actual.cluster else {
        rows.extend(documents::names(inputs).map(|name| {
            let there = actual.documents.contains_key(name);
            if there { Row::present("document", name) } else { Row::missing("document", name) }
        }));
        return rows;
    };
    rows.extend(driver::rows(&cluster.driver));
    let id = found.map(|found| &found.id);
    rows.push(storage_class::row(&owner, cluster.storage_class.as_ref(), id));
    rows.extend(cluster.claims.iter().map(claim::row));
    rows
}

/// The changes after which the class is there, or its document: what claims from
/// it needs them.
pub fn class_changes(desired: &Desired, plan: &Plan) -> Vec<ChangeId> {
    let planned = |id: &ChangeId| plan.changes.iter().any(|change| change.id == *id);
    class_ids(desired).into_iter().filter(planned).collect()
}

/// The ids of the changes that make the class in a cluster, and its document in a directory.
pub fn class_ids(desired: &Desired) -> [ChangeId; 2] {
    [storage_class::id(&desired.scope), documents::class_id(&desired.scope)]
}

/// The Availability Zones of the subnets that should reach the file system.
pub fn zones_of(desired: &Desired, actual: &Actual) -> BTreeSet<String> {
    let found = actual.file_system.as_ref().map(|found| &found.spec);
    let spec = match &desired.inputs.file_system {
        FileSystemSource::Own(spec) => found.or(Some(spec)),
        FileSystemSource::Adopted(_) => None,
    };
    let only = spec.and_then(|spec| spec.availability_zone.as_ref());
    let wanted = |subnet: &&Subnet| {
        let takes_one = only.is_none_or(|only| *only == subnet.availability_zone);
        takes_one && desired.subnets.contains(&subnet.id)
    };
    let wanted = actual.network.subnets.iter().filter(wanted);
    wanted.map(|subnet| subnet.availability_zone.clone()).collect()
}

/// The subnets that are wanted, of those that exist; what is wrong with the others
/// and with the security groups becomes refusals.
fn wanted_subnets<'a>(plan: &mut Plan, desired: &Desired, actual: &'a Actual) -> Vec<&'a Subnet> {
    let network = &actual.network;
    let region = &desired.inputs.aws_region;
    let mut wanted: Vec<&Subnet> = Vec::new();
    for id in &desired.subnets {
        match network.subnets.iter().find(|subnet| subnet.id == *id) {
            Some(subnet) => wanted.push(subnet),
            None => plan.refusals.push(Refusal::new(
                id,
                format!("the subnet does not exist in `{region}`"),
                "correct `subnet_ids`, or `aws_region`",
            )),
        }
    }
    let mut groups: Vec<&SecurityGroup> = Vec::new();
    for id in desired.security_groups.iter().filter_map(Known::now) {
        match network.security_groups.iter().find(|group| group.id == *id) {
            Some(group) => groups.push(group),
            None => plan.refusals.push(Refusal::new(
                id,
                format!("the security group does not exist in `{region}`"),
                "correct `security_group_id` or `security_group_ids`, or `aws_region`",
            )),
        }
    }
    plan.refusals.extend(one_vpc(&wanted, &groups));
    wanted
}

/// The subnets in which a file system of our own may have its mount target: those of its zone,
/// where it is a One Zone one.
fn of_one_zone<'a>(
    plan: &mut Plan,
    scope: &Scope,
    subnets: Vec<&'a Subnet>,
    file_system: &file_system::Planned,
) -> Vec<&'a Subnet> {
    let Some(zone) = file_system.one_zone.as_ref().filter(|_| file_system.own) else {
        return subnets;
    };
    let here = |subnet: &&Subnet| subnet.availability_zone == *zone;
    let (here, others): (Vec<&Subnet>, Vec<&Subnet>) = subnets.into_iter().partition(here);
    if here.is_empty() && !others.is_empty() {
        plan.refusals.push(Refusal::new(
            scope.address(file_system::KIND, None),
            format!(
                "it is a One Zone file system in {zone}, which takes its mount target there, and no \
                 subnet of the inputs is in that zone"
            ),
            format!("give a subnet of {zone} in `subnet_ids`"),
        ));
    } else if !others.is_empty() {
        plan.notes.push(format!(
            "the file system stores in {zone} only and has its one mount target there: nodes of \
             other zones reach it across zones, and lose it when that zone fails"
        ));
    }
    here
}

/// All mount targets of a file system belong to one VPC, and so do their groups.
fn one_vpc(subnets: &[&Subnet], groups: &[&SecurityGroup]) -> Vec<Refusal> {
    let vpcs = groups.iter().map(|group| &group.vpc_id);
    let Some(vpc) = vpcs.chain(subnets.iter().map(|subnet| &subnet.vpc_id)).next() else {
        return Vec::new();
    };
    let remedy = "give subnets and security groups of one VPC";
    let of_subnets = subnets.iter().filter(|subnet| subnet.vpc_id != *vpc).map(|subnet| {
        let its = &subnet.vpc_id;
        let reason =
            format!("the subnet is in `{its}`, and the others or the security group in `{vpc}`");
        Refusal::new(&subnet.id, reason, remedy)
    });
    let of_groups = groups.iter().filter(|group| group.vpc_id != *vpc).map(|group| {
        let reason = format!("the security group is in `{}`, and others in `{vpc}`", group.vpc_id);
        Refusal::new(&group.id, reason, remedy)
    });
    of_subnets.chain(of_groups).collect()
}

/// What holds for every plan that changes a cluster.
pub(crate) fn in_cluster(plan: &mut Plan, cluster: &Cluster) {
    plan.refusals.extend(denied(plan, cluster));
    // A current context is easily forgotten.
    plan.notes
        .push(format!("the driver and the class are those of the cluster `{}`", cluster.name));
}

/// What this identity may not do in the cluster, where the plan would do it.
fn denied(plan: &Plan, cluster: &Cluster) -> Option<Refusal> {
    let kinds = [storage_class::KIND, release::KIND];
    let touches = plan.changes.iter().any(|change| kinds.contains(&change.address.kind));
    if cluster.denied.is_empty() || !touches {
        return None;
    }
    Some(Refusal::new(
        &cluster.name,
        format!("this identity may not {}", cluster.denied.join(", ")),
        "ask for these permissions in the cluster (`kubectl auth whoami` shows who asks), \
         or write documents for someone who has them: `--manifests DIR`",
    ))
}
