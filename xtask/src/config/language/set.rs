//! Sets: each value once, in the order that Terraform shows and iterates in.

use std::cmp::Ordering;

use super::notation::general;
use super::text::go_quoted;
use super::types::Type;
use super::value::{Data, Value};

impl Value {
    /// A set: ordered, each value once, and secret where one of them is.
    pub(crate) fn set(of: Type, values: Vec<Value>) -> Value {
        let mut sensitive = false;
        let mut kept: Vec<Value> = Vec::with_capacity(values.len());
        for value in values {
            sensitive |= value.is_sensitive_anywhere();
            kept.push(value.revealed());
        }
        sort_set(&of, &mut kept);
        Value { data: Data::Set(of, kept), sensitive }
    }
}

/// Sorts the values of a set of `of`, and keeps each once.
fn sort_set(of: &Type, values: &mut Vec<Value>) {
    if of.is_primitive() {
        values.sort_by(primitives);
    } else {
        values.sort_by_cached_key(|value| (value.is_null(), key(value)));
    }
    values.dedup_by(|a, b| a.same(b));
}

/// Texts by their bytes, numbers by size, false before true; null comes last.
fn primitives(a: &Value, b: &Value) -> Ordering {
    match (&a.data, &b.data) {
        (Data::Null(_), Data::Null(_)) => Ordering::Equal,
        (Data::Null(_), _) => Ordering::Greater,
        (_, Data::Null(_)) => Ordering::Less,
        (Data::String(a), Data::String(b)) => a.cmp(b),
        (Data::Number(a), Data::Number(b)) => a.cmp(b),
        (Data::Bool(a), Data::Bool(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}

/// The text by which Terraform orders what has no order of its own.
fn key(value: &Value) -> String {
    let joined = |values: &mut dyn Iterator<Item = &Value>| {
        values.map(|value| format!("{};", key(value))).collect::<Vec<_>>().concat()
    };
    match &value.data {
        Data::Null(_) => "~".to_owned(),
        Data::Output { .. } | Data::Unknown(_) => "?".to_owned(),
        Data::Number(number) => general(number, 10),
        Data::Bool(truth) => if *truth { "T" } else { "F" }.to_owned(),
        Data::String(text) => go_quoted(text),
        Data::List(_, values) | Data::Set(_, values) => {
            format!("[{}]", joined(&mut values.iter()))
        }
        Data::Tuple(values) => format!("<{}>", joined(&mut values.iter())),
        Data::Object(values) => format!("<{}>", joined(&mut values.values())),
        Data::Map(_, values) => {
            let entries = values.iter().map(|(k, v)| format!("{}:{};", go_quoted(k), key(v)));
            format!("{{{}}}", entries.collect::<Vec<_>>().concat())
        }
    }
}
