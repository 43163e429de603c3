//! Objects within the value of an input, each read by a table of its own.

use ::inputs::{Given, GivenInputs, Input, Problem, Reader, one_of};
use serde_json::{Map, Value};

/// An object, and where it stands, such as `access_points.data.posix_user`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object<'a> {
    pub(super) path: &'a str,
    pub(super) entries: &'a Map<String, Value>,
}

/// Reads an object by a table, of whose inputs these must be given. What is wrong with it is
/// added to `problems`, with its place.
pub(super) fn read<T>(
    object: Object<'_>,
    (table, required): (&'static [Input], &[&str]),
    problems: &mut Vec<Problem>,
    with: impl FnOnce(&mut Reader) -> T,
) -> T {
    let Object { path, entries } = object;
    let names: Vec<&str> = table.iter().map(|input| input.name).collect();
    let given: GivenInputs =
        entries.iter().map(|(key, value)| (key.clone(), Given::Literal(value.clone()))).collect();
    let at = |problem: Problem| Problem {
        message: format!("in `{path}`: {}", problem.message),
        ..problem
    };
    for key in entries.keys() {
        if let Err(problem) = one_of(key, &names, |name| *name) {
            problems.push(at(problem));
        }
    }
    for name in required {
        if entries.get(*name).is_none_or(Value::is_null) {
            problems.push(at(Problem::new(
                format!("`{name}` is not given"),
                format!("write `{name} = …` there"),
            )));
        }
    }
    let mut reader = Reader::new(table, &given);
    let read = with(&mut reader);
    if let Err(mistakes) = reader.finish() {
        problems.extend(mistakes.into_iter().map(|it| at(Problem::new(it.message, it.remedy))));
    }
    read
}

/// The entries of a map of objects, by name; what is no object is a problem.
pub(super) fn objects<'a>(
    input: &str,
    all: &'a Map<String, Value>,
    problems: &mut Vec<Problem>,
) -> Vec<(&'a str, &'a Map<String, Value>)> {
    let mut objects = Vec::new();
    for (name, value) in all {
        match value {
            Value::Object(entries) => objects.push((name.as_str(), entries)),
            _ => problems.push(Problem::new(
                format!("`{input}.{}` is not an object", name.escape_debug()),
                format!("write it as `{} = {{ … }}`", name.escape_debug()),
            )),
        }
    }
    objects
}
