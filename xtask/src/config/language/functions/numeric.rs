//! Functions of numbers.

use num_bigint::BigInt;

use super::arguments::Takes::{Any, Number as Num};
use super::arguments::{Arguments, Function};
use crate::config::language::convert::{convert, wanted};
use crate::config::language::number::Number;
use crate::config::language::types::Type;
use crate::config::language::value::{Data, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("abs", &[Num], |args| Ok(args.number(0)?.absolute().into())),
    Function::new("ceil", &[Num], |args| Ok(args.number(0)?.ceil().into())),
    Function::new("floor", &[Num], |args| Ok(args.number(0)?.floor().into())),
    Function::new("log", &[Num, Num], |args| {
        let (number, base) = (args.number(0)?.to_float(), args.number(1)?.to_float());
        Ok(Number::float(number.ln() / base.ln())?.into())
    }),
    Function::new("max", &[], |args| extreme(args, |a, b| a > b)).rest(Num),
    Function::new("min", &[], |args| extreme(args, |a, b| a < b)).rest(Num),
    Function::new("parseint", &[Any, Num], parse_integer),
    Function::new("pow", &[Num, Num], |args| {
        let (number, power) = (args.number(0)?.to_float(), args.number(1)?.to_float());
        Ok(Number::float(super::super::power::power(number, power))?.into())
    }),
    Function::new("signum", &[Num], |args| {
        args.integer(0).map(|number| Number::integer(number.signum()).into())
    }),
    Function::new("sum", &[Any], sum),
];

fn extreme(args: &Arguments, better: fn(&Number, &Number) -> bool) -> Result<Value, String> {
    let mut found = args.number(0).map_err(|_| "at least one number is required".to_owned())?;
    for at in 1..args.values.len() {
        let next = args.number(at)?;
        if better(next, found) {
            found = next;
        }
    }
    Ok(found.clone().into())
}

/// Digits in a base of up to 62: `0-9`, then small letters, then capitals; up to base
/// 36 capitals are small letters.
fn parse_integer(args: &Arguments) -> Result<Value, String> {
    let value = args.any(0)?;
    let Data::String(text) = &value.data else {
        return Err(format!(
            "the first argument is {}, and a string is required",
            wanted(&value.ty())
        ));
    };
    let base = args.integer(1)?;
    if !(2..=62).contains(&base) {
        return Err(format!("the base {base} is not between 2 and 62"));
    }
    let mistake = || format!("{text:?} is not a whole number in base {base}");
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() {
        return Err(mistake());
    }
    let mut number = BigInt::from(0);
    for c in digits.bytes() {
        let digit = match c {
            b'0'..=b'9' => c - b'0',
            b'a'..=b'z' => c - b'a' + 10,
            b'A'..=b'Z' if base <= 36 => c - b'A' + 10,
            b'A'..=b'Z' => c - b'A' + 36,
            _ => return Err(mistake()),
        };
        if i64::from(digit) >= base {
            return Err(mistake());
        }
        number = number * base + digit;
    }
    if text.starts_with('-') {
        number = -number;
    }
    Ok(Number::whole(&number).into())
}

fn sum(args: &Arguments) -> Result<Value, String> {
    let mut total: Option<Number> = None;
    for value in args.elements(0)? {
        let converted = convert(value.clone(), &Type::Number).map(|value| value.data);
        let Ok(Data::Number(number)) = converted else {
            return Err("all elements are to be numbers".to_owned());
        };
        total = Some(match total {
            Some(total) => total.add(&number)?,
            None => number,
        });
    }
    total.map(Value::from).ok_or_else(|| "an empty list has no sum".to_owned())
}
