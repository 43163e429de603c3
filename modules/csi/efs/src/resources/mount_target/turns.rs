//! One zone after the other: in which order targets go that are there.

use plan::{Change, ChangeId, Plan};

/// The changes that take a target away, for a while or for good.
///
/// While a zone has no target its pods cannot mount, and mounts that it had hang or fail. So a
/// zone's target goes only when every other zone has its own: after all that are missing were
/// made, after those that are being made are available, and after the new one of the zone
/// before is available; those that failed come before those that work. A run that fails or is killed on the way has taken one zone's at most.
#[derive(Debug)]
pub(super) struct Turns<C> {
    /// What makes a missing target available.
    makes: Vec<ChangeId>,
    /// Those that failed.
    repairs: Vec<Change<C>>,
    replaces: Vec<Change<C>>,
    /// Those of zones that have no subnet any more, which go last.
    removes: Vec<Change<C>>,
}

impl<C> Default for Turns<C> {
    fn default() -> Self {
        Turns { makes: Vec::new(), repairs: Vec::new(), replaces: Vec::new(), removes: Vec::new() }
    }
}

impl<C> Turns<C> {
    /// A change, or a wait, after which another zone has its target.
    pub(super) fn makes(&mut self, id: ChangeId) {
        self.makes.push(id);
    }

    /// Another target comes in the place of one, which works or failed.
    pub(super) fn replaces(&mut self, change: Change<C>, works: bool) {
        if works { &mut self.replaces } else { &mut self.repairs }.push(change);
    }

    pub(super) fn removes(&mut self, change: Change<C>) {
        self.removes.push(change);
    }

    /// Puts them into the plan, each after the one before.
    pub(super) fn take(self, plan: &mut Plan<C>) {
        let mut before = self.makes;
        let all = self.repairs.into_iter().chain(self.replaces).chain(self.removes);
        for mut change in all {
            before.retain(|need| !change.needs.contains(need));
            change.needs.append(&mut before);
            before.push(change.id.clone());
            plan.changes.push(change);
        }
    }
}
