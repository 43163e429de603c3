//! A plan as programs read it.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::change::{Action, Any, Change, Check, Loss, Plan, Wait};
use crate::concern::Warning;
use crate::difference::Difference;
use crate::id::ChangeId;
use crate::scope::Address;

/// `{"changes", "steps", "waits", …details…, "notes", "warnings", "refusals"}`, and
/// `"checks"` and `"questions"` where there are any.
impl<C> Serialize for Plan<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Plan {
            changes,
            waits,
            checks,
            details,
            notes,
            warnings,
            questions,
            refusals,
            unchanged: _,
        } = self;
        let mut plan = serializer.serialize_map(None)?;
        plan.serialize_entry("changes", &changes.len())?;
        plan.serialize_entry("steps", &changes.iter().map(Step::from).collect::<Vec<_>>())?;
        plan.serialize_entry("waits", &waits.iter().map(Waited::from).collect::<Vec<_>>())?;
        if !checks.is_empty() {
            plan.serialize_entry("checks", &checks.iter().map(Checked::from).collect::<Vec<_>>())?;
        }
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

/// One text, as programs know warnings: what is wrong, and what to do about it.
impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Warning { text, remedy } = self;
        serializer.collect_str(&format_args!("{text}; {remedy}"))
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
    #[serde(skip_serializing_if = "Any::is_empty")]
    needs_any: &'a Any,
    differences: &'a [Difference],
    #[serde(skip_serializing_if = "<[Loss]>::is_empty")]
    loses: &'a [Loss],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    interrupts: &'a [String],
}

impl<'a, C> From<&'a Change<C>> for Step<'a> {
    fn from(change: &'a Change<C>) -> Self {
        // The calls are the executor's.
        let Change {
            id,
            action,
            address,
            reason,
            needs,
            needs_any,
            differences,
            loses,
            interrupts,
            calls: _,
        } = change;
        let (action, resource) = (*action, address.kind);
        Step {
            id,
            action,
            resource,
            address,
            reason,
            needs,
            needs_any,
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

#[derive(serde::Serialize)]
struct Checked<'a> {
    id: &'a ChangeId,
    address: &'a Address,
    reason: &'a str,
    needs: &'a [ChangeId],
}

impl<'a, C> From<&'a Check<C>> for Checked<'a> {
    fn from(check: &'a Check<C>) -> Self {
        let Check { id, address, reason, needs, needs_any: _, call: _ } = check;
        Checked { id, address, reason, needs }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::text::Styled;

    #[test]
    fn a_warning_is_one_text_for_programs_and_has_its_remedy_on_a_line_for_people() {
        let mut plan: Plan<()> = Plan::default();
        plan.warnings.push(Warning::new("mounts will hang", "set `nfs_client_cidr`"));
        let document = serde_json::to_value(&plan).unwrap();
        assert_eq!(document["warnings"], json!(["mounts will hang; set `nfs_client_cidr`"]));
        let text = Styled { plan: &plan, colour: false }.to_string();
        assert!(text.starts_with("Warning: mounts will hang\n  help: set `nfs_client_cidr`\n"));
    }
}
