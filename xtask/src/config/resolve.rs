//! Locals, and blocks that repeat, in the order in which they need each other.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnose::diagnostic;
use super::evaluate::{Evaluation, Instance};
use super::language::{Data, Value};
use super::module::{Kind, Written};
use super::module_block::{ModuleBlock, Repeat};
use super::references::uses;
use crate::diagnostic::{Diagnostic, Diagnostics};

impl Evaluation<'_> {
    /// Locals, and blocks that repeat, may refer to each other in any order, but not in
    /// a circle.
    pub(super) fn locals_and_repeats(&mut self, diagnostics: &mut Diagnostics) {
        let config = self.config;
        let mut left: BTreeMap<(String, String), &Written> = BTreeMap::new();
        for (name, written) in &config.locals {
            left.insert(("local".to_owned(), name.clone()), written);
        }
        for (label, block) in &config.modules {
            match &block.repeat {
                Some(repeat) => {
                    left.insert(("module".to_owned(), label.clone()), repeat.written());
                }
                None => self.single(label, block),
            }
        }
        let mut waiting: BTreeMap<&(String, String), BTreeSet<(String, String)>> = left
            .iter()
            .map(|(name, written)| {
                let needs = uses(&written.expression).into_iter();
                (name, needs.filter(|needed| left.contains_key(needed)).collect())
            })
            .collect();
        let mut ready: Vec<&(String, String)> =
            waiting.iter().filter(|(_, needs)| needs.is_empty()).map(|(name, _)| *name).collect();
        let mut needed_by: BTreeMap<(String, String), Vec<&(String, String)>> = BTreeMap::new();
        for (name, needs) in &waiting {
            for needed in needs {
                needed_by.entry(needed.clone()).or_default().push(name);
            }
        }
        while let Some(name) = ready.pop() {
            waiting.remove(name);
            if let Some(written) = left.get(name) {
                self.local_or_repeat(name, written, diagnostics);
            }
            for dependent in needed_by.remove(name).unwrap_or_default() {
                if let Some(needs) = waiting.get_mut(dependent) {
                    needs.remove(name);
                    if needs.is_empty() {
                        ready.push(dependent);
                    }
                }
            }
        }
        for name in waiting.keys() {
            let Some(written) = left.get(*name) else { continue };
            let what = if name.0 == "local" { "local" } else { "module" };
            diagnostics.push(
                Diagnostic::new(
                    format!("the {what} `{}` depends on itself", name.1),
                    written.place.clone(),
                )
                .remedy("break the circle of references"),
            );
            self.broken.insert((*name).clone());
        }
    }

    fn local_or_repeat(
        &mut self,
        (root, name): &(String, String),
        written: &Written,
        diagnostics: &mut Diagnostics,
    ) {
        let value = self.value(written, diagnostics);
        let done = match (root.as_str(), value) {
            (_, None) => None,
            ("local", Some(value)) => {
                if value.output().is_some() {
                    self.scope.deferred.insert(name.clone());
                }
                self.set("local", name, value);
                Some(())
            }
            (_, Some(value)) => self.repeat(name, value, written, diagnostics),
        };
        if done.is_none() {
            self.broken.insert((root.clone(), name.clone()));
        }
    }

    /// A block that makes one module.
    fn single(&mut self, label: &str, block: &ModuleBlock) {
        self.set("module", label, outputs(label, block.kind));
        let instance = Instance { block: label.to_owned(), repetition: None };
        self.instances.insert(label.to_owned(), instance);
    }

    /// The modules of a block that repeats; `None` is a mistake that is told.
    fn repeat(
        &mut self,
        label: &str,
        value: Value,
        written: &Written,
        diagnostics: &mut Diagnostics,
    ) -> Option<()> {
        let config = self.config;
        let block = config.modules.get(label)?;
        let found = match block.repeat.as_ref()? {
            Repeat::Count(_) => super::repeat::count(value),
            Repeat::ForEach(_) => super::repeat::for_each(value),
        };
        let repetitions =
            found.map_err(|fault| diagnostics.push(diagnostic(fault, &written.place))).ok()?;
        let all = repetitions.into_iter().map(|(key, repetition)| {
            let address = format!("{label}[{}]", key.address());
            let module = outputs(&address, block.kind);
            let instance = Instance { block: label.to_owned(), repetition: Some(repetition) };
            self.instances.insert(address, instance);
            (key, module)
        });
        let modules = super::repeat::collected(all.collect());
        self.set("module", label, modules);
        Some(())
    }
}

/// A module's outputs, none of which is known yet.
fn outputs(label: &str, kind: Kind) -> Value {
    Value::object(kind.outputs().into_iter().map(|output| {
        let data = Data::Output { module: label.to_owned(), output: output.to_owned() };
        (output.to_owned(), data.into())
    }))
}
