//! Values, with Terraform's types: what expressions yield.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::number::Number;
use super::types::Type;

/// A value, and whether it is a secret.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(crate) data: Data,
    /// Whether it may be shown; what is made of it is as secret.
    pub(crate) sensitive: bool,
}

/// What a value holds.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    /// `null`, of a type where one is known.
    Null(Type),
    /// Another module's output, which is known once the world was observed.
    Output {
        module: String,
        output: String,
    },
    /// What has no value, of the type that it would have: a branch that is not taken.
    Unknown(Type),
    String(String),
    Number(Number),
    Bool(bool),
    List(Type, Vec<Value>),
    /// Ordered, without duplicates.
    Set(Type, Vec<Value>),
    Map(Type, BTreeMap<String, Value>),
    Tuple(Vec<Value>),
    Object(BTreeMap<String, Value>),
}

impl From<Data> for Value {
    fn from(data: Data) -> Value {
        Value { data, sensitive: false }
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Data::Bool(truth).into()
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Value {
        Data::Number(number).into()
    }
}

impl Value {
    /// `null` of a type.
    pub(crate) fn null(of: Type) -> Value {
        Data::Null(of).into()
    }

    /// A text, composed as Unicode's normal form C has it.
    pub(crate) fn string(text: &str) -> Value {
        let text = if text.is_ascii() { text.to_owned() } else { text.nfc().collect() };
        Data::String(text).into()
    }

    /// A list of what is of one type.
    pub(crate) fn list(of: Type, values: Vec<Value>) -> Value {
        Data::List(of, values).into()
    }

    /// A list of texts.
    pub(crate) fn strings<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Value {
        let texts = texts.into_iter().map(|text| Value::string(text.as_ref()));
        Value::list(Type::String, texts.collect())
    }

    pub(crate) fn map(of: Type, values: BTreeMap<String, Value>) -> Value {
        Data::Map(of, values).into()
    }

    pub(crate) fn tuple(values: Vec<Value>) -> Value {
        Data::Tuple(values).into()
    }

    pub(crate) fn object(values: impl IntoIterator<Item = (String, Value)>) -> Value {
        Data::Object(values.into_iter().collect()).into()
    }

    /// The same value, a secret where `sensitive` says so.
    pub(crate) fn marked(mut self, sensitive: bool) -> Value {
        self.sensitive |= sensitive;
        self
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.data, Data::Null(_))
    }

    /// The type that it has.
    pub(crate) fn ty(&self) -> Type {
        match &self.data {
            Data::Null(of) | Data::Unknown(of) => of.clone(),
            Data::Output { .. } => Type::Any,
            Data::String(_) => Type::String,
            Data::Number(_) => Type::Number,
            Data::Bool(_) => Type::Bool,
            Data::List(of, _) => Type::list(of.clone()),
            Data::Set(of, _) => Type::set(of.clone()),
            Data::Map(of, _) => Type::map(of.clone()),
            Data::Tuple(values) => Type::Tuple(values.iter().map(Value::ty).collect()),
            Data::Object(values) => {
                Type::object(values.iter().map(|(name, value)| (name.clone(), value.ty())))
            }
        }
    }

    /// The elements, in order, of a list, set or tuple.
    pub(crate) fn elements(&self) -> Option<&Vec<Value>> {
        match &self.data {
            Data::List(_, values) | Data::Set(_, values) | Data::Tuple(values) => Some(values),
            _ => None,
        }
    }

    /// The entries, by key, of a map or object.
    pub(crate) fn entries(&self) -> Option<&BTreeMap<String, Value>> {
        match &self.data {
            Data::Map(_, values) | Data::Object(values) => Some(values),
            _ => None,
        }
    }

    fn children(&self) -> Box<dyn Iterator<Item = &Value> + '_> {
        match (self.elements(), self.entries()) {
            (Some(values), _) => Box::new(values.iter()),
            (_, Some(values)) => Box::new(values.values()),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// Whether it or anything in it is a secret.
    pub(crate) fn is_sensitive_anywhere(&self) -> bool {
        self.sensitive || self.children().any(Value::is_sensitive_anywhere)
    }

    /// The first output in it of which nothing is known yet.
    pub(crate) fn output(&self) -> Option<(&str, &str)> {
        match &self.data {
            Data::Output { module, output } => Some((module, output)),
            _ => self.children().find_map(Value::output),
        }
    }

    /// The same value without any mark of secrecy.
    pub(crate) fn revealed(self) -> Value {
        let data = match self.data {
            Data::List(of, values) => Data::List(of, all_revealed(values)),
            Data::Set(of, values) => Data::Set(of, values),
            Data::Tuple(values) => Data::Tuple(all_revealed(values)),
            Data::Map(of, values) => Data::Map(of, entries_revealed(values)),
            Data::Object(values) => Data::Object(entries_revealed(values)),
            other => other,
        };
        data.into()
    }

    /// Whether both are equal: of one type, or both null.
    pub(crate) fn equals(&self, other: &Value) -> bool {
        match (self.is_null(), other.is_null()) {
            (true, true) => true,
            (false, false) => self.ty() == other.ty() && self.same(other),
            _ => false,
        }
    }

    /// Whether two values of one type hold the same.
    pub(super) fn same(&self, other: &Value) -> bool {
        match (&self.data, &other.data) {
            (Data::Null(_), Data::Null(_)) => true,
            (Data::String(a), Data::String(b)) => a == b,
            (Data::Number(a), Data::Number(b)) => a == b,
            (Data::Bool(a), Data::Bool(b)) => a == b,
            (Data::List(_, a), Data::List(_, b))
            | (Data::Set(_, a), Data::Set(_, b))
            | (Data::Tuple(a), Data::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
            }
            (Data::Map(_, a), Data::Map(_, b)) | (Data::Object(a), Data::Object(b)) => {
                a.len() == b.len()
                    && a.iter().zip(b).all(|((a_key, a), (b_key, b))| a_key == b_key && a.same(b))
            }
            _ => false,
        }
    }
}

fn all_revealed(values: Vec<Value>) -> Vec<Value> {
    values.into_iter().map(Value::revealed).collect()
}

fn entries_revealed(values: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    values.into_iter().map(|(key, value)| (key, value.revealed())).collect()
}
