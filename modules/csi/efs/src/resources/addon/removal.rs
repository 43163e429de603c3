//! Taking the add-on down, and its row.

use inputs::plain;
use plan::{Action, Change, ChangeId, Plan, Row, Scope};

use super::spec::{Found, KIND, NAME, Status, VERSION};
use super::wanted::{Call, under_way};
use crate::owner::Owner;
use crate::resources::driver::Others;

/// Plans to delete the add-on, where it is ours and nobody needs it. Where no cluster is looked at,
/// nobody knows that: its objects stay then, with all mounts.
pub fn remove<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (owner, found): (&Owner, Option<&Found>),
    others: Option<Others>,
    needs: &[ChangeId],
) -> Option<ChangeId> {
    let found = found?;
    let keeper = found.keeper().filter(|keeper| *keeper != owner.storage_class);
    let stays = if !found.is_of(owner) {
        Some("this project did not make it".to_owned())
    } else if let Some(keeper) = keeper.filter(|_| others.is_none()) {
        Some(format!("`{}/{keeper}` keeps it", owner.cluster))
    } else if let Some(Others { classes: [first, rest @ ..], .. }) = others {
        let all: Vec<&str> = [first].into_iter().chain(rest).map(String::as_str).collect();
        Some(format!("it serves the class {}", all.join(", ")))
    } else if let Some(Others { volumes: [first, rest @ ..], .. }) = others {
        let all: Vec<&str> = [first].into_iter().chain(rest).map(String::as_str).collect();
        Some(format!("it serves the volume {}", all.join(", ")))
    } else {
        None
    };
    if let Some(why) = stays {
        plan.notes.push(format!("the add-on `{NAME}` stays: {why}"));
        return None;
    }
    let address = scope.address(KIND, Some(NAME));
    // What is under way ends first: EKS refuses to delete it meanwhile.
    if let Some(wait) = under_way(scope, &address, owner, found) {
        let id = wait.id.clone();
        plan.waits.push(wait);
        return Some(id);
    }
    let preserve = others.is_none();
    if preserve {
        plan.notes.push(plain(&format!(
            "the add-on's objects stay in the cluster, as it is not looked at who uses them \
                 there: `kubectl --namespace {} delete all --selector \
                 app.kubernetes.io/name=aws-efs-csi-driver` deletes them",
            found.namespace
        )));
    }
    let cluster = || owner.cluster.clone();
    let change = Change::new(Action::Delete, scope.id("eks_addon.delete"), address)
        .because("the deployment is destroyed")
        .needing(needs.to_vec())
        .showing(plan::gone([&VERSION], &found.spec()))
        .calling(Call::Delete { cluster: cluster(), preserve })
        .calling(Call::UntilGone { cluster: cluster() });
    let id = change.id.clone();
    plan.changes.push(change);
    Some(id)
}

/// Its row in a status.
pub fn row(found: Option<&Found>) -> Row {
    let name = format!("add-on {NAME}");
    let Some(found) = found else { return Row::missing("driver", name) };
    let healthy = found.status == Status::Active;
    let told = if healthy { String::new() } else { format!(", {}", found.told()) };
    Row {
        resource: "driver",
        name,
        state: plain(found.status.as_str()),
        detail: plain(&format!("{}{told}", found.version)),
        healthy,
    }
}
