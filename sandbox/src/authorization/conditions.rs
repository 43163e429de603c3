//! The `Condition` element: qualifiers, keys, and what an absent key means.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators", and "Set
//! operators for multivalued context keys".

use super::context::Context;
use super::operators::{Operator, Test};
use super::pattern::Pattern;
use super::version::Version;

/// One key under one operator.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    operator: Operator,
    qualifier: Qualifier,
    /// `…IfExists`: holds where the key is absent.
    if_exists: bool,
    pub(crate) key: String,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Qualifier {
    None,
    /// Every value of the request must be among the policy's. Holds without any value.
    ForAllValues,
    /// Some value of the request must be.
    ForAnyValue,
}

impl Condition {
    /// Reads `ForAllValues:StringEqualsIfExists` and the like; `None` for a name that is no
    /// operator.
    pub(super) fn new(name: &str, key: &str, values: Vec<String>) -> Option<Condition> {
        let (qualifier, name) = match name.split_once(':') {
            None => (Qualifier::None, name),
            Some(("ForAllValues", name)) => (Qualifier::ForAllValues, name),
            Some(("ForAnyValue", name)) => (Qualifier::ForAnyValue, name),
            Some(_) => return None,
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let operator = Operator::named(name)?;
        if if_exists && operator.test == Test::Null {
            return None;
        }
        Some(Condition { operator, qualifier, if_exists, key: key.to_owned(), values })
    }

    /// Whether the condition holds.
    pub(super) fn holds(&self, version: Version, context: &Context) -> bool {
        let found = context.values(&self.key);
        if self.operator.test == Test::Null {
            let absent = if found.is_none() { "true" } else { "false" };
            return self.values.iter().any(|wanted| wanted.eq_ignore_ascii_case(absent));
        }
        let Some(found) = found else {
            return self.if_exists || self.holds_without_the_key();
        };
        let wanted: Vec<Pattern> = self
            .values
            .iter()
            .filter_map(|value| Pattern::resolve(value, version, context))
            .collect();
        let satisfied = |value: &String| {
            let matches = wanted.iter().any(|wanted| self.operator.matches(value, wanted));
            matches != self.operator.negated
        };
        match self.qualifier {
            Qualifier::ForAllValues => found.iter().all(satisfied),
            Qualifier::ForAnyValue => found.iter().any(satisfied),
            // Without a qualifier several values are compared as one: a negated operator
            // holds when none of them matches.
            Qualifier::None => {
                let mut found = found.iter();
                if self.operator.negated { found.all(satisfied) } else { found.any(satisfied) }
            }
        }
    }

    fn holds_without_the_key(&self) -> bool {
        match self.qualifier {
            Qualifier::None => self.operator.negated,
            Qualifier::ForAllValues => true,
            Qualifier::ForAnyValue => false,
        }
    }
}
