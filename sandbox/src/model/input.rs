//! An operation's input, put together from path, query and body.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::check::{Violation, sentence};
use super::route::Route;
use super::{Kind, Member, Model};

/// What a request carries beside its method and path.
pub(crate) struct Sent<'a> {
    /// The query, decoded, in order.
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: &'a [u8],
}

/// Why a request is no input of its operation.
#[derive(Debug, PartialEq)]
pub(crate) enum Malformed {
    /// It cannot be read at all, or a value has another type: a sentence that says so.
    Unreadable(String),
    /// Values break the model's constraints.
    Invalid(Vec<Violation>),
}

impl fmt::Display for Malformed {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Malformed::Unreadable(why) => to.write_str(why),
            Malformed::Invalid(violations) => to.write_str(&sentence(violations)),
        }
    }
}

impl Model {
    /// The input of an operation, checked against the model.
    pub(crate) fn input(
        &self,
        route: &Route,
        sent: &Sent,
    ) -> Result<Map<String, Value>, Malformed> {
        let Some((name, shape)) =
            route.operation.input.as_ref().and_then(|name| Some((name, self.shapes.get(name)?)))
        else {
            return Ok(Map::new());
        };
        let body = body(sent.body).map_err(Malformed::Unreadable)?;
        let mut input = Map::new();
        for (member, found) in &shape.members {
            let value = match found.location.as_deref() {
                Some("uri") => parameter(found, &route.parameters),
                Some(_) => self.query(found, sent.query).map_err(Malformed::Unreadable)?,
                None => body.get(member).cloned(),
            };
            // A `null` is a value that was not given.
            if let Some(value) = value.filter(|value| !value.is_null()) {
                input.insert(member.clone(), value);
            }
        }
        let input = Value::Object(input);
        let mut violations = Vec::new();
        self.check(name, &input, "", &mut violations).map_err(Malformed::Unreadable)?;
        match input {
            Value::Object(input) if violations.is_empty() => Ok(input),
            _ => Err(Malformed::Invalid(violations)),
        }
    }

    /// A value of the query, as its type; a list repeats its name.
    fn query(&self, member: &Member, query: &[(String, String)]) -> Result<Option<Value>, String> {
        let name = member.name.as_deref().unwrap_or_default();
        let mut texts = query.iter().filter(|(key, _)| key == name).map(|(_, text)| text.as_str());
        match self.shapes.get(&member.shape).map(|shape| shape.kind) {
            Some(Kind::List) => {
                let all: Vec<Value> = texts.map(Value::from).collect();
                Ok((!all.is_empty()).then_some(Value::Array(all)))
            }
            Some(Kind::Integer | Kind::Long) => texts
                .next()
                .map(|text| {
                    text.parse::<i64>()
                        .map(Value::from)
                        .map_err(|_| format!("{name}: '{text}' is not a number"))
                })
                .transpose(),
            _ => Ok(texts.next().map(Value::from)),
        }
    }
}

fn parameter(member: &Member, parameters: &BTreeMap<&str, String>) -> Option<Value> {
    parameters.get(member.name.as_deref()?).map(|text| Value::from(text.as_str()))
}

/// The members that the body holds; none where there is no body.
fn body(text: &[u8]) -> Result<Map<String, Value>, String> {
    if text.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err("The request body is not a JSON object".to_owned()),
        Err(error) => Err(format!("The request body is not valid JSON: {error}")),
    }
}
