//! The differences between two JSON documents, value by value.

use std::collections::{BTreeMap, BTreeSet};

use inputs::{HIDDEN, is_secret, names_secret, redacted};
use serde_json::Value;

use crate::difference::{After, Difference};
use crate::known::{Document, Text};

/// Whether two values mean the same.
type Same = fn(&Value, &Value) -> bool;

/// A difference for each value that is not the same, named by its path below `name`. Maps are
/// compared key by key; what is no map changes as a whole, as a table cannot show its parts.
/// Of values that look like secrets, it shows only that they differ.
pub(crate) fn by_value(
    name: &str,
    found: Option<&Document>,
    wanted: &Document,
    same: Same,
) -> Vec<Difference> {
    let had = found.map_or(&Value::Null, |found| &found.value);
    let mut comparison = Comparison { same, later: &wanted.later, differences: Vec::new() };
    comparison.descend(
        &Place { name: name.to_owned(), pointer: String::new(), secret: false },
        had,
        &wanted.value,
    );
    comparison.differences
}

struct Comparison<'a> {
    same: Same,
    /// What of the wanted document is known later, by JSON pointer.
    later: &'a BTreeMap<String, Text>,
    differences: Vec<Difference>,
}

/// A place in a document: as people write it, and as a JSON pointer.
struct Place {
    name: String,
    pointer: String,
    /// Whether it is below a name that is a secret's.
    secret: bool,
}

impl Place {
    fn below(&self, key: &str) -> Place {
        let escaped = key.replace('~', "~0").replace('/', "~1");
        Place {
            name: format!("{}.{key}", self.name),
            pointer: format!("{}/{escaped}", self.pointer),
            secret: self.secret || names_secret(key),
        }
    }

    fn shown(&self, value: &Value) -> String {
        match value {
            Value::String(text) if self.secret || is_secret(text) => HIDDEN.to_owned(),
            Value::Number(_) | Value::Array(_) | Value::Object(_) if self.secret => {
                HIDDEN.to_owned()
            }
            Value::String(text) => text.clone(),
            other => {
                let name = self.name.rsplit('.').next().unwrap_or(&self.name);
                redacted(name, other).to_string()
            }
        }
    }
}

impl Comparison<'_> {
    fn descend(&mut self, place: &Place, had: &Value, wanted: &Value) {
        let later = self.is_later(place);
        if !later && (self.same)(had, wanted) {
            return;
        }
        match (had, wanted) {
            (Value::Null, Value::Object(wanted)) if !wanted.is_empty() => {
                for (key, value) in wanted {
                    self.descend(&place.below(key), &Value::Null, value);
                }
            }
            (Value::Object(had), Value::Object(wanted)) => {
                for key in had.keys().chain(wanted.keys()).collect::<BTreeSet<&String>>() {
                    self.entry(&place.below(key), had.get(key), wanted.get(key));
                }
            }
            _ => {
                let before = (!had.is_null()).then(|| place.shown(had));
                let after =
                    if later { After::KnownAfterApply } else { After::Value(place.shown(wanted)) };
                self.differences.push(Difference::new(&place.name, before, after));
            }
        }
    }

    fn entry(&mut self, place: &Place, had: Option<&Value>, wanted: Option<&Value>) {
        match (had, wanted) {
            (Some(had), None) => {
                self.differences.push(Difference::gone(&place.name, place.shown(had)));
            }
            (had, wanted) => {
                let value = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
                self.descend(place, &value(had), &value(wanted));
            }
        }
    }

    /// Whether this value, or one in it, is known later.
    fn is_later(&self, place: &Place) -> bool {
        let within = |pointer: &String| {
            let rest = pointer.strip_prefix(place.pointer.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.later.keys().any(within)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(found: Option<Value>, wanted: &Document) -> Vec<(String, Option<String>, After)> {
        let found = found.map(Document::literal);
        let same = |had: &Value, wanted: &Value| had == wanted;
        let differences = by_value("values", found.as_ref(), wanted, same);
        let row = |it: Difference| (it.attribute.as_str().to_owned(), it.before, it.after);
        differences.into_iter().map(row).collect()
    }

    #[test]
    fn maps_are_compared_key_by_key_and_everything_else_as_a_whole() {
        let found = json!({ "a": { "b": 1, "gone": { "c": 2 } }, "list": [1, 2], "same": "x" });
        let wanted = json!({ "a": { "b": "1" }, "list": [1], "new": {}, "same": "x" });
        let value = |text: &str| After::Value(text.to_owned());
        let expected = [
            ("values.a.b", Some("1"), value("1")),
            ("values.a.gone", Some("{\"c\":2}"), After::Gone),
            ("values.list", Some("[1,2]"), value("[1]")),
            ("values.new", None, value("{}")),
        ];
        let expected =
            expected.map(|(name, had, after)| (name.to_owned(), had.map(str::to_owned), after));
        assert_eq!(rows(Some(found), &Document::literal(wanted)), expected);
    }

    #[test]
    fn a_value_that_is_known_later_differs_from_every_other_wherever_it_stands() {
        let slot = "(known after apply)";
        let value = json!({ "a/b": { "role": slot }, "list": ["x", slot], "other": "y" });
        let later =
            ["/a~1b/role", "/list/1"].map(|at| (at.to_owned(), Text::literal("role"))).into();
        let wanted = Document { value: value.clone(), later };
        let expected = [
            ("values.a/b.role".to_owned(), Some(slot.to_owned()), After::KnownAfterApply),
            ("values.list".to_owned(), Some(format!("[\"x\",\"{slot}\"]")), After::KnownAfterApply),
        ];
        assert_eq!(rows(Some(value), &wanted), expected, "even from a text that looks the same");
        assert_eq!(rows(None, &wanted).len(), 3);
    }
}
