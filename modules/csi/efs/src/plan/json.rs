//! A plan as programs read it.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Action, Difference, Plan, Resource, Step};

/// `{"changes", "steps", "waits", "zones", "notes", "warnings", "refusals"}`.
impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Plan { steps, waits, zones, notes, warnings, refusals } = self;
        let mut plan = serializer.serialize_struct("Plan", 7)?;
        plan.serialize_field("changes", &steps.len())?;
        plan.serialize_field("steps", &steps.iter().map(JsonStep::from).collect::<Vec<_>>())?;
        plan.serialize_field("waits", waits)?;
        plan.serialize_field("zones", zones)?;
        plan.serialize_field("notes", notes)?;
        plan.serialize_field("warnings", warnings)?;
        plan.serialize_field("refusals", refusals)?;
        plan.end()
    }
}

/// A step without its operation, which is the executor's.
#[derive(serde::Serialize)]
struct JsonStep<'a> {
    id: &'a str,
    action: Action,
    resource: Resource,
    address: &'a str,
    reason: &'a str,
    needs: &'a [String],
    differences: &'a [Difference],
}

impl<'a> From<&'a Step> for JsonStep<'a> {
    fn from(step: &'a Step) -> Self {
        let Step { id, action, resource, address, reason, needs, differences, operation: _ } = step;
        JsonStep { id, action: *action, resource: *resource, address, reason, needs, differences }
    }
}
