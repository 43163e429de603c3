//! Locals and blocks, in the order in which they need each other.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnose::diagnostic;
use super::evaluation::{Evaluation, Instance};
use super::file::Config;
use super::known;
use super::language::{Data, Value};
use super::module::{Kind, Written};
use super::module_block::{ModuleBlock, Repeat};
use super::references::uses;
use super::variables::Values;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// A name, such as that of a local: what it is `local` or `module` of, and itself.
type Name = (String, String);

/// The expressions that a local, or what is known of a block's modules, is made of.
fn expressions(config: &Config) -> BTreeMap<Name, Vec<&Written>> {
    let locals = config.locals.iter();
    let locals = locals.map(|(name, written)| (("local".to_owned(), name.clone()), vec![written]));
    let modules = config.modules.iter().map(|(label, block)| {
        let repeat = block.repeat.as_ref().map(Repeat::written);
        let all = repeat.into_iter().chain(known::attributes(block)).collect();
        (("module".to_owned(), label.clone()), all)
    });
    locals.chain(modules).collect()
}

/// What each must wait for. An input that refers to its own module is reported where the
/// inputs are read.
fn needs<'n>(
    config: &Config,
    left: &'n BTreeMap<Name, Vec<&Written>>,
) -> BTreeMap<&'n Name, BTreeSet<Name>> {
    let needs = left.iter().map(|(name, all)| {
        let block = config.modules.get(&name.1).filter(|_| name.0 == "module");
        let inputs = block.into_iter().flat_map(known::attributes);
        let inputs: Vec<&Written> = inputs.collect();
        let used = all.iter().flat_map(|written| {
            let of_input = inputs.iter().any(|input| std::ptr::eq(*input, *written));
            let used = uses(&written.expression).into_iter();
            used.filter(move |used| left.contains_key(used) && !(of_input && used == name))
        });
        (name, used.collect())
    });
    needs.collect()
}

impl Evaluation<'_> {
    /// Locals and blocks may refer to each other in any order, but not in a circle.
    pub(super) fn locals_and_modules(&mut self, values: &Values, diagnostics: &mut Diagnostics) {
        let left = expressions(self.config);
        let mut waiting = needs(self.config, &left);
        let mut ready: Vec<&Name> =
            waiting.iter().filter(|(_, needs)| needs.is_empty()).map(|(name, _)| *name).collect();
        let mut needed_by: BTreeMap<Name, Vec<&Name>> = BTreeMap::new();
        for (name, needs) in &waiting {
            for needed in needs {
                needed_by.entry(needed.clone()).or_default().push(name);
            }
        }
        while let Some(name) = ready.pop() {
            waiting.remove(name);
            self.local_or_module(
                name,
                left.get(name).and_then(|all| all.first()),
                (values, diagnostics),
            );
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
            let Some(written) = left.get(*name).and_then(|all| all.first()) else { continue };
            let (what, label) = name;
            diagnostics.push(
                Diagnostic::new(
                    format!("the {what} `{label}` depends on itself"),
                    written.place.clone(),
                )
                .remedy("break the circle of references"),
            );
            self.broken.insert((*name).clone());
        }
    }

    /// `written` is the value of a local, or what a block repeats over.
    fn local_or_module(
        &mut self,
        (root, name): &Name,
        written: Option<&&Written>,
        (values, diagnostics): (&Values, &mut Diagnostics),
    ) {
        let config = self.config;
        let block = config.modules.get(name).filter(|_| root == "module");
        let done = match (block, written) {
            (Some(block), _) => match &block.repeat {
                None => {
                    self.single(name, block, values);
                    Some(())
                }
                Some(repeat) => self.value(repeat.written(), diagnostics).and_then(|value| {
                    self.repeat((name, block, repeat), value, values, diagnostics)
                }),
            },
            (None, Some(written)) => self.value(written, diagnostics).map(|value| {
                if value.output().is_some() {
                    self.scope.deferred.insert(name.clone());
                }
                self.set("local", name, value);
            }),
            (None, None) => None,
        };
        if done.is_none() {
            self.broken.insert((root.clone(), name.clone()));
        }
    }

    /// A block that makes one module.
    fn single(&mut self, label: &str, block: &ModuleBlock, values: &Values) {
        let known = self.known_outputs((label, label), block, None, values);
        self.scope.known.extend(known.keys().map(|name| (label.to_owned(), (*name).to_owned())));
        self.set("module", label, outputs(label, block.kind, known));
        let instance = Instance { block: label.to_owned(), repetition: None };
        self.instances.insert(label.to_owned(), instance);
    }

    /// The modules of a block that repeats; `None` is a mistake that is told.
    fn repeat(
        &mut self,
        (label, block, repeat): (&str, &ModuleBlock, &Repeat),
        value: Value,
        values: &Values,
        diagnostics: &mut Diagnostics,
    ) -> Option<()> {
        let found = match repeat {
            Repeat::Count(_) => super::repeat::count(value),
            Repeat::ForEach(_) => super::repeat::for_each(value),
        };
        let place = &repeat.written().place;
        let found = found.map_err(|fault| diagnostics.push(diagnostic(fault, place))).ok()?;
        let mut all = Vec::new();
        // Known of the block is what is known of every module that it makes.
        let mut of_all: Option<BTreeSet<&'static str>> = None;
        for (key, repetition) in found {
            let address = format!("{label}[{}]", key.address());
            let known = self.known_outputs((&address, label), block, Some(&repetition), values);
            let names: BTreeSet<&'static str> = known.keys().copied().collect();
            of_all = Some(of_all.map_or(names.clone(), |of_all| &of_all & &names));
            all.push((key, outputs(&address, block.kind, known)));
            let instance = Instance { block: label.to_owned(), repetition: Some(repetition) };
            self.instances.insert(address, instance);
        }
        let of_all = of_all.into_iter().flatten();
        self.scope.known.extend(of_all.map(|name| (label.to_owned(), name.to_owned())));
        self.set("module", label, super::repeat::collected(all));
        Some(())
    }
}

/// A module's outputs, of which these are known.
fn outputs(label: &str, kind: Kind, mut known: BTreeMap<&'static str, Value>) -> Value {
    Value::object(kind.outputs().into_iter().map(|output| {
        let later = || Data::Output { module: label.to_owned(), output: output.to_owned() }.into();
        (output.to_owned(), known.remove(output).unwrap_or_else(later))
    }))
}
