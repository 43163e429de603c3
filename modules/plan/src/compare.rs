//! Comparing what was found with what is wanted, by a table of properties.

use std::collections::{BTreeMap, BTreeSet};

use crate::difference::{After, Difference};
use crate::known::Known;
use crate::property::{Mutability, Property, Unset, Value};
use crate::values::by_value;

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
        for difference in differences(property, wanted, found) {
            compared.add(property.change, difference, found.is_some());
        }
    }
    compared
}

/// What goes with something that is deleted, by these properties.
pub fn gone<'a, S: 'a, G: 'a>(
    properties: impl IntoIterator<Item = &'a Property<S, G>>,
    found: &S,
) -> Vec<Difference> {
    let rows = properties.into_iter().flat_map(|property| property.rows(found));
    rows.map(|(name, value)| Difference::gone(&name, value)).collect()
}

impl<G: Ord> Compared<G> {
    /// Sorts a difference by what it takes; something new takes nothing but its creation.
    fn add(&mut self, change: Mutability<G>, mut difference: Difference, exists: bool) {
        if exists {
            match change {
                Mutability::Never => {
                    let Difference { attribute, before, after, .. } = difference;
                    let wanted = match after {
                        After::Value(text) => text,
                        After::KnownAfterApply | After::Elements(_) => "another".to_owned(),
                        After::Gone => "none".to_owned(),
                    };
                    let attribute = attribute.as_str().to_owned();
                    self.forbidden.push(Forbidden { attribute, found: before, wanted });
                    return;
                }
                Mutability::InPlace(group) => drop(self.groups.insert(group)),
                Mutability::Replaces => {
                    difference = difference.forcing();
                    self.replaces = true;
                }
            }
        }
        self.differences.push(difference);
    }
}

/// What of one property differs.
fn differences<S, G>(property: &Property<S, G>, wanted: &S, found: Option<&S>) -> Vec<Difference> {
    let one = |name: &str, wants: Option<After>, had: Option<String>| {
        let after = changed(property, (wanted, found), wants, had.as_deref())?;
        Some(Difference::new(name, had, after))
    };
    match &property.value {
        Value::One(value) => {
            let had = found.and_then(value).as_ref().and_then(Known::now).cloned();
            let wants = value(wanted).as_ref().map(Known::after);
            one(property.name, wants, had).into_iter().collect()
        }
        Value::List(list) => {
            let had = found.map(list).unwrap_or_default();
            one(property.name, elements(&list(wanted)), joined(&had)).into_iter().collect()
        }
        Value::Each { entries, row } => {
            let (wants, had) = (entries(wanted), found.map(entries).unwrap_or_default());
            let keys: BTreeSet<&String> = wants.keys().chain(had.keys()).collect();
            let of = |key: &String| {
                let had = had.get(key).and_then(Known::now).cloned();
                one(&row(key), wants.get(key).map(Known::after), had)
            };
            keys.into_iter().filter_map(of).collect()
        }
        Value::Document { document, same } => {
            let mut differences =
                by_value(property.name, found.map(document), document(wanted), *same);
            if !matches!(property.unset, Unset::Remove) {
                differences.retain(|difference| difference.after != After::Gone);
            }
            differences
        }
    }
}

/// What a value changes to; `None` where it is right as it is.
fn changed<S, G>(
    property: &Property<S, G>,
    (wanted, found): (&S, Option<&S>),
    wants: Option<After>,
    had: Option<&str>,
) -> Option<After> {
    match (wants, &property.unset) {
        (Some(After::Value(wants)), _) => {
            let same = had.is_some_and(|had| (property.same)(had, &wants));
            (!same).then_some(After::Value(wants))
        }
        (Some(after), _) => Some(after),
        (None, Unset::Remove) => had.map(|_| After::Gone),
        (None, Unset::Chosen(choice)) if found.is_none() => {
            choice(wanted).map(|chosen| After::Value(chosen.to_owned()))
        }
        (None, Unset::Chosen(_) | Unset::Leave) => None,
    }
}

/// A list as it is afterwards; nothing where it is empty.
fn elements(list: &[Known<String>]) -> Option<After> {
    match list {
        [one] => Some(one.after()),
        all if all.iter().all(|element| element.now().is_some()) => joined(all).map(After::Value),
        some => Some(After::Elements(some.iter().map(Known::after).collect())),
    }
}

/// A list as people read it; nothing where it is empty.
fn joined(list: &[Known<String>]) -> Option<String> {
    let texts: Vec<String> = list.iter().map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

impl<S, G> Property<S, G> {
    /// The values of this property, by the names that people know them by.
    pub fn rows(&self, of: &S) -> BTreeMap<String, String> {
        let named = |value: String| (self.name.to_owned(), value);
        match &self.value {
            Value::One(value) => {
                value(of).map(|value| named(value.to_string())).into_iter().collect()
            }
            Value::List(list) => joined(&list(of)).map(named).into_iter().collect(),
            Value::Each { entries, row } => {
                entries(of).into_iter().map(|(key, value)| (row(&key), value.to_string())).collect()
            }
            Value::Document { document, same } => {
                let rows = by_value(self.name, None, document(of), *same);
                let row = |difference: Difference| match difference.after {
                    After::Value(text) => Some((difference.attribute.as_str().to_owned(), text)),
                    After::KnownAfterApply | After::Elements(_) | After::Gone => None,
                };
                rows.into_iter().filter_map(row).collect()
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
