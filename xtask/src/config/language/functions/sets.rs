//! Functions of sets.

use super::arguments::Takes::{Any, Set};
use super::arguments::{Arguments, Function};
use crate::config::language::convert::{convert, wanted};
use crate::config::language::types::Type;
use crate::config::language::unify::unify;
use crate::config::language::value::{Data, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("setintersection", &[Set], |args| {
        combined(args, |all, other| all.into_iter().filter(|value| has(other, value)).collect())
    })
    .rest(Set),
    Function::new("setproduct", &[], product).rest(Any).shallow(),
    Function::new("setsubtract", &[Set, Set], |args| {
        combined(args, |all, other| all.into_iter().filter(|value| !has(other, value)).collect())
    }),
    Function::new("setunion", &[Set], |args| {
        combined(args, |mut all, other| {
            all.extend(other.iter().cloned());
            all
        })
    })
    .rest(Set),
];

fn has(set: &[Value], wanted: &Value) -> bool {
    set.iter().any(|value| value.same(wanted))
}

/// Combines the first set with each other one, all of one type.
fn combined(
    args: &Arguments,
    combine: fn(Vec<Value>, &[Value]) -> Vec<Value>,
) -> Result<Value, String> {
    let element = |value: &Value| value.ty().element().cloned().unwrap_or(Type::Any);
    let types: Vec<Type> = args
        .values
        .iter()
        .filter(|value| {
            let empty = value.elements().is_some_and(Vec::is_empty);
            !(empty && element(value) == Type::Any)
        })
        .map(element)
        .collect();
    let of = if types.is_empty() {
        Type::Any
    } else {
        unify(&types).ok_or_else(|| "the sets are to have elements of one type".to_owned())?
    };
    let to = Type::set(of.clone());
    let mut result: Option<Vec<Value>> = None;
    for value in &args.values {
        let set = convert(value.clone(), &to)?;
        let elements = set.elements().cloned().unwrap_or_default();
        result = Some(match result {
            Some(all) => combine(all, &elements),
            None => elements,
        });
    }
    Ok(Value::set(of, result.unwrap_or_default()))
}

/// Every way to take one element of each.
fn product(args: &Arguments) -> Result<Value, String> {
    if args.values.len() < 2 {
        return Err("at least two sets or lists are required".to_owned());
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    let mut types = Vec::new();
    for (at, value) in args.values.iter().enumerate() {
        let of = match value.ty() {
            Type::Set(of) | Type::List(of) => *of,
            Type::Tuple(types) if types.is_empty() => Type::Any,
            Type::Tuple(types) => unify(&types)
                .ok_or_else(|| format!("the elements of argument {} are of no one type", at + 1))?,
            other => {
                return Err(format!(
                    "argument {} is {}, and a set or list is required",
                    at + 1,
                    wanted(&other)
                ));
            }
        };
        let elements = args.elements(at)?;
        // A null beside objects or tuples has no type, and Terraform makes no list of both.
        if of == Type::Any && elements.windows(2).any(|pair| pair[0].ty() != pair[1].ty()) {
            return Err(format!("the elements of argument {} are of no one type", at + 1));
        }
        if rows.len().saturating_mul(elements.len()) > 100_000 {
            return Err(format!(
                "the product has over 100000 elements{}",
                crate::config::language::fault::REFUSED
            ));
        }
        let mut next = Vec::new();
        for row in &rows {
            for element in elements {
                let mut row = row.clone();
                row.push(convert(element.clone(), &of)?);
                next.push(row);
            }
        }
        rows = next;
        types.push(of);
    }
    let tuples = rows.into_iter().map(Value::tuple).collect();
    let any_set = args.values.iter().any(|value| matches!(value.data, Data::Set(..)));
    let of = Type::Tuple(types);
    Ok(if any_set { Value::set(of, tuples) } else { Value::list(of, tuples) })
}
