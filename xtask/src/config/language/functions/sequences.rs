//! Functions that make lists out of lists.

use super::arguments::Takes::{Any, List, Number as Num};
use super::arguments::{Arguments, Function};
use crate::config::language::convert::{convert, wanted};
use crate::config::language::number::Number;
use crate::config::language::types::Type;
use crate::config::language::unify::unify;
use crate::config::language::value::{Data, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("chunklist", &[List, Num], |args| {
        let value = args.any(0)?;
        let size =
            usize::try_from(args.integer(1)?).map_err(|_| "the size is negative".to_owned())?;
        let of = value.ty();
        let element = of.element().cloned().unwrap_or(Type::Any);
        let values = args.elements(0)?;
        if size == 0 && !values.is_empty() {
            return Ok(Value::list(of, vec![value.clone()]));
        }
        let chunks = values.chunks(size.max(1));
        let chunks = chunks.map(|chunk| Value::list(element.clone(), chunk.to_vec()));
        Ok(Value::list(of, chunks.collect()))
    })
    .shallow(),
    Function::new("concat", &[], concat).rest(Any).shallow(),
    Function::new("distinct", &[List], |args| {
        let mut kept: Vec<Value> = Vec::new();
        for value in args.elements(0)? {
            if !kept.iter().any(|other| other.equals(value)) {
                kept.push(value.clone());
            }
        }
        Ok(Value::list(args.any(0)?.ty().element().cloned().unwrap_or(Type::Any), kept))
    }),
    Function::new("flatten", &[Any], |args| {
        let mut all = Vec::new();
        let secret = flatten(args.elements(0)?, &mut all);
        Ok(Value::tuple(all).marked(secret))
    })
    .shallow(),
    Function::new("range", &[], range).rest(Num),
    Function::new("reverse", &[Any], |args| {
        let value = args.any(0)?;
        let reversed: Vec<Value> = args.elements(0)?.iter().rev().cloned().collect();
        Ok(match value.ty().element() {
            Some(of) => Value::list(of.clone(), reversed),
            None => Value::tuple(reversed),
        })
    })
    .shallow(),
    Function::new("slice", &[Any, Num, Num], slice).shallow(),
];

fn concat(args: &Arguments) -> Result<Value, String> {
    if args.values.is_empty() {
        return Err("at least one list is required".to_owned());
    }
    for (at, value) in args.values.iter().enumerate() {
        if !matches!(value.data, Data::List(..) | Data::Tuple(_)) {
            let of = wanted(&value.ty());
            return Err(format!("argument {} is {of}, and a list or tuple is required", at + 1));
        }
    }
    let secret = args.values.iter().any(|value| value.sensitive);
    let types: Vec<Type> = args.values.iter().map(Value::ty).collect();
    let lists = types.iter().all(|of| matches!(of, Type::List(_)));
    if lists && let Some(of @ Type::List(_)) = unify(&types) {
        let mut all = Vec::new();
        for value in &args.values {
            let value = convert(value.clone(), &of)?;
            all.extend(value.elements().cloned().unwrap_or_default());
        }
        let element = of.element().cloned().unwrap_or(Type::Any);
        return Ok(Value::list(element, all).marked(secret));
    }
    let all = args.values.iter().filter_map(Value::elements).flatten().cloned();
    Ok(Value::tuple(all.collect()).marked(secret))
}

/// Whether a list among them is a secret.
fn flatten(values: &[Value], into: &mut Vec<Value>) -> bool {
    let mut secret = false;
    for value in values {
        match value.elements() {
            Some(inner) => {
                secret |= value.sensitive;
                secret |= flatten(inner, into);
            }
            None => into.push(value.clone()),
        }
    }
    secret
}

/// Numbers from a start up or down to an end, which is not among them.
fn range(args: &Arguments) -> Result<Value, String> {
    let zero = Number::count(0);
    let toward = |start: &Number, end: &Number| Number::integer(if end < start { -1 } else { 1 });
    let (start, end, step) = match args.values.len() {
        1 => (zero.clone(), args.number(0)?.clone(), toward(&zero, args.number(0)?)),
        2 => {
            let (start, end) = (args.number(0)?, args.number(1)?);
            (start.clone(), end.clone(), toward(start, end))
        }
        3 => (args.number(0)?.clone(), args.number(1)?.clone(), args.number(2)?.clone()),
        other => return Err(format!("1, 2 or 3 numbers are required, and {other} are given")),
    };
    let down = step.is_negative();
    if if down { end > start } else { end < start } {
        return Err("the step leads away from the end".to_owned());
    }
    let mut values = Vec::new();
    let mut number = start;
    while if down { number > end } else { number < end } {
        if values.len() >= 1024 {
            return Err("a range has at most 1024 numbers, and these are more".to_owned());
        }
        let next = number.add(&step)?;
        values.push(number.into());
        number = next;
    }
    Ok(Value::list(Type::Number, values))
}

fn slice(args: &Arguments) -> Result<Value, String> {
    let value = args.any(0)?;
    if matches!(value.data, Data::Set(..)) {
        return Err("a set has no positions (`tolist` makes a list of it)".to_owned());
    }
    let values = args.elements(0)?;
    let index = |at: usize| {
        usize::try_from(args.integer(at)?).map_err(|_| "an index is negative".to_owned())
    };
    let (start, end) = (index(1)?, index(2)?);
    let part = values
        .get(start..end)
        .map(<[Value]>::to_vec)
        .ok_or_else(|| format!("{start} to {end} is not within the {} elements", values.len()))?;
    Ok(match value.ty().element() {
        Some(of) => Value::list(of.clone(), part),
        None => Value::tuple(part),
    })
}
