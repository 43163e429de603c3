//! What a `for` goes over, in expressions and in templates.

use std::ops::Range;

use super::convert::wanted;
use super::fault::{Evaluation, Fault};
use super::number::Number;
use super::value::{Data, Value};

/// The elements of a collection: keys and values, in order.
pub(super) fn pairs(value: Value, span: Option<Range<usize>>) -> Evaluation<Vec<(Value, Value)>> {
    let numbered = |values: Vec<Value>| {
        let key = |at| Value::from(Number::count(at));
        values.into_iter().enumerate().map(|(at, value)| (key(at), value)).collect()
    };
    match value.data {
        Data::List(_, values) | Data::Tuple(values) => Ok(numbered(values)),
        Data::Set(_, values) => Ok(values.into_iter().map(|v| (v.clone(), v)).collect()),
        Data::Map(_, values) | Data::Object(values) => {
            Ok(values.into_iter().map(|(key, value)| (Value::string(&key), value)).collect())
        }
        Data::Output { module, output } => Err(Fault::later(&module, &output, "`for`")),
        Data::Null(_) => Err(Fault::new("`for` has nothing to go over: this is null")
            .remedy("give an empty list instead, for instance with `coalesce(LIST, [])`")),
        other => {
            let of = wanted(&Value::from(other).ty());
            Err(Fault::new(format!("`for` goes over lists, sets and maps, and this is {of}")))
        }
    }
    .map_err(|fault| fault.at(span))
}

/// What is wrong within a loop over a sensitive collection, without its elements.
pub(super) fn hidden_element(keyword: &str) -> String {
    format!(
        "an element of the sensitive collection of this `{keyword}` does not fit; it is not shown"
    )
}
