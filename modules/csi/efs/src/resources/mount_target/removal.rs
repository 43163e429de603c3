//! Taking all targets down.

use plan::{ChangeId, Plan, Scope};

use super::target::{Call, MountTarget, delete, gone};
use crate::ids::FileSystemId;

/// Plans the removal of all of them, each after `needs`; the answer is what must
/// be done before they are gone.
pub fn remove_all<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    file_system: &FileSystemId,
    found: &[MountTarget],
    needs: &[ChangeId],
) -> Vec<ChangeId> {
    let mut by_zone: Vec<&MountTarget> = found.iter().collect();
    by_zone.sort_by(|a, b| a.availability_zone.cmp(&b.availability_zone));
    by_zone
        .into_iter()
        .map(|target| {
            if target.life_cycle.is_leaving() {
                return gone(plan, scope, file_system, target);
            }
            let change = delete(scope, file_system, target, "the deployment is destroyed")
                .needing(needs.to_vec());
            let id = change.id.clone();
            plan.changes.push(change);
            id
        })
        .collect()
}
