//! What is known of a file while it is evaluated, and the value of one more expression.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnose::diagnostic;
use super::file::Config;
use super::language::{Data, Fault, Scope as Names, Value, evaluate};
use super::module::{Kind, Written};
use super::references::{self, Scope, uses};
use super::variables::Values;
use crate::diagnostic::Diagnostics;

/// One module of a block.
#[derive(Debug)]
pub(super) struct Instance {
    /// The block's label.
    pub(super) block: String,
    /// What `count` or `each` stands for.
    pub(super) repetition: Option<Value>,
}

/// A file whose variables, locals and blocks that repeat are evaluated.
#[derive(Debug)]
pub(crate) struct Evaluation<'a> {
    pub(crate) config: &'a Config,
    pub(super) scope: Scope,
    pub(super) roots: BTreeMap<String, Value>,
    pub(super) instances: BTreeMap<String, Instance>,
    /// Names whose values are mistakes that are reported already, such as `var.x`.
    pub(super) broken: BTreeSet<(String, String)>,
}

impl<'a> Evaluation<'a> {
    /// A file of which nothing is evaluated yet.
    pub(super) fn empty(config: &'a Config, values: &Values) -> Evaluation<'a> {
        let known = config.modules.iter().map(|(label, block)| (label.clone(), Some(block.kind)));
        let broken = config.broken.iter().map(|label| (label.clone(), None));
        let repeated = config.modules.iter().filter(|(_, block)| block.repeat.is_some());
        let set = values.iter().map(|(name, _)| name).chain(values.broken());
        let mut variables: BTreeSet<String> = config.variables.keys().chain(set).cloned().collect();
        let mut broken_variables: BTreeSet<String> = values.broken().cloned().collect();
        if values.are_unreadable() {
            // What could not be read may set any name.
            broken_variables.extend(config.referenced().difference(&variables).cloned());
            variables.extend(broken_variables.iter().cloned());
        }
        let scope = Scope {
            // A value that is set counts as declared: the seed's usage form needs no more.
            variables,
            locals: config.locals.keys().cloned().collect(),
            modules: known.chain(broken).collect(),
            repeated: repeated.map(|(label, _)| label.clone()).collect(),
            ..Scope::default()
        };
        let here = || Value::string(".");
        let path = [("module".to_owned(), here()), ("root".to_owned(), here())];
        let terraform = [("workspace".to_owned(), Value::string("default"))];
        let mut roots: BTreeMap<String, Value> =
            ["var", "local", "module"].map(|root| (root.to_owned(), Value::object([]))).into();
        roots.insert("path".to_owned(), Value::object(path));
        roots.insert("terraform".to_owned(), Value::object(terraform));
        let broken = broken_variables.into_iter().map(|name| ("var".to_owned(), name)).collect();
        Evaluation { config, scope, roots, instances: BTreeMap::new(), broken }
    }

    pub(super) fn set(&mut self, root: &str, name: &str, value: Value) {
        if let Some(Value { data: Data::Object(values), .. }) = self.roots.get_mut(root) {
            values.insert(name.to_owned(), value);
        }
    }

    /// The labels of all modules, with their kinds.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (&String, Kind)> {
        self.instances.iter().filter_map(|(label, instance)| {
            Some((label, self.config.modules.get(&instance.block)?.kind))
        })
    }

    /// The value of an expression; `None` is a mistake that is told.
    pub(super) fn value(&self, written: &Written, diagnostics: &mut Diagnostics) -> Option<Value> {
        let problems = references::check(written, &self.scope);
        if !problems.is_empty() {
            for problem in problems {
                diagnostics.push(problem);
            }
            return None;
        }
        if uses(&written.expression).iter().any(|name| self.broken.contains(name)) {
            return None;
        }
        self.evaluate(written)
            .map_err(|fault| diagnostics.push(diagnostic(fault, &written.place)))
            .ok()
    }

    pub(super) fn evaluate(&self, written: &Written) -> Result<Value, Fault> {
        evaluate(&written.expression, &Names::new(written.text(), &self.roots, &self.config.folder))
    }
}
