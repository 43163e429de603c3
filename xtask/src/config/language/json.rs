//! Values as JSON, in both directions.

use std::collections::BTreeMap;

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

/// What a JSON text holds: objects and tuples, with numbers as they are written.
pub(crate) fn decode(text: &str) -> Result<Value, String> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| error.to_string())?;
    decode_raw(raw, 0)
}

/// Each level is read by itself, as only a raw piece keeps a number's digits.
fn decode_raw(raw: &RawValue, depth: usize) -> Result<Value, String> {
    if depth > MAX_DEPTH {
        return Err(format!("this is nested over {MAX_DEPTH} levels deep{REFUSED}"));
    }
    let text = raw.get();
    let mistake = |error: serde_json::Error| error.to_string();
    match text.as_bytes().first() {
        Some(b'{') => {
            let values: BTreeMap<String, &RawValue> =
                serde_json::from_str(text).map_err(mistake)?;
            let values = values.into_iter().map(|(key, raw)| {
                let key = match Value::string(&key).data {
                    Data::String(key) => key,
                    _ => key,
                };
                Ok((key, decode_raw(raw, depth + 1)?))
            });
            Ok(Value::object(values.collect::<Result<Vec<_>, String>>()?))
        }
        Some(b'[') => {
            let values: Vec<&RawValue> = serde_json::from_str(text).map_err(mistake)?;
            values
                .into_iter()
                .map(|raw| decode_raw(raw, depth + 1))
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
