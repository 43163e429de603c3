//! Reading YAML as Helm reads it, or refusing it by name.
//!
//! What comes out is what Helm holds after `sigs.k8s.io/yaml` has read the same
//! text, but for integers: Helm makes floating-point numbers of them later on.

use std::collections::{HashMap, HashSet};

use libyaml_safer::{FLOAT_TAG, INT_TAG, Mark, STR_TAG};
use serde_json::{Map, Number, Value};

use super::error::Unreadable;
use super::nodes::{Content, Id, Nodes};
use super::scalar::{Scalar, resolve};
use super::tag::short;

/// How many values a document may have once its aliases are in their places.
const MOST: usize = 100_000;

/// Reads values that a person wrote. A key that is given twice in a map is
/// refused: Helm takes the last one without a word.
pub fn read(text: &str) -> Result<Value, Unreadable> {
    read_with(text, true)
}

/// Reads what somebody else published, such as a chart's own values: of a key
/// that is given twice the last one counts, as it does to Helm.
pub fn read_published(text: &str) -> Result<Value, Unreadable> {
    read_with(text, false)
}

/// Reads a map of values; a text without any is an empty one.
pub fn read_map(text: &str) -> Result<Map<String, Value>, Unreadable> {
    match read(text)? {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        _ => Err(Unreadable::new(
            None,
            "holds no map at its top",
            "write `key: value` lines, as in a chart's own values.yaml",
        )),
    }
}

fn read_with(text: &str, once: bool) -> Result<Value, Unreadable> {
    let nodes = Nodes::parse(text)?;
    let Some(root) = nodes.root else { return Ok(Value::Null) };
    let mut reading = Reading { nodes: &nodes, once, open: HashSet::new(), read: 0, repeated: 0 };
    reading.value(root)
}

struct Reading<'a> {
    nodes: &'a Nodes,
    /// Whether a key must not be given twice.
    once: bool,
    /// The aliases that are being read.
    open: HashSet<Id>,
    /// How many nodes were read, and how many of them below an alias.
    read: usize,
    repeated: usize,
}

impl Reading<'_> {
    fn value(&mut self, id: Id) -> Result<Value, Unreadable> {
        let nodes = self.nodes;
        let node = nodes.get(id);
        self.count(node.mark)?;
        match &node.content {
            Content::Scalar { text, tag, plain } => {
                json(node.mark, text, scalar(node.mark, text, tag.as_deref(), *plain)?)
            }
            Content::Sequence(items) => items
                .iter()
                .map(|item| self.value(*item))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::Array),
            Content::Mapping(pairs) => {
                let mut map = Map::new();
                self.fill(pairs, &mut map)?;
                Ok(Value::Object(map))
            }
            Content::Alias(of) => {
                let of = *of;
                self.below(id, |reading| reading.value(of))
            }
        }
    }

    /// Puts the entries of a map where they belong, merged ones in the order in which they
    /// stand: to go-yaml v2 a `<<` wins over the keys above it, against the specification.
    fn fill(&mut self, pairs: &[(Id, Id)], map: &mut Map<String, Value>) -> Result<(), Unreadable> {
        let mut own: HashMap<String, Mark> = HashMap::new();
        for &(key, value) in pairs {
            if self.is_merge(key) {
                self.merge(value, map)?;
                continue;
            }
            let mark = self.nodes.get(key).mark;
            let name = self.key(key)?;
            if let Some(first) = own.insert(name.clone(), mark)
                && self.once
            {
                return Err(Unreadable::new(
                    Some(mark),
                    format!("the key `{name}` is there already, in line {}", first.line + 1),
                    "leave one of them out: Helm would take the last without a word",
                ));
            }
            let value = self.value(value)?;
            map.insert(name, value);
        }
        Ok(())
    }

    fn is_merge(&self, key: Id) -> bool {
        matches!(&self.nodes.get(key).content, Content::Scalar { text, plain: true, .. } if text == "<<")
    }

    /// What `<<` merges: a map, or a list of maps of which the first wins.
    fn merge(&mut self, id: Id, map: &mut Map<String, Value>) -> Result<(), Unreadable> {
        match &self.nodes.get(id).content {
            Content::Sequence(maps) => {
                maps.iter().rev().try_for_each(|merged| self.merge_one(*merged, map))
            }
            _ => self.merge_one(id, map),
        }
    }

    fn merge_one(&mut self, id: Id, map: &mut Map<String, Value>) -> Result<(), Unreadable> {
        let nodes = self.nodes;
        let node = nodes.get(id);
        self.count(node.mark)?;
        match &node.content {
            Content::Mapping(pairs) => self.fill(pairs, map),
            Content::Alias(of) => match &nodes.get(*of).content {
                Content::Mapping(pairs) => self.below(id, |reading| {
                    reading.count(node.mark)?;
                    reading.fill(pairs, map)
                }),
                _ => Err(not_a_map(node.mark)),
            },
            _ => Err(not_a_map(node.mark)),
        }
    }

    /// A key as the text that JSON makes of it.
    fn key(&mut self, id: Id) -> Result<String, Unreadable> {
        let nodes = self.nodes;
        let node = nodes.get(id);
        self.count(node.mark)?;
        match &node.content {
            Content::Scalar { text, tag, plain } => {
                match scalar(node.mark, text, tag.as_deref(), *plain)? {
                    Scalar::Text => Ok(text.clone()),
                    Scalar::Bool(is) => Ok(is.to_string()),
                    Scalar::Int(number) => Ok(number.to_string()),
                    Scalar::Null | Scalar::Uint(_) | Scalar::Float(_) => Err(Unreadable::new(
                        Some(node.mark),
                        format!(
                            "the key `{text}` is not a string, and Helm would change or refuse it"
                        ),
                        "write it in quotes",
                    )),
                }
            }
            Content::Alias(of) => {
                let of = *of;
                self.below(id, |reading| reading.key(of))
            }
            Content::Sequence(_) | Content::Mapping(_) => Err(Unreadable::new(
                Some(node.mark),
                "a list or a map cannot be a key",
                "write a string as the key",
            )),
        }
    }

    /// Reads below an alias, which must not lead to itself.
    fn below<T>(
        &mut self,
        alias: Id,
        read: impl FnOnce(&mut Self) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        if !self.open.insert(alias) {
            return Err(Unreadable::new(
                Some(self.nodes.get(alias).mark),
                "an alias leads to itself",
                "write out what it stands for",
            ));
        }
        let read = read(self);
        self.open.remove(&alias);
        read
    }

    /// Counts a node. go-yaml refuses documents that are nearly nothing but
    /// aliases of aliases, in these very numbers.
    fn count(&mut self, mark: Mark) -> Result<(), Unreadable> {
        self.read += 1;
        self.repeated += usize::from(!self.open.is_empty());
        let excessive =
            self.repeated > 100 && self.read > 1000 && self.repeated * 100 > self.read * 99;
        if excessive || self.read > MOST {
            return Err(Unreadable::new(
                Some(mark),
                format!("the document has over {MOST} values, or nearly nothing but aliases"),
                "write fewer aliases of aliases",
            ));
        }
        Ok(())
    }
}

fn not_a_map(mark: Mark) -> Unreadable {
    Unreadable::new(
        Some(mark),
        "`<<` merges maps, and this is none",
        "write a map, an alias of one, or a list of these",
    )
}

/// What a scalar is, by its tag where it has one.
fn scalar(mark: Mark, text: &str, tag: Option<&str>, plain: bool) -> Result<Scalar, Unreadable> {
    let Some(tag) = tag else {
        return Ok(if plain { resolve(text) } else { Scalar::Text });
    };
    match (tag, resolve(text)) {
        (STR_TAG, _) => Ok(Scalar::Text),
        (INT_TAG, whole @ (Scalar::Int(_) | Scalar::Uint(_))) => Ok(whole),
        (libyaml_safer::BOOL_TAG, truth @ Scalar::Bool(_)) => Ok(truth),
        (FLOAT_TAG, number @ (Scalar::Float(_) | Scalar::Int(_))) => Ok(number),
        (tag, _) => Err(Unreadable::new(
            Some(mark),
            format!("`{text}` cannot be read as `{}`", short(tag)),
            "leave the tag out, and write a text in quotes",
        )),
    }
}

fn json(mark: Mark, text: &str, scalar: Scalar) -> Result<Value, Unreadable> {
    Ok(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Bool(is) => Value::Bool(is),
        Scalar::Int(number) => number.into(),
        Scalar::Uint(number) => number.into(),
        Scalar::Text => text.into(),
        Scalar::Float(number) => match Number::from_f64(number) {
            Some(number) => Value::Number(number),
            None => {
                return Err(Unreadable::new(
                    Some(mark),
                    format!("`{text}` is a number that Helm cannot pass on"),
                    "write it in quotes where the chart takes a text",
                ));
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn refused(text: &str) -> Unreadable {
        match read(text) {
            Err(why) => why,
            Ok(value) => panic!("{text:?} was read as {value}"),
        }
    }

    #[test]
    fn what_a_person_wrote_for_a_switch_is_one() {
        let text = "create: no\nverbose: yes\nquoted: \"no\"\nmode: 0755\nname: !!str no\n";
        let read = read(text).unwrap();
        assert_eq!(
            read,
            json!({ "create": false, "verbose": true, "quoted": "no", "mode": 493, "name": "no" })
        );
    }

    #[test]
    fn keys_that_are_no_text_become_what_json_makes_of_them() {
        assert_eq!(read("on: 1\n010: 2\n").unwrap(), json!({ "true": 1, "8": 2 }));
        for text in ["1.5: a", "~: a", "? [a]\n: b", "18446744073709551615: a"] {
            refused(text);
        }
    }

    #[test]
    fn merges_happen_in_the_order_in_which_they_stand() {
        let text = "base: &b {a: 1, c: 1}\nabove: {<<: *b, a: 2}\nbelow: {a: 2, <<: *b}\n\
                    several: {<<: [{a: 5}, *b]}\nquoted: {\"<<\": 1}\n";
        let read = read(text).unwrap();
        assert_eq!(read["above"], json!({ "a": 2, "c": 1 }));
        assert_eq!(read["below"], json!({ "a": 1, "c": 1 }));
        assert_eq!(read["several"], json!({ "a": 5, "c": 1 }));
        assert_eq!(read["quoted"], json!({ "<<": 1 }));
    }

    #[test]
    fn what_helm_would_read_silently_or_not_at_all_is_refused_with_its_place() {
        let cases = [
            ("a: 1\nb: 2\na: 3\n", (3, 1)),
            ("a: 1\n---\nb: 2\n", (2, 1)),
            ("--- {a: 1}\n", (1, 1)),
            ("a: .inf\n", (1, 4)),
            ("a:\n  b: !!binary aGk=\n", (2, 6)),
            ("a: !own x\n", (1, 4)),
            ("a: *nowhere\n", (1, 4)),
            ("a: &a [*a]\n", (1, 8)),
            ("a: {b: c?}\n", (1, 8)),
            ("a: {<<: 1}\n", (1, 9)),
            ("a: [\n", (2, 1)),
            ("a: 1\nb: \"é\\/\"\n", (2, 4)),
            ("a: \"\\'\\q\"\n", (1, 9)),
        ];
        for (text, place) in cases {
            assert_eq!(refused(text).place, Some(place), "{text:?}: {}", refused(text));
        }
    }

    #[test]
    fn escapes_are_those_of_helm() {
        let text = "a: \"é \\'it\\\\/s\\'\"\nb: 'x\\/\\'\nc: \"\\'\"";
        let escaped = json!({ "a": "é 'it\\/s'", "b": "x\\/\\", "c": "'" });
        assert_eq!(read(text).unwrap(), escaped);
    }

    #[test]
    fn a_block_before_the_end_of_a_file_may_hold_any_letters() {
        let text = "a: |\n  éééééééé\nb: 2";
        assert_eq!(read(text).unwrap(), json!({ "a": "éééééééé\n", "b": 2 }));
        refused("b: 2\na: |\n  éééééééé");
    }

    #[test]
    fn a_published_text_may_give_a_key_twice() {
        assert_eq!(read_published("a: 1\na: 2\n").unwrap(), json!({ "a": 2 }));
    }

    #[test]
    fn a_small_text_cannot_become_a_large_value() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let below = format!("*a{}, ", level - 1).repeat(10);
            text.push_str(&format!("a{level}: &a{level} [{below}]\n"));
        }
        assert!(refused(&text).message.contains("aliases"));
        assert!(refused(&"[".repeat(5000)).message.contains("deep"));
    }

    #[test]
    fn a_text_without_values_is_an_empty_map() {
        for text in ["", "# nothing\n", "---\n", "~"] {
            assert_eq!(read_map(text), Ok(Map::new()), "{text:?}");
        }
        assert!(read_map("- a").is_err());
    }
}
