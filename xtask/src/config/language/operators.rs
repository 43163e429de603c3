//! Operators, indexes and attributes.

use hcl::edit::expr::{BinaryOperator, UnaryOperator};

use super::convert::{convert, wanted};
use super::fault::{Evaluation, Fault};
use super::number::Number;
use super::types::Type;
use super::value::{Data, Value};

/// The result of an operator between two values.
pub(super) fn binary(left: Value, operator: BinaryOperator, right: Value) -> Evaluation<Value> {
    for value in [&left, &right] {
        if let Some((module, output)) = value.output() {
            return Err(Fault::later(module, output, "an operator"));
        }
    }
    let sensitive = |value: &Value| value.is_sensitive_anywhere();
    let secret = sensitive(&left) || sensitive(&right);
    let result = match operator {
        BinaryOperator::Eq => left.equals(&right).into(),
        BinaryOperator::NotEq => (!left.equals(&right)).into(),
        BinaryOperator::And => (truth(left, "&&")? & truth(right, "&&")?).into(),
        BinaryOperator::Or => (truth(left, "||")? | truth(right, "||")?).into(),
        _ => {
            let sign = operator.as_str();
            numeric(&number(left, sign)?, operator, &number(right, sign)?)?
        }
    };
    Ok(result.marked(secret))
}

/// The type of an operator's result.
pub(super) fn result_type(operator: BinaryOperator) -> Type {
    match operator {
        BinaryOperator::Plus
        | BinaryOperator::Minus
        | BinaryOperator::Mul
        | BinaryOperator::Div
        | BinaryOperator::Mod => Type::Number,
        _ => Type::Bool,
    }
}

fn numeric(left: &Number, operator: BinaryOperator, right: &Number) -> Evaluation<Value> {
    Ok(match operator {
        BinaryOperator::Less => (left < right).into(),
        BinaryOperator::LessEq => (left <= right).into(),
        BinaryOperator::Greater => (left > right).into(),
        BinaryOperator::GreaterEq => (left >= right).into(),
        BinaryOperator::Plus => left.add(right)?.into(),
        BinaryOperator::Minus => left.subtract(right)?.into(),
        BinaryOperator::Mul => left.multiply(right)?.into(),
        BinaryOperator::Div => left.divide(right)?.into(),
        _ => left.modulo(right)?.into(),
    })
}

/// The result of `!` or `-`.
pub(super) fn unary(operator: UnaryOperator, value: Value) -> Evaluation<Value> {
    let secret = value.sensitive;
    let result: Value = match operator {
        UnaryOperator::Not => (!truth(value, "!")?).into(),
        UnaryOperator::Neg => number(value, "-")?.negated().into(),
    };
    Ok(result.marked(secret))
}

fn number(value: Value, sign: &str) -> Evaluation<Number> {
    match operand(value, &Type::Number, sign)?.data {
        Data::Number(number) => Ok(number),
        _ => Err(Fault::new(format!("`{sign}` takes numbers"))),
    }
}

fn truth(value: Value, sign: &str) -> Evaluation<bool> {
    match operand(value, &Type::Bool, sign)?.data {
        Data::Bool(truth) => Ok(truth),
        _ => Err(Fault::new(format!("`{sign}` takes `true` and `false`"))),
    }
}

fn operand(value: Value, of: &Type, sign: &str) -> Evaluation<Value> {
    if let Some((module, output)) = value.output() {
        return Err(Fault::later(module, output, "an operator"));
    }
    let words = of.friendly();
    let remedy = || format!("give it a {words}, or choose with `coalesce(VALUE, …)`");
    if value.is_null() {
        return Err(Fault::new(format!("an operand of `{sign}` is null")).remedy(remedy()));
    }
    convert(value, of)
        .map_err(|why| Fault::new(format!("an operand of `{sign}` is not a {words}: {why}")))
}

/// A condition's truth.
pub(super) fn condition(value: Value, what: &str) -> Evaluation<bool> {
    if let Some((module, output)) = value.output() {
        return Err(Fault::later(module, output, what));
    }
    if value.is_null() {
        return Err(Fault::new(format!("{what} is null"))
            .remedy("make it `true` or `false`, for instance with `… == true`"));
    }
    match convert(value, &Type::Bool).map(|value| value.data) {
        Ok(Data::Bool(truth)) => Ok(truth),
        Ok(_) => Err(Fault::new(format!("{what} is not a bool"))),
        Err(why) => Err(Fault::new(format!("{what} is not a bool: {why}"))
            .remedy("compare with something, such as `… != \"\"`")),
    }
}

/// `value.name`
pub(super) fn attribute(value: Value, name: &str) -> Evaluation<Value> {
    let secret = value.sensitive;
    match value.data {
        Data::Output { module, output } => Err(Fault::later(&module, &output, "a part of it")),
        Data::Null(_) => Err(Fault::new(format!("this is null, and has no attribute `{name}`"))
            .remedy(format!("guard it with `try(….{name}, null)` or a conditional"))),
        Data::Object(mut values) | Data::Map(_, mut values) => {
            if let Some(value) = values.remove(name) {
                return Ok(value.marked(secret));
            }
            let fault = Fault::new(format!("there is no attribute or key `{name}` here"));
            // The keys of a sensitive map are as sensitive as its values.
            if secret || values.values().any(Value::is_sensitive_anywhere) {
                return Err(fault);
            }
            let known: Vec<&str> = values.keys().map(String::as_str).collect();
            Err(match inputs::nearest(name, known.iter().copied()) {
                Some(near) => fault.remedy(format!("did you mean `{near}`?")),
                None if known.is_empty() => fault,
                None => fault.remedy(format!("known here: {}", known.join(", "))),
            })
        }
        Data::List(..) | Data::Set(..) | Data::Tuple(_) => {
            Err(Fault::new(format!("a list has no attribute `{name}`")).remedy(format!(
                "take one element, as in `LIST[0].{name}`, or all of them: `LIST[*].{name}`"
            )))
        }
        other => {
            let of = wanted(&Value::from(other).ty());
            Err(Fault::new(format!("{of} has no attributes, such as `{name}`")))
        }
    }
}

/// `value[key]`
pub(super) fn index(value: Value, key: Value) -> Evaluation<Value> {
    for value in [&value, &key] {
        if let Data::Output { module, output } = &value.data {
            return Err(Fault::later(module, output, "an index"));
        }
    }
    if value.is_null() {
        return Err(Fault::new("this is null, and has no elements")
            .remedy("guard it with `try(…, null)` or a conditional"));
    }
    if key.is_null() {
        return Err(Fault::new("the index is null").remedy("give a number or a key"));
    }
    let secret = value.sensitive || key.sensitive;
    let hidden = value.is_sensitive_anywhere() || key.is_sensitive_anywhere();
    let found = found(value, key).map_err(|fault| {
        fault.hidden(hidden, || {
            "there is no such element; the index or the collection is sensitive and not shown"
                .to_owned()
        })
    })?;
    Ok(found.marked(secret))
}

fn found(value: Value, key: Value) -> Evaluation<Value> {
    match value.data {
        Data::List(_, values) | Data::Tuple(values) => element(values, key),
        Data::Map(of, values) => entry(Data::Map(of, values).into(), key),
        Data::Object(values) => entry(Value::object(values), key),
        Data::Set(..) => Err(Fault::new("a set has no indexes")
            .remedy("make a list of it: `tolist(SET)[0]`, or `one(SET)`")),
        other => {
            let of = wanted(&Value::from(other).ty());
            Err(Fault::new(format!("{of} has no elements")))
        }
    }
}

fn element(mut values: Vec<Value>, key: Value) -> Evaluation<Value> {
    let key = convert(key, &Type::Number)
        .map_err(|why| Fault::new(format!("the index of a list is a number: {why}")))?;
    let Data::Number(number) = key.data else {
        return Err(Fault::new("the index of a list is a number"));
    };
    if number.is_negative() || !number.is_whole() {
        return Err(Fault::new(format!("the index {number} is not a whole number from 0 up"))
            .remedy("count from the end with `LIST[length(LIST) - 1]`"));
    }
    let at = number.to_whole().and_then(|whole| usize::try_from(whole).ok());
    match at.filter(|at| *at < values.len()) {
        Some(at) => Ok(values.swap_remove(at)),
        None => Err(Fault::new(format!("there is no element {number} among {}", values.len()))
            .remedy("elements count from 0")),
    }
}

fn entry(value: Value, key: Value) -> Evaluation<Value> {
    let key = convert(key, &Type::String)
        .map_err(|why| Fault::new(format!("the key of a map is a string: {why}")))?;
    match key.data {
        Data::String(name) => attribute(value, &name),
        _ => Err(Fault::new("the key of a map is a string")),
    }
}
