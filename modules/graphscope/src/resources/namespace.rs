//! The namespace of a workload.

use plan::{Action, Change, ChangeId, Plan, Scope};

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "namespace";

/// A call of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Creates the namespace; one that is there is fine.
    Create { name: String },
}

/// Plans a namespace that is missing; what is made in it needs the answer. Workloads that
/// share it plan it under one id, and so once.
pub fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    name: &str,
    exists: bool,
) -> Option<ChangeId> {
    if exists {
        return None;
    }
    let id = ChangeId::from(format!("{KIND}.{name}"));
    plan.changes.push(
        Change::new(Action::Create, id.clone(), scope.address(KIND, Some(name)))
            .because("the namespace does not exist")
            .calling(Call::Create { name: name.to_owned() }),
    );
    Some(id)
}
