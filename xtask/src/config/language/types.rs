//! The types of values, as Terraform names and compares them.

use std::collections::{BTreeMap, BTreeSet};

/// A type, or a constraint on types where it has optional attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    /// Any type at all; as a value's type, that of an untyped `null`.
    Any,
    String,
    Number,
    Bool,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>),
    Tuple(Vec<Type>),
    Object(Attributes),
}

/// The attributes of an object type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Attributes {
    pub(crate) types: BTreeMap<String, Type>,
    /// Those that a value may lack, in a constraint.
    pub(crate) optional: BTreeSet<String>,
}

impl Type {
    pub(crate) fn list(of: Type) -> Type {
        Type::List(Box::new(of))
    }

    pub(crate) fn set(of: Type) -> Type {
        Type::Set(Box::new(of))
    }

    pub(crate) fn map(of: Type) -> Type {
        Type::Map(Box::new(of))
    }

    pub(crate) fn object(types: impl IntoIterator<Item = (String, Type)>) -> Type {
        let types = types.into_iter().collect();
        Type::Object(Attributes { types, optional: BTreeSet::new() })
    }

    pub(crate) fn is_primitive(&self) -> bool {
        matches!(self, Type::String | Type::Number | Type::Bool)
    }

    /// The type of the elements, of a list, set or map.
    pub(crate) fn element(&self) -> Option<&Type> {
        match self {
            Type::List(of) | Type::Set(of) | Type::Map(of) => Some(of),
            _ => None,
        }
    }

    /// The type of a value that meets this constraint.
    pub(crate) fn without_optional(&self) -> Type {
        match self {
            Type::List(of) => Type::list(of.without_optional()),
            Type::Set(of) => Type::set(of.without_optional()),
            Type::Map(of) => Type::map(of.without_optional()),
            Type::Tuple(types) => Type::Tuple(types.iter().map(Type::without_optional).collect()),
            Type::Object(attributes) => Type::object(
                attributes.types.iter().map(|(name, of)| (name.clone(), of.without_optional())),
            ),
            Type::Any | Type::String | Type::Number | Type::Bool => self.clone(),
        }
    }

    /// The type in a few words, for messages.
    pub(crate) fn friendly(&self) -> String {
        match self {
            Type::Any => "dynamic".to_owned(),
            Type::String => "string".to_owned(),
            Type::Number => "number".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::List(of) => format!("list of {}", of.friendly()),
            Type::Set(of) => format!("set of {}", of.friendly()),
            Type::Map(of) => format!("map of {}", of.friendly()),
            Type::Tuple(_) => "tuple".to_owned(),
            Type::Object(_) => "object".to_owned(),
        }
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Type::Any => f.write_str("any"),
            Type::String => f.write_str("string"),
            Type::Number => f.write_str("number"),
            Type::Bool => f.write_str("bool"),
            Type::List(of) => write!(f, "list({of})"),
            Type::Set(of) => write!(f, "set({of})"),
            Type::Map(of) => write!(f, "map({of})"),
            Type::Tuple(types) => {
                let types: Vec<String> = types.iter().map(ToString::to_string).collect();
                write!(f, "tuple([{}])", types.join(", "))
            }
            Type::Object(attributes) => {
                let members = attributes.types.iter().map(|(name, of)| {
                    if attributes.optional.contains(name) {
                        format!("{name} = optional({of})")
                    } else {
                        format!("{name} = {of}")
                    }
                });
                write!(f, "object({{ {} }})", members.collect::<Vec<_>>().join(", "))
            }
        }
    }
}
