//! A plan that is kept in a file, and whether it is still the plan.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use inputs::plain;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::change::Plan;

/// What such a file is, and in which form.
pub const FORMAT: &str = "clockwork-codex/plan/1";

/// A plan as a file keeps it: what it does, and what it was made of. Inputs and calls are kept as
/// hashes, which tell whether something differs and no value; differences as people are shown them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// [`FORMAT`].
    pub format: String,
    /// The version of the program that made it.
    pub tool: String,
    /// What it was made of, by name: inputs, and the place that it is for.
    pub inputs: BTreeMap<String, String>,
    /// The changes and waits, by id.
    pub steps: BTreeMap<String, SavedStep>,
}

/// A change or a wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedStep {
    /// As JSON writes it, or `wait`.
    pub action: String,
    pub address: String,
    /// What people are shown of it.
    pub differences: Value,
    /// A hash of all that its calls take.
    pub calls: String,
}

impl Saved {
    /// This plan. `meaning` is all that a call takes, as a text.
    pub fn new<C>(
        plan: &Plan<C>,
        tool: &str,
        inputs: BTreeMap<String, String>,
        meaning: impl Fn(&C) -> String,
    ) -> Result<Saved, serde_json::Error> {
        let mut steps = BTreeMap::new();
        for change in &plan.changes {
            let calls: Vec<String> = change.calls.iter().map(&meaning).collect();
            let action = serde_json::to_value(change.action)?;
            let step = SavedStep {
                action: action.as_str().unwrap_or_default().to_owned(),
                address: change.address.to_string(),
                differences: serde_json::to_value(&change.differences)?,
                calls: digest(&calls.join("\n")),
            };
            steps.insert(change.id.to_string(), step);
        }
        for wait in &plan.waits {
            let step = SavedStep {
                action: "wait".to_owned(),
                address: wait.address.to_string(),
                differences: Value::Null,
                calls: digest(&meaning(&wait.call)),
            };
            steps.insert(wait.id.to_string(), step);
        }
        Ok(Saved { format: FORMAT.to_owned(), tool: tool.to_owned(), inputs, steps })
    }

    /// Why this plan is not the one that `now` is; nothing where both would do the same.
    pub fn moved(&self, now: &Saved) -> Vec<String> {
        let mut moved = Vec::new();
        if self.tool != now.tool {
            moved.push(format!("it was made by version {}, and this is {}", self.tool, now.tool));
        }
        let names: Vec<&String> = self
            .inputs
            .iter()
            .filter(|(name, value)| now.inputs.get(*name) != Some(value))
            .map(|(name, _)| name)
            .chain(now.inputs.keys().filter(|name| !self.inputs.contains_key(*name)))
            .collect();
        moved.extend(names.into_iter().map(|name| format!("`{name}` differs")));
        for (id, step) in &self.steps {
            let SavedStep { action, address, differences, calls } = step;
            match now.steps.get(id) {
                None => moved.push(format!("{address}: nothing is left to {}", verb(action))),
                Some(other) if other.action != *action => moved.push(format!(
                    "{address}: it was to {}, and now it is to {}",
                    verb(action),
                    verb(&other.action)
                )),
                Some(other) if other.differences != *differences => {
                    moved.push(format!("{address}: other attributes would change"));
                }
                Some(other) if other.calls != *calls => {
                    moved.push(format!("{address}: what it builds on has changed"));
                }
                Some(_) => {}
            }
        }
        let new = now.steps.iter().filter(|(id, _)| !self.steps.contains_key(*id));
        moved.extend(new.map(|(_, step)| {
            format!("{}: now there is something to {}", step.address, verb(&step.action))
        }));
        moved.into_iter().map(|line| plain(&line)).collect()
    }
}

/// An action in a sentence.
fn verb(action: &str) -> &str {
    if action == "wait" { "wait for" } else { action }
}

/// A hash that says whether two texts are the same.
pub fn digest(text: &str) -> String {
    let mut hash = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, Change, Difference, Scope};

    fn saved(action: Action, id: &str, path: &str, call: &str) -> Saved {
        let address = Scope::alone("efs_csi").address("file_system", None);
        let change = Change::new(action, id, address)
            .showing([Difference::gone("path", path)])
            .calling(call.to_owned());
        let plan = Plan { changes: vec![change], ..Plan::<String>::default() };
        let inputs = BTreeMap::from([("efs_csi.tags".to_owned(), digest("{}"))]);
        Saved::new(&plan, "1.0.0", inputs, Clone::clone).unwrap()
    }

    #[test]
    fn a_plan_is_the_same_by_what_it_does_and_each_difference_is_named() {
        let kept = saved(Action::Update, "a", "/x", "call");
        assert_eq!(kept.moved(&kept.clone()), [""; 0]);
        let file = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<Saved>(&file).unwrap(), kept);
        let address = "module.efs_csi.file_system";
        for (now, told) in [
            (saved(Action::Delete, "a", "/x", "call"), "it was to update, and now it is to delete"),
            (saved(Action::Update, "a", "/y", "call"), "other attributes would change"),
            (saved(Action::Update, "a", "/x", "other"), "what it builds on has changed"),
        ] {
            assert_eq!(kept.moved(&now), [format!("{address}: {told}")]);
        }
        let moved = kept.moved(&saved(Action::Create, "b", "/x", "call"));
        let [gone, new] = moved.as_slice() else { panic!("{moved:?}") };
        assert!(gone.contains("nothing is left to update"), "{gone}");
        assert!(new.contains("now there is something to create"), "{new}");
        let mut other = kept.clone();
        other.inputs.insert("efs_csi.tags".to_owned(), digest("{a}"));
        other.tool = "1.1.0".to_owned();
        assert_eq!(
            kept.moved(&other),
            ["it was made by version 1.0.0, and this is 1.1.0", "`efs_csi.tags` differs"]
        );
    }
}
