//! Type constraints of variables, and the conversions that they allow.

use hcl::Value;
use hcl::edit::expr::{Expression, ObjectKey};

/// A type constraint.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Type {
    Any,
    String,
    Number,
    Bool,
    List(Box<Type>),
    Map(Box<Type>),
    /// Attributes: name, type, whether it may be missing.
    Object(Vec<(String, Type, bool)>),
    Tuple(Vec<Type>),
}

impl Type {
    /// The words that constraints are made of.
    pub(crate) const NAMES: [&str; 9] =
        ["string", "number", "bool", "list", "set", "map", "object", "tuple", "any"];

    /// Reads a constraint; the error is the word that is none.
    pub(crate) fn parse(expression: &Expression) -> Result<Type, String> {
        match expression {
            Expression::Variable(word) => match word.as_str() {
                "any" => Ok(Type::Any),
                "string" => Ok(Type::String),
                "number" => Ok(Type::Number),
                "bool" => Ok(Type::Bool),
                "list" | "set" => Ok(Type::List(Box::new(Type::Any))),
                "map" => Ok(Type::Map(Box::new(Type::Any))),
                other => Err(other.to_owned()),
            },
            Expression::FuncCall(call) => {
                let name = call.name.name.as_str();
                let args: Vec<&Expression> = call.args.iter().collect();
                match (name, args.as_slice()) {
                    ("list" | "set", [of]) => Ok(Type::List(Box::new(Type::parse(of)?))),
                    ("map", [of]) => Ok(Type::Map(Box::new(Type::parse(of)?))),
                    ("object", [Expression::Object(members)]) => members
                        .iter()
                        .map(|(key, value)| member(key, value.expr()))
                        .collect::<Result<_, _>>()
                        .map(Type::Object),
                    ("tuple", [Expression::Array(of)]) => {
                        of.iter().map(Type::parse).collect::<Result<_, _>>().map(Type::Tuple)
                    }
                    (other, _) => Err(other.to_owned()),
                }
            }
            other => Err(other.to_string().trim().to_owned()),
        }
    }

    /// Whether a text on the command line is the value itself.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Type::Any | Type::String)
    }

    /// The value as this type has it, or what is wrong with it.
    pub(crate) fn convert(&self, value: Value) -> Result<Value, String> {
        let wrong = |value: &Value| Err(format!("this is not a {self}: {value}"));
        match (self, value) {
            (_, Value::Null) => Ok(Value::Null),
            (Type::Any, value)
            | (Type::String, value @ Value::String(_))
            | (Type::Number, value @ Value::Number(_))
            | (Type::Bool, value @ Value::Bool(_)) => Ok(value),
            (Type::String, Value::Number(number)) => Ok(Value::String(number.to_string())),
            (Type::String, Value::Bool(truth)) => Ok(Value::String(truth.to_string())),
            (Type::Number, Value::String(text)) => {
                match text.trim().parse::<f64>().ok().and_then(hcl::Number::from_f64) {
                    Some(number) => Ok(Value::Number(number)),
                    None => wrong(&Value::String(text)),
                }
            }
            (Type::Bool, Value::String(text)) => match text.as_str() {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => wrong(&Value::String(text)),
            },
            (Type::List(of), Value::Array(values)) => values
                .into_iter()
                .map(|value| of.convert(value))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            (Type::Map(of), Value::Object(values)) => values
                .into_iter()
                .map(|(key, value)| Ok((key, of.convert(value)?)))
                .collect::<Result<_, String>>()
                .map(Value::Object),
            (Type::Tuple(types), Value::Array(values)) if types.len() == values.len() => types
                .iter()
                .zip(values)
                .map(|(of, value)| of.convert(value))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            (Type::Object(members), Value::Object(mut values)) => {
                let mut converted = hcl::Map::new();
                for (name, of, optional) in members {
                    match values.swap_remove(name) {
                        Some(value) => {
                            converted.insert(name.clone(), of.convert(value)?);
                        }
                        None if *optional => {
                            converted.insert(name.clone(), Value::Null);
                        }
                        None => return Err(format!("the attribute `{name}` is missing")),
                    }
                }
                Ok(Value::Object(converted))
            }
            (_, value) => wrong(&value),
        }
    }
}

fn member(key: &ObjectKey, value: &Expression) -> Result<(String, Type, bool), String> {
    let name = match key {
        ObjectKey::Ident(ident) => ident.to_string().trim().to_owned(),
        ObjectKey::Expression(expression) => expression.as_str().unwrap_or_default().to_owned(),
    };
    if let Expression::FuncCall(call) = value
        && call.name.name.as_str() == "optional"
        && let Some(of) = call.args.iter().next()
    {
        return Ok((name, Type::parse(of)?, true));
    }
    Ok((name, Type::parse(value)?, false))
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Type::Any => f.write_str("any"),
            Type::String => f.write_str("string"),
            Type::Number => f.write_str("number"),
            Type::Bool => f.write_str("bool"),
            Type::List(of) => write!(f, "list({of})"),
            Type::Map(of) => write!(f, "map({of})"),
            Type::Object(members) => {
                let members: Vec<String> =
                    members.iter().map(|(name, of, _)| format!("{name} = {of}")).collect();
                write!(f, "object({{ {} }})", members.join(", "))
            }
            Type::Tuple(types) => {
                let types: Vec<String> = types.iter().map(ToString::to_string).collect();
                write!(f, "tuple([{}])", types.join(", "))
            }
        }
    }
}
