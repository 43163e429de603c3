//! In which order a plan is carried out: what may begin, given what has ended and how. What
//! fails holds back what needs it, and nothing else.

use std::collections::BTreeSet;

use crate::change::{Any, Plan};
use crate::id::ChangeId;

/// What of a plan may begin, and what never will.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// What has not begun, in the order of the plan: waits first.
    ahead: Vec<Step>,
    under_way: BTreeSet<ChangeId>,
    done: BTreeSet<ChangeId>,
    failed: BTreeSet<ChangeId>,
}

#[derive(Debug, Clone)]
struct Step {
    id: ChangeId,
    needs: Vec<ChangeId>,
    needs_any: Any,
}

impl Schedule {
    /// The schedule of a plan of which nothing has begun.
    pub fn new<C>(plan: &Plan<C>) -> Schedule {
        let waits = plan.waits.iter().map(|wait| Step {
            id: wait.id.clone(),
            needs: Vec::new(),
            needs_any: Any::default(),
        });
        let changes = plan.changes.iter().map(|change| Step {
            id: change.id.clone(),
            needs: change.needs.clone(),
            needs_any: change.needs_any.clone(),
        });
        Schedule {
            ahead: waits.chain(changes).collect(),
            under_way: BTreeSet::new(),
            done: BTreeSet::new(),
            failed: BTreeSet::new(),
        }
    }

    /// What may begin now; it counts as under way from then on.
    pub fn begin(&mut self) -> Vec<ChangeId> {
        let lost = self.lost();
        let done = &self.done;
        let ready = |step: &mut Step| {
            let Any { of, least } = &step.needs_any;
            let ended = of.iter().all(|id| done.contains(id) || lost.contains(id));
            let enough = of.iter().filter(|id| done.contains(*id)).count() >= *least;
            step.needs.iter().all(|id| done.contains(id)) && ended && enough
        };
        let begun: Vec<ChangeId> = self.ahead.extract_if(.., ready).map(|step| step.id).collect();
        self.under_way.extend(begun.iter().cloned());
        begun
    }

    /// What was under way has ended, well or not.
    pub fn end(&mut self, id: &ChangeId, well: bool) {
        if self.under_way.remove(id) {
            let ended = if well { &mut self.done } else { &mut self.failed };
            ended.insert(id.clone());
        }
    }

    /// What has not begun, in the order of the plan.
    pub fn ahead(&self) -> impl Iterator<Item = &ChangeId> {
        self.ahead.iter().map(|step| &step.id)
    }

    /// What has not begun and never will, as what it needs failed; in the order of the plan.
    pub fn held_back(&self) -> Vec<&ChangeId> {
        let lost = self.lost();
        self.ahead().filter(|id| lost.contains(*id)).collect()
    }

    /// Whether something waits that can neither begin nor is held back by a failure, and nothing
    /// is under way: steps that wait for each other, which is a defect of the plan.
    pub fn is_stuck(&self) -> bool {
        self.under_way.is_empty() && self.held_back().len() < self.ahead.len()
    }

    /// What failed, and all that can never begin for it.
    fn lost(&self) -> BTreeSet<ChangeId> {
        let mut lost = self.failed.clone();
        loop {
            let held_back = |step: &&Step| {
                let Any { of, least } = &step.needs_any;
                let possible = of.iter().filter(|id| !lost.contains(*id)).count();
                step.needs.iter().any(|id| lost.contains(id)) || possible < *least
            };
            let more: Vec<ChangeId> =
                self.ahead.iter().filter(held_back).map(|step| step.id.clone()).collect();
            let before = lost.len();
            lost.extend(more);
            if lost.len() == before {
                return lost;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Action, Change, Scope};

    fn change(id: &str, needs: &[&str], any: (&[&str], usize)) -> Change<()> {
        let ids =
            |names: &[&str]| -> Vec<ChangeId> { names.iter().map(|&name| name.into()).collect() };
        let any = Any { of: ids(any.0), least: any.1 };
        Change::new(Action::Create, id, Scope::alone("m").address("thing", None))
            .needing(ids(needs))
            .needing_any(any)
    }

    /// A file system with a target in each of three zones, a driver beside it, a class that
    /// needs any target, and a claim of the class.
    fn plan() -> Plan<()> {
        let targets = ["a", "b", "c"];
        let mut changes = vec![change("driver", &[], (&[], 0)), change("fs", &[], (&[], 0))];
        changes.extend(targets.map(|zone| change(zone, &["fs"], (&[], 0))));
        changes.push(change("class", &["fs"], (&targets, 1)));
        changes.push(change("claim", &["class"], (&[], 0)));
        Plan { changes, ..Plan::default() }
    }

    /// Carries a plan out, of which these fail; what was done, and what was held back.
    fn carried_out(plan: &Plan<()>, failing: &[&str]) -> (Vec<String>, Vec<String>) {
        let mut schedule = Schedule::new(plan);
        let mut done = Vec::new();
        loop {
            let begun = schedule.begin();
            if begun.is_empty() {
                break;
            }
            for id in begun {
                let well = !failing.contains(&id.as_str());
                schedule.end(&id, well);
                done.extend(well.then(|| id.as_str().to_owned()));
            }
        }
        assert!(!schedule.is_stuck());
        let held_back = schedule.held_back();
        (done, held_back.into_iter().map(|id| id.as_str().to_owned()).collect())
    }

    #[test]
    fn what_fails_holds_back_what_needs_it_and_nothing_else() {
        for (failing, done, held_back) in [
            (&[][..], &["driver", "fs", "a", "b", "c", "class", "claim"][..], &[][..]),
            (&["b"], &["driver", "fs", "a", "c", "class", "claim"], &[]),
            (&["a", "b"], &["driver", "fs", "c", "class", "claim"], &[]),
            (&["a", "b", "c"], &["driver", "fs"], &["class", "claim"]),
            (&["fs"], &["driver"], &["a", "b", "c", "class", "claim"]),
            (&["driver"], &["fs", "a", "b", "c", "class", "claim"], &[]),
            (&["b", "class"], &["driver", "fs", "a", "c"], &["claim"]),
        ] {
            let (was_done, was_held_back) = carried_out(&plan(), failing);
            assert_eq!(was_done, done, "{failing:?} fail");
            assert_eq!(was_held_back, held_back, "{failing:?} fail");
        }
    }

    #[test]
    fn what_needs_any_of_several_waits_until_none_of_them_is_under_way() {
        let mut schedule = Schedule::new(&plan());
        schedule.begin();
        schedule.end(&"fs".into(), true);
        assert_eq!(schedule.begin(), ["a", "b", "c"]);
        schedule.end(&"a".into(), true);
        schedule.end(&"b".into(), false);
        assert_eq!(schedule.begin(), [""; 0], "the third may still come");
        schedule.end(&"c".into(), false);
        assert_eq!(schedule.begin(), ["class"]);
    }

    #[test]
    fn where_something_serves_already_all_of_the_others_may_fail() {
        let changes = vec![change("a", &[], (&[], 0)), change("class", &[], (&["a"], 0))];
        let (done, _) = carried_out(&Plan { changes, ..Plan::default() }, &["a"]);
        assert_eq!(done, ["class"]);
    }

    #[test]
    fn steps_that_wait_for_each_other_are_a_defect() {
        let changes = vec![change("a", &["b"], (&[], 0)), change("b", &["a"], (&[], 0))];
        let mut schedule = Schedule::new(&Plan { changes, ..Plan::default() });
        assert_eq!(schedule.begin(), [""; 0]);
        assert!(schedule.is_stuck());
    }

    proptest! {
        /// Whatever fails: each step ends, or is held back by a failure among its own needs.
        #[test]
        fn every_step_is_done_fails_or_is_held_back(
            needs in proptest::collection::vec(
                (any::<u8>(), any::<u8>(), 0_usize..3, any::<bool>()), 1..8),
        ) {
            let names = ["0", "1", "2", "3", "4", "5", "6", "7"];
            let of = |bits: u8, at: usize| -> Vec<&str> {
                (0..at).filter(|bit| bits >> bit & 1 == 1).map(|bit| names[bit]).collect()
            };
            let changes: Vec<Change<()>> = needs.iter().enumerate().map(|(at, (all, any, least, _))| {
                let any = of(*any, at);
                change(names[at], &of(*all, at), (&any, (*least).min(any.len())))
            }).collect();
            let failing: Vec<&str> =
                needs.iter().enumerate().filter(|(_, it)| it.3).map(|(at, _)| names[at]).collect();
            let count = changes.len();
            let (done, held_back) = carried_out(&Plan { changes: changes.clone(), ..Plan::default() }, &failing);
            let failed = failing.iter().filter(|name| !held_back.iter().any(|it| it == *name)).count();
            prop_assert_eq!(done.len() + held_back.len() + failed, count);
            for change in changes.iter().filter(|it| done.iter().any(|done| *done == it.id.as_str())) {
                prop_assert!(change.needs.iter().all(|need| done.iter().any(|it| need == it.as_str())));
                let any = change.needs_any.of.iter();
                let had = any.filter(|id| done.iter().any(|it| *id == it.as_str())).count();
                prop_assert!(had >= change.needs_any.least);
            }
        }
    }
}
