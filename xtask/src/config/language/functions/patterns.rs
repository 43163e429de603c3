//! Regular expressions: RE2, as Terraform has them.

use regex_lite::Regex;

use super::arguments::Takes::String as Text;
use super::arguments::{Arguments, Function};
use super::pattern::{flags, translated};
use crate::config::language::fault::REFUSED;
use crate::config::language::types::Type;
use crate::config::language::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("regex", &[Text, Text], |args| {
        let regex = compile(args.text(0)?, args.text(1)?)?;
        let shape = Shape::of(&regex)?;
        let captures = regex.captures(args.text(1)?);
        captures.map(|captures| shape.value(&regex, &captures)).ok_or_else(|| {
            "the pattern matches no part of the string; `try(regex(…), null)` allows for that"
                .to_owned()
        })
    }),
    Function::new("regexall", &[Text, Text], |args| {
        let regex = compile(args.text(0)?, args.text(1)?)?;
        let shape = Shape::of(&regex)?;
        let all = regex.captures_iter(args.text(1)?);
        let values = all.map(|captures| shape.value(&regex, &captures)).collect();
        Ok(Value::list(shape.of_match(&regex), values))
    }),
    Function::new("replace", &[Text, Text, Text], replace),
];

/// Between slashes, what is replaced is a pattern.
fn replace(args: &Arguments) -> Result<Value, String> {
    let (text, wanted, with) = (args.text(0)?, args.text(1)?, args.text(2)?);
    let pattern = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let replaced = match pattern {
        Some(pattern) => compile(pattern, text)?.replace_all(text, with).into_owned(),
        None => text.replace(wanted, with),
    };
    Ok(Value::string(&replaced))
}

/// A pattern, for a text. Without regard to case it knows ASCII's letters only.
fn compile(pattern: &str, text: &str) -> Result<Regex, String> {
    let ignores_case = pattern.split("(?").skip(1).any(|rest| flags(rest).contains('i'));
    if ignores_case && !(pattern.is_ascii() && text.is_ascii()) {
        return Err(format!("`(?i)` knows ASCII letters only{REFUSED}"));
    }
    let translated = translated(pattern)?;
    Regex::new(&translated).map_err(|error| {
        let why = error.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
        format!("{pattern:?} is not a valid regular expression: {why}{REFUSED}")
    })
}

/// What a match yields.
enum Shape {
    Whole,
    Numbered,
    Named,
}

impl Shape {
    fn of(regex: &Regex) -> Result<Shape, String> {
        let names: Vec<Option<&str>> = regex.capture_names().skip(1).collect();
        match (names.iter().any(Option::is_some), names.iter().any(Option::is_none)) {
            (false, false) => Ok(Shape::Whole),
            (false, true) => Ok(Shape::Numbered),
            (true, false) => Ok(Shape::Named),
            (true, true) => Err("the pattern has groups with names and groups without".to_owned()),
        }
    }

    fn of_match(&self, regex: &Regex) -> Type {
        let names = regex.capture_names().skip(1);
        match self {
            Shape::Whole => Type::String,
            Shape::Numbered => Type::Tuple(names.map(|_| Type::String).collect()),
            Shape::Named => {
                Type::object(names.flatten().map(|name| (name.to_owned(), Type::String)))
            }
        }
    }

    fn value(&self, regex: &Regex, captures: &regex_lite::Captures) -> Value {
        let group = |at: usize| match captures.get(at) {
            Some(found) => Value::string(found.as_str()),
            None => Value::null(Type::String),
        };
        let groups = captures.len();
        match self {
            Shape::Whole => group(0),
            Shape::Numbered => Value::tuple((1..groups).map(group).collect()),
            Shape::Named => {
                let names = regex.capture_names().enumerate().skip(1);
                Value::object(names.filter_map(|(at, name)| Some((name?.to_owned(), group(at)))))
            }
        }
    }
}
