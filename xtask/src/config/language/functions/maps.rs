//! Functions of maps and objects.

use std::collections::BTreeMap;

use super::arguments::Takes::{Any, ListsByName, Nullable, Strings};
use super::arguments::{Arguments, Function, text_of};
use crate::config::language::convert::wanted;
use crate::config::language::types::Type;
use crate::config::language::value::{Data, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("keys", &[Any], |args| {
        let keys: Vec<Value> = args.entries(0)?.keys().map(|key| Value::string(key)).collect();
        Ok(match args.any(0)?.data {
            Data::Map(..) => Value::list(Type::String, keys),
            _ => Value::tuple(keys),
        })
    })
    .shallow(),
    Function::new("merge", &[], merge).rest(Nullable).shallow(),
    Function::new("transpose", &[ListsByName], transpose),
    Function::new("values", &[Any], |args| {
        let values = args.entries(0)?.values().cloned().collect();
        Ok(match args.any(0)?.ty() {
            Type::Map(of) => Value::list(*of, values),
            _ => Value::tuple(values),
        })
    })
    .shallow(),
    Function::new("zipmap", &[Strings, Any], |args| {
        let keys = args.texts(0)?;
        let value = args.any(1)?;
        if matches!(value.data, Data::Set(..)) {
            return Err("a set has no order (`tolist` makes a list of it)".to_owned());
        }
        let values = args.elements(1)?;
        if keys.len() != values.len() {
            return Err(format!("{} keys and {} values do not match", keys.len(), values.len()));
        }
        let pairs = keys.into_iter().map(str::to_owned).zip(values.iter().cloned());
        Ok(match value.ty().element() {
            Some(of) => Value::map(of.clone(), pairs.collect()),
            None => Value::object(pairs),
        })
    }),
];

/// Later ones win; null counts as an empty map.
fn merge(args: &Arguments) -> Result<Value, String> {
    let mut merged = BTreeMap::new();
    let mut types: Vec<Type> = Vec::new();
    for (at, value) in args.values.iter().enumerate() {
        match value.ty() {
            Type::Map(_) | Type::Object(_) => types.push(value.ty()),
            // Nobody knows what an untyped null is of: the result is an object.
            Type::Any if value.is_null() => types.push(Type::Any),
            of => {
                return Err(format!(
                    "argument {} is {}, and a map is required",
                    at + 1,
                    wanted(&of)
                ));
            }
        }
        let entries = value.entries().cloned().unwrap_or_default();
        merged.extend(entries);
    }
    match types.first() {
        Some(first @ Type::Map(of)) if types.iter().all(|other| other == first) => {
            Ok(Value::map((**of).clone(), merged))
        }
        _ => Ok(Value::object(merged)),
    }
}

fn transpose(args: &Arguments) -> Result<Value, String> {
    let mut turned: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in args.entries(0)? {
        let Some(texts) = value.elements() else {
            return Err(format!("the list of {key:?} is null"));
        };
        for text in texts {
            turned.entry(text_of(text)?.to_owned()).or_default().push(key.clone());
        }
    }
    let lists = turned.into_iter().map(|(key, mut keys)| {
        keys.sort();
        (key, Value::strings(keys))
    });
    Ok(Value::map(Type::list(Type::String), lists.collect()))
}
