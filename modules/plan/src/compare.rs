//! Comparing what was found with what is wanted, by a table of properties.

use std::collections::{BTreeMap, BTreeSet};

use crate::difference::{After, Difference};
use crate::known::Known;
use crate::property::{Mutability, Property, Unset, Value};

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared<G> {
    /// What changes; for something new, everything that is set.
    pub differences: Vec<Difference>,
    /// What can never change.
    pub forbidden: Vec<Forbidden>,
    /// The calls that change the rest in place.
    pub groups: BTreeSet<G>,
    /// Whether a difference forces a replacement.
    pub replaces: bool,
}

/// A difference that can never be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidden {
    pub attribute: String,
    pub found: Option<String>,
    pub wanted: String,
}

/// Compares by these properties, in their order.
pub fn compare<'a, S: 'a, G: Copy + Ord + 'a>(
    properties: impl IntoIterator<Item = &'a Property<S, G>>,
    wanted: &S,
    found: Option<&S>,
) -> Compared<G> {
    let mut compared = Compared {
        differences: Vec::new(),
        forbidden: Vec::new(),
        groups: BTreeSet::new(),
        replaces: false,
    };
    for property in properties {
        match &property.value {
            Value::One(value) => {
                let had = found.and_then(value);
                one(property, property.name, value(wanted), had, (wanted, found), &mut compared);
            }
            Value::Each { entries, row } => {
                let (wants, had) = (entries(wanted), found.map(entries).unwrap_or_default());
                let keys: BTreeSet<&String> = wants.keys().chain(had.keys()).collect();
                for key in keys {
                    let (wants, had) = (wants.get(key).cloned(), had.get(key).cloned());
                    one(property, &row(key), wants, had, (wanted, found), &mut compared);
                }
            }
        }
    }
    compared
}

fn one<S, G: Copy + Ord>(
    property: &Property<S, G>,
    name: &str,
    wants: Option<Known<String>>,
    had: Option<Known<String>>,
    (wanted, found): (&S, Option<&S>),
    compared: &mut Compared<G>,
) {
    let had = had.as_ref().and_then(Known::now).cloned();
    let after = match (wants, &property.unset) {
        (Some(Known::Now(wants)), _) => {
            if had.as_ref().is_some_and(|had| (property.same)(had, &wants)) {
                return;
            }
            After::Value(wants)
        }
        (Some(Known::After(_)), _) => After::KnownAfterApply,
        (None, Unset::Remove) if had.is_some() => After::Gone,
        (None, Unset::Chosen(choice)) if found.is_none() => match choice(wanted) {
            Some(chosen) => After::Value(chosen.to_owned()),
            None => return,
        },
        (None, _) => return,
    };
    let mut difference = Difference::new(name, had, after);
    if found.is_some() {
        match property.change {
            Mutability::Never => {
                let Difference { before, after, .. } = difference;
                let wanted = match after {
                    After::Value(text) => text,
                    After::KnownAfterApply => "another".to_owned(),
                    After::Gone => "none".to_owned(),
                };
                let attribute = name.to_owned();
                compared.forbidden.push(Forbidden { attribute, found: before, wanted });
                return;
            }
            Mutability::InPlace(group) => drop(compared.groups.insert(group)),
            Mutability::Replaces => {
                difference = difference.forcing();
                compared.replaces = true;
            }
        }
    }
    compared.differences.push(difference);
}

/// Names and values of a map, for tests of what a table covers.
impl<S, G> Property<S, G> {
    /// The values of this property, by the names that people know them by.
    pub fn rows(&self, of: &S) -> BTreeMap<String, Known<String>> {
        match &self.value {
            Value::One(value) => {
                value(of).into_iter().map(|value| (self.name.to_owned(), value)).collect()
            }
            Value::Each { entries, row } => {
                entries(of).into_iter().map(|(key, value)| (row(&key), value)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::{equal, map, set};

    #[derive(Clone, Default)]
    struct Spec {
        size: Option<u32>,
        kind: Option<&'static str>,
        mode: Option<&'static str>,
        tags: BTreeMap<String, String>,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    enum Group {
        Size,
        Tags,
    }

    const PROPERTIES: &[Property<Spec, Group>] = &[
        Property {
            name: "size",
            value: Value::One(|spec| spec.size.and_then(set)),
            same: equal,
            unset: Unset::Remove,
            change: Mutability::InPlace(Group::Size),
        },
        Property {
            name: "kind",
            value: Value::One(|spec| spec.kind.and_then(set)),
            same: |found, wanted| found.eq_ignore_ascii_case(wanted),
            unset: Unset::Chosen(|_| Some("plain")),
            change: Mutability::Never,
        },
        Property {
            name: "mode",
            value: Value::One(|spec| spec.mode.and_then(set)),
            same: equal,
            unset: Unset::Leave,
            change: Mutability::Replaces,
        },
        Property {
            name: "tags",
            value: Value::Each {
                entries: |spec| map(&spec.tags),
                row: |key| format!("tags[{key:?}]"),
            },
            same: equal,
            unset: Unset::Leave,
            change: Mutability::InPlace(Group::Tags),
        },
    ];

    fn tagged(value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("team".to_owned(), value.to_owned())])
    }

    #[test]
    fn something_new_shows_what_is_set_and_what_the_service_will_choose() {
        let wanted = Spec { size: Some(3), ..Spec::default() };
        let compared = compare(PROPERTIES, &wanted, None);
        let expected = [Difference::set("size", 3), Difference::set("kind", "plain")];
        assert_eq!(compared.differences, expected);
        assert!(compared.groups.is_empty() && !compared.replaces);
    }

    #[test]
    fn each_kind_of_difference_goes_its_own_way() {
        let found = Spec { size: Some(3), kind: Some("A"), mode: Some("x"), tags: tagged("a") };
        let wanted = Spec { size: None, kind: Some("b"), mode: Some("y"), tags: tagged("b") };
        let compared = compare(PROPERTIES, &wanted, Some(&found));
        assert_eq!(compared.groups, BTreeSet::from([Group::Size, Group::Tags]));
        assert!(compared.replaces);
        assert_eq!(compared.forbidden[0].attribute, "kind");
        let names: Vec<&str> =
            compared.differences.iter().map(|difference| difference.attribute.as_str()).collect();
        assert_eq!(names, ["size", "mode", "tags[\"team\"]"]);
    }

    #[test]
    fn what_means_the_same_or_is_left_out_is_no_difference() {
        let found = Spec { size: None, kind: Some("A"), mode: Some("x"), tags: tagged("a") };
        let wanted = Spec { kind: Some("a"), ..Spec::default() };
        assert!(compare(PROPERTIES, &wanted, Some(&found)).differences.is_empty());
    }

    #[test]
    fn a_value_that_is_known_later_differs_from_every_other() {
        let later: Property<Spec, Group> = Property {
            name: "role",
            value: Value::One(|spec| {
                Some(spec.size.map_or(Known::After("role".into()), |_| Known::Now("a".to_owned())))
            }),
            same: equal,
            unset: Unset::Leave,
            change: Mutability::InPlace(Group::Size),
        };
        let found = Spec { size: Some(1), ..Spec::default() };
        let compared = compare([&later], &Spec::default(), Some(&found));
        assert_eq!(compared.differences[0].after, After::KnownAfterApply);
    }
}
