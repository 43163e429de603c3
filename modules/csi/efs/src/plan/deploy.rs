//! The plan that makes a deployment what it should be.

use network::{SecurityGroup, Subnet};

use super::{
    Plan, Refusal, Resource, documents, driver, file_system, ingress, mount_targets, storage_class,
};
use crate::actual::Actual;
use crate::cluster::Cluster;
use crate::desired::Desired;
use crate::documents as rendered;
use crate::driver::{DriverMode, chart};
use crate::inputs::FileSystemInputs;
use crate::placement::zones;
use crate::tags::Owner;

/// What has to be done so that `actual` becomes `desired`.
///
/// Pure and deterministic: the same two give the same plan, whatever order
/// their lists are in.
pub fn plan(desired: &Desired, actual: &Actual) -> Plan {
    let mut plan = Plan::default();
    plan.warnings.extend(warnings(desired, actual));
    let subnets = wanted_subnets(&mut plan, desired, actual);
    plan.zones = zones(subnets, &actual.mount_targets);

    let file_system = file_system::plan(&mut plan, desired, actual);
    let ready = mount_targets::plan(&mut plan, desired, actual, &file_system);
    ingress::plan(&mut plan, desired, actual);
    match &actual.cluster {
        None => documents::plan(&mut plan, desired, actual, &file_system, &ready),
        Some(cluster) => {
            driver::plan(&mut plan, desired, cluster);
            storage_class::plan(&mut plan, desired, cluster, &file_system, &ready);
            plan.refusals.extend(denied(&plan, cluster));
            plan.refusals.extend(another_cluster(&desired.owner, cluster));
            plan.notes.push(goes_to(cluster));
        }
    }
    plan
}

/// The subnets asked for, of those that exist; what is wrong with the others
/// and with the security group becomes refusals.
fn wanted_subnets<'a>(plan: &mut Plan, desired: &Desired, actual: &'a Actual) -> Vec<&'a Subnet> {
    let network = &actual.network;
    let region = &desired.owner.region;
    let mut wanted: Vec<&Subnet> = Vec::new();
    for id in &desired.subnets {
        match network.subnets.iter().find(|subnet| subnet.id == *id) {
            Some(subnet) => wanted.push(subnet),
            None => plan.refusals.push(Refusal {
                address: id.to_string(),
                reason: format!("the subnet does not exist in `{region}`"),
                remedy: "correct `subnet_ids`, or `aws_region`".to_owned(),
            }),
        }
    }
    let group = network.security_groups.iter().find(|group| group.id == desired.security_group);
    if group.is_none() {
        plan.refusals.push(Refusal {
            address: desired.security_group.to_string(),
            reason: format!("the security group does not exist in `{region}`"),
            remedy: "correct `security_group_id`, or `aws_region`".to_owned(),
        });
    }
    plan.refusals.extend(one_vpc(&wanted, group));
    wanted
}

/// All mount targets of a file system belong to one VPC, and so does their group.
fn one_vpc(subnets: &[&Subnet], group: Option<&SecurityGroup>) -> Vec<Refusal> {
    let Some(vpc) = group.map(|group| &group.vpc_id).or(subnets.first().map(|first| &first.vpc_id))
    else {
        return Vec::new();
    };
    subnets
        .iter()
        .filter(|subnet| subnet.vpc_id != *vpc)
        .map(|subnet| Refusal {
            address: subnet.id.to_string(),
            reason: format!(
                "the subnet is in `{}`, and the others or the security group in `{vpc}`",
                subnet.vpc_id
            ),
            remedy: "give subnets and a security group of one VPC".to_owned(),
        })
        .collect()
}

/// Where Kubernetes objects go, as a current context is easily forgotten.
pub(super) fn goes_to(cluster: &Cluster) -> String {
    format!("the driver and the class are those of the cluster `{}`", cluster.name)
}

/// A context that names another EKS cluster than the inputs do.
pub(super) fn another_cluster(owner: &Owner, cluster: &Cluster) -> Option<Refusal> {
    let named = cluster.eks_name().filter(|named| *named != owner.cluster)?;
    Some(Refusal {
        address: cluster.name.clone(),
        reason: format!(
            "the context is of the cluster `{named}`, and `cluster_name` is `{}`",
            owner.cluster
        ),
        remedy: "give the right `--context`, or correct `cluster_name`".to_owned(),
    })
}

/// What this identity may not do in the cluster, where the plan would do it.
pub(super) fn denied(plan: &Plan, cluster: &Cluster) -> Option<Refusal> {
    let touches = |resource| plan.steps.iter().any(|step| step.resource == resource);
    if cluster.denied.is_empty()
        || !(touches(Resource::StorageClass) || touches(Resource::HelmRelease))
    {
        return None;
    }
    Some(Refusal {
        address: cluster.name.clone(),
        reason: format!("this identity may not {}", cluster.denied.join(", ")),
        remedy: "ask for these permissions in the cluster (`kubectl auth whoami` shows who asks), \
                 or leave documents for somebody who has them: `--manifests DIR`"
            .to_owned(),
    })
}

fn warnings(desired: &Desired, actual: &Actual) -> Vec<String> {
    let inputs = &desired.inputs;
    let class = &inputs.storage_class;
    let controller = inputs.driver.values.get("controller");
    let deletes = controller.and_then(|values| values.get("deleteAccessPointRootDir"));
    let here = chart::Circumstances {
        fixed_gid: class.uid.is_some() && class.gid.is_some(),
        deletes_directories: deletes.is_some_and(|value| *value == true),
        taints: actual.cluster.as_ref().map_or(&[], |cluster| &cluster.taints),
    };
    let mut warnings = Vec::new();
    if inputs.driver.mode != DriverMode::Skip {
        warnings.extend(chart::warnings(inputs.driver.version, &here));
    }
    let kept = rendered::tags_kept_from_access_points(inputs);
    if !kept.is_empty() {
        warnings.push(format!(
            "the driver cannot put these tags on access points, for their spaces, colons or empty values: {}",
            kept.join(", ")
        ));
    }
    let room = crate::inputs::directory::room_for_names(
        class.base_path.as_deref(),
        class.sub_path_pattern.as_deref(),
        class.ensure_unique_directory != Some(false),
    );
    // A name has up to 63 characters nearly everywhere, and claims up to 253.
    if let Ok(Some(room)) = room
        && room < 63
    {
        warnings.push(format!(
            "`sub_path_pattern` leaves {room} characters for the names of a claim and its namespace: \
             EFS takes directories of 100, and claims with longer names stay pending"
        ));
    }
    if matches!(&inputs.file_system, FileSystemInputs::Own { encrypted: false, .. }) {
        warnings
            .push("the file system is not encrypted at rest, and can never be made so".to_owned());
    }
    warnings
}
