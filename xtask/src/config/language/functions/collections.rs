//! Functions that look into lists, sets and maps.

use super::arguments::Takes::{Any, Bools, List, Nullable, Number as Num, String as Text};
use super::arguments::{Arguments, Function};
use crate::config::language::convert::{convert, wanted};
use crate::config::language::number::Number;
use crate::config::language::types::Type;
use crate::config::language::unify::convertible;
use crate::config::language::unify::unify;
use crate::config::language::value::{Data, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("alltrue", &[Bools], |args| {
        Ok(args.elements(0)?.iter().all(|value| matches!(value.data, Data::Bool(true))).into())
    }),
    Function::new("anytrue", &[Bools], |args| {
        Ok(args.elements(0)?.iter().any(|value| matches!(value.data, Data::Bool(true))).into())
    }),
    Function::new("coalesce", &[], coalesce).rest(Nullable).shallow(),
    Function::new("coalescelist", &[], coalesce_list).rest(Nullable).shallow(),
    Function::new("contains", &[Any, Any], |args| {
        let wanted = args.any(1)?;
        Ok(args.elements(0)?.iter().any(|value| value.equals(wanted)).into())
    }),
    Function::new("element", &[Any, Num], element).shallow(),
    Function::new("index", &[Any, Any], |args| {
        if matches!(args.any(0)?.data, Data::Set(..)) {
            return Err("a set has no positions (`tolist` makes a list of it)".to_owned());
        }
        let wanted = args.any(1)?;
        let found = args.elements(0)?.iter().position(|value| value.equals(wanted));
        found.map(|at| Number::count(at).into()).ok_or_else(|| {
            "the value is not among the elements; `try(index(…), null)` allows for that".to_owned()
        })
    }),
    Function::new("lookup", &[Any, Text], lookup).rest(Nullable).shallow(),
    Function::new("matchkeys", &[List, List, List], match_keys),
    Function::new("one", &[Any], |args| {
        let value = args.any(0)?;
        let of = match value.ty() {
            Type::List(of) | Type::Set(of) => *of,
            _ => Type::Any,
        };
        match args.elements(0)?.as_slice() {
            [] => Ok(Value::null(of)),
            [one] => Ok(one.clone()),
            several => {
                Err(format!("at most one element is allowed, and there are {}", several.len()))
            }
        }
    })
    .shallow(),
];

fn coalesce(args: &Arguments) -> Result<Value, String> {
    let types: Vec<Type> = args.values.iter().map(Value::ty).collect();
    let Some(of) = unify(&types) else {
        return Err("all arguments are to be of one type".to_owned());
    };
    for value in &args.values {
        let value = convert(value.clone(), &of)?;
        let empty = matches!(&value.data, Data::String(text) if text.is_empty());
        if !value.is_null() && !empty {
            return Ok(value);
        }
    }
    Err("every argument is null or an empty string".to_owned())
}

fn coalesce_list(args: &Arguments) -> Result<Value, String> {
    for value in &args.values {
        if !matches!(value.ty(), Type::List(_) | Type::Tuple(_)) {
            return Err(format!("this is {}, and a list is required", wanted(&value.ty())));
        }
    }
    let found =
        args.values.iter().find(|value| value.elements().is_some_and(|all| !all.is_empty()));
    found.cloned().ok_or_else(|| "every list is null or empty".to_owned())
}

/// Behind the last element the first comes again.
fn element(args: &Arguments) -> Result<Value, String> {
    let value = args.any(0)?;
    if matches!(value.data, Data::Set(..)) {
        return Err("a set has no positions (`tolist` makes a list of it)".to_owned());
    }
    let values = args.elements(0)?;
    let at = args.integer(1)?;
    let length = i64::try_from(values.len()).unwrap_or(i64::MAX);
    if at < 0 && matches!(value.data, Data::Tuple(_)) && at % length.max(1) != 0 {
        return Err(format!(
            "the index {at} is negative; count from the end with `length(LIST) - 1`"
        ));
    }
    let at = at.checked_rem_euclid(length).and_then(|at| usize::try_from(at).ok());
    at.and_then(|at| values.get(at).cloned()).ok_or_else(|| "the list is empty".to_owned())
}

fn lookup(args: &Arguments) -> Result<Value, String> {
    let (value, key) = (args.any(0)?, args.text(1)?);
    let default = match args.values.as_slice() {
        [_, _] => None,
        [_, _, default] => Some(default),
        several => {
            return Err(format!("2 or 3 arguments are required, and {} are given", several.len()));
        }
    };
    let of = value.ty();
    if let (Type::Map(of), Some(default)) = (&of, default)
        && default.ty() != **of
        && !convertible(&default.ty(), of)
    {
        return Err(format!("the default is to be {}, as the map's elements are", wanted(of)));
    }
    let found = args.entries(0)?.get(key);
    match (found, default, of) {
        (Some(found), _, _) => Ok(found.clone()),
        (None, Some(default), Type::Map(of)) => convert(default.clone(), &of),
        (None, Some(default), _) => Ok(default.clone()),
        (None, None, _) => {
            Err(format!("there is no key {key:?}, and no default as the third argument"))
        }
    }
}

/// The values at the positions whose keys are wanted.
fn match_keys(args: &Arguments) -> Result<Value, String> {
    let (values, keys) = (args.elements(0)?, args.elements(1)?);
    let types = [args.any(1)?.ty(), args.any(2)?.ty()];
    let Some(common) = unify(&types) else {
        return Err("the keys and what is searched for are to be of one type".to_owned());
    };
    if values.len() != keys.len() {
        return Err(format!("{} values and {} keys do not match", values.len(), keys.len()));
    }
    let as_common = |at: usize| {
        let converted = convert(args.any(at)?.clone(), &common)?;
        Ok::<_, String>(converted.elements().cloned().unwrap_or_default())
    };
    let (keys, wanted) = (as_common(1)?, as_common(2)?);
    let pairs = values.iter().zip(keys);
    let found = pairs
        .filter(|(_, key)| wanted.iter().any(|wanted| wanted.equals(key)))
        .map(|(v, _)| v.clone());
    let of = args.any(0)?.ty().element().cloned().unwrap_or(Type::Any);
    Ok(Value::list(of, found.collect()))
}
