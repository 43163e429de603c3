//! Functions that look at how their arguments are written: `try`, `can`, templates.

use std::collections::BTreeMap;

use hcl::edit::Span;
use hcl::edit::expr::{Expression, FuncCall};
use inputs::counted;

use crate::config::language::convert::convert;
use crate::config::language::fault::{Evaluation, Fault};
use crate::config::language::misread::number_out_of_range;
use crate::config::language::scope::Scope;
use crate::config::language::template;
use crate::config::language::types::Type;
use crate::config::language::value::{Data, Value};

pub(super) const NAMES: [&str; 4] = ["can", "templatefile", "templatestring", "try"];

pub(super) fn call(name: &str, call: &FuncCall, scope: &Scope) -> Evaluation<Value> {
    let arguments: Vec<&Expression> = call.args.iter().collect();
    match (name, arguments.as_slice()) {
        ("can", [tried]) => match scope.evaluate(tried) {
            Err(fault) if fault.firm => Err(fault),
            Err(_) => Ok(false.into()),
            Ok(value) => match value.output() {
                Some((module, output)) => Err(Fault::later(module, output, "`can()`")),
                None => Ok(true.into()),
            },
        },
        ("try", [_, ..]) => first_that_works(&arguments, scope),
        ("templatefile", [path, variables]) => {
            let path = scope.evaluate(path)?;
            let secret = path.sensitive;
            let Data::String(path) = path.data else {
                return Err(Fault::new("`templatefile()` takes the path of a file"));
            };
            let text = scope.folder.read(&path).map_err(|why| hidden(why.into(), name, secret))?;
            let label = if secret { "the template" } else { path.as_str() };
            rendered(&text, label, variables, scope)
                .map_err(|fault| hidden(fault, name, secret))
                .map(|value| value.marked(secret))
        }
        ("templatestring", [text, variables]) => {
            if !matches!(text, Expression::Traversal(_) | Expression::Variable(_)) {
                return Err(Fault::new("`templatestring()` takes a reference to a template")
                    .remedy("name it, as in `local.template`; a quoted text is a template already")
                    .at(text.span()));
            }
            let value = scope.evaluate(text)?;
            let secret = value.sensitive;
            let Data::String(content) = value.data else {
                return Err(Fault::new("this is not a string").at(text.span()));
            };
            let value = rendered(&content, "the template", variables, scope)
                .map_err(|fault| hidden(fault, name, secret))?;
            let text = convert(value, &Type::String).map_err(|why| {
                Fault::new(format!("the template does not yield a string: {why}"))
            })?;
            Ok(text.marked(secret))
        }
        _ => {
            let takes = match name {
                "can" => "can(VALUE)",
                "try" => "try(VALUE, …)",
                "templatefile" => "templatefile(PATH, MAP)",
                _ => "templatestring(REFERENCE, MAP)",
            };
            let given = counted(arguments.len(), "argument");
            Err(Fault::new(format!("`{name}()` is given {given}"))
                .remedy(format!("write `{takes}`")))
        }
    }
}

/// A mistake in a template whose path or text is sensitive.
fn hidden(fault: Fault, function: &str, sensitive: bool) -> Fault {
    fault.hidden(sensitive, || {
        format!("`{function}()` cannot use its template, which is sensitive and not shown")
    })
}

fn first_that_works(arguments: &[&Expression], scope: &Scope) -> Evaluation<Value> {
    let mut last = Fault::new("`try()` is given nothing");
    for argument in arguments {
        match scope.evaluate(argument) {
            Ok(value) => return Ok(value),
            Err(fault) if fault.firm => return Err(fault),
            Err(fault) => last = fault,
        }
    }
    if arguments.len() > 1 {
        last.message = format!("no argument of `try()` has a value; the last: {}", last.message);
    }
    Err(last)
}

/// A template of its own, which sees only the variables that it is given.
fn rendered(text: &str, name: &str, variables: &Expression, scope: &Scope) -> Evaluation<Value> {
    if scope.in_template {
        return Err(Fault::new("a template cannot read further templates")
            .remedy("render the inner one first, and pass its text as a variable"));
    }
    let given = scope.evaluate(variables)?;
    let secret = given.sensitive;
    let Some(entries) = given.entries() else {
        return Err(Fault::new("the variables of a template are a map")
            .remedy("write `{ NAME = VALUE }`")
            .at(variables.span()));
    };
    let entries = entries.iter();
    let roots: BTreeMap<String, Value> =
        entries.map(|(name, value)| (name.clone(), value.clone().marked(secret))).collect();
    let template = hcl::edit::parser::parse_template(text).map_err(|error| {
        let place = error.location();
        let why = number_out_of_range(text, place.offset())
            .unwrap_or_else(|| format!("this is not a valid template: {}", error.message()));
        Fault::new(format!("{name}, line {}: {why}", place.line()))
    })?;
    template::of_template(&template, &scope.of_template(text, &roots))
        .map(|value| value.marked(secret))
        .map_err(|fault| within(fault, name, text))
}

/// A mistake within a template is at a line of it, and not of the deployment file.
fn within(mut fault: Fault, name: &str, text: &str) -> Fault {
    let start = fault.span.take().map_or(0, |span| span.start);
    let line = text.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
    fault.message = format!("{name}, line {line}: {}", fault.message);
    fault
}
