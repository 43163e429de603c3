//! What this identity may not do in a cluster, of what a plan does there.

use kubernetes::{claim, release};
use plan::{Action, Refusal};

use crate::calls::{Call, Plan};
use crate::cluster::Cluster;
use crate::inputs::Inputs;
use crate::resources::storage_class::VolumeBindingMode;
use crate::resources::{addon, driver, persistent_volume, storage_class};

/// What holds for every plan that changes a cluster.
pub(crate) fn in_cluster(plan: &mut Plan, inputs: &Inputs, cluster: &Cluster) {
    plan.refusals.extend(denied(plan, inputs, cluster));
    // A current context is easily forgotten.
    plan.notes
        .push(format!("the driver and the class are those of the cluster `{}`", cluster.name));
}

/// What this identity may not do in the cluster, where the plan would do it.
fn denied(plan: &Plan, inputs: &Inputs, cluster: &Cluster) -> Option<Refusal> {
    let denied = cluster.denied.iter().map(String::as_str);
    let denied: Vec<&str> = denied.filter(|it| is_needed(plan, inputs, it)).collect();
    let kinds = [
        storage_class::KIND,
        release::KIND,
        persistent_volume::KIND,
        claim::KIND,
        driver::PODS_KIND,
        addon::KIND,
    ];
    let touches = plan.changes.iter().any(|change| kinds.contains(&change.address.kind));
    if denied.is_empty() || (!touches && plan.checks.is_empty()) {
        return None;
    }
    let of_canary = |denied: &&str| {
        let what = denied.split(" in ").next().unwrap_or_default();
        ["persistentvolumeclaims", "pods", "events"].iter().any(|it| what.ends_with(it))
    };
    let only_canary =
        !plan.checks.is_empty() && !inputs.has_static_volumes() && !makes_pods_anew(plan);
    let without = if only_canary && denied.iter().any(of_canary) {
        "; `--no-canary` needs nothing of claims, pods and events"
    } else {
        ""
    };
    Some(Refusal::new(
        &cluster.name,
        format!("this identity may not {}", denied.join(", ")),
        format!(
            "ask for these permissions in the cluster (`kubectl auth whoami` shows who asks), \
             or write documents for someone who has them: `--manifests DIR`{without}"
        ),
    ))
}

/// Whether pods of the driver's controller are made anew that lack their credentials.
fn makes_pods_anew(plan: &Plan) -> bool {
    let gives = |call: &Call| matches!(call, Call::Driver(driver::Call::GiveCredentials { .. }));
    plan.changes.iter().any(|change| change.calls.iter().any(gives))
}

/// Whether a canary of the deployment has a pod.
fn sends_pod(inputs: &Inputs) -> bool {
    inputs.storage_class.volume_binding_mode == VolumeBindingMode::WaitForFirstConsumer
}

/// Whether a plan does what is denied, such as `delete persistentvolumes`: a volume or a
/// claim that stays as it is takes no permission. Whatever else is asked about is needed.
fn is_needed(plan: &Plan, inputs: &Inputs, denied: &str) -> bool {
    let (verb, what) = denied.split_once(' ').unwrap_or_default();
    let (resource, namespace) = what.split_once(" in ").unwrap_or((what, ""));
    let namespace = namespace.trim_matches('`');
    if (verb, resource) == ("delete", "pods") {
        return makes_pods_anew(plan) || (sends_pod(inputs) && !plan.checks.is_empty());
    }
    let kind = match resource {
        "persistentvolumes" => persistent_volume::KIND,
        "persistentvolumeclaims" => claim::KIND,
        _ => return true,
    };
    let does = |action: Action| match verb {
        // What is applied and not there is created, which takes both (Kubernetes, `PatchResource`).
        "create" => matches!(action, Action::Create | Action::Replace),
        "patch" => action != Action::Delete,
        "delete" => action.needs_consent(),
        _ => true,
    };
    let is_there = |key: Option<&str>| {
        let of = key.and_then(|key| key.split_once('/')).map(|(namespace, _)| namespace);
        namespace.is_empty() || of == Some(namespace)
    };
    let changes = plan.changes.iter().filter(|change| change.address.kind == kind);
    let mut changes = changes.filter(|change| is_there(change.address.key.as_deref()));
    let of_canary = !plan.checks.is_empty() && namespace == inputs.driver.namespace;
    of_canary || changes.any(|change| does(change.action))
}
