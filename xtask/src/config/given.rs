//! Values as the modules take them.

use inputs::{Given, Input, Kind as Takes};

use super::language::{Data, Fault, Type, Value, convert, to_serde};

/// A value for an input: another module's output, or a literal without one in it.
pub(super) fn given(input: &Input, value: Value) -> Result<Given, Fault> {
    if let Data::Output { module, output } = value.data {
        return Ok(Given::Output { module, output });
    }
    if let Some(list) = elements(input, &value) {
        return list.map(Given::List);
    }
    if value.output().is_some() {
        return Err(Fault::new(
            "another module's output is part of a larger value here, and is not known yet",
        )
        .remedy("pass the whole output on, with nothing around it"));
    }
    if value.is_sensitive_anywhere() {
        let name = input.name;
        return Err(Fault::new(format!(
            "this is a secret, and `{name}` is shown in plans and written to documents"
        ))
        .remedy("write `nonsensitive(VALUE)` where it may be shown, or keep it in a Secret of the cluster"));
    }
    literal(input.kind, value).map(Given::Literal)
}

/// The elements of a list of texts, where some are other modules' outputs.
fn elements(input: &Input, value: &Value) -> Option<Result<Vec<Given>, Fault>> {
    let all = value.elements().filter(|_| input.kind == Takes::Strings)?;
    let is_output = |value: &Value| matches!(value.data, Data::Output { .. });
    if !all.iter().any(is_output) {
        return None;
    }
    let element = Input { kind: Takes::String, ..*input };
    let one = |each: &Value| given(&element, each.clone().marked(value.sensitive));
    Some(all.iter().map(one).collect())
}

/// Numbers are exact here, and become texts before anything rounds them. A value of
/// another kind goes on as it is: the module's own rule says what is wrong with it.
pub(super) fn literal(takes: Takes, value: Value) -> Result<serde_json::Value, Fault> {
    let of = match takes {
        Takes::String => Some(Type::String),
        Takes::Number => Some(Type::Number),
        Takes::Bool => Some(Type::Bool),
        Takes::Strings => Some(Type::list(Type::String)),
        Takes::Map => Some(Type::map(Type::String)),
        Takes::Values => None,
    };
    let value = match of {
        Some(of) => convert(value.clone(), &of).unwrap_or(value),
        None => value,
    };
    if let Some(number) = inexact(&value) {
        return Err(Fault::new(format!("the number {number} has more digits than JSON keeps"))
            .remedy(format!("write it as a text: \"{number}\"")));
    }
    to_serde(&value).map_err(Fault::from)
}

/// The first number in a value that JSON's readers would round.
fn inexact(value: &Value) -> Option<String> {
    let Data::Number(number) = &value.data else {
        let inner = value.elements().into_iter().flatten();
        let entries = value.entries().into_iter().flat_map(|entries| entries.values());
        return inner.chain(entries).find_map(inexact);
    };
    let text = number.to_string();
    let kept = serde_json::from_str::<serde_json::Number>(&text).ok()?;
    let back = kept
        .as_f64()
        .filter(|_| kept.is_f64())
        .map(|float| super::language::Number::parse(&float.to_string()));
    // A float keeps what was written where it is the nearest to it.
    let same = back
        .is_none_or(|back| back.is_some_and(|back| back == *number || back.to_string() == text));
    (!same).then_some(text)
}

/// A map's entries over those of another.
pub(super) fn under(defaults: Given, own: Option<Given>) -> Given {
    match (defaults, own) {
        (
            Given::Literal(serde_json::Value::Object(mut all)),
            Some(Given::Literal(serde_json::Value::Object(own))),
        ) => {
            all.extend(own);
            Given::Literal(serde_json::Value::Object(all))
        }
        (defaults, None | Some(Given::Literal(serde_json::Value::Null))) => defaults,
        (_, Some(own)) => own,
    }
}
