//! Plans that the controller's pods have their credentials.

use plan::{Action, Change, ChangeId, Known, Plan, Scope, Warning};

use super::call::Call;
use super::found::Found;
use super::pods::{ControllerPod, Credentials, PODS_KIND, Pods};

/// Has the controller's pods admitted again that lack their credentials: after a change that makes
/// pods or their identity, or as a change of its own, after `needs`. Pods that an association gives
/// credentials instead are left alone as long as there is one.
pub(crate) fn with_credentials<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (wanted, namespace, is_associated): (&Credentials, &str, bool),
    (found, needs): (&Found, &[ChangeId]),
    wait: bool,
) {
    let call =
        Call::GiveCredentials { namespace: namespace.to_owned(), wanted: wanted.clone(), wait };
    let makes_pods = [super::planning::KIND, crate::resources::addon::KIND];
    let makes = |change: &&mut Change<C>| {
        makes_pods.contains(&change.address.kind) && change.action != Action::Delete
    };
    tell(plan, namespace, &found.pods);
    if let Some(change) = plan.changes.iter_mut().find(makes) {
        if wait {
            change.calls.push(call.into());
        }
        return;
    }
    let role = match wanted {
        Credentials::Irsa(Known::Now(role)) => Some(role.as_str()),
        Credentials::PodIdentity => None,
        // A role that is not there yet changes the release or the add-on.
        Credentials::Irsa(Known::After(_)) => return,
    };
    let pods = found.pods.seen().iter().filter(|pod| pod.is_to_be_made_anew(role));
    let (kept, lacking): (Vec<&ControllerPod>, Vec<&ControllerPod>) =
        pods.partition(|pod| is_associated && role.is_some() && pod.is_associated_instead());
    if let (Some(role), false) = (role, kept.is_empty()) {
        plan.warnings.push(associated_instead(role));
    }
    let lacking: Vec<&str> = lacking.into_iter().map(|pod| pod.name.as_str()).collect();
    if lacking.is_empty() {
        return;
    }
    // What the driver waits for may make these pods anew by itself: whoever comes after it looks again.
    let waits = plan.waits.iter().filter(|wait| makes_pods.contains(&wait.address.kind));
    let needs: Vec<ChangeId> = needs.iter().cloned().chain(waits.map(|it| it.id.clone())).collect();
    let names = inputs::plain(&lacking.join(", "));
    let change = Change::new(Action::Update, scope.id(PODS_KIND), scope.address(PODS_KIND, None))
        .because(format!(
            "{names} had no credentials of the driver's role when they were admitted, and are made \
             anew to get them"
        ))
        .needing(needs)
        .calling(call);
    plan.changes.push(change);
}

/// What is not known of the pods, and what keeps their credentials from them.
fn tell<C>(plan: &mut Plan<C>, namespace: &str, pods: &Pods) {
    if *pods == Pods::Forbidden {
        plan.notes.push(format!(
            "whether the driver's controller has its credentials is not known, as this identity may not \
             list pods in `{namespace}`"
        ));
    }
    let skips = pods.seen().iter().filter_map(|pod| Some((pod.name.as_str(), pod.skips?)));
    let (names, by): (Vec<&str>, Vec<&str>) = skips.unzip();
    if let Some(by) = by.first() {
        let names = inputs::plain(&names.join(", "));
        plan.warnings.push(Warning::new(
            format!(
                "EKS gives no credentials to the pods of the driver's controller ({names}), as they have \
                 `{by}`"
            ),
            "take it out of `controller.podLabels` and `controller.podAnnotations` of the chart's values",
        ));
    }
}

fn associated_instead(role: &str) -> Warning {
    Warning::new(
        format!(
            "the driver's controller has the credentials of a Pod Identity association, which come \
             before those of `{}`",
            inputs::plain(role)
        ),
        "delete the association (`aws eks list-pod-identity-associations`), and deploy again: the pods \
         are made anew then",
    )
}
