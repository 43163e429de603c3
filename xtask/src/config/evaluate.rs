//! From blocks and values to each module's inputs.

use std::collections::{BTreeMap, BTreeSet};

use hcl::Value;
use hcl::eval::Context;
use inputs::{Given, GivenInputs};

use super::file::{Config, Kind, Written};
use super::functions;
use super::references::{self, Scope};
use super::types::Type;
use super::value::value_of;
use super::variables::Values;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};

/// Marks a value that is another module's output. Who writes this character
/// into a file of their own gets a module that does not exist, and is told so.
const OUTPUT: char = '\u{1}';

/// The file, evaluated.
#[derive(Debug, Default)]
pub(crate) struct Evaluated {
    pub(crate) modules: BTreeMap<String, Module>,
}

/// A module block, evaluated.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) kind: Kind,
    pub(crate) place: Place,
    pub(crate) given: GivenInputs,
    /// Where each input was written.
    pub(crate) places: BTreeMap<String, Place>,
    /// Inputs whose values are mistakes that are reported already.
    pub(crate) broken: BTreeSet<String>,
}

/// Evaluates everything. `overridden` names attributes whose values do not
/// count, as something stronger gives them.
pub(crate) fn evaluate(
    config: &Config,
    values: &Values,
    overridden: impl Fn(&str, &str) -> bool,
    diagnostics: &mut Diagnostics,
) -> Evaluated {
    let mut state = State::new(config, values);
    state.variables(config, values, diagnostics);
    state.locals(config, diagnostics);
    let mut evaluated = Evaluated::default();
    for (label, block) in &config.modules {
        state.scope.own = Some(label.clone());
        let mut module = Module {
            kind: block.kind,
            place: block.place.clone(),
            given: GivenInputs::new(),
            places: BTreeMap::new(),
            broken: BTreeSet::new(),
        };
        for (name, written) in block.attributes.iter().filter(|(name, _)| !overridden(label, name))
        {
            module.places.insert(name.clone(), written.place.clone());
            let given = state.value(written, diagnostics).and_then(|value| {
                given(&value)
                    .map_err(|mistake| {
                        diagnostics.push(
                            Diagnostic::new(mistake, written.place.clone())
                                .remedy("pass the output on whole, by itself"),
                        );
                    })
                    .ok()
            });
            match given {
                Some(given) => drop(module.given.insert(name.clone(), given)),
                None => drop(module.broken.insert(name.clone())),
            }
        }
        evaluated.modules.insert(label.clone(), module);
    }
    evaluated
}

/// What is known so far.
struct State {
    scope: Scope,
    variables: hcl::Map<String, Value>,
    locals: hcl::Map<String, Value>,
    modules: Value,
    /// Names whose values are mistakes that are reported already.
    broken: BTreeSet<String>,
}

impl State {
    fn new(config: &Config, values: &Values) -> State {
        let known = config.modules.iter().map(|(label, block)| (label.clone(), Some(block.kind)));
        let broken = config.broken.iter().map(|label| (label.clone(), None));
        let outputs = |(label, block): (&String, &super::file::ModuleBlock)| {
            let outputs = block.kind.outputs().into_iter();
            let marked = outputs.map(|output| {
                (output.to_owned(), Value::String(format!("{OUTPUT}{label}.{output}{OUTPUT}")))
            });
            (label.clone(), Value::Object(marked.collect()))
        };
        let scope = Scope {
            // A value that is set counts as declared: the seed's usage form needs no more.
            variables: config
                .variables
                .keys()
                .cloned()
                .chain(values.iter().map(|(name, _)| name.clone()))
                .collect(),
            locals: config.locals.keys().cloned().collect(),
            modules: known.chain(broken).collect(),
            ..Scope::default()
        };
        State {
            scope,
            variables: hcl::Map::new(),
            locals: hcl::Map::new(),
            modules: Value::Object(config.modules.iter().map(outputs).collect()),
            broken: BTreeSet::new(),
        }
    }

    fn variables(&mut self, config: &Config, values: &Values, diagnostics: &mut Diagnostics) {
        for (name, supplied) in
            values.iter().filter(|(name, _)| !config.variables.contains_key(*name))
        {
            if let Ok(value) = supplied.value(&Type::Any) {
                self.variables.insert(name.clone(), value);
            }
        }
        for (name, variable) in &config.variables {
            let value = match (values.get(name), &variable.default) {
                (Some(supplied), _) => supplied.value(&variable.kind),
                (None, Some(default)) => State::default(&variable.kind, default),
                (None, None) => Err(Diagnostic::new(
                    format!("the variable `{name}` has no value"),
                    variable.place.clone(),
                )
                .remedy(format!(
                    "pass `--var {name}=VALUE`, set CLOCKWORK_VAR_{name}, or give it a `default`"
                ))),
            };
            match value {
                Ok(Value::Null) if !variable.nullable => {
                    diagnostics.push(
                        Diagnostic::new(
                            format!("the variable `{name}` is null"),
                            variable.place.clone(),
                        )
                        .remedy("give it a value, as it says `nullable = false`"),
                    );
                    self.broken.insert(format!("var.{name}"));
                }
                Ok(value) => {
                    self.variables.insert(name.clone(), value);
                }
                Err(diagnostic) => {
                    diagnostics.push(diagnostic);
                    self.broken.insert(format!("var.{name}"));
                }
            }
        }
        for (name, variable) in &config.variables {
            for (condition, message) in &variable.validations {
                let holds = self.value(condition, diagnostics);
                if holds.is_some_and(|holds| holds != Value::Bool(true)) {
                    let place = values
                        .get(name)
                        .map_or_else(|| variable.place.clone(), |supplied| supplied.place.clone());
                    diagnostics.push(
                        Diagnostic::new(message.clone(), place)
                            .remedy(format!("give `{name}` another value")),
                    );
                }
            }
        }
    }

    fn default(kind: &Type, default: &Written) -> Result<Value, Diagnostic> {
        let empty = Scope::default();
        if let Some(problem) = references::check(default, &empty).into_iter().next() {
            return Err(problem);
        }
        let mut context = Context::new();
        functions::declare(&mut context);
        let mistake = |message: String| Diagnostic::new(message, default.place.clone());
        let value = value_of(&default.expression, &context).map_err(mistake)?;
        kind.convert(value).map_err(|message| mistake(message).remedy(format!("give a {kind}")))
    }

    /// Locals may refer to each other in any order, but not in a circle.
    fn locals(&mut self, config: &Config, diagnostics: &mut Diagnostics) {
        let mut left: BTreeMap<&String, &Written> = config.locals.iter().collect();
        while !left.is_empty() {
            let ready: Vec<&String> = left
                .iter()
                .filter(|(_, written)| {
                    references::names(&written.expression, "local")
                        .iter()
                        .all(|name| !left.contains_key(name))
                })
                .map(|(name, _)| *name)
                .collect();
            if ready.is_empty() {
                for (name, written) in &left {
                    let message = format!("the local `{name}` depends on itself");
                    diagnostics.push(
                        Diagnostic::new(message, written.place.clone())
                            .remedy("break the circle of references"),
                    );
                    self.broken.insert(format!("local.{name}"));
                }
                return;
            }
            for name in ready {
                let Some(written) = left.remove(name) else {
                    continue;
                };
                match self.value(written, diagnostics) {
                    Some(value) => {
                        if holds_output(&value) {
                            self.scope.deferred.insert(name.clone());
                        }
                        self.locals.insert(name.clone(), value);
                    }
                    None => drop(self.broken.insert(format!("local.{name}"))),
                }
            }
        }
    }

    /// The value of an expression; `None` is a mistake that is reported.
    fn value(&self, written: &Written, diagnostics: &mut Diagnostics) -> Option<Value> {
        let problems = references::check(written, &self.scope);
        if !problems.is_empty() {
            for problem in problems {
                diagnostics.push(problem);
            }
            return None;
        }
        let broken = |root| {
            let names = references::names(&written.expression, root);
            names.iter().any(|name| self.broken.contains(&format!("{root}.{name}")))
        };
        if broken("var") || broken("local") {
            return None;
        }
        let mut context = Context::new();
        functions::declare(&mut context);
        context.declare_var("var", Value::Object(self.variables.clone()));
        context.declare_var("local", Value::Object(self.locals.clone()));
        context.declare_var("module", self.modules.clone());
        match value_of(&written.expression, &context) {
            Ok(value) => Some(value),
            Err(message) => {
                let message = message.replace(OUTPUT, "");
                diagnostics.push(
                    Diagnostic::new(message, written.place.clone())
                        .remedy("correct the expression, or give the value itself"),
                );
                None
            }
        }
    }
}

/// A value as a module takes it: another module's output, or a literal
/// without one in it.
fn given(value: &Value) -> Result<Given, String> {
    if let Value::String(text) = value
        && let Some(name) = text.strip_prefix(OUTPUT).and_then(|rest| rest.strip_suffix(OUTPUT))
        && let Some((module, output)) = name.split_once('.')
        && !name.contains(OUTPUT)
    {
        return Ok(Given::Output { module: module.to_owned(), output: output.to_owned() });
    }
    if holds_output(value) {
        return Err("another module's output is part of a larger value here, and is not known yet"
            .to_owned());
    }
    serde_json::to_value(value).map(Given::Literal).map_err(|error| error.to_string())
}

fn holds_output(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(OUTPUT),
        Value::Array(values) => values.iter().any(holds_output),
        Value::Object(values) => {
            values.iter().any(|(key, value)| key.contains(OUTPUT) || holds_output(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
