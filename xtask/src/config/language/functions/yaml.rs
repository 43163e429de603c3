//! YAML in both directions, with Terraform's own reading of plain words.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::bytes::from_base64;
use super::dates;
use crate::config::language::convert::convert;
use crate::config::language::fault::REFUSED;
use crate::config::language::number::Number;
use crate::config::language::types::Type;
use crate::config::language::value::{Data, Value};

pub(super) use super::yaml_encode::encode;

/// What a document holds: objects and tuples.
pub(super) fn decode(text: &str) -> Result<Value, String> {
    let mut events = events(text)?;
    end_block(text, &mut events);
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
        Some(event) => reader.node(event),
    }
}

/// The parser's events. What it refuses, Terraform's parser may read; what it reads beyond
/// that is an error here.
fn events(text: &str) -> Result<Vec<Event<'_>>, String> {
    let head = text.lines().take_while(|line| line.is_empty() || line.starts_with(['%', '#']));
    for line in head {
        let version = line.strip_prefix("%YAML ").and_then(|rest| rest.split_whitespace().next());
        if version.is_some_and(|version| version != "1.1") {
            return Err("the version of YAML in the `%YAML` line is not 1.1".to_owned());
        }
    }
    let lines: Vec<&str> = text.lines().collect();
    let tab = |at: usize, column: Option<usize>| {
        let line = at.checked_sub(1).and_then(|at| lines.get(at)).copied().unwrap_or_default();
        let blank = line.chars().take_while(|c| matches!(c, ' ' | '\t'));
        let blank: Vec<char> = blank.take(column.unwrap_or(usize::MAX)).collect();
        let whole = column.is_none_or(|column| blank.len() == column);
        whole && blank.contains(&'\t')
    };
    let mut events = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| format!("this is not valid YAML: {error}{REFUSED}"))?;
        let (first, last) = (span.start.line(), span.end.line());
        let written = !span.is_empty();
        let plain = matches!(event, Event::Scalar(_, ScalarStyle::Plain, ..));
        if written && tab(first, Some(span.start.col()))
            || plain && (first + 1..=last).any(|line| tab(line, None))
        {
            return Err(format!("line {first} is indented with a tab instead of spaces{REFUSED}"));
        }
        events.push(event);
    }
    Ok(events)
}

/// Takes the line's end from a block that ends with the document where no line's end is
/// written: the parser here adds one, and Terraform's does not.
fn end_block(text: &str, events: &mut [Event]) {
    let ends = |event: &&mut Event| {
        !matches!(
            event,
            Event::MappingEnd | Event::SequenceEnd | Event::DocumentEnd | Event::StreamEnd
        )
    };
    let within = text.lines().last().is_some_and(|line| line.starts_with(' '));
    if let Some(Event::Scalar(last, ScalarStyle::Literal | ScalarStyle::Folded, ..)) =
        events.iter_mut().rev().find(ends)
        && within
        && !text.ends_with('\n')
        && let Some(shorter) = last.strip_suffix('\n')
    {
        *last = shorter.to_owned().into();
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

impl<'a> Reader<'a> {
    fn node(&mut self, event: Event<'a>) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("this is nested over {MAX_DEPTH} levels deep{REFUSED}"));
        }
        let (anchor, value) = match event {
            Event::Alias(anchor) => {
                self.depth -= 1;
                return match self.anchors.get(&anchor) {
                    Some(Some(value)) => Ok(value.clone()),
                    _ => Err("an alias stands within what it names".to_owned()),
                };
            }
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, scalar(&text, style, tag.as_deref())?)
            }
            Event::SequenceStart(anchor, tag) => {
                known_tag(tag.as_deref(), &["seq"])?;
                self.anchors.insert(anchor, None);
                (anchor, self.sequence()?)
            }
            Event::MappingStart(anchor, tag) => {
                known_tag(tag.as_deref(), &["map"])?;
                self.anchors.insert(anchor, None);
                (anchor, self.mapping()?)
            }
            _ => return Err("the document ends in the middle".to_owned()),
        };
        self.anchors.insert(anchor, Some(value.clone()));
        self.depth -= 1;
        Ok(value)
    }

    fn sequence(&mut self) -> Result<Value, String> {
        let mut values = Vec::new();
        while let Some(event) = self.events.next() {
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            values.push(self.node(event)?);
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
            let merges = matches!(&event, Event::Scalar(text, _, _, None) if text == "<<");
            let key = self.node(event)?;
            let Some(event) = self.events.next() else { break };
            let value = self.node(event)?;
            if merges {
                merge(&mut values, value)?;
            } else {
                values.insert(key_of(key)?, value);
            }
        }
        Ok(Value::object(values))
    }
}

fn key_of(value: Value) -> Result<String, String> {
    if value.is_null() {
        return Err("the key of a map is null (in quotes it is a string)".to_owned());
    }
    match convert(value, &Type::String)?.data {
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

fn known_tag(tag: Option<&Tag>, expected: &[&'static str]) -> Result<Option<&'static str>, String> {
    let Some(tag) = tag else { return Ok(None) };
    let whole = format!("{}{}", tag.handle, tag.suffix);
    let name = whole.strip_prefix("tag:yaml.org,2002:");
    let known = expected.iter().find(|known| name == Some(known));
    known.map(|known| Some(*known)).ok_or_else(|| match name {
        Some(name) => format!("the tag `!!{name}` is not known here"),
        None => format!("the tag `{whole}` is not known"),
    })
}

/// The tags of scalars that Terraform knows.
const TAGS: [&str; 7] = ["str", "bool", "int", "float", "null", "timestamp", "binary"];

/// The value of a word or text. Plain words are those of YAML 1.1 for truth and null.
///
/// Tags count for less than they say: what a word looks like comes first, so that
/// `!!bool 5` is a number. Terraform reads them so (go-cty-yaml, `resolve.go`).
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let tag = known_tag(tag, &TAGS)?;
    let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    if block && text.trim_start_matches('\n').starts_with('\t') {
        // Terraform refuses it too, unless the block's header says how far it is indented.
        return Err(format!("a block's first line begins with a tab instead of spaces{REFUSED}"));
    }
    let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
    let looks = text.is_empty() || text.starts_with(LOOKS);
    let value = if tag == Some("binary") {
        Some(binary(text)?)
    } else if tag == Some("str") || quoted && (tag.is_none() || looks) {
        Some(Value::string(text))
    } else if quoted || !looks {
        None
    } else {
        plain(text, tag)?
    };
    match value {
        // Terraform resolves what stands in a block, and makes a string of what it is.
        Some(value) if block && tag.is_none() && value.is_null() => Ok(Value::null(Type::String)),
        Some(value) if block && tag.is_none() => convert(value, &Type::String),
        Some(value) => Ok(value),
        None => tagged(text, tag),
    }
}

/// What a word begins with that may be something else than a text.
const LOOKS: [char; 24] = [
    '+', '-', '.', '~', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'y', 'Y', 'n', 'N', 't',
    'T', 'f', 'F', 'o', 'O',
];

/// The value of a plain word by its looks; `None` leaves it to the tag.
fn plain(text: &str, tag: Option<&str>) -> Result<Option<Value>, String> {
    let value = match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            true.into()
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            false.into()
        }
        "" | "~" | "null" | "Null" | "NULL" => Value::null(Type::Any),
        ".nan" | ".NaN" | ".NAN" if tag == Some("null") => return Ok(None),
        ".nan" | ".NaN" | ".NAN" => return Err("`.nan` is not a number here".to_owned()),
        _ if text.trim_start_matches(['+', '-']).eq_ignore_ascii_case(".inf") => {
            return Err(format!("`.inf` is not a number here{REFUSED}"));
        }
        _ => match number(text)? {
            Some(number) => number.into(),
            None if matches!(tag, None | Some("timestamp")) => match dates::yaml_moment(text)? {
                Some(moment) => Value::string(&moment),
                None => return Ok(None),
            },
            None => return Ok(None),
        },
    };
    Ok(Some(value))
}

/// The value of a word that looks like nothing else.
fn tagged(text: &str, tag: Option<&str>) -> Result<Value, String> {
    match tag {
        None => Ok(Value::string(text)),
        Some("null") => Ok(Value::null(Type::Any)),
        Some(tag @ ("int" | "float")) => {
            let digits = text.replace('_', "");
            let number = match Number::read(&digits)? {
                None => based(&digits),
                number => number,
            };
            number.map(Value::from).ok_or_else(|| format!("{text:?} is not a valid `!!{tag}`"))
        }
        Some(tag) => Err(format!("{text:?} is not a valid `!!{tag}`")),
    }
}

/// What is in base64 stays in it, as there are no bytes.
fn binary(text: &str) -> Result<Value, String> {
    from_base64(text).map(|_| Value::string(text))
}

/// A whole number in another base, of 64 bits, with a sign.
fn based(text: &str) -> Option<Number> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("+", &text[1..]),
        _ => ("", text),
    };
    let radix = match rest.get(..2)? {
        "0x" | "0X" => 16,
        "0o" | "0O" => 8,
        "0b" | "0B" => 2,
        _ => return None,
    };
    let digits = &rest[2..];
    let number = match sign {
        "" => u64::from_str_radix(digits, radix).map(BigInt::from),
        _ => i64::from_str_radix(&format!("{sign}{digits}"), radix).map(BigInt::from),
    };
    let number = number.ok().filter(|_| digits.starts_with(|c: char| c.is_ascii_hexdigit()))?;
    Some(Number::whole(&number))
}

/// A plain word as a number, where it is one.
fn number(text: &str) -> Result<Option<Number>, String> {
    if text.starts_with("0o") || text.starts_with("0x") {
        let (radix, digits) = (if text.starts_with("0o") { 8 } else { 16 }, &text[2..]);
        let parsed = BigInt::parse_bytes(digits.as_bytes(), radix);
        let parsed = parsed.filter(|_| !digits.starts_with(['+', '-']) && !digits.contains('_'));
        return match parsed {
            Some(whole) if whole.bits() > 64 => Err(format!("the number {text} is too large")),
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
    Number::read(text)
}
