//! A plan as programs read it.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::change::{Action, Change, Plan, Wait};
use crate::difference::Difference;
use crate::id::ChangeId;
use crate::scope::Address;

/// `{"changes", "steps", "waits", …details…, "notes", "warnings", "refusals"}`, and
/// `"questions"` where there are any.
impl<C> Serialize for Plan<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Plan { changes, waits, details, notes, warnings, questions, refusals, unchanged: _ } =
            self;
        let mut plan = serializer.serialize_map(None)?;
        plan.serialize_entry("changes", &changes.len())?;
        plan.serialize_entry("steps", &changes.iter().map(Step::from).collect::<Vec<_>>())?;
        plan.serialize_entry("waits", &waits.iter().map(Waited::from).collect::<Vec<_>>())?;
        for (name, rows) in details {
            plan.serialize_entry(name, &rows.iter().map(|row| &row.value).collect::<Vec<_>>())?;
        }
        plan.serialize_entry("notes", notes)?;
        plan.serialize_entry("warnings", warnings)?;
        if !questions.is_empty() {
            plan.serialize_entry("questions", questions)?;
        }
        plan.serialize_entry("refusals", refusals)?;
        plan.end()
    }
}

/// A change without its calls, which are the executor's.
#[derive(serde::Serialize)]
struct Step<'a> {
    id: &'a ChangeId,
    action: Action,
    resource: &'static str,
    address: &'a Address,
    reason: &'a str,
    needs: &'a [ChangeId],
    differences: &'a [Difference],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    loses: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    interrupts: &'a [String],
}

impl<'a, C> From<&'a Change<C>> for Step<'a> {
    fn from(change: &'a Change<C>) -> Self {
        let Change { id, action, address, reason, needs, differences, loses, interrupts, calls: _ } =
            change;
        let resource = address.kind;
        Step {
            id,
            action: *action,
            resource,
            address,
            reason,
            needs,
            differences,
            loses,
            interrupts,
        }
    }
}

#[derive(serde::Serialize)]
struct Waited<'a> {
    id: &'a ChangeId,
    address: &'a Address,
    reason: &'a str,
}

impl<'a, C> From<&'a Wait<C>> for Waited<'a> {
    fn from(wait: &'a Wait<C>) -> Self {
        let Wait { id, address, reason, call: _ } = wait;
        Waited { id, address, reason }
    }
}
