//! Claims that ask for more than they have.

use super::{Action, After, Difference, Operation, Plan, Refusal, Resource, Step, address};
use crate::cluster::{Claim, Cluster};
use crate::inputs::Inputs;

/// What has to be done so that every claim of the class has what it asks for.
///
/// The capacity of an EFS volume is nominal, its driver expands nothing, and no
/// resizer runs: a grown claim would wait for ever.
pub fn expand(module: &str, inputs: &Inputs, cluster: &Cluster) -> Plan {
    let mut plan = Plan::default();
    let class = &inputs.storage_class.name;
    if let Some(found) = &cluster.storage_class
        && found.immutable.provisioner != crate::PROVISIONER
    {
        plan.refusals.push(Refusal {
            address: address(module, Resource::StorageClass, Some(class)),
            reason: format!("its volumes are those of `{}`", found.immutable.provisioner),
            remedy: "leave them to that driver; here only EFS volumes are completed".to_owned(),
        });
        return plan;
    }
    plan.steps.extend(cluster.claims.iter().filter_map(|claim| step(module, claim)));
    plan
}

fn step(module: &str, claim: &Claim) -> Option<Step> {
    let volume = claim.volume.clone()?;
    let requested = claim.requested.clone()?;
    if !claim.wants_more || claim.phase != "Bound" {
        return None;
    }
    let address = address(module, Resource::PersistentVolumeClaim, Some(&claim.address()));
    Some(Step {
        id: format!("claim.{}", claim.address()),
        action: Action::Update,
        resource: Resource::PersistentVolumeClaim,
        address,
        reason: "it asks for more than it has, and nobody else completes that".to_owned(),
        needs: Vec::new(),
        differences: vec![Difference::new(
            "capacity",
            claim.capacity.clone(),
            After::Value(requested.clone()),
        )],
        operation: Operation::ExpandClaim {
            namespace: claim.namespace.clone(),
            name: claim.name.clone(),
            volume,
            capacity: requested,
        },
    })
}
