//! Secrets and namespaces as typed clients send them, such as Helm its records: protocol buffers.
//!
//! Sources: Kubernetes documentation, "Protobuf encoding" of the API concepts, and the field
//! numbers of `generated.proto` in `k8s.io/api/core/v1` and `k8s.io/apimachinery`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// What such a body begins with.
const MAGIC: &[u8] = b"k8s\0";

/// An object as JSON; nothing where it is no body of this kind.
pub(super) fn object(body: &[u8]) -> Option<Value> {
    let envelope = body.strip_prefix(MAGIC)?;
    let raw = fields(envelope)?.into_iter().find(|(number, _)| *number == 2)?.1;
    let mut object = json!({});
    for (number, bytes) in fields(raw)? {
        match number {
            1 => object["metadata"] = metadata(bytes)?,
            2 => {
                let (key, value) = entry(bytes)?;
                object["data"][key] = json!(STANDARD.encode(value));
            }
            3 => object["type"] = json!(String::from_utf8_lossy(bytes)),
            _ => {}
        }
    }
    Some(object)
}

fn metadata(bytes: &[u8]) -> Option<Value> {
    let mut labels = Map::new();
    let mut metadata = json!({});
    for (number, bytes) in fields(bytes)? {
        let text = || json!(String::from_utf8_lossy(bytes));
        match number {
            1 => metadata["name"] = text(),
            3 => metadata["namespace"] = text(),
            11 => {
                let (key, value) = entry(bytes)?;
                labels.insert(key, json!(String::from_utf8_lossy(value)));
            }
            _ => {}
        }
    }
    metadata["labels"] = Value::Object(labels);
    Some(metadata)
}

/// An entry of a map.
fn entry(bytes: &[u8]) -> Option<(String, &[u8])> {
    let fields = fields(bytes)?;
    let of = |wanted| fields.iter().find(|(number, _)| *number == wanted).map(|(_, bytes)| *bytes);
    Some((String::from_utf8_lossy(of(1)?).into_owned(), of(2).unwrap_or_default()))
}

/// The fields of a message that have a length, by their numbers; numbers are passed over.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        match key & 7 {
            0 => drop(varint(&mut bytes)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (field, rest) = bytes.split_at_checked(length)?;
                fields.push((key >> 3, field));
                bytes = rest;
            }
            _ => return None,
        }
    }
    Some(fields)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
