//! Conversions between types: what they make of a value.

use std::collections::BTreeMap;

use super::number::Number;
use super::types::{Attributes, Type};
use super::unify::{convertible, element_type, unify};
use super::value::{Data, Value};

/// The value as `to` has it, or what is wrong with it.
pub(crate) fn convert(value: Value, to: &Type) -> Result<Value, String> {
    let from = value.ty();
    if matches!(value.data, Data::Output { .. } | Data::Unknown(_)) || from == to.without_optional()
    {
        return Ok(value);
    }
    if !convertible(&from, to) {
        return Err(mismatch(&from, to));
    }
    if *to == Type::Any {
        return Ok(value);
    }
    let sensitive = value.sensitive;
    if value.is_null() {
        let of = replaced(&from, &to.without_optional());
        return Ok(Value::null(of).marked(sensitive));
    }
    known(value, to).map(|converted| converted.marked(sensitive))
}

fn known(value: Value, to: &Type) -> Result<Value, String> {
    let empty = value.elements().is_some_and(Vec::is_empty)
        || value.entries().is_some_and(BTreeMap::is_empty);
    // Of nothing, only the type is left to keep.
    let from = value.ty().element().cloned();
    if let (true, Some(from), Some(Type::Any)) = (empty, from, to.element()) {
        return Ok(match to {
            Type::List(_) => Value::list(from, Vec::new()),
            Type::Set(_) => Value::set(from, Vec::new()),
            _ => Value::map(from, BTreeMap::new()),
        });
    }
    match (value.data, to) {
        (Data::List(_, values) | Data::Set(_, values) | Data::Tuple(values), Type::List(of)) => {
            let (of, values) = elements(values, of)?;
            Ok(Value::list(of, values))
        }
        (Data::List(_, values) | Data::Set(_, values) | Data::Tuple(values), Type::Set(of)) => {
            let (of, values) = elements(values, of)?;
            Ok(Value::set(of, values))
        }
        (Data::Tuple(values), Type::Tuple(types)) => values
            .into_iter()
            .zip(types)
            .enumerate()
            .map(|(at, (value, of))| within(format!("element {at}"), convert(value, of)))
            .collect::<Result<_, _>>()
            .map(Value::tuple),
        (Data::Map(_, values) | Data::Object(values), Type::Map(of)) => {
            let (keys, values): (Vec<String>, Vec<Value>) = values.into_iter().unzip();
            let (of, values) = elements_of(values, of, |at| format!("element \"{}\"", keys[at]))?;
            Ok(Value::map(of, keys.into_iter().zip(values).collect()))
        }
        (Data::Map(_, values) | Data::Object(values), Type::Object(attributes)) => {
            object(values, attributes)
        }
        (data, to) => primitive(data, to),
    }
}

fn primitive(data: Data, to: &Type) -> Result<Value, String> {
    match (&data, to) {
        (Data::Number(number), Type::String) => Ok(Value::string(&number.to_string())),
        (Data::Bool(truth), Type::String) => Ok(Value::string(&truth.to_string())),
        (Data::String(text), Type::Number) => {
            Number::read(text)?.map(Value::from).ok_or_else(|| "a number is required".to_owned())
        }
        (Data::String(text), Type::Bool) => match text.as_str() {
            "true" | "1" => Ok(true.into()),
            "false" | "0" => Ok(false.into()),
            other if other.eq_ignore_ascii_case("true") => {
                Err("a bool is required (\"true\" is written in lower case)".to_owned())
            }
            other if other.eq_ignore_ascii_case("false") => {
                Err("a bool is required (\"false\" is written in lower case)".to_owned())
            }
            _ => Err("a bool is required".to_owned()),
        },
        _ => Ok(data.into()),
    }
}

fn elements(values: Vec<Value>, of: &Type) -> Result<(Type, Vec<Value>), String> {
    elements_of(values, of, |at| format!("element {at}"))
}

/// All elements, of one type.
fn elements_of(
    values: Vec<Value>,
    of: &Type,
    name: impl Fn(usize) -> String,
) -> Result<(Type, Vec<Value>), String> {
    let types: Vec<Type> = values.iter().map(Value::ty).collect();
    if types.is_empty() {
        return Ok((of.without_optional(), values));
    }
    let Some(to) = element_type(&types, of, false) else {
        return Err("all elements must have the same type".to_owned());
    };
    let mut converted = Vec::with_capacity(values.len());
    for (at, value) in values.into_iter().enumerate() {
        converted.push(within(name(at), convert(value, &to))?);
    }
    // Elements of `any` may have become different types.
    let types: Vec<Type> = converted.iter().map(Value::ty).collect();
    let Some(common) = unify(&types) else {
        return Err("all elements must have the same type".to_owned());
    };
    if types.iter().any(|of| *of != common && *of != Type::Any) {
        converted =
            converted.into_iter().map(|value| convert(value, &common)).collect::<Result<_, _>>()?;
    }
    let found = converted.iter().map(Value::ty).find(|of| *of != Type::Any).unwrap_or(common);
    if converted.iter().any(|value| !matches!(value.ty(), Type::Any) && value.ty() != found) {
        return Err("all elements must have the same type".to_owned());
    }
    let converted = converted
        .into_iter()
        .map(|value| match value.data {
            Data::Null(Type::Any) => Value::null(found.clone()).marked(value.sensitive),
            _ => value,
        })
        .collect();
    Ok((found, converted))
}

fn object(mut values: BTreeMap<String, Value>, to: &Attributes) -> Result<Value, String> {
    let mut converted = BTreeMap::new();
    for (name, of) in &to.types {
        let value = match values.remove(name) {
            Some(value) => within(format!("attribute \"{name}\""), convert(value, of))?,
            None if to.optional.contains(name) => Value::null(of.without_optional()),
            None => return Err(format!("attribute \"{name}\" is required")),
        };
        converted.insert(name.clone(), value);
    }
    Ok(Value::object(converted))
}

fn within<T>(name: String, result: Result<T, String>) -> Result<T, String> {
    result.map_err(|mistake| format!("{name}: {mistake}"))
}

/// A null's type: what `to` leaves open stays what it was.
fn replaced(from: &Type, to: &Type) -> Type {
    match (from, to) {
        (Type::Any, _) => to.clone(),
        (_, Type::Any) => from.clone(),
        (Type::Map(from), Type::Map(to)) => Type::map(replaced(from, to)),
        (Type::List(from) | Type::Set(from), Type::List(to)) => Type::list(replaced(from, to)),
        (Type::List(from) | Type::Set(from), Type::Set(to)) => Type::set(replaced(from, to)),
        (Type::Tuple(from), Type::List(to)) => {
            Type::list(unify(from).map_or_else(|| (**to).clone(), |from| replaced(&from, to)))
        }
        (Type::Tuple(from), Type::Set(to)) => {
            Type::set(unify(from).map_or_else(|| (**to).clone(), |from| replaced(&from, to)))
        }
        (Type::Object(from), Type::Map(to)) => {
            let types: Vec<Type> = from.types.values().cloned().collect();
            Type::map(unify(&types).map_or_else(|| (**to).clone(), |from| replaced(&from, to)))
        }
        (Type::Tuple(from), Type::Tuple(to)) => {
            Type::Tuple(from.iter().zip(to).map(|(from, to)| replaced(from, to)).collect())
        }
        (Type::Map(from), Type::Object(to)) => {
            Type::object(to.types.iter().map(|(name, to)| (name.clone(), replaced(from, to))))
        }
        (Type::Object(from), Type::Object(to)) => {
            Type::object(to.types.iter().map(|(name, to)| {
                let of = from.types.get(name).map_or_else(|| to.clone(), |from| replaced(from, to));
                (name.clone(), of)
            }))
        }
        _ => to.clone(),
    }
}

/// Why no value of `from` is a `to`.
fn mismatch(from: &Type, to: &Type) -> String {
    match (from, to) {
        (Type::Object(from), Type::Object(to)) => {
            for (name, to_type) in &to.types {
                match from.types.get(name) {
                    None if !to.optional.contains(name) => {
                        return format!("attribute \"{name}\" is required");
                    }
                    Some(from_type) if from_type != to_type && !convertible(from_type, to_type) => {
                        return format!("attribute \"{name}\": {}", mismatch(from_type, to_type));
                    }
                    _ => {}
                }
            }
            format!("this is not {to_words}", to_words = wanted(&Type::Object(to.clone())))
        }
        (Type::Tuple(from), Type::List(to) | Type::Set(to)) if **to != Type::Any => {
            let wrong = from.iter().position(|of| of != &**to && !convertible(of, to));
            wrong.map_or_else(
                || format!("this is {}", wanted(&Type::Tuple(from.clone()))),
                |at| format!("element {at}: {}", mismatch(&from[at], to)),
            )
        }
        (Type::Object(from), Type::Map(to)) if **to != Type::Any => {
            let wrong = from.types.iter().find(|(_, of)| *of != &**to && !convertible(of, to));
            wrong.map_or_else(
                || "this is an object".to_owned(),
                |(name, of)| format!("element \"{name}\": {}", mismatch(of, to)),
            )
        }
        (Type::Tuple(_), Type::List(_) | Type::Set(_)) | (Type::Object(_), Type::Map(_)) => {
            "all elements must have the same type".to_owned()
        }
        (from, to) => format!("this is {}, and {} is required", found(from), wanted(to)),
    }
}

/// A type with its article.
pub(crate) fn wanted(of: &Type) -> String {
    let words = of.friendly();
    let article = if words.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {words}")
}

fn found(of: &Type) -> String {
    match of {
        Type::Any => "null".to_owned(),
        other => wanted(other),
    }
}
