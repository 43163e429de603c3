//! Whole plans: of a deployment, and of claims that grew.

use std::collections::BTreeSet;

use kubernetes::{RenderError, claim};
use network::Subnet;
use plan::{Action, ChangeId, Known, Refusal, Row, Scope, Warning};

use crate::actual::Actual;
use crate::calls::{Call, Plan};
use crate::chart;
use crate::class_set;
use crate::cluster::Cluster;
use crate::denied::in_cluster;
use crate::desired::{Canary, Desired};
use crate::documents;
use crate::identity;
use crate::ids::FileSystemId;
use crate::inputs::Inputs;
use crate::life_cycle::LifeCycle;
use crate::managed_driver;
use crate::mounts;
use crate::nfs_access;
use crate::own_group::{ids_of, own_group, own_groups, remove_groups, rules_outside};
use crate::reach;
use crate::resources::file_system::FileSystemSource;
use crate::resources::mount_target::{MountTarget, Ready};
use crate::resources::{
    access_point, addon, canary, driver, file_system, ingress, mount_target, persistent_volume,
    pod_identity_association, security_group, storage_class,
};
use crate::rule_quota;
use crate::static_access;
use crate::subnets::{mounting_in_zone, of_one_zone, wanted_subnets};
use crate::take_over;
use crate::warnings::{notes, warnings};
use crate::{key, lock_out};

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
    let mut plan = Plan::default();
    let desired = &managed_driver::with_known_chart(desired, actual);
    let subnets = wanted_subnets(&mut plan, desired, actual);
    let (desired, going) = &own_group(&mut plan, desired, actual, &subnets);
    let desired = &mounting_in_zone(&mut plan, desired, actual);
    let going_ids = ids_of(going);
    let Desired { scope, inputs, security_groups, consent, discovered_by, .. } = desired;
    plan.warnings.extend(warnings(inputs, actual, &zones_of(desired, actual)));
    plan.notes.extend(notes(desired, actual));
    let key = (actual.file_system.as_ref(), actual.key.as_ref());
    key::judge(&mut plan, scope, inputs, key);
    lock_out::judge(&mut plan, scope, inputs, actual.file_system.as_ref());
    let file_system = own_or_adopted(&mut plan, desired, actual);
    let subnets = of_one_zone(&mut plan, (scope, inputs), subnets, &file_system);
    let wanted = mount_target::Wanted {
        subnets: &subnets,
        discovered_by: discovered_by.as_deref(),
        security_groups,
        going: &going_ids,
        consent: *consent,
        targets: inputs.wanted_targets(),
    };
    let mut ready =
        mount_target::plan(&mut plan, scope, &wanted, &file_system, &actual.mount_targets);
    name_mounts(&mut plan, actual);
    remove_groups(&mut plan, desired, actual, going);
    let sources = rules(&mut plan, desired, actual, going);
    reach::warn(&mut plan, desired, actual, &subnets, &sources);
    let usable = (&file_system.id, file_system.needs.as_slice());
    let given = identity::plan(&mut plan, desired, actual, usable, identity_part(desired, part));
    ready.needs.extend(given.before_class.iter().cloned());
    let points = static_access::points(&mut plan, desired, actual, usable);
    let storage = (&file_system.id, &ready);
    managed_driver::not_for_classes(&mut plan, desired);
    if let (DriverPart::Own { of_this_job }, None) = (part, &desired.driver_in) {
        managed_driver::plan(&mut plan, desired, actual, (of_this_job, &given));
    }
    if let Some(cluster) = &actual.cluster {
        driver_and_class(&mut plan, desired, (actual, cluster, part), storage, &given)?;
        static_access::volumes(&mut plan, desired, (actual, cluster), (storage, &points))?;
        in_cluster(&mut plan, inputs, cluster);
    } else {
        let wanted = (inputs, desired.driver_in.as_deref(), &given);
        let wanted = (wanted, &points);
        documents::plan(&mut plan, scope, wanted, storage, &actual.documents)?;
    }
    Ok(plan)
}

/// Plans the rules that admit NFS traffic, and their order; returns whose traffic they admit.
fn rules(
    plan: &mut Plan,
    desired: &Desired,
    actual: &Actual,
    going: &[security_group::Found],
) -> Vec<ingress::Source> {
    let (owner, tags) = (desired.inputs.owner(), desired.inputs.all_tags());
    let sources = desired.nfs_sources(&actual.network);
    let own = own_groups(desired, actual);
    let wanted = ingress::Wanted {
        owner: &owner,
        groups: &desired.security_groups,
        own: &own,
        sources: &sources,
        tags: &tags,
    };
    let rules = rules_outside(&actual.network.ingress_rules, going);
    ingress::plan(plan, &desired.scope, &wanted, &rules);
    nfs_access::order(plan, actual, &wanted);
    rule_quota::warn(plan, &desired.security_groups, &actual.network.ingress_rules);
    sources
}

/// Plans the file system, and whose data of before it may be.
fn own_or_adopted(plan: &mut Plan, desired: &Desired, actual: &Actual) -> file_system::Planned {
    let Desired { scope, inputs, adopt_existing, consent, .. } = desired;
    let (owner, tags) = (inputs.owner(), inputs.all_tags());
    let available = |target: &MountTarget| target.life_cycle == LifeCycle::Available;
    let wanted = file_system::Wanted {
        owner: &owner,
        source: &inputs.file_system,
        tags: &tags,
        mounted: actual.mount_targets.iter().any(available),
        replace_policy: consent.replace_file_system_policy,
        replace_replication: consent.replace_replication,
        backup_by_default: inputs.backup_by_default,
        imported: inputs.imported.as_ref(),
    };
    let file_system = file_system::plan(plan, scope, &wanted, actual.file_system.as_ref());
    take_over::ask(plan, scope, (inputs, actual), adopt_existing);
    take_over::ask_of_the_copy(plan, scope, (inputs, actual), adopt_existing);
    take_over::keep_on_file_system(plan, scope, (actual, &owner), &file_system.id);
    file_system
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
    (actual, cluster, part): (&Actual, &Cluster, DriverPart<'_>),
    (file_system, ready): (&Known<FileSystemId>, &Ready),
    given: &identity::Given,
) -> Result<(), RenderError> {
    let Desired { scope, inputs, wait_for_driver, .. } = desired;
    let owner = inputs.owner();
    if let DriverPart::Own { of_this_job } = part {
        let wanted = given.driver(inputs.driver(&owner));
        let (found, needs) =
            managed_driver::leave(plan, desired, (actual, cluster), (of_this_job, given))?;
        driver::plan(plan, scope, &wanted, (&found, &needs), *wait_for_driver)?;
        let classes: Vec<String> =
            cluster.other_classes.iter().map(|class| class.name.clone()).collect();
        let neighbours = driver::Neighbours { classes: &classes, of_this_job };
        driver::contest(plan, scope, &wanted, &cluster.driver, neighbours);
        credentials_of_pods(plan, desired, (actual, cluster), &wanted, given);
    }
    class_set::plan(plan, desired, cluster, (file_system, ready))?;
    if desired.canary != Canary::LeftOut {
        let wanted = canary::Wanted {
            always: desired.canary == Canary::Always,
            class: &inputs.storage_class.name,
            namespace: &inputs.driver.namespace,
            binding: inputs.storage_class.volume_binding_mode,
            reference: inputs.storage_class.file_system_reference.as_ref(),
            file_system,
        };
        canary::plan(plan, scope, wanted, cluster.storage_class.as_ref());
    }
    Ok(())
}

/// Plans that the controller's pods have the identity that the deployment gives them.
fn credentials_of_pods(
    plan: &mut Plan,
    desired: &Desired,
    (actual, cluster): (&Actual, &Cluster),
    wanted: &driver::Driver<'_>,
    given: &identity::Given,
) {
    let driver = &desired.inputs.driver;
    let credentials = match &wanted.role {
        _ if driver.mode == driver::DriverMode::Skip => None,
        Some(role) => Some(driver::Credentials::Irsa(role.clone())),
        None if given.by_associations => Some(driver::Credentials::PodIdentity),
        None => None,
    };
    if let Some(credentials) = credentials {
        let our_go = plan.changes.iter().any(|change| {
            change.address.kind == pod_identity_association::KIND && change.action == Action::Delete
        });
        // Where nobody looked, there may be one.
        let is_associated = actual.identity.as_ref().is_none_or(|found| {
            let mut associations = found.associations.iter();
            associations
                .any(|it| it.service_account == driver::CONTROLLER_ACCOUNT && !(it.ours && our_go))
        });
        let wanted = (&credentials, driver.namespace.as_str(), is_associated);
        let found = (&cluster.driver, given.before_driver.as_slice());
        driver::with_credentials(plan, &desired.scope, wanted, found, desired.wait_for_driver);
    }
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
    let replicas = file_system::replicas(&owner.region, found, &actual.replications);
    rows.extend(file_system::replica_rows(found, &replicas));
    rows.extend(mount_target::rows(&actual.mount_targets));
    rows.extend(actual.access_point_count.map(access_point::quota));
    let points = inputs.access_points.as_ref();
    rows.extend(access_point::rows(&owner, points, &actual.access_points));
    rows.extend(security_group::rows(&actual.own_groups));
    rows.extend(ingress::rows(&owner, &actual.network.ingress_rules));
    let Some(cluster) = &actual.cluster else {
        rows.extend(documents::names(inputs).map(|name| {
            let there = actual.documents.contains_key(name);
            if there { Row::present("document", name) } else { Row::missing("document", name) }
        }));
        return rows;
    };
    if inputs.driver.mode == driver::DriverMode::Addon {
        let found = actual.addon.as_ref().and_then(|observed| observed.found.as_ref());
        rows.push(addon::row(found));
    } else {
        rows.extend(driver::rows(&cluster.driver));
    }
    let id = found.map(|found| &found.id);
    rows.extend(class_set::rows(inputs, cluster, id));
    rows.extend(persistent_volume::rows(&owner, points, &cluster.static_volumes));
    rows.extend(cluster.claims.iter().map(claim::row));
    rows
}

/// The changes after which the class is there, or its document: what claims from
/// it needs them.
pub fn class_changes(desired: &Desired, plan: &Plan) -> Vec<ChangeId> {
    let planned = |id: &ChangeId| plan.changes.iter().any(|change| change.id == *id);
    class_ids(desired).into_iter().filter(planned).collect()
}

/// The same for each class, by its name.
pub fn changes_of_classes(desired: &Desired, plan: &Plan) -> Vec<(String, Vec<ChangeId>)> {
    let scope = &desired.scope;
    let own = (desired.inputs.storage_class.name.clone(), class_changes(desired, plan));
    let beside = desired.inputs.storage_classes.iter().map(|class| {
        let ids = [storage_class::id_beside(scope, &class.name), documents::classes_id(scope)];
        let planned = |id: &ChangeId| plan.changes.iter().any(|change| change.id == *id);
        (class.name.clone(), ids.into_iter().filter(planned).collect())
    });
    std::iter::once(own).chain(beside).collect()
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
        let takes_one = only.is_none_or(|only| mount_target::is_zone_of(only, subnet));
        takes_one && desired.subnets.contains(&subnet.id)
    };
    let wanted = actual.network.subnets.iter().filter(wanted);
    wanted.map(|subnet| subnet.availability_zone.clone()).collect()
}
