//! From blocks and values to each module's inputs.

use std::collections::{BTreeMap, BTreeSet};

use inputs::GivenInputs;
use job::FileOutput;

use super::constant::constant;
use super::constraints::mismatch;
use super::diagnose::diagnostic;
use super::evaluation::Evaluation;
use super::file::Config;
use super::language::{Data, Type, Value, convert};
use super::module::{Kind, Written};
use super::module_block::{ModuleBlock, Repeat};
use super::references::uses;
use super::source::without_line;
use super::variable::Variable;
use super::variables::Values;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};

/// The modules of a file, evaluated.
#[derive(Debug, Default)]
pub(crate) struct Evaluated {
    /// By label, with the index or key of those that repeat, as Terraform writes it.
    pub(crate) modules: BTreeMap<String, Module>,
    /// The `output` blocks, by name.
    pub(crate) outputs: Vec<FileOutput>,
    /// What of them is not printed here.
    pub(crate) notes: Vec<String>,
}

/// A module block, evaluated.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) kind: Kind,
    pub(crate) place: Place,
    pub(crate) given: GivenInputs,
    /// Where each input was written.
    pub(crate) places: BTreeMap<String, Place>,
    /// What each input's expression refers to, such as `var.region`.
    pub(crate) uses: BTreeMap<String, Vec<String>>,
    /// Inputs whose values are mistakes that are reported already.
    pub(crate) broken: BTreeSet<String>,
}

impl<'a> Evaluation<'a> {
    pub(crate) fn new(
        config: &'a Config,
        values: &Values,
        diagnostics: &mut Diagnostics,
    ) -> Evaluation<'a> {
        let mut evaluation = Evaluation::empty(config, values);
        values.report(config, diagnostics);
        evaluation.variables(config, values, diagnostics);
        evaluation.locals_and_modules(values, diagnostics);
        evaluation.validate(config, values, diagnostics);
        evaluation
    }

    fn variables(&mut self, config: &Config, values: &Values, diagnostics: &mut Diagnostics) {
        let undeclared = values.iter().filter(|(name, _)| !config.variables.contains_key(*name));
        for (name, supplied) in undeclared {
            match supplied.value(None) {
                Ok(value) => self.set("var", name, value),
                Err(diagnostic) => {
                    diagnostics.push(diagnostic);
                    self.broken.insert(("var".to_owned(), name.clone()));
                }
            }
        }
        for (name, variable) in &config.variables {
            match Self::variable(name, variable, values) {
                Ok(value) => self.set("var", name, value.marked(variable.sensitive)),
                Err(diagnostic) => {
                    if let Some(diagnostic) = diagnostic {
                        diagnostics.push(diagnostic);
                    }
                    self.broken.insert(("var".to_owned(), name.clone()));
                }
            }
        }
    }

    /// A variable's value; an error without a diagnostic is reported already.
    fn variable(
        name: &str,
        variable: &Variable,
        values: &Values,
    ) -> Result<Value, Option<Diagnostic>> {
        let default = variable.default.as_ref().map(|default| Self::default(variable, default));
        if values.is_broken(name) {
            return Err(None);
        }
        let value = match (values.get(name), &default) {
            (Some(supplied), _) => supplied.value(Some(variable))?,
            (None, Some(default)) => default.clone()?,
            (None, None) if values.are_unreadable() => return Err(None),
            (None, None) => {
                let message = format!("the variable `{name}` has no value");
                let remedy = format!(
                    "pass `--var {name}=VALUE`, set CLOCKWORK_VAR_{name}, or give it a `default`"
                );
                return Err(Some(Diagnostic::new(message, variable.place.clone()).remedy(remedy)));
            }
        };
        if !value.is_null() || variable.nullable {
            return Ok(value);
        }
        match default {
            Some(default) if !default.as_ref().is_ok_and(Value::is_null) => Ok(default?),
            _ => Err(Some(
                Diagnostic::new(format!("the variable `{name}` is null"), variable.place.clone())
                    .remedy("give it a value, as it says `nullable = false`"),
            )),
        }
    }

    fn default(variable: &Variable, default: &Written) -> Result<Value, Diagnostic> {
        let constraint = &variable.constraint;
        let value = Self::checked_default(variable, default);
        value.map_err(|problem| {
            if variable.sensitive {
                let of = constraint;
                let message = format!("the default is not {of} (it is sensitive and not shown)");
                Diagnostic::new(message, without_line(&default.place))
                    .remedy(format!("give {of}, a text in quotes"))
            } else {
                problem
            }
        })
    }

    fn checked_default(variable: &Variable, default: &Written) -> Result<Value, Diagnostic> {
        let value = constant(&default.expression, default.text())
            .map_err(|fault| diagnostic(fault, &default.place))?;
        let constraint = &variable.constraint;
        let value = constraint.apply(value).map_err(|why| {
            Diagnostic::new(mismatch("this", &constraint.to_string(), &why), default.place.clone())
                .remedy(format!("give {constraint}"))
        })?;
        if value.is_null() && !variable.nullable {
            let message = "the default is null, and `nullable = false` allows no null";
            return Err(Diagnostic::new(message, default.place.clone())
                .remedy("give another default, or leave out `nullable`"));
        }
        Ok(value)
    }

    /// Rules may refer to anything, and hold once everything is there.
    fn validate(&mut self, config: &Config, values: &Values, diagnostics: &mut Diagnostics) {
        for (name, variable) in &config.variables {
            for rule in &variable.validations {
                let Some(holds) = self.value(&rule.condition, diagnostics) else { continue };
                let place = values.get(name).map_or_else(
                    || variable.place.clone(),
                    |supplied| supplied.place(variable.sensitive),
                );
                let holds = convert(holds, &Type::Bool).map(|holds| holds.data);
                let Ok(Data::Bool(holds)) = holds else {
                    let place = rule.condition.place.clone();
                    diagnostics.push(
                        Diagnostic::new("the condition is neither true nor false", place)
                            .remedy("compare with something, such as `var.x != \"\"`"),
                    );
                    continue;
                };
                if holds {
                    continue;
                }
                let Some(message) = self.value(&rule.message, diagnostics) else { continue };
                let secret = message.is_sensitive_anywhere();
                let message = match convert(message, &Type::String).map(|message| message.data) {
                    Ok(Data::String(message)) if !secret => message.trim_end().to_owned(),
                    Ok(Data::String(_)) => {
                        format!("the value of `{name}` is not valid, and its message is a secret")
                    }
                    _ => format!(
                        "the value of `{name}` is not valid, and its `error_message` is not a string"
                    ),
                };
                diagnostics.push(
                    Diagnostic::new(message, place).remedy(format!("give `{name}` another value")),
                );
            }
        }
    }

    /// Evaluates the modules. `overridden` names inputs whose values do not count, as
    /// something stronger gives them.
    pub(crate) fn modules(
        mut self,
        overridden: impl Fn(&str, &str) -> bool,
        diagnostics: &mut Diagnostics,
    ) -> Evaluated {
        let mut evaluated = Evaluated::default();
        let config = self.config;
        for (label, instance) in std::mem::take(&mut self.instances) {
            let Some(block) = config.modules.get(&instance.block) else { continue };
            self.scope.own = Some(instance.block.clone());
            self.scope.repetition = block.repeat.as_ref().map(Repeat::root);
            if let (Some(root), Some(value)) = (self.scope.repetition, instance.repetition) {
                self.roots.insert(root.to_owned(), value);
            }
            let module = self.module(&label, block, &overridden, diagnostics);
            evaluated.modules.insert(label, module);
        }
        self.scope.own = None;
        self.scope.repetition = None;
        (evaluated.outputs, evaluated.notes) = self.file_outputs(diagnostics);
        evaluated
    }

    fn module(
        &self,
        label: &str,
        block: &ModuleBlock,
        overridden: impl Fn(&str, &str) -> bool,
        diagnostics: &mut Diagnostics,
    ) -> Module {
        let mut module = Module {
            kind: block.kind,
            place: block.place.clone(),
            given: GivenInputs::new(),
            places: BTreeMap::new(),
            uses: BTreeMap::new(),
            broken: BTreeSet::new(),
        };
        if let Some(depends_on) = &block.depends_on {
            super::repeat::check_depends_on(depends_on, &self.scope, diagnostics);
        }
        let attributes = self.config.provider.inputs(block);
        for (name, written) in attributes.filter(|(name, _)| !overridden(label, name)) {
            let Some(input) = block.kind.inputs().iter().find(|input| input.name == name) else {
                continue;
            };
            module.places.insert(name.to_owned(), written.place.clone());
            let named = uses(&written.expression).into_iter();
            let named = named.map(|(root, name)| format!("{root}.{name}")).collect();
            module.uses.insert(name.to_owned(), named);
            let given = self.value(written, diagnostics).and_then(|value| {
                super::given::given(input, value)
                    .map_err(|fault| diagnostics.push(diagnostic(fault, &written.place)))
                    .ok()
            });
            match given {
                Some(given) => drop(module.given.insert(name.to_owned(), given)),
                None => drop(module.broken.insert(name.to_owned())),
            }
        }
        self.default_tags(&mut module, overridden(label, "tags"), diagnostics);
        module
    }

    /// The provider's tags, with the module's own on top.
    fn default_tags(&self, module: &mut Module, overridden: bool, diagnostics: &mut Diagnostics) {
        let Some(written) = &self.config.provider.default_tags else { return };
        let takes = module.kind.inputs().iter().find(|input| input.name == "tags");
        let Some(input) = takes.filter(|_| !overridden) else { return };
        let Some(value) = self.value(written, diagnostics) else { return };
        match super::given::given(input, value) {
            Ok(defaults) => {
                let own = module.given.remove("tags");
                module.given.insert("tags".to_owned(), super::given::under(defaults, own));
                module.places.entry("tags".to_owned()).or_insert_with(|| written.place.clone());
            }
            Err(fault) => diagnostics.push(diagnostic(fault, &written.place)),
        }
    }
}
