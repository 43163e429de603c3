//! Parameters as EC2 takes them: `Filter.1.Value.2=…`.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use super::errors::{invalid, missing};
use crate::error::Result;
use crate::world::Tags;

/// The parameters of one call.
#[derive(Debug, Default)]
pub(super) struct Form {
    values: BTreeMap<String, String>,
}

impl Form {
    /// The parameters of the query and of the body, which wins.
    pub(super) fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Form { values: pairs.into_iter().collect() }
    }

    /// The names of the parameters, without what comes behind the first dot.
    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.values.keys().map(|key| key.split('.').next().unwrap_or(key)).collect()
    }

    /// All parameters but these, as one text: what a page's token belongs to.
    pub(super) fn without(&self, names: &[&str]) -> String {
        let rest = self.values.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        let rest: Vec<String> = rest.map(|(name, value)| format!("{name}={value}\n")).collect();
        rest.concat()
    }

    /// One parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// One parameter that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&str> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| missing(name))
    }

    /// A parameter of another type than text.
    pub(super) fn parsed<T: FromStr>(&self, name: &str, kind: &str) -> Result<Option<T>> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let parsed = text.parse().map(Some);
        parsed.map_err(|_| invalid(name, text, &format!("Expected {kind}.")))
    }

    /// A parameter that is `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>> {
        self.parsed(name, "true or false")
    }

    /// The values of `name.1`, `name.2` and so on.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        (1..=self.values.len()).map_while(|n| self.get(&format!("{name}.{n}"))).collect()
    }

    /// The prefixes `name.1.`, `name.2.` and so on under which anything is given.
    pub(super) fn groups(&self, name: &str) -> Vec<String> {
        (1..=self.values.len())
            .map(|n| format!("{name}.{n}."))
            .take_while(|prefix| {
                self.values
                    .range(prefix.clone()..)
                    .next()
                    .is_some_and(|(key, _)| key.starts_with(prefix))
            })
            .collect()
    }

    /// The tags `name.1.Key`, `name.1.Value` and so on.
    pub(super) fn tags(&self, name: &str) -> Tags {
        let text = |key: String| self.get(&key).unwrap_or_default().to_owned();
        let pair = |tag: String| (text(format!("{tag}Key")), text(format!("{tag}Value")));
        self.groups(name).into_iter().map(pair).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Form {
        Form::new(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn lists_are_numbered_from_one_and_end_at_the_first_gap() {
        let form = form(&[("Id.1", "a"), ("Id.2", "b"), ("Id.4", "d"), ("Idle", "x")]);
        assert_eq!(form.list("Id"), ["a", "b"]);
        assert_eq!(form.names(), BTreeSet::from(["Id", "Idle"]));
    }

    #[test]
    fn groups_are_found_by_whatever_is_given_under_them() {
        let form = form(&[("Tag.1.Key", "a"), ("Tag.1.Value", "1"), ("Tag.2.Key", "b")]);
        assert_eq!(form.groups("Tag"), ["Tag.1.", "Tag.2."]);
        let tags = Tags::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), String::new())]);
        assert_eq!(form.tags("Tag"), tags);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_by_its_name() {
        let form = form(&[("MaxResults", "many"), ("DryRun", "true")]);
        let refused = form.parsed::<u32>("MaxResults", "a number").unwrap_err();
        assert_eq!(refused.code, "InvalidParameterValue");
        assert!(refused.message.contains("MaxResults"), "{}", refused.message);
        assert_eq!(form.flag("DryRun").ok(), Some(Some(true)));
    }
}
