//! Plans that the controller's pods have their credentials.

use plan::{Action, Change, ChangeId, Known, Plan, Scope, Warning};

use super::call::Call;
use super::found::Found;
use super::pods::{ControllerPod, Credentials, PODS_KIND};

/// Has the controller's pods admitted again that lack their credentials: after a change that makes
/// pods or their identity, or as a change of its own, after `needs`.
pub(crate) fn with_credentials<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (wanted, namespace): (&Credentials, &str),
    (found, needs): (&Found, &[ChangeId]),
    wait: bool,
) {
    let call =
        Call::GiveCredentials { namespace: namespace.to_owned(), wanted: wanted.clone(), wait };
    let makes_pods = [super::planning::KIND, crate::resources::addon::KIND];
    let makes = |change: &&mut Change<C>| {
        makes_pods.contains(&change.address.kind) && change.action != Action::Delete
    };
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
    let pods = found.pods.iter().flatten().filter(|pod| pod.lacks(role));
    let (kept, lacking): (Vec<&ControllerPod>, Vec<&ControllerPod>) =
        pods.partition(|pod| role.is_some() && pod.is_associated_instead());
    if let (Some(role), false) = (role, kept.is_empty()) {
        plan.warnings.push(associated_instead(role));
    }
    let lacking: Vec<&str> = lacking.into_iter().map(|pod| pod.name.as_str()).collect();
    if lacking.is_empty() || !plan.waits.is_empty() {
        return;
    }
    let names = inputs::plain(&lacking.join(", "));
    let change = Change::new(Action::Update, scope.id(PODS_KIND), scope.address(PODS_KIND, None))
        .because(format!(
            "{names} had no credentials of the driver's role when they were admitted, and are made \
             anew to get them"
        ))
        .needing(needs.to_vec())
        .calling(call);
    plan.changes.push(change);
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
