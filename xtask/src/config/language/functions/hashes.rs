//! Functions that hash texts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::arguments::Function;
use super::arguments::Takes::String as Text;
use crate::config::language::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base64sha256", &[Text], |args| {
        Ok(base64_of::<Sha256>(args.text(0)?.as_bytes()))
    }),
    Function::new("base64sha512", &[Text], |args| {
        Ok(base64_of::<Sha512>(args.text(0)?.as_bytes()))
    }),
    Function::new("md5", &[Text], |args| Ok(hex_of::<Md5>(args.text(0)?.as_bytes()))),
    Function::new("sha1", &[Text], |args| Ok(hex_of::<Sha1>(args.text(0)?.as_bytes()))),
    Function::new("sha256", &[Text], |args| Ok(hex_of::<Sha256>(args.text(0)?.as_bytes()))),
    Function::new("sha512", &[Text], |args| Ok(hex_of::<Sha512>(args.text(0)?.as_bytes()))),
    Function::new("uuidv5", &[Text, Text], |args| uuid(args.text(0)?, args.text(1)?)),
];

pub(super) fn hex_of<D: Digest>(bytes: &[u8]) -> Value {
    Value::string(&hex(&D::digest(bytes)))
}

pub(super) fn base64_of<D: Digest>(bytes: &[u8]) -> Value {
    Value::string(&STANDARD.encode(D::digest(bytes)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// A name's UUID by RFC 9562, section 5.5, within a namespace of its appendix or any UUID.
fn uuid(namespace: &str, name: &str) -> Result<Value, String> {
    let known = |last: u8| format!("6ba7b81{last}9dad11d180b400c04fd430c8");
    let digits = match namespace {
        "dns" => known(0),
        "url" => known(1),
        "oid" => known(2),
        "x500" => known(4),
        other => other.replace('-', ""),
    };
    let hyphens = namespace.len() != 36
        || [8, 13, 18, 23].iter().all(|at| namespace.as_bytes().get(*at) == Some(&b'-'));
    let bytes: Option<Vec<u8>> = (0..digits.len())
        .step_by(2)
        .map(|at| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    let Some(bytes) = bytes.filter(|bytes| bytes.len() == 16 && hyphens) else {
        return Err(format!(
            "{namespace:?} is not a namespace; those are `dns`, `url`, `oid`, `x500` and any UUID"
        ));
    };
    let hash = Sha1::new().chain_update(bytes).chain_update(name).finalize();
    let mut id: Vec<u8> = hash.iter().copied().take(16).collect();
    id[6] = id[6] & 0x0f | 0x50;
    id[8] = id[8] & 0x3f | 0x80;
    let id = hex(&id);
    let parts = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]];
    Ok(Value::string(&parts.join("-")))
}
