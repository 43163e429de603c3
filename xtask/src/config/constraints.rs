//! Type constraints of variables, with the defaults of their optional attributes.

use std::collections::BTreeMap;

use hcl::edit::Span;
use hcl::edit::expr::{Expression, FuncCall, Object, ObjectKey};

use super::constant::constant;
use super::language::{Attributes, Data, Fault, Type, Value, convert, unify};

/// What a variable's values are to be.
#[derive(Debug, Clone)]
pub(crate) struct Constraint {
    pub(crate) of: Type,
    defaults: Defaults,
    /// Whether a text on the command line is the value itself, and no expression.
    pub(crate) is_text: bool,
}

/// What optional attributes are where a value lacks them.
#[derive(Debug, Clone, Default)]
struct Defaults {
    values: BTreeMap<String, Value>,
    /// Those within attributes, and by position those within a tuple.
    children: BTreeMap<String, Defaults>,
    /// Those within each element of a list, set or map.
    element: Option<Box<Defaults>>,
}

impl Constraint {
    /// The words that constraints are made of.
    pub(crate) const NAMES: [&str; 10] =
        ["string", "number", "bool", "list", "set", "map", "object", "tuple", "any", "optional"];

    /// What a variable without a `type` takes.
    pub(crate) fn none() -> Constraint {
        Constraint { of: Type::Any, defaults: Defaults::default(), is_text: true }
    }

    /// Reads a constraint that stands in `text`.
    pub(crate) fn parse(expression: &Expression, text: &str) -> Result<Constraint, Fault> {
        let (of, defaults) = match expression {
            // Terraform takes these two alone for lists and maps of anything.
            Expression::Variable(word) if word.as_str() == "list" => {
                (Type::list(Type::Any), Defaults::default())
            }
            Expression::Variable(word) if word.as_str() == "map" => {
                (Type::map(Type::Any), Defaults::default())
            }
            _ => parse(expression, text).map_err(|fault| fault.at(expression.span()))?,
        };
        let is_text = of.is_primitive();
        Ok(Constraint { of, defaults, is_text })
    }

    /// The value as this constraint has it, defaults in their places.
    pub(crate) fn apply(&self, value: Value) -> Result<Value, String> {
        convert(self.defaults.apply(value), &self.of)
    }
}

impl std::fmt::Display for Constraint {
    /// With its article, as in `a list(string)` and `an object({ … })`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&with_article(&self.of))
    }
}

/// A type with its article.
fn with_article(of: &impl std::fmt::Display) -> String {
    let of = of.to_string();
    let article = if of.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {of}")
}

/// That a value is not of a type, given with its article, and why, where that says more.
pub(super) fn mismatch(what: &str, of: &str, why: &str) -> String {
    if why == format!("{of} is required") {
        format!("{what} is not {of}")
    } else {
        format!("{what} is not {of}: {why}")
    }
}

type Parsed = Result<(Type, Defaults), Fault>;

fn unknown(word: &str) -> Fault {
    let fault = Fault::new(format!("`{word}` is not a type"));
    match inputs::nearest(word, Constraint::NAMES) {
        Some(near) => fault.remedy(format!("did you mean `{near}`?")),
        None => fault.remedy(format!("known here: {}", Constraint::NAMES.join(", "))),
    }
}

fn parse(expression: &Expression, text: &str) -> Parsed {
    let plain = |of| Ok((of, Defaults::default()));
    match expression {
        Expression::Variable(word) => match word.as_str() {
            "any" => plain(Type::Any),
            "string" => plain(Type::String),
            "number" => plain(Type::Number),
            "bool" => plain(Type::Bool),
            known @ ("list" | "map" | "set" | "object" | "tuple") => {
                let fault = Fault::new(format!("`{known}` alone is not a type"));
                Err(fault.remedy(format!("write `{}`", form(known))))
            }
            other => Err(unknown(other)),
        },
        Expression::FuncCall(call) => parse_call(call, text),
        Expression::String(word) if Constraint::NAMES.contains(&word.as_str()) => {
            Err(Fault::new(format!("the type \"{}\" is in quotes", word.as_str()))
                .remedy(format!("write `{}`", word.as_str())))
        }
        other => {
            let written = other.span().and_then(|span| text.get(span)).unwrap_or("this");
            Err(unknown(written.trim()))
        }
    }
}

fn form(name: &str) -> &'static str {
    match name {
        "list" => "list(string)",
        "set" => "set(string)",
        "map" => "map(string)",
        "tuple" => "tuple([string, number])",
        "optional" => "optional(string, \"default\")",
        _ => "object({ name = string })",
    }
}

fn parse_call(call: &FuncCall, text: &str) -> Parsed {
    let name = call.name.name.as_str();
    let arguments: Vec<&Expression> = call.args.iter().collect();
    let wrong = || {
        let fault = Fault::new(format!("this is not how `{name}` is written"));
        fault.remedy(format!("write `{}`", form(name)))
    };
    let element = |of: &Expression, make: fn(Type) -> Type| {
        let (of, defaults) = parse(of, text).map_err(|fault| fault.at(of.span()))?;
        let element = defaults.some().map(Box::new);
        Ok((make(of), Defaults { element, ..Defaults::default() }))
    };
    match (name, arguments.as_slice()) {
        _ if call.args.expand_final() || call.name.is_namespaced() => Err(wrong()),
        ("list", [of]) => element(of, Type::list),
        ("set", [of]) => element(of, Type::set),
        ("map", [of]) => element(of, Type::map),
        ("object", [Expression::Object(members)]) => parse_object(members, text),
        ("tuple", [Expression::Array(members)]) => {
            let mut types = Vec::new();
            let mut defaults = Defaults::default();
            for (at, member) in members.iter().enumerate() {
                let (of, inner) = parse(member, text).map_err(|fault| fault.at(member.span()))?;
                types.push(of);
                defaults.child(at.to_string(), inner);
            }
            Ok((Type::Tuple(types), defaults))
        }
        ("optional", _) => Err(Fault::new("`optional` stands at an attribute of an `object` only")
            .remedy("write it as in `object({ name = optional(string) })`")),
        ("list" | "set" | "map" | "object" | "tuple", _) => Err(wrong()),
        ("string" | "number" | "bool" | "any", _) => {
            Err(Fault::new(format!("`{name}` takes no arguments"))
                .remedy(format!("write `{name}`")))
        }
        (other, _) => Err(unknown(other)),
    }
}

fn parse_object(members: &Object, text: &str) -> Parsed {
    let mut attributes = Attributes::default();
    let mut defaults = Defaults::default();
    for (key, value) in members {
        let name = match key {
            ObjectKey::Ident(name) => name.as_str().to_owned(),
            // The parser takes this word for a value.
            ObjectKey::Expression(Expression::Null(_)) => "null".to_owned(),
            ObjectKey::Expression(other) => {
                return Err(Fault::new("the name of an attribute is a plain word")
                    .remedy("write it without quotes: `object({ name = string })`")
                    .at(other.span()));
            }
        };
        if attributes.types.contains_key(&name) {
            return Err(Fault::new(format!("the attribute `{name}` is there twice"))
                .remedy("keep one of them"));
        }
        let place = value.expr().span();
        let (of, inner) = match optional(value.expr()) {
            Some(arguments) => {
                attributes.optional.insert(name.clone());
                let (of, inner, default) =
                    parse_optional(&arguments, text).map_err(|fault| fault.at(place))?;
                if let Some(default) = default {
                    defaults.values.insert(name.clone(), default);
                }
                (of, inner)
            }
            None => parse(value.expr(), text).map_err(|fault| fault.at(place))?,
        };
        defaults.child(name.clone(), inner);
        attributes.types.insert(name, of);
    }
    Ok((Type::Object(attributes), defaults))
}

/// The arguments of an `optional(…)`.
fn optional(expression: &Expression) -> Option<Vec<&Expression>> {
    match expression {
        Expression::FuncCall(call) if call.name.name.as_str() == "optional" => {
            Some(call.args.iter().collect())
        }
        _ => None,
    }
}

fn parse_optional(
    arguments: &[&Expression],
    text: &str,
) -> Result<(Type, Defaults, Option<Value>), Fault> {
    let (of, default) = match arguments {
        [of] => (of, None),
        [of, default] => (of, Some(default)),
        _ => {
            return Err(Fault::new("`optional` takes a type, and a default where there is one")
                .remedy(format!("write `{}`", form("optional"))));
        }
    };
    let (of, inner) = parse(of, text).map_err(|fault| fault.at(of.span()))?;
    let Some(default) = default else { return Ok((of, inner, None)) };
    let value = constant(default, text)?;
    let value = convert(value, &of).map_err(|why| {
        let of = with_article(&of);
        Fault::new(mismatch("this default", &of, &why))
            .remedy(format!("give {of}"))
            .at(default.span())
    })?;
    Ok((of, inner, Some(value)))
}

impl Defaults {
    fn is_empty(&self) -> bool {
        self.values.is_empty() && self.children.is_empty() && self.element.is_none()
    }

    fn some(self) -> Option<Defaults> {
        (!self.is_empty()).then_some(self)
    }

    fn child(&mut self, name: String, inner: Defaults) {
        if let Some(inner) = inner.some() {
            self.children.insert(name, inner);
        }
    }

    fn within(&self, name: &str) -> Option<&Defaults> {
        self.children.get(name).or(self.element.as_deref())
    }

    /// The value with the defaults in their places.
    fn apply(&self, value: Value) -> Value {
        if self.is_empty() || value.is_null() {
            return value;
        }
        let secret = value.sensitive;
        let each = |values: Vec<Value>| -> Vec<Value> {
            let apply = |(at, value): (usize, Value)| match self.within(&at.to_string()) {
                Some(inner) => inner.apply(value),
                None => value,
            };
            values.into_iter().enumerate().map(apply).collect()
        };
        let applied = match value.data {
            Data::List(of, values) => {
                of_one_type(each(values), |values, found| Value::list(found.unwrap_or(of), values))
            }
            Data::Set(of, values) => {
                of_one_type(each(values), |values, found| Value::set(found.unwrap_or(of), values))
            }
            Data::Tuple(values) => Value::tuple(each(values)),
            // The constraint decides anew whether this is a map.
            Data::Map(_, values) | Data::Object(values) => Value::object(self.entries(values)),
            other => other.into(),
        };
        applied.marked(secret)
    }

    fn entries(&self, values: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        let mut entries: BTreeMap<String, Value> = values
            .into_iter()
            .map(|(name, value)| {
                let value = match self.within(&name) {
                    Some(inner) => inner.apply(value),
                    None => value,
                };
                (name, value)
            })
            .collect();
        for (name, default) in &self.values {
            if entries.get(name).is_none_or(Value::is_null) {
                let default = match self.children.get(name) {
                    Some(inner) => inner.apply(default.clone()),
                    None => default.clone(),
                };
                entries.insert(name.clone(), default);
            }
        }
        entries
    }
}

/// A collection of values that have, or can be given, one type; else a tuple.
fn of_one_type(values: Vec<Value>, make: impl FnOnce(Vec<Value>, Option<Type>) -> Value) -> Value {
    if values.is_empty() {
        return make(values, None);
    }
    let types: Vec<Type> = values.iter().map(Value::ty).collect();
    let Some(of) = unify(&types) else { return Value::tuple(values) };
    match values.iter().cloned().map(|value| convert(value, &of)).collect() {
        Ok(converted) => make(converted, Some(of)),
        Err(_) => Value::tuple(values),
    }
}
