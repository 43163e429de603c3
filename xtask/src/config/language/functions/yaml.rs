//! YAML in both directions, with Terraform's own reading of plain words.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::dates;
use crate::config::language::fault::REFUSED;
use crate::config::language::number::Number;
use crate::config::language::types::Type;
use crate::config::language::value::{Data, Value};

pub(super) use super::yaml_encode::encode;

/// What a document holds: objects and tuples.
pub(super) fn decode(text: &str) -> Result<Value, String> {
    let mistake = |error: saphyr_parser::ScanError| format!("this is no YAML: {error}");
    let events: Vec<Event> = Parser::new_from_str(text)
        .map(|event| event.map(|(event, _)| event).map_err(mistake))
        .collect::<Result<_, _>>()?;
    let documents = events.iter().filter(|event| matches!(event, Event::DocumentStart(_))).count();
    if documents > 1 {
        return Err("there are several documents, and only one can be read".to_owned());
    }
    let inner = events.into_iter().filter(|event| {
        !matches!(
            event,
            Event::Nothing
                | Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(_)
                | Event::DocumentEnd
        )
    });
    let mut reader = Reader {
        events: inner.collect::<Vec<_>>().into_iter(),
        anchors: BTreeMap::new(),
        depth: 0,
    };
    match reader.events.next() {
        None => Err("there is no document; `try(yamldecode(…), null)` allows for that".to_owned()),
        Some(event) => match reader.node(event)? {
            Node::Value(value) => Ok(value),
            Node::Merge => Err("`<<` stands where a value is".to_owned()),
        },
    }
}

/// Limits the values that aliases multiply.
const MAX_DEPTH: usize = 100;

struct Reader<'a> {
    events: std::vec::IntoIter<Event<'a>>,
    /// What each anchor names; `None` while it is being read.
    anchors: BTreeMap<usize, Option<Value>>,
    depth: usize,
}

enum Node {
    Value(Value),
    /// `<<`
    Merge,
}

impl<'a> Reader<'a> {
    fn node(&mut self, event: Event<'a>) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("this is nested over {MAX_DEPTH} levels deep{REFUSED}"));
        }
        let (anchor, value) = match event {
            Event::Alias(anchor) => {
                self.depth -= 1;
                return match self.anchors.get(&anchor) {
                    Some(Some(value)) => Ok(Node::Value(value.clone())),
                    _ => Err("an alias stands within what it names".to_owned()),
                };
            }
            Event::Scalar(text, style, anchor, tag) => {
                match scalar(&text, style, tag.as_deref())? {
                    Node::Merge => {
                        self.depth -= 1;
                        return Ok(Node::Merge);
                    }
                    Node::Value(value) => (anchor, value),
                }
            }
            Event::SequenceStart(anchor, tag) => {
                known_tag(tag.as_deref(), "seq")?;
                self.anchors.insert(anchor, None);
                (anchor, self.sequence()?)
            }
            Event::MappingStart(anchor, tag) => {
                known_tag(tag.as_deref(), "map")?;
                self.anchors.insert(anchor, None);
                (anchor, self.mapping()?)
            }
            _ => return Err("the document ends in the middle".to_owned()),
        };
        self.anchors.insert(anchor, Some(value.clone()));
        self.depth -= 1;
        Ok(Node::Value(value))
    }

    fn value(&mut self, event: Event<'a>) -> Result<Value, String> {
        match self.node(event)? {
            Node::Value(value) => Ok(value),
            Node::Merge => {
                Err("`<<` stands where a value is (in quotes it is a string)".to_owned())
            }
        }
    }

    fn sequence(&mut self) -> Result<Value, String> {
        let mut values = Vec::new();
        while let Some(event) = self.events.next() {
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            values.push(self.value(event)?);
        }
        Ok(Value::tuple(values))
    }

    fn mapping(&mut self) -> Result<Value, String> {
        let mut values = BTreeMap::new();
        while let Some(event) = self.events.next() {
            if matches!(event, Event::MappingEnd) {
                break;
            }
            if !matches!(event, Event::Scalar(..)) {
                return Err("the key of a map is a plain word or a text".to_owned());
            }
            let key = self.node(event)?;
            let Some(event) = self.events.next() else { break };
            let value = self.value(event)?;
            match key {
                Node::Merge => merge(&mut values, value)?,
                Node::Value(key) => drop(values.insert(key_of(key)?, value)),
            }
        }
        Ok(Value::object(values))
    }
}

fn key_of(value: Value) -> Result<String, String> {
    if value.is_null() {
        return Err("the key of a map is null (in quotes it is a string)".to_owned());
    }
    match crate::config::language::convert::convert(value, &Type::String)?.data {
        Data::String(key) => Ok(key),
        _ => Err("the key of a map is a string".to_owned()),
    }
}

fn merge(values: &mut BTreeMap<String, Value>, merged: Value) -> Result<(), String> {
    match merged.data {
        Data::Object(entries) => {
            values.extend(entries);
            Ok(())
        }
        _ => Err("`<<` takes one map".to_owned()),
    }
}

fn known_tag(tag: Option<&Tag>, expected: &str) -> Result<(), String> {
    match tag {
        None => Ok(()),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == expected => Ok(()),
        Some(tag) => Err(format!("the tag `{}{}` is not known", tag.handle, tag.suffix)),
    }
}

/// The value of a word or text. Plain words are those of YAML 1.1 for truth and null.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Node, String> {
    let string = || Ok(Node::Value(Value::string(text)));
    let tag = match tag {
        None => None,
        Some(tag) if tag.is_yaml_core_schema() => Some(tag.suffix.as_str()),
        Some(tag) => return Err(format!("the tag `{}{}` is not known", tag.handle, tag.suffix)),
    };
    let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
    match tag {
        Some("str") => return string(),
        Some("bool" | "int" | "float" | "null") | None => {}
        Some(other) => {
            return Err(format!("the tag `!!{other}` is not supported{REFUSED}"));
        }
    }
    if quoted || text.is_empty() && tag.is_none() && style != ScalarStyle::Plain {
        return string();
    }
    let value: Value = match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            true.into()
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            false.into()
        }
        "" | "~" | "null" | "Null" | "NULL" => Value::null(Type::Any),
        "<<" if tag.is_none() => return Ok(Node::Merge),
        ".nan" | ".NaN" | ".NAN" => return Err(format!("`.nan` is no number here{REFUSED}")),
        _ if text.trim_start_matches(['+', '-']).eq_ignore_ascii_case(".inf") => {
            return Err(format!("`.inf` is no number here{REFUSED}"));
        }
        _ => match number(text)? {
            Some(number) => number.into(),
            None => match dates::yaml_moment(text)? {
                Some(moment) => Value::string(&moment),
                None if tag.is_none() => return string(),
                None => return Err(format!("{text:?} is no `!!{}`", tag.unwrap_or_default())),
            },
        },
    };
    Ok(Node::Value(value))
}

/// A plain word as a number, where it is one.
fn number(text: &str) -> Result<Option<Number>, String> {
    if text.starts_with("0o") || text.starts_with("0x") {
        let (radix, digits) = (if text.starts_with("0o") { 8 } else { 16 }, &text[2..]);
        let parsed = num_bigint::BigInt::parse_bytes(digits.as_bytes(), radix);
        let parsed = parsed.filter(|_| !digits.starts_with(['+', '-']) && !digits.contains('_'));
        return match parsed {
            Some(whole) if whole.bits() > 64 => {
                Err(format!("the number {text} is too large{REFUSED}"))
            }
            whole => Ok(whole.map(|whole| Number::whole(&whole))),
        };
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = unsigned.starts_with(|c: char| c.is_ascii_digit())
        || unsigned.starts_with('.') && unsigned.len() > 1;
    if !plain
        || unsigned.bytes().any(|c| !matches!(c, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        return Ok(None);
    }
    Ok(Number::parse(text))
}
