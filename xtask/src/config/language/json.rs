//! Values as JSON, in both directions.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::fault::REFUSED;
use super::number::Number;
use super::value::{Data, Value};

/// How deep a JSON text may be nested.
const MAX_DEPTH: usize = 100;

/// The value as Terraform's `jsonencode` writes it.
pub(crate) fn encode(value: &Value) -> Result<String, String> {
    Ok(match &value.data {
        Data::Output { module, output } => {
            return Err(format!("`module.{module}.{output}` is not known yet"));
        }
        Data::Unknown(_) => return Err("the value is not known".to_owned()),
        Data::Null(_) => "null".to_owned(),
        Data::String(text) => quoted(text),
        Data::Number(number) => number.to_string(),
        Data::Bool(truth) => truth.to_string(),
        Data::List(_, values) | Data::Set(_, values) | Data::Tuple(values) => {
            let values: Vec<String> = values.iter().map(encode).collect::<Result<_, _>>()?;
            format!("[{}]", values.join(","))
        }
        Data::Map(_, values) | Data::Object(values) => {
            let values: Vec<String> = values
                .iter()
                .map(|(key, value)| Ok(format!("{}:{}", quoted(key), encode(value)?)))
                .collect::<Result<_, String>>()?;
            format!("{{{}}}", values.join(","))
        }
    })
}

/// A text in JSON's quotes, safe within HTML as Terraform leaves it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// What a JSON text holds: objects and tuples, with numbers as they are written. Of a key
/// that is repeated, the last value counts.
pub(crate) fn decode(text: &str) -> Result<Value, String> {
    decode_text(text, false)
}

/// The same for a file of values, where a repeated key is an error.
pub(crate) fn decode_unique(text: &str) -> Result<Value, String> {
    decode_text(text, true)
}

fn decode_text(text: &str, unique: bool) -> Result<Value, String> {
    let text = with_whole_letters(text);
    let raw: &RawValue = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    decode_raw(raw, 0, unique)
}

/// The text with U+FFFD for each escape that is half of a pair without the other half, as
/// Go's decoder reads it.
fn with_whole_letters(text: &str) -> String {
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let pair = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => Some(12),
            (Some(0xD800..=0xDFFF), _) => None,
            // A backslash and what it escapes.
            _ => Some(1 + escape[1..].chars().next().map_or(0, char::len_utf8)),
        };
        out.push_str(pair.map_or("\\ufffd", |length| &escape[..length]));
        rest = &escape[pair.unwrap_or(6)..];
    }
    out + rest
}

/// The members of an object in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// Each level is read by itself, as only a raw piece keeps a number's digits.
fn decode_raw(raw: &RawValue, depth: usize, unique: bool) -> Result<Value, String> {
    if depth > MAX_DEPTH {
        return Err(format!("this is nested over {MAX_DEPTH} levels deep{REFUSED}"));
    }
    let text = raw.get();
    let mistake = |error: serde_json::Error| error.to_string();
    match text.as_bytes().first() {
        Some(b'{') => {
            let Members(members) = serde_json::from_str(text).map_err(mistake)?;
            let mut values = BTreeMap::new();
            for (key, raw) in members {
                let key = match Value::string(&key).data {
                    Data::String(key) => key,
                    _ => key,
                };
                // In a file of values, `//` at the top is a comment.
                if unique && depth == 0 && key == "//" {
                    continue;
                }
                let value = decode_raw(raw, depth + 1, unique)?;
                if values.insert(key.clone(), value).is_some() && unique {
                    return Err(format!("the key {key:?} stands twice"));
                }
            }
            Ok(Value::object(values))
        }
        Some(b'[') => {
            let values: Vec<&RawValue> = serde_json::from_str(text).map_err(mistake)?;
            values
                .into_iter()
                .map(|raw| decode_raw(raw, depth + 1, unique))
                .collect::<Result<_, _>>()
                .map(Value::tuple)
        }
        Some(b'"') => {
            let text: String = serde_json::from_str(text).map_err(mistake)?;
            Ok(Value::string(&text))
        }
        Some(b't') => Ok(true.into()),
        Some(b'f') => Ok(false.into()),
        Some(b'n') => Ok(Value::null(super::types::Type::Any)),
        _ => Number::read(text)?.map(Value::from).ok_or_else(|| format!("{text} is not a number")),
    }
}

/// The value as the modules take it.
pub(crate) fn to_serde(value: &Value) -> Result<serde_json::Value, String> {
    serde_json::from_str(&encode(value)?).map_err(|error| error.to_string())
}
