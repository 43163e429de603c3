//! A plan: a graph of changes, each with every decision taken.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::concern::{Detail, Question, Refusal, Warning};
use crate::difference::Difference;
use crate::id::ChangeId;
use crate::scope::Address;

/// What will be done, and what stands against it. `C` is a call: all that the
/// executor needs to know of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan<C> {
    /// The changes, each after those that it needs.
    pub changes: Vec<Change<C>>,
    /// What is in progress already and must end first.
    pub waits: Vec<Wait<C>>,
    /// What proves, once the changes are done, that they do what they are for.
    pub checks: Vec<Check<C>>,
    /// What a module shows beside its changes, by the name that it has in JSON.
    pub details: BTreeMap<&'static str, Vec<Detail>>,
    /// What stays as it is although a person might expect otherwise.
    pub notes: Vec<String>,
    /// What works and yet will cause trouble.
    pub warnings: Vec<Warning>,
    /// What a person must agree to, beside deletions and replacements.
    pub questions: Vec<Question>,
    /// Why nothing of this plan can be carried out.
    pub refusals: Vec<Refusal>,
    /// The sentence for people where there is nothing to do.
    pub unchanged: &'static str,
}

impl<C> Default for Plan<C> {
    fn default() -> Self {
        Plan {
            changes: Vec::new(),
            waits: Vec::new(),
            checks: Vec::new(),
            details: BTreeMap::new(),
            notes: Vec::new(),
            warnings: Vec::new(),
            questions: Vec::new(),
            refusals: Vec::new(),
            unchanged: "No changes. The infrastructure matches the configuration.",
        }
    }
}

impl<C> Plan<C> {
    /// Whether there is nothing to do and nothing to wait for.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.waits.is_empty()
    }

    /// Whether it can be carried out, and there is nothing to do and nothing to prove.
    pub fn is_settled(&self) -> bool {
        self.is_empty() && self.checks.is_empty() && self.refusals.is_empty()
    }

    /// Puts another plan behind this one: both are one graph. What both plan under one id,
    /// such as the namespace of two workloads, is planned once.
    pub fn append(&mut self, other: Plan<C>) {
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
        } = other;
        self.checks.extend(checks);
        for change in changes {
            if !self.changes.iter().any(|planned| planned.id == change.id) {
                self.changes.push(change);
            }
        }
        for wait in waits {
            if !self.waits.iter().any(|planned| planned.id == wait.id) {
                self.waits.push(wait);
            }
        }
        for (name, rows) in details {
            self.details.entry(name).or_default().extend(rows);
        }
        add_new(&mut self.notes, notes);
        add_new(&mut self.warnings, warnings);
        self.questions.extend(questions);
        self.refusals.extend(refusals);
    }

    /// The changes that delete or replace something and so need consent.
    pub fn needing_consent(&self) -> impl Iterator<Item = &Change<C>> {
        self.changes.iter().filter(|change| change.action.needs_consent())
    }

    /// The same plan with calls of another type.
    pub fn map<D>(self, call: impl Fn(C) -> D) -> Plan<D> {
        let Plan {
            changes,
            waits,
            checks,
            details,
            notes,
            warnings,
            questions,
            refusals,
            unchanged,
        } = self;
        Plan {
            changes: changes.into_iter().map(|change| change.map(&call)).collect(),
            waits: waits.into_iter().map(|wait| wait.map(&call)).collect(),
            checks: checks.into_iter().map(|check| check.map(&call)).collect(),
            details,
            notes,
            warnings,
            questions,
            refusals,
            unchanged,
        }
    }

    /// How many changes of each action it has.
    pub fn counts(&self) -> BTreeMap<Action, usize> {
        let mut counts = BTreeMap::new();
        for change in &self.changes {
            *counts.entry(change.action).or_insert(0) += 1;
        }
        counts
    }
}

/// Adds what is not among `lines` yet: what holds for several modules is said once.
fn add_new<T: PartialEq>(all: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}

/// What happens to one thing: what people read, and the calls, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Change<C> {
    pub id: ChangeId,
    pub action: Action,
    pub address: Address,
    /// Why, without a full stop.
    pub reason: String,
    /// The changes and waits that must be done first.
    pub needs: Vec<ChangeId>,
    /// Others that must have ended first, and of which not all are needed.
    pub needs_any: Any,
    /// What changes, attribute by attribute.
    pub differences: Vec<Difference>,
    /// The data that is lost with it.
    pub loses: Vec<Loss>,
    /// Whose work it interrupts, as people name them.
    pub interrupts: Vec<String>,
    /// The calls, one after the other.
    pub calls: Vec<C>,
}

impl<C> Change<C> {
    /// A change without reason, needs, differences and calls yet.
    pub fn new(action: Action, id: impl Into<ChangeId>, address: Address) -> Self {
        Change {
            id: id.into(),
            action,
            address,
            reason: String::new(),
            needs: Vec::new(),
            needs_any: Any::default(),
            differences: Vec::new(),
            loses: Vec::new(),
            interrupts: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// The same, for this reason: without a full stop.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// The same, after these too.
    #[must_use]
    pub fn needing(mut self, needs: impl IntoIterator<Item = ChangeId>) -> Self {
        self.needs.extend(needs);
        self
    }

    /// The same, after these too, of which not all are needed.
    #[must_use]
    pub fn needing_any(mut self, any: Any) -> Self {
        self.needs_any = any;
        self
    }

    /// The same, with these differences too.
    #[must_use]
    pub fn showing(mut self, differences: impl IntoIterator<Item = Difference>) -> Self {
        self.differences.extend(differences);
        self
    }

    /// The same, with this data lost too.
    #[must_use]
    pub fn losing(mut self, data: impl IntoIterator<Item = Loss>) -> Self {
        self.loses.extend(data);
        self
    }

    /// The same, with one more call at its end.
    #[must_use]
    pub fn calling(mut self, call: impl Into<C>) -> Self {
        self.calls.push(call.into());
        self
    }

    fn map<D>(self, call: impl Fn(C) -> D) -> Change<D> {
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
            calls,
        } = self;
        let calls = calls.into_iter().map(call).collect();
        Change {
            id,
            action,
            address,
            reason,
            needs,
            needs_any,
            differences,
            loses,
            interrupts,
            calls,
        }
    }
}

/// Data that is lost with a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What it is: its kind and its name, the same however large it grows.
    pub what: String,
    /// As people read it, with its size and its owner.
    pub shown: String,
}

/// As a plan shows it.
impl Serialize for Loss {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown)
    }
}

/// Changes and waits of which not all are needed, such as the mount targets of several zones:
/// whoever needs them waits until each has ended, and goes on where enough of them ended well.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Any {
    /// What must have ended.
    pub of: Vec<ChangeId>,
    /// How many of these must have ended well.
    pub least: usize,
}

impl Any {
    /// Whether there is nothing to wait for.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }
}

/// The kinds of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Something new.
    Create,
    /// A change in place.
    Update,
    /// Deleted and created again.
    Replace,
    /// Gone afterwards.
    Delete,
}

impl Action {
    /// Whether something is gone afterwards that was there before.
    pub fn needs_consent(self) -> bool {
        matches!(self, Action::Delete | Action::Replace)
    }
}

/// Something that is in progress already: no change, and yet others need its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Wait<C> {
    pub id: ChangeId,
    pub address: Address,
    /// Why, without a full stop.
    pub reason: String,
    /// The call that ends when the condition holds.
    pub call: C,
}

impl<C> Wait<C> {
    fn map<D>(self, call: impl Fn(C) -> D) -> Wait<D> {
        let Wait { id, address, reason, call: waits } = self;
        Wait { id, address, reason, call: call(waits) }
    }
}

/// What proves, once the changes are done, that they do what they are for. It is no change: what
/// it makes is gone when it ends, and a plan that has nothing else has no changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Check<C> {
    pub id: ChangeId,
    pub address: Address,
    /// What it does, and why it is made now; without a full stop.
    pub reason: String,
    /// The changes and waits that must be done first.
    pub needs: Vec<ChangeId>,
    /// The changes and waits that must have ended first, and how many of them well.
    pub needs_any: Any,
    pub call: C,
}

impl<C> Check<C> {
    fn map<D>(self, call: impl Fn(C) -> D) -> Check<D> {
        let Check { id, address, reason, needs, needs_any, call: checks } = self;
        Check { id, address, reason, needs, needs_any, call: call(checks) }
    }
}
