//! The functions of the language: all pure ones that Terraform documents.

mod arguments;
mod bytes;
mod collections;
mod conversions;
mod csv;
mod dates;
mod encoding;
mod filesystem;
mod hashes;
mod lazy;
mod maps;
mod network;
mod numeric;
mod pattern;
mod patterns;
mod refused;
mod sequences;
mod sets;
mod strings;
mod yaml;
mod yaml_encode;

use hcl::edit::Span;
use hcl::edit::expr::FuncCall;
use inputs::Problem;

use self::arguments::{Arguments, Function, Marks};
use super::fault::{Evaluation, Fault};
use super::scope::Scope;
use super::value::{Data, Value};

/// All functions that evaluate their arguments first, by kind.
fn tables() -> [&'static [Function]; 12] {
    [
        numeric::FUNCTIONS,
        strings::FUNCTIONS,
        patterns::FUNCTIONS,
        collections::FUNCTIONS,
        sequences::FUNCTIONS,
        maps::FUNCTIONS,
        sets::FUNCTIONS,
        encoding::FUNCTIONS,
        conversions::FUNCTIONS,
        dates::FUNCTIONS,
        network::FUNCTIONS,
        hashes::FUNCTIONS,
    ]
}

fn find(name: &str) -> Option<&'static Function> {
    let mut all = tables().into_iter().chain([filesystem::FUNCTIONS]).flatten();
    all.find(|function| function.name == name)
}

/// The names of all functions.
pub(crate) fn names() -> Vec<&'static str> {
    let all = tables().into_iter().chain([filesystem::FUNCTIONS]).flatten();
    let mut names: Vec<&str> = all.map(|function| function.name).chain(lazy::NAMES).collect();
    names.sort_unstable();
    names
}

/// Why a function cannot be called, where it cannot.
pub(crate) fn refusal(namespace: &[&str], name: &str) -> Option<Problem> {
    if !matches!(namespace, [] | ["core"]) {
        return Some(Problem::new(
            format!(
                "`{}::{name}` is a function of a provider, and there are none",
                namespace.join("::")
            ),
            "give the value itself, for instance with `--var`",
        ));
    }
    if find(name).is_some() || lazy::NAMES.contains(&name) {
        return None;
    }
    if let Some(problem) = refused::refusal(name) {
        return Some(problem);
    }
    let known = names();
    let remedy = match inputs::nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    };
    Some(Problem::new(format!("there is no function `{name}`"), remedy))
}

/// The result of a call.
pub(super) fn call(call: &FuncCall, scope: &Scope) -> Evaluation<Value> {
    let name = call.name.name.as_str();
    let namespace: Vec<&str> = call.name.namespace.iter().map(|part| part.as_str()).collect();
    if let Some(problem) = refusal(&namespace, name) {
        return Err(Fault::new(problem.message).remedy(problem.remedy).at(call.name.name.span()));
    }
    if lazy::NAMES.contains(&name) {
        return lazy::call(name, call, scope);
    }
    let Some(function) = find(name) else {
        return Err(Fault::new(format!("there is no function `{name}`")));
    };
    let mut values = Vec::new();
    for argument in &call.args {
        values.push((scope.evaluate(argument)?, argument.span()));
    }
    if call.args.expand_final()
        && let Some((last, span)) = values.pop()
    {
        let expanded = expanded(last).map_err(|fault| fault.at(span.clone()))?;
        values.extend(expanded.into_iter().map(|value| (value, span.clone())));
    }
    apply(function, values, scope)
}

/// The elements of a last argument that `...` follows.
fn expanded(last: Value) -> Evaluation<Vec<Value>> {
    let secret = last.sensitive;
    match last.data {
        Data::List(_, values) | Data::Set(_, values) | Data::Tuple(values) => {
            Ok(values.into_iter().map(|value| value.marked(secret)).collect())
        }
        Data::Output { module, output } => Err(Fault::later(&module, &output, "`...`")),
        _ => Err(Fault::new("`...` takes apart a list, a set or a tuple, and this is none")),
    }
}

type Spanned = (Value, Option<std::ops::Range<usize>>);

fn apply(function: &Function, values: Vec<Spanned>, scope: &Scope) -> Evaluation<Value> {
    let name = function.name;
    let given = values.len();
    let least = function.takes.len();
    if given < least || given > least && function.rest.is_none() {
        let takes = match (least, function.rest) {
            (1, None) => "1 argument".to_owned(),
            (least, None) => format!("{least} arguments"),
            (least, Some(_)) => format!("at least {least} arguments"),
        };
        let is = if given == 1 { "1 is" } else { &format!("{given} are") };
        return Err(Fault::new(format!("`{name}()` takes {takes}, and {is} given"))
            .remedy(format!("write `{}`", function.signature())));
    }
    let hidden = values.iter().any(|(value, _)| value.is_sensitive_anywhere());
    let refused =
        || format!("`{name}()` refuses its arguments; one of them is sensitive and not shown");
    let mut secret = false;
    let mut converted = Vec::with_capacity(given);
    for (at, (value, span)) in values.into_iter().enumerate() {
        if let Some((module, output)) = value.output() {
            return Err(Fault::later(module, output, &format!("`{name}()`")).at(span));
        }
        let Some(takes) = function.takes.get(at).copied().or(function.rest) else { continue };
        let (value, sensitive) = match function.marks {
            Marks::Deep => {
                let sensitive = value.is_sensitive_anywhere();
                (value.revealed(), sensitive)
            }
            Marks::Shallow => {
                let sensitive = value.sensitive;
                (Value { sensitive: false, ..value }, sensitive)
            }
            Marks::Own => (value, false),
        };
        secret |= sensitive;
        let value = takes.take(value).map_err(|why| {
            let mut fault = Fault::new(format!("argument {} of `{name}()`: {why}", at + 1));
            fault = fault.remedy(format!("write `{}`", function.signature()));
            fault.hidden(hidden, refused).at(span)
        })?;
        converted.push(value);
    }
    let arguments = Arguments { values: converted, folder: scope.folder };
    let value = (function.body)(&arguments)
        .map_err(|why| Fault::new(format!("`{name}()`: {why}")).hidden(hidden, refused))?;
    Ok(value.marked(secret))
}
