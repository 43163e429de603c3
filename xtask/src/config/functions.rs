//! The functions of the file: those that people expect, as Terraform has them.

use hcl::Value;
use hcl::eval::{Context, Func, FuncArgs, FuncDef, ParamType};
use inputs::Problem;

/// Makes all functions callable.
pub(super) fn declare(context: &mut Context) {
    for (name, function) in FUNCTIONS {
        context.declare_func(
            *name,
            FuncDef::builder().variadic_param(ParamType::Any).build(*function),
        );
    }
}

/// Why a function cannot be called, where it cannot.
pub(super) fn refusal(name: &str) -> Option<Problem> {
    if FUNCTIONS.iter().any(|(known, _)| *known == name) {
        return None;
    }
    if let Some((_, why)) = REFUSED.iter().find(|(names, _)| names.contains(&name)) {
        return Some(Problem::new(
            format!("the function `{name}` is refused: {why}"),
            "give the value itself, for instance with `--var`",
        ));
    }
    let known: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
    let remedy = match inputs::nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    };
    Some(Problem::new(format!("there is no function `{name}`"), remedy))
}

/// Terraform functions that this file leaves out, with the reason.
const REFUSED: &[(&[&str], &str)] = &[
    (
        &["timestamp", "plantimestamp", "uuid", "uuidv5", "bcrypt"],
        "a deployment must come out the same in every run",
    ),
    (
        &[
            "file",
            "filebase64",
            "fileexists",
            "fileset",
            "filemd5",
            "filesha256",
            "templatefile",
            "pathexpand",
            "abspath",
        ],
        "one file describes the deployment",
    ),
    (&["sensitive", "nonsensitive", "ephemeralasnull"], "no input is a secret"),
    (&["try", "can"], "a mistake is reported, not passed over"),
];

const FUNCTIONS: &[(&str, Func)] = &[
    ("abs", |args| number(&args, 0).and_then(|n| from_number(n.abs()))),
    ("ceil", |args| number(&args, 0).and_then(|n| from_number(n.ceil()))),
    ("coalesce", |args| {
        let mut values = args.into_values().into_iter();
        values
            .find(|value| !value.is_null() && value.as_str() != Some(""))
            .ok_or_else(|| "every value is empty".to_owned())
    }),
    ("compact", |args| {
        let kept = list(&args, 0)?
            .into_iter()
            .filter(|value| !value.is_null() && value.as_str() != Some(""));
        Ok(kept.collect())
    }),
    ("concat", |args| {
        let mut all = Vec::new();
        for at in 0..args.len() {
            all.extend(list(&args, at)?);
        }
        Ok(Value::Array(all))
    }),
    ("contains", |args| Ok(Value::Bool(list(&args, 0)?.contains(any(&args, 1)?)))),
    ("distinct", |args| Ok(Value::Array(distinct(list(&args, 0)?)))),
    ("element", |args| {
        let values = list(&args, 0)?;
        let at = index(&args, 1)?;
        // Terraform starts over behind the last element.
        let found = at.checked_rem(values.len());
        found.and_then(|at| values.get(at).cloned()).ok_or_else(|| "the list is empty".to_owned())
    }),
    ("endswith", |args| Ok(Value::Bool(text(&args, 0)?.ends_with(&text(&args, 1)?)))),
    ("flatten", |args| {
        fn flat(value: Value, into: &mut Vec<Value>) {
            match value {
                Value::Array(values) => values.into_iter().for_each(|value| flat(value, into)),
                other => into.push(other),
            }
        }
        let mut all = Vec::new();
        list(&args, 0)?.into_iter().for_each(|value| flat(value, &mut all));
        Ok(Value::Array(all))
    }),
    ("floor", |args| number(&args, 0).and_then(|n| from_number(n.floor()))),
    ("format", format),
    ("join", |args| {
        let parts: Vec<String> = list(&args, 1)?.iter().map(as_text).collect::<Result<_, _>>()?;
        Ok(Value::String(parts.join(&text(&args, 0)?)))
    }),
    ("jsonencode", |args| hcl_json(any(&args, 0)?).map(|json| Value::String(json.to_string()))),
    ("keys", |args| {
        let mut keys: Vec<String> = map(&args, 0)?.into_iter().map(|(key, _)| key).collect();
        keys.sort();
        Ok(keys.into_iter().map(Value::String).collect())
    }),
    ("length", |args| match any(&args, 0)? {
        Value::String(text) => Ok(Value::from(text.chars().count())),
        Value::Array(values) => Ok(Value::from(values.len())),
        Value::Object(values) => Ok(Value::from(values.len())),
        other => Err(format!("{other} has no length")),
    }),
    ("lookup", |args| {
        let key = text(&args, 1)?;
        let found = map(&args, 0)?.swap_remove(&key);
        found
            .or_else(|| args.get(2).cloned())
            .ok_or_else(|| format!("there is no key `{key}`, and no default was given"))
    }),
    ("lower", |args| Ok(Value::String(text(&args, 0)?.to_lowercase()))),
    ("max", |args| extreme(&args, f64::max)),
    ("merge", |args| {
        let mut all = hcl::Map::new();
        for at in 0..args.len() {
            all.extend(map(&args, at)?);
        }
        Ok(Value::Object(all))
    }),
    ("min", |args| extreme(&args, f64::min)),
    ("one", |args| match list(&args, 0)?.as_slice() {
        [] => Ok(Value::Null),
        [one] => Ok(one.clone()),
        several => Err(format!("the list has {} elements", several.len())),
    }),
    ("range", |args| {
        let (start, end) = if args.len() < 2 {
            (0, index(&args, 0)?)
        } else {
            (index(&args, 0)?, index(&args, 1)?)
        };
        if end.saturating_sub(start) > 1024 {
            return Err("the range has over 1024 elements".to_owned());
        }
        Ok((start..end).map(Value::from).collect())
    }),
    ("replace", |args| {
        let pattern = text(&args, 1)?;
        if pattern.len() > 1 && pattern.starts_with('/') && pattern.ends_with('/') {
            return Err("regular expressions are not supported".to_owned());
        }
        Ok(Value::String(text(&args, 0)?.replace(&pattern, &text(&args, 2)?)))
    }),
    ("reverse", |args| Ok(list(&args, 0)?.into_iter().rev().collect())),
    ("slice", |args| {
        let values = list(&args, 0)?;
        let (start, end) = (index(&args, 1)?, index(&args, 2)?);
        let part = values.get(start..end).map(<[Value]>::to_vec);
        part.map(Value::Array)
            .ok_or_else(|| format!("{start} to {end} is not within the {} elements", values.len()))
    }),
    ("sort", |args| {
        let mut texts: Vec<String> =
            list(&args, 0)?.iter().map(as_text).collect::<Result<_, _>>()?;
        texts.sort();
        Ok(texts.into_iter().map(Value::String).collect())
    }),
    ("split", |args| Ok(text(&args, 1)?.split(&text(&args, 0)?).map(Value::from).collect())),
    ("startswith", |args| Ok(Value::Bool(text(&args, 0)?.starts_with(&text(&args, 1)?)))),
    ("substr", |args| {
        let (start, length) = (index(&args, 1)?, index(&args, 2)?);
        Ok(Value::String(text(&args, 0)?.chars().skip(start).take(length).collect()))
    }),
    ("tobool", |args| super::types::Type::Bool.convert(any(&args, 0)?.clone())),
    ("tolist", |args| list(&args, 0).map(Value::Array)),
    ("tomap", |args| map(&args, 0).map(Value::Object)),
    ("tonumber", |args| super::types::Type::Number.convert(any(&args, 0)?.clone())),
    ("toset", |args| Ok(Value::Array(distinct(list(&args, 0)?)))),
    ("tostring", |args| text(&args, 0).map(Value::String)),
    ("trim", |args| {
        let unwanted = text(&args, 1)?;
        Ok(Value::from(text(&args, 0)?.trim_matches(|c| unwanted.contains(c))))
    }),
    ("trimprefix", |args| {
        let (whole, prefix) = (text(&args, 0)?, text(&args, 1)?);
        Ok(Value::from(whole.strip_prefix(&prefix).unwrap_or(&whole)))
    }),
    ("trimspace", |args| Ok(Value::from(text(&args, 0)?.trim()))),
    ("trimsuffix", |args| {
        let (whole, suffix) = (text(&args, 0)?, text(&args, 1)?);
        Ok(Value::from(whole.strip_suffix(&suffix).unwrap_or(&whole)))
    }),
    ("upper", |args| Ok(Value::String(text(&args, 0)?.to_uppercase()))),
    ("values", |args| {
        let mut entries: Vec<(String, Value)> = map(&args, 0)?.into_iter().collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(entries.into_iter().map(|(_, value)| value).collect())
    }),
    ("zipmap", |args| {
        let keys: Vec<String> = list(&args, 0)?.iter().map(as_text).collect::<Result<_, _>>()?;
        let values = list(&args, 1)?;
        if keys.len() != values.len() {
            return Err(format!("{} keys and {} values do not match", keys.len(), values.len()));
        }
        Ok(Value::Object(keys.into_iter().zip(values).collect()))
    }),
];

/// `%s`, `%d`, `%v`, `%q` and `%%`.
fn format(args: FuncArgs) -> Result<Value, String> {
    let pattern = text(&args, 0)?;
    let mut out = String::new();
    let mut next = 1;
    let mut letters = pattern.chars();
    while let Some(c) = letters.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match letters.next() {
            Some('%') => out.push('%'),
            Some('s' | 'd' | 'v') => {
                out.push_str(&text(&args, next)?);
                next += 1;
            }
            Some('q') => {
                out.push_str(&format!("{:?}", text(&args, next)?));
                next += 1;
            }
            other => {
                let verb = other.map(String::from).unwrap_or_default();
                return Err(format!(
                    "the verb `%{verb}` is not supported; `%s`, `%d`, `%v`, `%q` and `%%` are"
                ));
            }
        }
    }
    if next < args.len() {
        return Err(format!("{} values are given and {} are used", args.len() - 1, next - 1));
    }
    Ok(Value::String(out))
}

fn any(args: &FuncArgs, at: usize) -> Result<&Value, String> {
    args.get(at).ok_or_else(|| format!("argument {} is missing", at + 1))
}

fn text(args: &FuncArgs, at: usize) -> Result<String, String> {
    any(args, at).and_then(as_text)
}

fn as_text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        other => Err(format!("{other} is not a string")),
    }
}

fn number(args: &FuncArgs, at: usize) -> Result<f64, String> {
    let value = any(args, at)?;
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| format!("{value} is not a number"))
}

fn index(args: &FuncArgs, at: usize) -> Result<usize, String> {
    let value = any(args, at)?;
    let whole =
        value.as_number().and_then(hcl::Number::as_u64).and_then(|n| usize::try_from(n).ok());
    whole.ok_or_else(|| format!("{value} is not a whole number from 0 up"))
}

fn from_number(number: f64) -> Result<Value, String> {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return Ok(Value::from(number as i64));
    }
    hcl::Number::from_f64(number)
        .map(Value::Number)
        .ok_or_else(|| "the result is not a number".to_owned())
}

fn extreme(args: &FuncArgs, choose: fn(f64, f64) -> f64) -> Result<Value, String> {
    let mut found = number(args, 0)?;
    for at in 1..args.len() {
        found = choose(found, number(args, at)?);
    }
    from_number(found)
}

fn list(args: &FuncArgs, at: usize) -> Result<Vec<Value>, String> {
    match any(args, at)? {
        Value::Array(values) => Ok(values.clone()),
        other => Err(format!("{other} is not a list")),
    }
}

fn map(args: &FuncArgs, at: usize) -> Result<hcl::Map<String, Value>, String> {
    match any(args, at)? {
        Value::Object(values) => Ok(values.clone()),
        other => Err(format!("{other} is not a map")),
    }
}

fn distinct(values: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for value in values {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

fn hcl_json(value: &Value) -> Result<serde_json::Value, String> {
    serde_json::to_value(value).map_err(|error| error.to_string())
}
