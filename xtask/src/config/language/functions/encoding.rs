//! Functions that encode and decode.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::arguments::Takes::{Nullable, String as Text};
use super::arguments::{Arguments, Function};
use super::bytes::from_base64;
use super::{csv, yaml};
use crate::config::language::fault::REFUSED;
use crate::config::language::json;
use crate::config::language::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base64decode", &[Text], |args| {
        let bytes = from_base64(args.text(0)?)?;
        String::from_utf8(bytes).map(|text| Value::string(&text)).map_err(|_| {
            "what was encoded is not UTF-8 text; `textdecodebase64` knows other encodings"
                .to_owned()
        })
    }),
    Function::new("base64encode", &[Text], |args| {
        Ok(Value::string(&STANDARD.encode(args.text(0)?)))
    }),
    Function::new("csvdecode", &[Text], |args| csv::decode(args.text(0)?)),
    Function::new("jsondecode", &[Text], |args| {
        json::decode(args.text(0)?).map_err(|why| format!("this is not valid JSON: {why}"))
    }),
    Function::new("jsonencode", &[Nullable], |args| {
        json::encode(args.any(0)?).map(|text| Value::string(&text))
    }),
    Function::new("textdecodebase64", &[Text, Text], |args| {
        let encoding = Encoding::named(args.text(1)?)?;
        encoding.decode(&from_base64(args.text(0)?)?).map(|text| Value::string(&text))
    }),
    Function::new("textencodebase64", &[Text, Text], |args| {
        let encoding = Encoding::named(args.text(1)?)?;
        Ok(Value::string(&STANDARD.encode(encoding.encode(args.text(0)?)?)))
    }),
    Function::new("urlencode", &[Text], |args| Ok(Value::string(&url(args)?))),
    Function::new("yamldecode", &[Text], |args| yaml::decode(args.text(0)?)),
    Function::new("yamlencode", &[Nullable], |args| {
        yaml::encode(args.any(0)?).map(|text| Value::string(&text))
    }),
];

/// For the query of an address: a space is a plus.
fn url(args: &Arguments) -> Result<String, String> {
    let mut out = String::new();
    for byte in args.text(0)?.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(out)
}

/// The encodings of texts that are known here.
enum Encoding {
    Utf8,
    Latin1,
    Utf16 { little: bool },
}

impl Encoding {
    fn named(name: &str) -> Result<Encoding, String> {
        match name.to_ascii_uppercase().as_str() {
            "UTF-8" => Ok(Encoding::Utf8),
            "ISO-8859-1" => Ok(Encoding::Latin1),
            "UTF-16LE" => Ok(Encoding::Utf16 { little: true }),
            "UTF-16BE" => Ok(Encoding::Utf16 { little: false }),
            _ => Err(format!(
                "the encoding `{name}` is not known here; those are `UTF-8`, `UTF-16LE`, `UTF-16BE` and `ISO-8859-1`{REFUSED}"
            )),
        }
    }

    fn encode(&self, text: &str) -> Result<Vec<u8>, String> {
        match self {
            Encoding::Utf8 => Ok(text.as_bytes().to_vec()),
            Encoding::Latin1 => text
                .chars()
                .map(|c| u8::try_from(u32::from(c)).map_err(|_| format!("ISO-8859-1 has no `{c}`")))
                .collect(),
            Encoding::Utf16 { little: true } => {
                Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect())
            }
            Encoding::Utf16 { little: false } => {
                Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect())
            }
        }
    }

    fn decode(&self, bytes: &[u8]) -> Result<String, String> {
        let mistake = || "the bytes are not valid in that encoding".to_owned();
        match self {
            Encoding::Utf8 => String::from_utf8(bytes.to_vec()).map_err(|_| mistake()),
            Encoding::Latin1 => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
            Encoding::Utf16 { little } => {
                let pairs = bytes.chunks_exact(2);
                if !pairs.remainder().is_empty() {
                    return Err(mistake());
                }
                let units = pairs.map(|pair| {
                    let pair = [pair[0], pair[1]];
                    if *little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
                });
                char::decode_utf16(units).collect::<Result<_, _>>().map_err(|_| mistake())
            }
        }
    }
}
